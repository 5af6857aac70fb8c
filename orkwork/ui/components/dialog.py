"""Dialogs: the browser's own, opened by a var or by anything with `opens("id")`."""

from typing import Any

import reflex as rx

from orkwork.ui.components.button import button
from orkwork.ui.components.kit import Dialog
from orkwork.ui.locale import t


def dialog(
    id: str, title: Any, *content: Any, open: Any = None, on_close: Any = None, wide: bool = False
) -> rx.Component:
    """A dialog; without `open` it opens by `opens(id)` on a button and closes by itself."""
    props: dict[str, Any] = {"id": id, "title": title, "wide": wide}
    if open is not None:
        props["open"] = open
    if on_close is not None:
        props["on_close"] = on_close
    return Dialog.create(*content, **props)


def opens(id: str) -> dict[str, Any]:
    """Props that make a button open a dialog: `button("Add", **opens("add-agent"))`."""
    return {"custom_attrs": {"data-open": id}}


def closes() -> dict[str, Any]:
    """Props that make a button close the dialog it stands in."""
    return {"custom_attrs": {"data-close": "1"}}


def confirm(id: str, title: Any, goes: Any, act: Any, on_confirm: Any, **props: Any) -> rx.Component:
    """Asks once before what cannot be undone: `goes` names what will be gone, `act` is verb and object."""
    return dialog(
        id,
        title,
        rx.el.p(goes, class_name="m2"),
        rx.el.div(
            button(t("Cancel"), **closes()),
            button(act, kind="danger", on_click=on_confirm, **closes()),
            class_name="actions",
        ),
        **props,
    )
