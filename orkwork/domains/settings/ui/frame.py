"""What every settings page has in common: its place in the frame and the row of tabs."""

from typing import Any

import reflex as rx

from orkwork.ui import nav
from orkwork.ui.components import filters
from orkwork.ui.locale import t

nav.place("Settings", "/settings", "settings", keys="gs", order=90, foot=True)


def tabs(here: str) -> rx.Component:
    """The settings' tabs; `here` is the address of the page they stand on."""
    options = [
        (t("Company"), "/settings"),
        (t("People"), "/settings/people"),
        (t("Sessions"), "/settings/sessions"),
        (t("Assignment"), "/settings/assignment"),
        (t("Anomalies"), "/settings/anomalies"),
        (t("SLA"), "/settings/sla"),
        (t("Budgets"), "/settings/budgets"),
        (t("Appearance"), "/settings/appearance"),
        (t("Jobs"), "/settings/jobs"),
    ]
    return filters.tabs(t("Settings"), [(text, href, href == here) for text, href in options])


def section(*content: Any) -> rx.Component:
    """A settings page's content: narrow enough to read."""
    return rx.el.div(*content, class_name="stack", style={"maxWidth": "720px", "width": "100%"})
