"""The question before a task is cancelled with all that depends on it: how much, and what."""

from typing import Any

import reflex as rx

from orkwork.domains.tasks.ui.detail import OneTask
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.panel import notice
from orkwork.ui.components.pill import status
from orkwork.ui.locale import plural, t


def subtree_dialog() -> rx.Component:
    """Names what goes, and asks once."""
    doomed = OneTask.doomed
    count, running = doomed["count"].to(int), doomed["running"].to(int)

    def line(one: rx.Var) -> rx.Component:
        return rx.el.li(
            status(one["status"], bare=True),
            rx.el.span(one["key"], class_name="mono m2 nw"),
            rx.el.span(one["title"], class_name="trunc grow"),
            rx.el.span(one["who"], class_name="meta nw"),
            class_name="row",
            key=one["key"],
        )

    rows = doomed["rows"].to(list[dict[str, str]])
    told = rx.cond(
        running > 0,
        notice(
            plural(
                "{n} of them is worked on: its run ends, and its agent is told.",
                "{n} of them are worked on: their runs end, and their agents are told.",
                running,
            ),
            "warn",
        ),
        rx.fragment(),
    )
    more = rx.cond(
        count > rows.length(), rx.el.p(t("and {n} more", n=count - rows.length()), class_name="meta"), rx.fragment()
    )
    fields = form.form(
        rx.el.p(
            plural("{n} task goes. What is completed stays.", "{n} tasks go. What is completed stays.", count),
            class_name="m2",
        ),
        told,
        rx.el.ul(
            rx.foreach(rows, line), class_name="doomed", tab_index=0, aria_label=t("Tasks that would be cancelled")
        ),
        more,
        form.text("why", t("Why?"), errors=OneTask.errors, id="cancel-why", max_length=200),
        form.actions(
            button(t("Keep them"), **closes()),
            button(plural("Cancel {n} task", "Cancel {n} tasks", count), kind="danger", type="submit"),
        ),
        on_submit=OneTask.cancel_subtree,
    )
    nothing = rx.el.p(t("There is nothing to cancel."), class_name="m2")
    title: Any = t("Cancel {key} with all that depends on it?", key=OneTask.key)
    return dialog("cancel-subtree", title, rx.cond(count > 0, fields, nothing), open=count > 0, on_close=OneTask.spare)
