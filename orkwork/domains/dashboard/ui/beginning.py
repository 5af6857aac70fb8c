"""The first page of a fresh company: the steps to the first finished task."""

from typing import Any

import reflex as rx

from orkwork.ui.components import filters
from orkwork.ui.components.button import button, command
from orkwork.ui.components.dialog import confirm, opens
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, notice
from orkwork.ui.locale import t
from orkwork.ui.shell import Shell

_ISSUES = (
    "gh issue list --limit 1000 --state all "
    "--json number,title,body,labels,state,author,assignees,comments,createdAt,updatedAt,closedAt,url > issues.json"
)
_CURL = ' -H "Authorization: Bearer ork_…" -H "Content-Type: application/json"'
_PYTHON = """import httpx

api = httpx.Client(base_url="ADDRESS/api/v2", headers={"Authorization": "Bearer ork_…"})
for claim in api.post("/tasks/claim", json={"start": True}).json()["claims"]:
    print(claim["task"]["key"], claim["task"]["title"])
    api.patch(f"/executions/{claim['execution']['id']}", json={"fence": claim["fence"], "status": "succeeded"})"""


def steps(state: Any) -> rx.Component:
    """The whole page."""
    done = state.begun
    words = rx.el.div(
        rx.el.h2(
            rx.cond(done["agents"], t("Your agents have no work yet"), t("Your company has no agents yet")),
            style={"fontSize": "20px", "lineHeight": "28px"},
        ),
        rx.el.p(
            t(
                "Three steps to the first finished task. After that this page is your daily brief: what needs you and what it costs."
            ),
            class_name="m2",
            style={"maxWidth": "64ch"},
        ),
    )
    listed = card(_owner(state), _create(state, done), _connect(state), _work())
    return rx.el.div(
        words,
        rx.el.div(rx.el.div(listed, class_name="c8"), rx.el.div(_ahead(), class_name="c4"), class_name="grid"),
        class_name="stack",
        style={"gap": "24px"},
    )


def _step(number: str, done: Any, title: rx.Var, why: Any, *content: Any) -> rx.Component:
    mark = rx.cond(
        done,
        rx.el.span(icon("check", "s"), rx.el.span(t("Done"), class_name="sr"), class_name="stepn done"),
        rx.el.span(number, class_name="stepn"),
    )
    inside = rx.el.div(
        rx.el.h3(title, class_name="b6", style={"fontSize": "14px"}),
        rx.el.p(why, class_name="m2"),
        *content,
        class_name="col",
    )
    return rx.el.div(mark, inside, class_name="step")


def _buttons(*content: Any) -> rx.Component:
    return rx.el.div(*content, class_name="row w", style={"paddingTop": "12px"})


def _owner(state: Any) -> rx.Component:
    return _step(
        "0", True, t("Owner created"), t("Signed in as {name}. The one-time link is used up.", name=state.name)
    )


def _create(state: Any, done: Any) -> rx.Component:
    starters = rx.cond(Shell.role == "owner", button(t("Add the five starter agents"), on_click=state.add_starters))
    create = button(t("Create agent"), kind="solid", icon_name="plus", href="/agents/new")
    add = rx.cond(Shell.can_manage, _buttons(create, starters))
    why = t("An agent is any program that claims tasks. Give it a name, a daily budget and how far it may go alone.")
    return _step("1", done["agents"], t("Create an agent"), why, rx.cond(done["agents"], rx.fragment(), add))


def _connect(state: Any) -> rx.Component:
    base = state.address + "/api/v2"
    curl = rx.el.div(
        command(
            rx.Var.create("curl -X POST ") + base + "/agents/me/heartbeat" + _CURL + " -d '{}'",
            t("Give a sign of life"),
        ),
        rx.el.p(t("Then ask for the best ready task"), class_name="meta"),
        command(
            rx.Var.create("curl -X POST ") + base + "/tasks/claim" + _CURL + " -d '{\"start\": true}'",
            t("Claim a task"),
        ),
        class_name="col gap",
    )
    python = command(rx.Var.create(_PYTHON).replace("ADDRESS", state.address), t("Claim a task and finish it"))
    chosen = filters.segments(
        t("Language"), [("curl", "curl", ""), ("python", "Python", "")], state.language, state.choose_language
    )
    waiting = rx.el.div(
        rx.el.span(class_name=rx.cond(state.begun["seen"], "dot", "dot idle")),
        rx.cond(state.begun["seen"], t("The first heartbeat has come"), t("Waiting for the first heartbeat")),
        class_name="row meta",
        role="status",
    )
    inside = rx.el.div(
        rx.el.div(chosen),
        rx.cond(state.language == "python", python, curl),
        waiting,
        class_name="col gap",
        style={"paddingTop": "12px"},
    )
    why = t(
        "Make a key on the agent's page and put it where the agent runs. It is shown once and can be revoked at any time."
    )
    return _step("2", state.begun["seen"], t("Connect it"), why, inside)


def _work() -> rx.Component:
    buttons = _buttons(
        button(t("Create project"), icon_name="folder-kanban", href="/projects?new=1"),
        button(t("Create task"), icon_name="list-checks", href="/tasks?new=1"),
    )
    bring = rx.el.div(
        rx.el.p(t("Or bring the open issues of a repository; labels and people come along:"), class_name="meta"),
        command(_ISSUES),
        command("orkwork import tracker issues.json"),
        class_name="col gap",
        style={"paddingTop": "12px"},
    )
    return _step(
        "3", False, t("Give it work"), t("Tasks live in projects. Dependencies say what comes first."), buttons, bring
    )


def _ahead() -> rx.Component:
    def one(name: str, title: rx.Var, why: rx.Var) -> rx.Component:
        words = rx.el.div(rx.el.h3(title), rx.el.p(why, class_name="meta"))
        return rx.el.li(icon(name, tone="idle"), words, class_name="r two")

    return card(
        rx.el.ul(
            one("hand", t("Needs you"), t("Only what a person must decide")),
            one("heart-pulse", t("Health"), t("One number, and what takes from it")),
            one("coins", t("Spend"), t("From the first call that costs money")),
            one("bot", t("Agents"), t("Who works on what, blocked ones first")),
            one("folder-kanban", t("Projects"), t("Progress, and what holds it up")),
            one("activity", t("Live"), t("What people and agents do, as it happens")),
        ),
        title=t("What will be here"),
    )


def demo_notice(state: Any) -> rx.Component:
    """Says that the company is made up, and takes it away."""
    remove = rx.cond(Shell.role == "owner", button(t("Remove the demo"), kind="sm", **opens("remove-demo")))
    return rx.fragment(
        notice(t("A made-up company works here, to show how it looks."), "info", remove),
        confirm(
            "remove-demo",
            t("Remove the demo?"),
            t("Its agents, projects, tasks, costs and keys go, without a trace. What is yours stays."),
            t("Remove the demo"),
            state.remove_demo,
        ),
    )
