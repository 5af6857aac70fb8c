"""The dependencies of a task as a small picture: what it waits for, itself, what waits for it."""

from typing import Any

import reflex as rx

from orkwork.domains.tasks.ui import reading
from orkwork.domains.tasks.ui.components import task_finder
from orkwork.domains.tasks.ui.detail import OneTask
from orkwork.ui.components import filters
from orkwork.ui.components.button import button, icon_button
from orkwork.ui.components.panel import body, card, link
from orkwork.ui.components.pill import status
from orkwork.ui.locale import plural, t
from orkwork.ui.shell import Shell


def _box(edge: rx.Var, *, removable: bool) -> rx.Component:
    drop = icon_button(
        "x",
        t("Remove the dependency on {key}", key=edge["key"]),
        on_click=OneTask.unlink(edge["key"]),
        class_name="quiet sm",
    )
    return rx.el.div(
        rx.el.a(
            status(edge["status"], bare=True),
            rx.el.span(
                rx.el.span(edge["key"], class_name="mono m2"),
                rx.el.span(edge["title"], class_name="trunc"),
                class_name="col grow",
            ),
            href=edge["href"],
            class_name="row grow",
        ),
        rx.cond(Shell.can_write, drop, rx.fragment()) if removable else rx.fragment(),
        class_name="dep",
        key=edge["key"],
    )


def _side(edges: Any, heading: Any, *, removable: bool) -> rx.Component:
    few = edges[: reading.MOST]
    rest = edges.length() - reading.MOST
    return rx.el.div(
        rx.el.h3(heading, class_name="only-m meta"),
        rx.foreach(few, lambda edge: _box(edge, removable=removable)),
        rx.cond(rest > 0, rx.el.span(plural("{n} more", "{n} more", rest), class_name="meta"), rx.fragment()),
        class_name="depside",
    )


def _lines(lines: Any) -> rx.Component:
    return rx.el.svg(
        rx.foreach(lines, lambda line: rx.el.path(d=line["d"], class_name=line["tone"].to(str))),
        rx.cond(lines.length() > 0, rx.el.path(), rx.fragment()),
        view_box=rx.Var.create("0 0 56 ") + OneTask.height.to(str),
        width="56",
        height=OneTask.height,
        class_name="deplines no-m",
        aria_hidden="true",
    )


def _picture() -> rx.Component:
    task = OneTask.task
    here = rx.el.div(
        status(task["status"], bare=True),
        rx.el.span(
            rx.el.span(task["key"], class_name="mono m2"),
            rx.el.span(task["title"], class_name="trunc"),
            class_name="col grow",
        ),
        class_name="dep here",
    )
    return rx.el.div(
        _side(OneTask.needs, t("Waits for"), removable=True),
        _lines(OneTask.lines_in),
        here,
        _lines(OneTask.lines_out),
        _side(OneTask.waits, t("Blocks"), removable=False),
        class_name="deps",
    )


def _related() -> rx.Component:
    return rx.el.div(
        rx.el.span(t("Related"), class_name="meta"),
        rx.foreach(OneTask.related, lambda edge: _box(edge, removable=True)),
        class_name="row w related",
    )


def _add() -> rx.Component:
    kinds = filters.segments(
        t("Kind"),
        [("blocks", t("Waits for"), "lock"), ("relates", t("Is related to"), "link")],
        OneTask.kind,
        OneTask.choose_kind,
    )
    finder = task_finder(OneTask.found, OneTask.find, OneTask.need, t("Task"), "dependency")
    return rx.el.div(kinds, finder, button(t("Close"), on_click=OneTask.link), class_name="depadd")


def dependencies() -> rx.Component:
    """The picture, what is related, and adding one."""
    some = (OneTask.needs.length() > 0) | (OneTask.waits.length() > 0)
    none = rx.el.p(t("It waits for nothing, and nothing waits for it."), class_name="m2")
    count = rx.cond(
        some,
        rx.fragment(
            plural("waits for {n}", "waits for {n}", OneTask.needs.length()),
            ", ",
            plural("blocks {n}", "blocks {n}", OneTask.waits.length()),
        ),
        "",
    )
    add = button(t("Add"), kind="ghost sm", icon_name="plus", on_click=OneTask.link)
    project, key = OneTask.task["prefix"].to(str), OneTask.task["key"].to(str)
    whole = rx.Var.create("/projects/") + project + "/graph?task=" + key
    return card(
        rx.cond(OneTask.linking, _add(), rx.fragment()),
        body(
            rx.cond(some, _picture(), none),
            rx.cond(OneTask.related.length() > 0, _related(), rx.fragment()),
        ),
        title=t("Dependencies"),
        count=count,
        aside=rx.fragment(
            rx.cond(some, link(t("Open graph"), whole), rx.fragment()),
            rx.cond(Shell.can_write & ~OneTask.linking, add, rx.fragment()),
        ),
    )
