"""The panels of an agent's page. They take the page's state, which they do not know."""

import json
from decimal import Decimal
from typing import Any, TypedDict

import reflex as rx

from orkwork.core.money import plain
from orkwork.domains.agents.schemas import SpentDay, SpentModel
from orkwork.domains.agents.ui import lines
from orkwork.domains.audit.ui import words
from orkwork.domains.executions.rules.failures import CATALOGUE
from orkwork.domains.tasks.schemas import ExecutionOut, TaskItem
from orkwork.ui.components import filters
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button, menu
from orkwork.ui.components.figure import bar, key_figure, key_figures
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, properties, row
from orkwork.ui.components.pill import state_pill, status_pill
from orkwork.ui.components.table import num, table
from orkwork.ui.components.when import when
from orkwork.ui.locale import day, duration, money, number, plural, say, t
from orkwork.ui.shell import Shell

LEVELS = ("0", "1", "2", "3", "4")


class TaskLine(TypedDict):
    """A task that the agent holds."""

    key: str
    title: str
    href: str
    status: str
    since: str
    cost: str


class RunLine(TypedDict):
    """One of its runs."""

    key: str
    title: str
    href: str
    run: int
    status: str
    failure: str
    seconds: int | None
    cost: str
    at: str


def task_line(task: TaskItem) -> TaskLine:
    """A task as the page holds it."""
    since = task.started_at or task.updated_at
    return {
        "key": task.key, "title": task.title, "href": f"/tasks/{task.key}", "status": task.status.value,
        "since": since.isoformat(), "cost": plain(task.cost_usd),
    }  # fmt: skip


def run_line(run: ExecutionOut) -> RunLine:
    """A run as the page holds it."""
    return {
        "key": run.task_key,
        "title": run.task_title,
        "href": f"/tasks/{run.task_key}/runs/{run.run}",
        "run": run.run,
        "status": run.status.value,
        "failure": CATALOGUE[run.failure].summary if run.failure else "",
        "seconds": None if run.duration_ms is None else run.duration_ms // 1000,
        "cost": plain(run.cost_usd),
        "at": run.started_at.isoformat(),
    }


def _bars(pairs: list[tuple[str, Decimal, int]]) -> list[dict[str, Any]]:
    most = max((amount for _, amount, _ in pairs), default=Decimal(0)) or Decimal(1)
    return [
        {"label": label, "amount": plain(amount), "share": int(amount * 100 / most), "calls": calls}
        for label, amount, calls in pairs
    ]


def day_bars(days: list[SpentDay]) -> list[dict[str, Any]]:
    """Spending by day as bars."""
    return _bars([(f"{spent.day.isoformat()}T12:00:00Z", spent.amount_usd, 0) for spent in days])


def model_bars(models: list[SpentModel]) -> list[dict[str, Any]]:
    """Spending by model as bars."""
    return _bars([(spent.model, spent.amount_usd, spent.calls) for spent in models])


def change(now: Decimal, before: Decimal) -> str:
    """The change against the period before, as '+12%'; empty when there is nothing to hold it against."""
    return f"{(now - before) / before:+.0%}".replace("-", "−") if before else ""


def as_text(config: dict[str, Any]) -> str:
    """A configuration to read; empty for none."""
    return json.dumps(config, indent=2, ensure_ascii=False, sort_keys=True) if config else ""


def head(state: Any) -> rx.Component:
    """Who it is, what it costs, and how far it may go."""
    return card(
        _title(state), rx.el.div(_figures(state), style={"borderTop": "1px solid var(--line-soft)"}), _autonomy(state)
    )


def _title(state: Any) -> rx.Component:
    agent, facts = state.agent, state.facts
    reports = rx.cond(
        facts["manager"],
        rx.el.span(t("reports to"), " ", rx.el.a(facts["manager"], href=facts["manager_href"], class_name="link")),
        rx.el.span(t("reports to you")),
    )
    model = rx.cond(agent["model"], rx.el.span(" · ", rx.el.span(agent["model"], class_name="mono")))
    seen = rx.cond(
        agent["seen"],
        rx.el.span(" · ", t("last sign of life"), " ", when(agent["seen"])),
        rx.el.span(" · ", t("no sign of life yet")),
    )
    about = rx.el.div(lines.job(agent), " · ", reports, model, seen, class_name="meta")
    name = rx.el.div(rx.el.h2(agent["name"], class_name="h-sec"), state_pill(agent["state"]), class_name="row")
    return rx.el.div(
        avatar(agent["name"], size="lg"),
        rx.el.div(name, about, class_name="col grow", style={"gap": "4px", "minWidth": "200px"}),
        rx.cond(Shell.can_manage & (facts["status"] != "retired"), _buttons(state)),
        class_name="row w",
        style={"gap": "12px 16px", "padding": "16px"},
    )


