"""Empty states: what will be here, why, one button and one command to copy."""

from typing import Any

import reflex as rx

from orkwork.ui.components.button import command
from orkwork.ui.components.icon import icon


def empty(icon_name: str, title: Any, why: Any, *, action: Any = None, copy: Any = None) -> rx.Component:
    """`title` says what will be here, `why` when; `action` is one button, `copy` one command."""
    return rx.el.div(
        icon(icon_name, "l"),
        rx.el.h2(title),
        rx.el.p(why),
        command(copy) if copy is not None else rx.fragment(),
        rx.el.div(action, class_name="row") if action is not None else rx.fragment(),
        class_name="none",
    )
