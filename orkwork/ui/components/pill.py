"""What state things are in: always an icon and a word."""

from typing import Any

import reflex as rx

from orkwork.ui.components.icon import icon
from orkwork.ui.components.kit import Mark, Pill


def status_pill(value: Any) -> rx.Component:
    """A task's status (CREATED … CANCELLED)."""
    return Pill.create(kind="status", value=value)


def state_pill(value: Any) -> rx.Component:
    """The state of an agent, execution, project, key, session, invite, or a role; unknown ones show as they are."""
    return Pill.create(kind="state", value=value)


def priority(value: Any, bare: bool = False) -> rx.Component:
    """A task's priority; `bare` shows the icon alone and says the word to screen readers."""
    return Mark.create(kind="priority", value=value, bare=bare)


def status(value: Any, bare: bool = False) -> rx.Component:
    """A task's status without the outline."""
    return Mark.create(kind="status", value=value, bare=bare)


def pill(icon_name: str | rx.Var, text: Any, tone: str | rx.Var = "idle") -> rx.Component:
    """Any other state: an icon in the meaning's colour and a word."""
    return rx.el.span(icon(icon_name, tone=tone), text, class_name="pill")


def label(text: Any) -> rx.Component:
    """A task's label."""
    return rx.el.span(text, class_name="pill label")
