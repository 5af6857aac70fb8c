"""Tables: rows parted by a line, numbers to the right."""

from collections.abc import Callable, Sequence
from typing import Any

import reflex as rx

from orkwork.ui.components.icon import icon

Column = Any


def table(
    columns: Sequence[Column],
    rows: Any,
    build: Callable[[Any], Sequence[Any]],
    *,
    label: Any,
    row_id: Callable[[Any], Any] | None = None,
) -> rx.Component:
    """A table over a list var.

    `columns` are headings, or `num(heading)` for right-aligned ones, or `sort(...)`; `build(row)` answers one content
    per column. `label` is the table's name for screen readers. j and k walk its rows.
    """
    heads = [column if isinstance(column, Head) else Head(column) for column in columns]

    def line(row: Any) -> rx.Component:
        cells = [
            rx.el.td(cell, class_name="num" if head.right else "") for head, cell in zip(heads, build(row), strict=True)
        ]
        key = {"key": row_id(row)} if row_id else {}
        return rx.el.tr(*cells, class_name="h", custom_attrs={"data-row": "1"}, **key)

    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*[head.cell() for head in heads])),
            rx.el.tbody(rx.foreach(rows, line)),
            aria_label=label,
        ),
        class_name="table",
        role="region",
        aria_label=label,
        tab_index=0,
    )


class Head:
    """One column's heading."""

    def __init__(self, text: Any, *, right: bool = False, on_sort: Any = None, order: Any = None) -> None:
        """Say how it stands and what a click on it does."""
        self.text, self.right, self.on_sort, self.order = text, right, on_sort, order

    def cell(self) -> rx.Component:
        """The `th`."""
        class_name = "num" if self.right else ""
        if self.on_sort is None:
            return rx.el.th(self.text, class_name=class_name, scope="col")
        arrow = rx.match(
            self.order, ("ascending", icon("arrow-up", "s")), ("descending", icon("arrow-down", "s")), rx.fragment()
        )
        return rx.el.th(
            rx.el.button(self.text, arrow, type="button", on_click=self.on_sort),
            class_name=class_name,
            scope="col",
            custom_attrs={"aria-sort": self.order},
        )


def num(text: Any) -> Head:
    """A right-aligned column of figures."""
    return Head(text, right=True)


def sort(text: Any, on_sort: Any, order: Any, *, right: bool = False) -> Head:
    """A column one can sort by; `order` is a var: ascending, descending or none."""
    return Head(text, right=right, on_sort=on_sort, order=order)


def more(on_more: Any, has_more: rx.Var, text: Any) -> rx.Component:
    """The button below a list that brings the next page of it."""
    return rx.cond(
        has_more,
        rx.el.div(rx.el.button(text, type="button", class_name="btn ghost", on_click=on_more), class_name="cf"),
        rx.fragment(),
    )


def how_many(rows: Any, cursor: Any) -> rx.Var:
    """How many rows a list has, or '50+' while there are more than are shown."""
    return rx.cond(cursor, rows.length().to_string() + "+", rows.length().to_string())
