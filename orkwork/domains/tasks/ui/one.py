"""The page of one task."""

from typing import Any

import reflex as rx

from orkwork.domains.projects.ui.holding import hold_banner
from orkwork.domains.tasks.ui import cancelling, checklist, clocks, panels, picture, reasons, why
from orkwork.domains.tasks.ui.components import agent_picker, priorities
from orkwork.domains.tasks.ui.detail import OneTask
from orkwork.domains.tasks.ui.escalating import escalate_button
from orkwork.ui.components import form
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button, menu
from orkwork.ui.components.dialog import confirm, opens
from orkwork.ui.components.figure import bar
from orkwork.ui.components.icon import icon
from orkwork.ui.components.kit import SlaLeft
from orkwork.ui.components.panel import card, grid, properties, skeleton, stack
from orkwork.ui.components.pill import priority, status_pill
from orkwork.ui.components.when import when
from orkwork.ui.locale import day, duration, money, number, plural, say, t
from orkwork.ui.page import page
from orkwork.ui.shell import Shell


def _title() -> rx.Component:
    task = OneTask.task
    edit = rx.el.textarea(
        name="title",
        rows="1",
        default_value=task["title"],
        key=task["title"],
        aria_label=t("Title"),
        on_blur=OneTask.rename,
        max_length=300,
        class_name="edit",
        custom_attrs={"data-edit": "1"},
    )
    return rx.el.div(
        rx.el.span(task["key"], class_name="mono m2"),
        rx.cond(Shell.can_write, edit, rx.el.span(task["title"], class_name="grow")),
        class_name="tasktitle",
    )


def _moves() -> rx.Component:
    """The state, and a button for each legal move; the first is the usual one."""

    def act(move: rx.Var) -> rx.Component:
        kind = rx.cond(move["main"] != "", "btn solid", "btn")
        assign = rx.el.button(
            t("Assign…"), type="button", class_name=kind, key="assign", custom_attrs={"data-open": "assign-task"}
        )
        plain = rx.el.button(
            say(move["text"]), type="button", class_name=kind, on_click=OneTask.move(move["to"]), key=move["to"]
        )
        worded = rx.el.button(
            say(move["text"]), type="button", class_name=kind, on_click=OneTask.ask_why(move["to"]), key="why"
        )
        return rx.cond(move["to"] == "ASSIGNED", assign, rx.cond(move["why"] != "", worded, plain))

    more = menu(
        t("More"),
        rx.el.button(
            icon("ban"), t("Cancel with all that depends on it…"), type="button", on_click=OneTask.look_at_subtree
        ),
        rx.cond(
            OneTask.executions.length() == 0,
            rx.el.button(icon("trash-2"), t("Delete the task"), type="button", **opens("delete-task")),
            rx.fragment(),
        ),
    )
    acts = rx.fragment(
        icon("arrow-right", "s", "idle"),
        rx.foreach(OneTask.moves, act),
        rx.cond(OneTask.task["status"] == "COMPLETED", rx.fragment(), more),
    )
    return rx.el.div(
        status_pill(OneTask.task["status"]),
        rx.cond(Shell.can_write, acts, rx.fragment()),
        _standing(),
        class_name="row w moves",
        role="group",
        aria_label=t("State"),
    )


def _standing() -> rx.Component:
    """A word on why it stands where it stands."""
    task = OneTask.task
    return rx.el.span(
        rx.match(
            task["status"],
            (
                "IN_PROGRESS",
                rx.cond(
                    OneTask.executions[0]["status"] == "running",
                    t(
                        "{n}% done, run {run} by {who}",
                        n=task["progress"],
                        run=OneTask.executions[0]["run"],
                        who=task["assignee"],
                    ),
                    t("{who} has it, no run is under way", who=task["assignee"]),
                ),
            ),
            (
                "PLANNING",
                rx.cond(
                    task["blocked"].to(int) > 0,
                    plural("waits for {n} task", "waits for {n} tasks", task["blocked"]),
                    t("not yet given to agents"),
                ),
            ),
            (
                "READY",
                rx.cond(
                    task["retry_at"] != "",
                    t("failed, is tried again by itself"),
                    t("agents may claim it"),
                ),
            ),
            ("ASSIGNED", t("{who} has it and has not begun", who=task["assignee"])),
            ("REVIEW", t("handed in by {who}", who=task["assignee"])),
            "",
        ),
        rx.cond(
            task["flagged"],
            rx.el.span(icon("lock", "s", "bad"), t("A dependency was re-opened"), class_name="row tight bad"),
            rx.fragment(),
        ),
        class_name="meta row w",
    )


