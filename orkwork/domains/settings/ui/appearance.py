"""How the pages look: the theme in this browser, the language wherever one signs in."""

import reflex as rx

from orkwork.domains.settings.ui.frame import section, tabs
from orkwork.ui.components.kit import LanguageSwitch, ThemeSwitch
from orkwork.ui.components.panel import card
from orkwork.ui.locale import LOCALES, t
from orkwork.ui.page import page


def _choice(name: rx.Var, why: rx.Var, switch: rx.Component) -> rx.Component:
    words = rx.el.div(rx.el.h3(name), rx.el.p(why, class_name="meta"), class_name="grow", style={"minWidth": "200px"})
    return rx.el.div(words, switch, class_name="row w wide r", style={"padding": "12px 16px"})


@page("/settings/appearance", title="Appearance", nav="/settings", crumbs=lambda: [(t("Settings"), "/settings")])
def appearance() -> list[rx.Component]:
    """Theme and language."""
    return [
        tabs("/settings/appearance"),
        section(
            card(
                _choice(t("Theme"), t("System follows your device."), ThemeSwitch.create()),
                _choice(
                    t("Language"),
                    t("Of these pages, wherever you sign in. What people and agents write stays as it is."),
                    LanguageSwitch.create(locales=LOCALES, keep=True),
                ),
                title=t("Look and language"),
            )
        ),
    ]
