"""Choosing what is seen. The address is the state: changes call a handler that answers `go(path, **query)`."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from orkwork.ui.components.icon import icon
from orkwork.ui.components.kit import Choose
from orkwork.ui.locale import t


def bar(*parts: Any, slides: bool = False) -> rx.Component:
    """A row of filters above a list; one that `slides` stays one row on a phone and is pushed sideways."""
    return rx.el.div(*parts, class_name="head slides" if slides else "head", role="group", aria_label=t("Filters"))


def search_box(value: Any, on_search: Any, label: Any) -> rx.Component:
    """Text to search the page by; `/` goes to it, Enter or leaving it calls `on_search(text)`."""
    return rx.el.input(
        default_value=value,
        key=value,
        type="search",
        placeholder=label,
        aria_label=label,
        class_name="input finder",
        on_blur=on_search,
        custom_attrs={"data-search": "1", "data-edit": "1"},
    )


def filter_chip(label: Any, value: Any, options: Any, on_change: Any, *, any_text: Any = None) -> rx.Component:
    """A filter by one of several values; `options` as in `form.choice`, `on_change(value)` gets "" for any."""
    if isinstance(options, rx.Var):
        items = [rx.foreach(options, lambda option: rx.el.option(option["text"], value=option["value"]))]
    else:
        items = [rx.el.option(words, value=key) for key, words in options]
    return rx.el.label(
        rx.el.span(label, class_name="m2"),
        rx.el.select(
            rx.el.option(any_text if any_text is not None else t("Any"), value=""),
            *items,
            value=value,
            on_change=on_change,
        ),
        class_name=rx.cond(value, "chip on", "chip"),
    )


def choose(label: Any, value: Any, options: Any, on_change: Any) -> rx.Component:
    """A filter by several of many values; `options` as in `form.choice`.

    `value` is what the address holds: values parted by commas, each percent-encoded. `on_change(value)` gets it anew.
    """
    if not isinstance(options, rx.Var):
        options = rx.Var.create([{"value": key, "text": words} for key, words in options])
    return Choose.create(label=label, value=value, options=options, on_change=on_change)


def chip(text: Any, on_remove: Any, remove_label: Any) -> rx.Component:
    """A filter in force, with a button that takes it away."""
    return rx.el.span(
        text,
        rx.el.button(icon("x", "s"), type="button", on_click=on_remove, aria_label=remove_label),
        class_name="chip on",
    )


def segments(label: Any, options: Sequence[tuple[str, Any, str]], chosen: Any, on_choose: Any) -> rx.Component:
    """One of few, all in sight: (value, text, icon or ""); `on_choose(value)`."""
    return rx.el.div(
        *[
            rx.el.button(
                icon(name, "s") if name else rx.fragment(),
                text,
                type="button",
                on_click=on_choose(value),
                custom_attrs={"aria-pressed": rx.cond(chosen == value, "true", "false")},
            )
            for value, text, name in options
        ],
        class_name="seg",
        role="group",
        aria_label=label,
    )


def views(label: Any, options: Sequence[tuple[Any, str, Any]], current: str) -> rx.Component:
    """Views of the same things as links: (text, icon, address); the one whose icon is `current` is lit."""
    return rx.el.nav(
        *[
            rx.el.a(icon(name, "s"), text, href=href, custom_attrs={"aria-current": "page"} if name == current else {})
            for text, name, href in options
        ],
        class_name="seg",
        aria_label=label,
    )


def tabs(label: Any, options: Sequence[tuple[Any, Any, Any]]) -> rx.Component:
    """Parts of a page as links: (text, address, whether it is this one)."""
    return rx.el.nav(
        *[rx.el.a(text, href=href, custom_attrs={"aria-current": _page(here)}) for text, href, here in options],
        class_name="tabs",
        aria_label=label,
    )


def _page(here: Any) -> Any:
    if isinstance(here, rx.Var):
        return rx.cond(here, "page", rx.Var("undefined"))
    return "page" if here else rx.Var("undefined")