def _either(editor: Any, plain: Any) -> rx.Component:
    return rx.cond(Shell.can_write, editor, plain)


def _line(name: str, label: Any, value: Any, on_save: Any, **props: Any) -> rx.Component:
    """A property that is a field for those who may write."""
    return _either(form.inline_edit(name, label, value, on_save, **props), rx.cond(value != "", rx.el.span(value), "—"))


def _properties() -> rx.Component:
    task = OneTask.task
    assignee = rx.cond(
        task["assignee"] != "",
        rx.fragment(avatar(task["assignee"]), rx.el.span(task["assignee"], class_name="trunc")),
        rx.el.span(t("Nobody"), class_name="m2"),
    )
    ready = Shell.can_write & (task["status"] == "READY")
    assign = rx.fragment(
        button(t("Assign…"), kind="ghost sm", **opens("assign-task")),
        button(t("By score"), kind="ghost sm", on_click=OneTask.assign_best),
    )
    rank = rx.el.select(
        *[rx.el.option(words, value=value) for value, words in priorities()],
        value=task["priority"],
        on_change=OneTask.prioritise,
        aria_label=t("Priority"),
        class_name="edit",
    )
    due = rx.el.input(
        type="date",
        default_value=task["due_day"],
        key=task["due_day"],
        on_blur=OneTask.plan,
        aria_label=t("Due"),
        class_name=rx.cond(task["due_day"] == "", "edit blank", "edit"),
        custom_attrs={"data-edit": "1"},
    )
    due = rx.el.span(due, class_name=rx.cond(task["due_day"] == "", "blankdate", "row grow"))
    late = rx.cond(task["late"], icon("circle-alert", "s", "bad"), rx.fragment())
    project = rx.el.a(
        rx.el.span(task["prefix"], class_name="mono m2"),
        task["project"],
        href=rx.Var.create("/projects/") + task["prefix"].to(str),
        class_name="row trunc",
    )
    review = rx.el.label(
        rx.el.input(
            type="checkbox", checked=task["review"].to(bool), disabled=~Shell.can_write, on_change=OneTask.ask_review
        ),
        t("before it completes"),
        class_name="check",
    )
    source = rx.cond(
        task["url"] != "",
        rx.el.a(
            rx.cond(task["external"] != "", task["external"], task["source"]),
            icon("external-link", "s"),
            href=task["url"].to(str),
            target="_blank",
            rel="noopener noreferrer nofollow",
            class_name="link row tight",
        ),
        rx.cond(task["source"] != "", task["source"], "—"),
    )
    return card(
        properties(
            (t("Assignee"), rx.fragment(assignee, rx.cond(ready, assign, rx.fragment()))),
            (
                t("Priority"),
                _either(rx.fragment(priority(task["priority"], bare=True), rank), priority(task["priority"])),
            ),
            (t("Project"), project),
            (
                t("Labels"),
                _line("labels", t("Labels, parted by commas"), task["labels"], OneTask.label, placeholder="—"),
            ),
            (
                t("Due"),
                _either(rx.fragment(due, late), rx.cond(task["due"] != "", day(task["due"]), "—")),
            ),
            (
                t("Estimate"),
                _line("estimate", t("Estimate, hours"), task["estimate"], OneTask.estimate, placeholder=t("hours")),
            ),
            (
                t("Needs"),
                _line("needs", t("Needs, parted by commas"), task["needs"], OneTask.require, placeholder="code:python"),
            ),
            (t("Review"), review),
            (
                t("Retries"),
                rx.el.span(
                    t("{n} of", n=task["retries"]),
                    _line(
                        "retries",
                        t("Retries at most"),
                        task["max_retries"],
                        OneTask.allow_retries,
                        placeholder=OneTask.holding["retries"],
                    ),
                    class_name="row retries",
                ),
            ),
            (t("Source"), source),
            (t("Created"), when(task["created"])),
        ),
        title=t("Properties"),
    )


