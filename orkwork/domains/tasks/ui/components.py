"""Parts that several pages of work share: choosing an agent, finding a task, telling what happened."""

from typing import Any

import reflex as rx

from orkwork.domains.agents.schemas import AgentOut
from orkwork.domains.tasks.models import Priority, Status
from orkwork.domains.tasks.ui import shown
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.dialog import dialog
from orkwork.ui.components.icon import icon
from orkwork.ui.components.pill import status
from orkwork.ui.components.when import when
from orkwork.ui.locale import plural, say, t

_PRIORITIES = {"urgent": "Urgent", "high": "High", "medium": "Medium", "low": "Low", "none": "No priority"}


def statuses() -> list[tuple[str, Any]]:
    """The states, to choose from."""
    return [(s.value, say(shown.WORDS[s])) for s in Status]


def priorities() -> list[tuple[str, Any]]:
    """The priorities, to choose from."""
    return [(p.value, say(_PRIORITIES[p.value])) for p in Priority]


def agent_line(agent: AgentOut) -> dict[str, Any]:
    """An agent to choose."""
    return {
        "value": str(agent.id),
        "text": agent.name,
        "role": agent.role,
        "running": agent.running,
        "room": agent.max_concurrent_tasks,
        "free": agent.status == "active" and agent.running < agent.max_concurrent_tasks,
    }


def agent_picker(id: str, agents: Any, on_pick: Any, **props: Any) -> rx.Component:
    """A dialog to choose who gets a task: `on_pick(agent_id)`. An agent without room can't be chosen."""

    def line(agent: rx.Var) -> rx.Component:
        return rx.el.button(
            avatar(agent["text"], size="md"),
            rx.el.span(
                rx.el.span(agent["text"], class_name="b5 trunc"),
                rx.el.span(agent["role"], class_name="meta trunc"),
                class_name="col grow",
            ),
            rx.el.span(
                t("{n} of {room} tasks", n=agent["running"], room=agent["room"]), class_name="meta t nw", key="load"
            ),
            type="button",
            class_name="r two pickrow",
            disabled=~agent["free"].to(bool),
            on_click=on_pick(agent["value"]),
            custom_attrs={"data-close": "1"},
        )

    nobody = rx.el.p(t("There is no agent yet. Create one on the Agents page."), class_name="m2")
    rows = rx.el.div(rx.foreach(agents, line), class_name="picklist")
    return dialog(id, t("Assign to an agent"), rx.cond(agents.length() > 0, rows, nobody), **props)


def task_finder(found: Any, on_find: Any, on_pick: Any, label: Any, id: str) -> rx.Component:
    """A field that finds tasks by key or words, and what it found: `on_pick(key)`."""

    def line(task: rx.Var) -> rx.Component:
        return rx.el.button(
            status(task["status"], bare=True),
            rx.el.span(task["key"], class_name="mono m2 nw"),
            rx.el.span(task["title"], class_name="trunc grow"),
            icon("plus", "s"),
            type="button",
            class_name="r pickrow",
            on_click=on_pick(task["key"]),
        )

    return rx.el.div(
        rx.el.label(label, html_for=id),
        rx.el.input(
            id=id,
            name=id,
            type="search",
            class_name="input",
            placeholder=t("Key or words"),
            auto_complete="off",
            on_change=on_find.debounce(150),
        ),
        rx.cond(found.length() > 0, rx.el.div(rx.foreach(found, line), class_name="picklist boxed"), rx.fragment()),
        class_name="field",
    )


def told(fact: rx.Var) -> rx.Var[str]:
    """A fact's text in the reader's language."""
    return t(fact["text"], a=say(fact["a"]), b=say(fact["b"]))


def feed_line(fact: rx.Var) -> rx.Component:
    """A line of a project's activity."""
    return rx.el.li(
        when(fact["at"], "clock"),
        avatar(fact["who"], person=fact["person"].to(bool)),
        rx.el.span(
            fact["who"],
            " ",
            rx.el.span(told(fact), class_name="m2"),
            rx.cond(
                fact["href"] != "",
                rx.el.span(" · ", rx.el.a(fact["key"], href=fact["href"], class_name="mono"), class_name="m2 nw"),
                rx.fragment(),
            ),
        ),
        key=fact["id"],
    )


def waiting(n: Any) -> rx.Component:
    """How many unfinished tasks a task waits for."""
    return rx.el.span(
        icon("lock", "s"), n, class_name="row tight meta", title=plural("waits for {n} task", "waits for {n} tasks", n)
    )