def _buttons(state: Any) -> rx.Component:
    paused = state.facts["status"] == "paused"
    retire = rx.el.button(icon("archive", tone="bad"), t("Retire agent"), type="button", on_click=state.ask_to_retire)
    return rx.el.div(
        rx.cond(
            paused,
            button(t("Resume"), icon_name="play", on_click=state.resume),
            button(t("Pause"), icon_name="pause", on_click=state.pause),
        ),
        button(t("Edit"), icon_name="pencil", href=state.agent["href"] + "/edit"),
        menu(t("More"), retire),
        class_name="row",
    )


def _figures(state: Any) -> rx.Component:
    agent = state.agent
    of = rx.cond(agent["budget"], t("of {amount}", amount=money(agent["budget"])), t("no limit"))
    used = rx.cond(
        agent["budget"],
        rx.el.div(
            bar(agent["share"], label=t("{n}% of today's budget", n=agent["share"]), tone=agent["tone"]),
            style={"paddingTop": "4px"},
        ),
    )
    monthly = rx.cond(state.month_limit != "", t("of {amount}", amount=money(state.month_limit)), "")
    against = rx.cond(
        state.month_change,
        t("{change} on the same days last month", change=state.month_change),
        t("too little data to compare"),
    )
    return key_figures(
        key_figure(t("Spent today"), money(agent["today"]), unit=of, change=used),
        _rows(key_figure(t("This month"), money(state.month), unit=monthly, change=against), agent),
        _rows(key_figure(t("Since the start"), money(agent["total"])), agent),
        key_figure(t("Tasks in hand"), number(agent["running"]), unit=t("of {n} at once", n=agent["slots"])),
    )


def _rows(figure: rx.Component, agent: rx.Var) -> rx.Component:
    """A figure that opens the rows behind it."""
    return rx.el.a(figure, href=rx.Var.create("/costs/rows?agent=") + agent["id"].to(str), class_name="kf-link")


def _autonomy(state: Any) -> rx.Component:
    names = [
        ("0", t("Tool")),
        ("1", t("Assistant")),
        ("2", t("Supervised")),
        ("3", t("Autonomous")),
        ("4", t("Strategic")),
    ]
    says = rx.match(
        state.facts["autonomy"],
        ("0", t("Reads and reports; changes nothing by itself.")),
        ("1", t("Works on tasks it is given; asks for everything else.")),
        ("2", t("Works alone on its tasks; asks before what is hard to undo.")),
        ("3", t("Decides within its projects and reports afterwards.")),
        ("4", t("Plans and changes projects by itself.")),
        "",
    )
    options = [(value, rx.el.span(rx.el.span(value, class_name="t m2"), " ", word), "") for value, word in names]
    chosen = rx.match(state.facts["autonomy"], *[(value, word) for value, word in names], "")
    shown = rx.cond(
        (Shell.role == "owner") & (state.facts["status"] != "retired"),
        filters.segments(t("Autonomy"), options, state.facts["autonomy"], state.set_autonomy),
        rx.el.span(state.facts["autonomy"], " ", chosen, class_name="b5"),
    )
    return rx.el.div(
        rx.el.span(t("Autonomy"), class_name="b5", style={"fontSize": "13px"}),
        shown,
        rx.el.span(says, class_name="meta"),
        class_name="row w",
        style={"gap": "8px 16px", "padding": "12px 16px", "borderTop": "1px solid var(--line-soft)"},
    )


def tasks_card(state: Any) -> rx.Component:
    """What it holds now."""

    def one(task: rx.Var) -> rx.Component:
        return row(
            rx.el.span(task["key"], class_name="mono m2 nw"),
            rx.el.span(task["title"], class_name="trunc grow"),
            status_pill(task["status"]),
            rx.el.span(when(task["since"]), class_name="meta nw no-m"),
            rx.el.span(money(task["cost"]), class_name="num"),
            href=task["href"],
        )

    return card(
        rx.cond(
            state.tasks,
            rx.foreach(state.tasks, one),
            _nothing(t("Nothing in hand. It claims tasks as they get ready.")),
        ),
        title=t("Current tasks"),
        count=state.tasks.length(),
    )


def _nothing(text: rx.Var) -> rx.Component:
    return rx.el.p(text, class_name="cb m2", style={"fontSize": "13px"})


def runs_card(state: Any) -> rx.Component:
    """Its last runs."""

    def cells(run: rx.Var) -> list[rx.Component]:
        task = rx.el.a(
            rx.el.span(run["key"], class_name="mono m2 nw"), rx.el.span(run["title"], class_name="trunc"),
            href=run["href"], class_name="row", custom_attrs={"data-main": "1"}, style={"maxWidth": "280px"},
        )  # fmt: skip
        ended = rx.el.span(
            state_pill(run["status"]),
            rx.cond(run["failure"], rx.el.span(say(run["failure"]), class_name="m2")),
            class_name="row",
        )
        return [
            task,
            number(run["run"]),
            ended,
            duration(run["seconds"]),
            money(run["cost"]),
            rx.el.span(when(run["at"]), class_name="meta nw"),
        ]

    heads = [t("Task"), num(t("Run")), t("Outcome"), num(t("Took")), num(t("Cost")), t("Started")]
    return card(
        rx.cond(state.runs, table(heads, state.runs, cells, label=t("Recent runs")), _nothing(t("No runs yet."))),
        title=t("Recent runs"),
    )


