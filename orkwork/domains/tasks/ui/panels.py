"""The left column of a task's page."""

from typing import Any

import reflex as rx

from orkwork.domains.tasks.ui.components import told
from orkwork.domains.tasks.ui.detail import OneTask
from orkwork.ui.components import form
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button
from orkwork.ui.components.figure import bar
from orkwork.ui.components.icon import icon
from orkwork.ui.components.markdown import markdown
from orkwork.ui.components.panel import body, card
from orkwork.ui.components.pill import state_pill
from orkwork.ui.components.table import more, num, table
from orkwork.ui.components.when import when
from orkwork.ui.locale import duration, money, number, plural, say, t
from orkwork.ui.shell import Shell


def description() -> rx.Component:
    """What has to be done, as markdown; as text while it is edited."""
    task = OneTask.task
    editor = form.form(
        rx.el.textarea(
            name="description",
            default_value=task["description"],
            class_name="input mono tall",
            aria_label=t("Description"),
            auto_focus=True,
        ),
        rx.el.div(
            rx.el.span(t("Markdown"), class_name="meta grow"),
            button(t("Cancel"), on_click=OneTask.stop),
            button(t("Save"), kind="solid", type="submit"),
            class_name="row",
        ),
        on_submit=OneTask.describe,
    )
    text = rx.cond(
        task["description"] != "",
        markdown(task["description"]),
        rx.el.p(t("Nothing is written here yet."), class_name="m2"),
    )
    edit = button(t("Edit"), kind="ghost sm", icon_name="pencil", on_click=OneTask.edit)
    return card(
        body(rx.cond(OneTask.editing, editor, text)),
        title=t("Description"),
        aside=rx.cond(Shell.can_write & ~OneTask.editing, edit, rx.fragment()),
    )


def executions() -> rx.Component:
    """Every run of the task, the latest first."""

    def cells(run: rx.Var) -> list[Any]:
        share = rx.el.span(
            bar(run["progress"], label=t("{n}% done", n=run["progress"]), tone=run["tone"].to(str)),
            rx.el.span(run["progress"], "%", class_name="num"),
            class_name="row progress",
        )
        return [
            rx.el.a(t("Run {n}", n=run["run"]), href=run["href"], class_name="link", custom_attrs={"data-main": "1"}),
            rx.el.a(avatar(run["agent"]), run["agent"], href=run["agent_href"], class_name="row"),
            rx.el.span(
                state_pill(run["status"]),
                rx.cond(run["failure"] != "", rx.el.span(say(run["failure"]), class_name="meta")),
                class_name="col why",
            ),
            share,
            number(run["tokens"]),
            duration(run["seconds"]),
            money(run["cost"]),
        ]

    heads = [t("Run"), t("Agent"), t("State"), t("Progress"), num(t("Tokens")), num(t("Duration")), num(t("Cost"))]
    last = OneTask.executions[0]
    log = rx.cond(
        last["log"] != "",
        rx.el.pre(
            rx.cond(last["failure"] != "", rx.el.span(say(last["failure"]), "\n", class_name="bad"), rx.fragment()),
            last["log"],
            class_name="log",
            tab_index=0,
            aria_label=t("What the last run says"),
        ),
        rx.fragment(),
    )
    none = body(rx.el.p(t("No agent has started it yet."), class_name="m2"))
    filled = rx.fragment(
        table(heads, OneTask.executions, cells, label=t("Executions"), row_id=lambda run: run["id"]), log
    )
    follows = rx.el.span(
        rx.el.span(class_name="dot"), t("Following run {n}", n=last["run"]), class_name="row meta", role="status"
    )
    return card(
        rx.cond(OneTask.executions.length() > 0, filled, none),
        title=t("Executions"),
        count=rx.cond(OneTask.executions.length() > 0, number(OneTask.executions.length()), ""),
        aside=rx.cond(last["status"] == "running", follows, rx.fragment()),
    )


def costs() -> rx.Component:
    """The task's rows of the ledger."""

    def cells(row: rx.Var) -> list[Any]:
        return [
            when(row["at"], "moment"),
            rx.el.span(row["model"], class_name="mono"),
            number(row["tokens"]),
            rx.cond(row["amount"] != "", money(row["amount"], 4), rx.el.span(t("unpriced"), class_name="warn")),
            rx.cond(row["difference"] != "", money(row["difference"], 4), "—"),
        ]

    heads = [t("Time"), t("Model"), num(t("Tokens")), num(t("Amount")), num(t("Against the catalogue"))]
    filled = rx.fragment(
        table(heads, OneTask.costs, cells, label=t("Costs"), row_id=lambda row: row["id"]),
        more(OneTask.show_costs, OneTask.more_costs, t("Show more costs")),
    )
    return rx.cond(
        OneTask.costs.length() > 0,
        card(filled, title=t("Costs"), count=money(OneTask.task["cost"])),
        rx.fragment(),
    )


def talk() -> rx.Component:
    """What was said and what happened, in the order of time, and a box to say something."""

    def said(one: rx.Var) -> rx.Component:
        return rx.el.div(
            avatar(one["who"], person=one["person"].to(bool), size="md"),
            rx.el.div(
                rx.el.span(one["who"], class_name="b6"),
                rx.el.span(when(one["at"]), class_name="meta"),
                class_name="row",
            ),
            rx.el.div(markdown(one["body"]), class_name="text"),
            class_name="cmt",
            key=one["id"],
        )

    def happened(one: rx.Var) -> rx.Component:
        return rx.el.div(
            icon(one["icon"], tone=one["tone"].to(str)),
            rx.el.span(rx.el.span(one["who"], class_name="b5"), " ", told(one)),
            when(one["at"]),
            class_name="ev",
            key=one["id"],
        )

    box = form.form(
        rx.el.textarea(
            name="body",
            class_name="input",
            placeholder=t("Write a comment; agents read it with the task"),
            aria_label=t("Comment"),
            key=OneTask.draft,
            max_length=50_000,
        ),
        rx.el.div(
            rx.el.span(t("Markdown"), class_name="meta grow"), button(t("Comment"), type="submit"), class_name="row"
        ),
        on_submit=OneTask.comment,
        reset_on_submit=True,
    )
    return card(
        rx.foreach(OneTask.history, lambda one: rx.cond(one["body"] != "", said(one), happened(one))),
        rx.cond(Shell.can_write, rx.el.div(body(box), class_name="saybox"), rx.fragment()),
        title=t("Comments and history"),
        count=plural("{n} entry", "{n} entries", OneTask.history.length()),
    )
