"""The parts that need a browser's hands, written in `assets/kit`."""

from typing import Any

import reflex as rx

_KIT = "$/public/kit/"


def _text(value: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (value,)


def _number(value: rx.Var[int]) -> tuple[rx.Var[int]]:
    return (value,)


class Pill(rx.Component):
    """Icon and word in an outline."""

    library = f"{_KIT}pill.jsx"
    tag = "Pill"
    kind: rx.Var[str]
    value: rx.Var[str]


class Mark(rx.Component):
    """Icon and word without one."""

    library = f"{_KIT}pill.jsx"
    tag = "Mark"
    kind: rx.Var[str]
    value: rx.Var[str]
    bare: rx.Var[bool]


class When(rx.Component):
    """A time, relative and kept right."""

    library = f"{_KIT}small.jsx"
    tag = "When"
    at: rx.Var[str]
    shape: rx.Var[str]


class SlaLeft(rx.Component):
    """The time left of a promise, counted down."""

    library = f"{_KIT}sla.jsx"
    tag = "SlaLeft"
    sla: rx.Var[dict[str, Any]]


class LogView(rx.Component):
    """A run's log, of which each batch brings the lines that are new; `on_gap(last)` asks for those it misses."""

    library = f"{_KIT}log.jsx"
    tag = "LogView"
    batch: rx.Var[dict[str, Any]]
    label: rx.Var[str]
    on_gap: rx.EventHandler[_number]


class CopyButton(rx.Component):
    """Copies a text."""

    library = f"{_KIT}small.jsx"
    tag = "CopyButton"
    text: rx.Var[str]
    label: rx.Var[str]


class ThemeSwitch(rx.Component):
    """System, light, dark."""

    library = f"{_KIT}small.jsx"
    tag = "ThemeSwitch"


class LanguageSwitch(rx.Component):
    """The languages by their own names."""

    library = f"{_KIT}small.jsx"
    tag = "LanguageSwitch"
    locales: rx.Var[dict[str, str]]
    keep: rx.Var[bool]


class LiveDot(rx.Component):
    """Whether changes reach this page."""

    library = f"{_KIT}small.jsx"
    tag = "LiveDot"


class Today(rx.Component):
    """Today's date in words."""

    library = f"{_KIT}small.jsx"
    tag = "Today"


class DocumentTitle(rx.Component):
    """The tab's title."""

    library = f"{_KIT}small.jsx"
    tag = "DocumentTitle"
    text: rx.Var[str]


class NewPill(rx.Component):
    """'3 new', which shows them when pressed."""

    library = f"{_KIT}small.jsx"
    tag = "NewPill"
    count: rx.Var[int]
    on_show: rx.EventHandler[rx.event.no_args_event_spec]


class Choose(rx.Component):
    """A filter with several values."""

    library = f"{_KIT}choose.jsx"
    tag = "Choose"
    label: rx.Var[str]
    value: rx.Var[str]
    options: rx.Var[list[dict[str, Any]]]
    on_change: rx.EventHandler[_text]


class Dialog(rx.Component):
    """The browser's own dialog."""

    library = f"{_KIT}dialog.jsx"
    tag = "Dialog"
    title: rx.Var[str]
    open: rx.Var[bool]
    wide: rx.Var[bool]
    on_close: rx.EventHandler[rx.event.no_args_event_spec]


class Toasts(rx.Component):
    """Where toasts appear."""

    library = f"{_KIT}toast.jsx"
    tag = "Toasts"


class Hands(rx.Component):
    """Palette, keys and their help."""

    library = f"{_KIT}shell.jsx"
    tag = "Hands"
    places: rx.Var[list[dict[str, Any]]]
    actions: rx.Var[list[dict[str, Any]]]
    found: rx.Var[list[dict[str, Any]]]
    on_search: rx.EventHandler[_text]


class SidebarButton(rx.Component):
    """Collapses the sidebar."""

    library = f"{_KIT}shell.jsx"
    tag = "SidebarButton"