def _promise(one: rx.Var) -> rx.Component:
    """One clock of the service level."""
    name = rx.cond(one["clock"] == "response", t("Response SLA"), t("Resolution SLA"))
    return rx.el.div(
        rx.el.div(rx.el.span(name, class_name="grow"), SlaLeft.create(sla=one["left"]), class_name="row"),
        bar(one["share"], label=t("{n}% of the time used", n=one["share"]), tone=one["tone"].to(str)),
        rx.el.span(
            t("{used} of {limit}", used=duration(one["used"]), limit=duration(one["limit"])),
            rx.cond(one["left"].to(dict[str, Any])["state"] == "ok", rx.fragment(", ", t("warning at 80%"))),
            class_name="meta t",
        ),
        class_name="col used",
        key=one["clock"],
    )


def _raise() -> rx.Component:
    """Late, and its escalation has not come to the CEO."""
    words = rx.match(
        OneTask.following["concerns"],
        ("agent", t("Next its agent hears of it")),
        ("manager", t("Next its agent's manager hears of it")),
        t("Next the CEO hears of it"),
    )
    return rx.el.div(
        rx.el.span(words, class_name="meta grow"),
        escalate_button(OneTask.task["key"], OneTask.following["level"].to(int)),
        class_name="row used",
    )


def _time_and_money() -> rx.Component:
    work, task = OneTask.work, OneTask.task
    planned = rx.cond(
        work["planned"].to(int) > 0,
        rx.fragment(
            bar(
                work["share"],
                label=t("{n}% of the estimate", n=work["share"]),
                tone=rx.cond(work["over"], "bad", ""),
            ),
            rx.el.span(t("of {time} estimated", time=duration(work["planned"])), class_name="meta"),
        ),
        rx.el.span(t("no estimate"), class_name="meta"),
    )
    left = rx.cond(
        task["due"] != "",
        rx.el.div(
            rx.el.span(t("Due"), class_name="grow"),
            rx.el.span(when(task["due"]), class_name=rx.cond(task["late"], "b6 bad", "b6")),
            class_name="row",
        ),
        rx.fragment(),
    )
    return card(
        rx.foreach(OneTask.sla, _promise),
        rx.cond(OneTask.following["level"].to(int) > 0, _raise(), rx.fragment()),
        rx.el.div(
            rx.el.div(
                rx.el.span(t("Worked"), class_name="grow"),
                rx.el.span(duration(work["seconds"]), class_name="b6 t"),
                class_name="row",
            ),
            planned,
            class_name="col used",
        ),
        rx.el.div(
            rx.el.div(
                rx.el.span(t("Cost"), class_name="grow"),
                rx.el.span(money(task["cost"]), class_name="b6 t"),
                class_name="row",
            ),
            rx.el.span(
                plural("{n} run", "{n} runs", work["runs"]),
                rx.cond(work["tokens"].to(int) > 0, rx.fragment(", ", t("{n} tokens", n=number(work["tokens"])))),
                class_name="meta",
            ),
            left,
            class_name="col used",
        ),
        title=t("Time and money"),
        class_name="usage",
    )


@page(
    "/tasks/[ref]",
    title="Task",
    name=OneTask.key,
    state=OneTask,
    nav="/tasks",
    crumbs=lambda: [
        (t("Projects"), "/projects"),
        (OneTask.task["project"], rx.Var.create("/projects/") + OneTask.task["prefix"].to(str)),
    ],
)
def task() -> list[rx.Component]:
    """Title and moves on top; what it is on the left, how it stands on the right."""
    left = stack(
        clocks.question(OneTask),
        panels.description(),
        checklist.criteria(),
        picture.dependencies(),
        panels.executions(),
        panels.costs(),
        panels.talk(),
    )
    right = stack(_properties(), why.panel(OneTask), clocks.panel(OneTask), _time_and_money())
    content = rx.fragment(
        hold_banner(OneTask.task["held"], OneTask.task["prefix"]),
        rx.el.div(_title(), _moves(), class_name="stack tasktop"),
        grid(rx.el.div(left, class_name="c8"), rx.el.div(right, class_name="c4")),
    )
    return [
        rx.cond(OneTask.key != "", content, card(skeleton(8))),
        agent_picker("assign-task", OneTask.agents, OneTask.assign),
        clocks.limits_dialog(OneTask),
        reasons.reason_dialog(OneTask.asking, OneTask.errors, OneTask.say_why, OneTask.keep),
        cancelling.subtree_dialog(),
        confirm(
            "delete-task",
            t("Delete {key}?", key=OneTask.key),
            t("The task and its comments will be gone. Nobody has worked on it."),
            t("Delete the task"),
            OneTask.delete,
        ),
    ]
