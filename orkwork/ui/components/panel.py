"""Panels: one surface with rows parted by a line."""

from typing import Any

import reflex as rx

from orkwork.ui.components.icon import icon


def card(
    *content: Any, title: Any = None, count: Any = None, aside: Any = None, on: Any = False, **props: Any
) -> rx.Component:
    """A panel. With `title` it has a header: `count` stands after it, `aside` (a link, meta or button) at its end."""
    extra = props.pop("class_name", "")
    chosen = rx.cond(on, "on", "") if isinstance(on, rx.Var) else "on" if on else ""
    head = [header(title, count=count, aside=aside)] if title is not None else []
    return rx.el.section(*head, *content, class_name=["card", extra, chosen], **props)


def header(title: Any, *, count: Any = None, aside: Any = None) -> rx.Component:
    """A panel's header."""
    parts: list[Any] = [rx.el.h2(title)]
    if count is not None:
        parts.append(rx.el.span(count, class_name="count"))
    if aside is not None:
        parts.append(rx.el.div(aside, class_name="end row"))
    return rx.el.div(*parts, class_name="ch")


def body(*content: Any, **props: Any) -> rx.Component:
    """A panel's padded inside."""
    return rx.el.div(*content, class_name="cb", **props)


def row(*content: Any, href: Any = None, **props: Any) -> rx.Component:
    """One line of a panel, a link when `href` is given; long texts want `rx.el.span(…, class_name="trunc grow")`."""
    if href is not None:
        return rx.el.a(*content, href=href, class_name="r", custom_attrs={"data-row": "1"}, **props)
    return rx.el.div(*content, class_name="r", **props)


def two_lines(first: Any, second: Any, *, before: Any = None, after: Any = None, href: Any = None) -> rx.Component:
    """A line with a second, gray one below it."""
    parts = [
        before if before is not None else rx.fragment(),
        rx.el.span(
            rx.el.span(first, class_name="trunc"), rx.el.span(second, class_name="meta trunc"), class_name="col grow"
        ),
        after if after is not None else rx.fragment(),
    ]
    if href is not None:
        return rx.el.a(*parts, href=href, class_name="r two", custom_attrs={"data-row": "1"})
    return rx.el.div(*parts, class_name="r two")


def properties(*pairs: tuple[Any, Any]) -> rx.Component:
    """Names and values."""
    return rx.el.dl(*[part for name, value in pairs for part in (rx.el.dt(name), rx.el.dd(value))], class_name="props")


def link(text: Any, href: Any, **props: Any) -> rx.Component:
    """A link in the accent's colour."""
    return rx.el.a(text, href=href, class_name="link tap", **props)


def grid(*columns: Any) -> rx.Component:
    """Twelve columns; give children `class_name="c8"` and so on, which add up to twelve."""
    return rx.el.div(*columns, class_name="grid")


def stack(*content: Any, class_name: str = "") -> rx.Component:
    """One below the other with the page's gap."""
    return rx.el.div(*content, class_name=f"stack {class_name}".strip())


def notice(text: Any, tone: str = "info", *more: Any) -> rx.Component:
    """A sentence that must be seen, in the page's flow."""
    names = {"info": "info", "warn": "triangle-alert", "bad": "octagon-alert", "ok": "circle-check"}
    return rx.el.div(
        icon(names[tone], tone=tone), rx.el.span(text, class_name="grow"), *more, class_name="notice", role="status"
    )


def skeleton(lines: int = 3) -> rx.Component:
    """What stands in for content on its way."""
    widths = ("72%", "88%", "56%", "80%")
    return rx.el.div(
        *[rx.el.span(class_name="skel", style={"width": widths[n % 4]}) for n in range(lines)],
        class_name="cb col gap",
        aria_hidden="true",
    )