def spending_card(state: Any) -> rx.Component:
    """What it cost, by day and by model."""

    def column(spent: rx.Var) -> rx.Component:
        height = rx.Var.create("max(1px, ") + spent["share"].to(str) + "%)"
        return rx.el.span(
            rx.el.i(
                style={"height": height, "background": "var(--accent)", "borderRadius": "2px 2px 0 0", "width": "100%"}
            ),
            title=words_of_day(spent),
            style={"display": "flex", "alignItems": "flex-end", "height": "96px", "flex": "1"},
        )

    def model(spent: rx.Var) -> rx.Component:
        return rx.el.div(
            rx.el.span(spent["label"], class_name="mono trunc", style={"flex": "2"}),
            rx.el.span(bar(spent["share"], label=spent["label"]), style={"flex": "3"}),
            rx.el.span(
                plural("{n} call", "{n} calls", spent["calls"]),
                class_name="meta num",
                style={"flex": "1", "minWidth": "64px"},
            ),
            rx.el.span(money(spent["amount"]), class_name="num", style={"minWidth": "64px"}),
            class_name="r",
        )

    days = rx.el.div(
        rx.el.div(
            rx.foreach(state.days, column),
            role="img",
            aria_label=t("Spent by day, 30 days"),
            style={"display": "flex", "gap": "2px", "borderBottom": "1px solid var(--line)"},
        ),
        rx.el.div(
            rx.el.span(t("30 days ago")),
            rx.el.span(t("Today"), class_name="end"),
            class_name="row meta",
            style={"paddingTop": "4px"},
        ),
        class_name="cb",
    )
    whole = rx.fragment(
        days, rx.el.div(rx.foreach(state.models, model), style={"borderTop": "1px solid var(--line-soft)"})
    )
    return card(
        rx.cond(state.models, whole, _nothing(t("Nothing spent in 30 days."))),
        title=t("Cost by day and model"),
        aside=rx.el.span(t("30 days"), class_name="meta"),
    )


def words_of_day(spent: rx.Var) -> rx.Var:
    """A day's bar in words."""
    return t("{day}: {amount}", day=day(spent["label"]), amount=money(spent["amount"]))


def facts_card(state: Any) -> rx.Component:
    """How it is set up."""
    facts = state.facts
    signs = rx.cond(facts["heartbeat"] > 0, t("every {n} s at least", n=facts["heartbeat"]), t("not asked for"))
    told = rx.el.details(
        rx.el.summary(t("Configuration"), class_name="link"),
        rx.el.pre(facts["config"], class_name="frozen", tab_index=0),
        class_name="cb",
    )
    about = rx.el.p(
        facts["description"],
        class_name="cb",
        style={"whiteSpace": "pre-wrap", "overflowWrap": "anywhere", "fontSize": "13px"},
    )
    return card(
        rx.cond(facts["description"], about),
        properties(
            (t("Adapter"), state.agent["adapter"]),
            (t("Model"), rx.cond(state.agent["model"], rx.el.span(state.agent["model"], class_name="mono"), "—")),
            (t("Projects"), rx.cond(facts["projects"], rx.el.span(facts["projects"], class_name="mono"), t("All"))),
            (t("Heartbeats"), signs),
            (t("Since"), when(facts["created"], "day")),
        ),
        rx.cond(facts["config"], told),
        title=t("Set up"),
    )


def skills_card(state: Any) -> rx.Component:
    """What it can, and how well."""

    def one(skill: rx.Var) -> rx.Component:
        drawn = bar(skill["share"], label=t("{name}: {level}", name=skill["name"], level=skill["level"]))
        return rx.el.div(
            rx.el.span(skill["name"], class_name="mono trunc grow"), rx.el.span(drawn, style={"width": "80px"}),
            rx.el.span(number(skill["level"], 2), class_name="num", style={"minWidth": "32px"}), class_name="r",
        )  # fmt: skip

    none = _nothing(t("None yet: it gets only tasks that ask for none."))
    return card(
        rx.cond(state.skills, rx.foreach(state.skills, one), none), title=t("Capabilities"), count=state.skills.length()
    )


def history_card(state: Any) -> rx.Component:
    """What happened to it."""

    def one(event: rx.Var) -> rx.Component:
        return rx.el.li(
            rx.el.div(rx.el.span(event["actor"], class_name="b5"), " ", words.sentence(event)),
            rx.el.div(when(event["at"]), class_name="meta"),
            style={"padding": "8px 16px", "fontSize": "13px", "borderTop": "1px solid var(--line-soft)"},
            key=event["seq"],
        )

    return card(rx.el.ul(rx.foreach(state.events, one)), title=t("History"))
