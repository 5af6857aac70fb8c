"""Buttons and what looks like them."""

from typing import Any

import reflex as rx

from orkwork.ui.components.icon import icon
from orkwork.ui.components.kit import CopyButton
from orkwork.ui.locale import t

_KINDS = {
    "": "btn",
    "solid": "btn solid",
    "ghost": "btn ghost",
    "danger": "btn solid danger",
    "sm": "btn sm",
    "ghost sm": "btn ghost sm",
}


def button(
    *content: Any, kind: str = "", icon_name: str = "", key: str = "", href: str | rx.Var = "", **props: Any
) -> rx.Component:
    """A button, or a link that looks like one when `href` is given.

    `kind`: "" outline, "solid" (one in a region), "ghost", "danger" (only the irreversible), "sm", "ghost sm".
    """
    parts = [icon(icon_name, "s") if icon_name else rx.fragment(), *content, rx.el.kbd(key) if key else rx.fragment()]
    extra = props.pop("class_name", "")
    class_name = f"{_KINDS[kind]} {extra}".strip()
    if isinstance(href, rx.Var) or href:
        return rx.el.a(*parts, href=href, class_name=class_name, **props)
    props.setdefault("type", "button")
    return rx.el.button(*parts, class_name=class_name, **props)


def icon_button(name: str, label: Any, **props: Any) -> rx.Component:
    """A button that is only an icon; `label` says to screen readers and on hover what it does."""
    props.setdefault("type", "button")
    extra = props.pop("class_name", "")
    return rx.el.button(icon(name), class_name=f"btn ghost ic {extra}".strip(), aria_label=label, title=label, **props)


def copy_button(text: Any, label: Any = "") -> rx.Component:
    """Copies a text and says so."""
    return CopyButton.create(text=text, label=label)


def command(text: Any, label: Any = None) -> rx.Component:
    """A command to copy, in mono."""
    return rx.el.div(
        rx.el.code(text, aria_label=label if label is not None else t("Command")), copy_button(text), class_name="cmd"
    )


def copy_once(text: Any, says: Any) -> rx.Component:
    """A secret that is shown once; `says` tells what it is for and that it will not be shown again."""
    return rx.el.div(
        rx.el.div(icon("key-round", tone="warn"), rx.el.span(says), class_name="row"),
        command(text, t("Secret")),
        class_name="once",
        role="status",
    )


def kbd(*keys: str) -> rx.Component:
    """Keys to press."""
    return rx.el.span(*[rx.el.kbd(key) for key in keys], class_name="row tight no-m")


def menu(label: Any, *items: rx.Component, icon_name: str = "ellipsis") -> rx.Component:
    """Rare actions behind one button; items are `rx.el.button` or `rx.el.a`."""
    return rx.el.details(
        rx.el.summary(icon(icon_name), class_name="btn ic", aria_label=label, title=label),
        rx.el.div(*items, class_name="menu-in"),
        class_name="menu",
    )
