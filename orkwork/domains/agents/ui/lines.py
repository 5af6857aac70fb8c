"""Agents as pages hold them, and the parts that more than one page shows."""

from decimal import Decimal
from typing import Any, TypedDict

import reflex as rx

from orkwork.core.money import plain
from orkwork.domains.agents.schemas import AgentAtWork
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.figure import bar
from orkwork.ui.components.pill import state_pill
from orkwork.ui.locale import money, t

ORDER = ("blocked", "paused", "working", "idle", "retired")
ADAPTERS = {"claude-code": "Claude Code", "codex": "Codex", "script": "Script", "api": "API"}
NEAR_BUDGET = Decimal("0.8")


class AgentLine(TypedDict):
    """One agent on a page."""

    id: str
    href: str
    name: str
    role: str
    adapter: str
    model: str
    state: str
    task_key: str
    task_title: str
    task_href: str
    progress: int
    running: int
    slots: int
    budget: str
    today: str
    month: str
    total: str
    share: int
    tone: str
    days: list[float]
    seen: str
    depth: int
    score: str


NOBODY: AgentLine = {
    "id": "", "href": "", "name": "", "role": "", "adapter": "", "model": "", "state": "", "task_key": "", "task_title": "",
    "task_href": "", "progress": 0, "running": 0, "slots": 0, "budget": "", "today": "", "month": "", "total": "", "share": 0,
    "tone": "", "days": [], "seen": "", "depth": 0, "score": "",
}  # fmt: skip
"""What stands on a page before its agent is read."""


def line(agent: AgentAtWork, depth: int = 0) -> AgentLine:
    """An agent as a page holds it."""
    share, tone = share_of(agent.spent_today_usd, agent.daily_budget_usd)
    current = agent.current
    return {
        "id": str(agent.id),
        "href": f"/agents/{agent.id}",
        "name": agent.name,
        "role": agent.role,
        "adapter": ADAPTERS.get(agent.adapter, agent.adapter),
        "model": agent.model,
        "state": agent.state,
        "task_key": current.key if current else "",
        "task_title": current.title if current else "",
        "task_href": f"/tasks/{current.key}" if current else "",
        "progress": current.progress or 0 if current else 0,
        "running": agent.running,
        "slots": agent.max_concurrent_tasks,
        "budget": "" if agent.daily_budget_usd is None else plain(agent.daily_budget_usd),
        "today": plain(agent.spent_today_usd),
        "month": plain(agent.spent_month_usd),
        "total": plain(agent.total_spent_usd),
        "share": share,
        "tone": tone,
        "days": [float(amount) for amount in agent.spent_days_usd],
        "seen": agent.last_heartbeat_at.isoformat() if agent.last_heartbeat_at else "",
        "depth": depth,
        "score": "",
    }


def share_of(spent: Decimal, budget: Decimal | None) -> tuple[int, str]:
    """How much of a budget is used, 0 to 100, and the bar's tone."""
    if budget is None:
        return 0, ""
    share = spent / budget if budget else Decimal(1)
    return min(100, int(share * 100)), "bad" if share >= 1 else "warn" if share >= NEAR_BUDGET else ""


def tree(agents: list[AgentAtWork]) -> list[AgentLine]:
    """The agents as an org chart from the top: each behind its manager, one step further in."""
    known = {agent.id for agent in agents}
    below: dict[Any, list[AgentAtWork]] = {}
    for agent in agents:
        below.setdefault(agent.manager_id if agent.manager_id in known else None, []).append(agent)
    lines: list[AgentLine] = []

    def walk(manager: Any, depth: int) -> None:
        for agent in below.get(manager, ()):
            lines.append(line(agent, depth))
            walk(agent.id, depth + 1)

    walk(None, 0)
    return lines


def face(agent: rx.Var, size: str = "md") -> rx.Component:
    """Avatar and name."""
    return rx.el.span(
        avatar(agent["name"], size=size), rx.el.span(agent["name"], class_name="trunc b5"), class_name="row"
    )


def job(agent: rx.Var) -> rx.Component:
    """Role and adapter: 'Engineer, Codex'."""
    return rx.el.span(rx.cond(agent["role"], agent["role"] + ", ", ""), agent["adapter"], class_name="meta trunc")


def doing(agent: rx.Var) -> rx.Component:
    """What it works on, or why it does not."""
    at = rx.cond(agent["progress"] > 0, rx.el.span(t(", {n}%", n=agent["progress"]), class_name="t"))
    task = rx.el.span(
        rx.el.a(agent["task_key"], href=agent["task_href"], class_name="mono"), " ", agent["task_title"], at
    )
    none = rx.match(
        agent["state"],
        ("blocked", t("Today's budget is spent")),
        ("paused", t("Gets no new work")),
        ("retired", t("Has left")),
        t("Waits for work"),
    )
    return rx.cond(agent["task_key"], task, rx.el.span(none))


def budget(agent: rx.Var) -> rx.Component:
    """'Today $8.24 of $30.00' with its bar."""
    limit = rx.cond(agent["budget"], t("of {amount}", amount=money(agent["budget"])), t("no limit"))
    drawn = bar(agent["share"], label=t("{n}% of today's budget", n=agent["share"]), tone=agent["tone"])
    return rx.el.div(
        rx.el.div(
            rx.el.span(t("Today"), class_name="m2"),
            rx.el.span(
                rx.el.b(money(agent["today"]), class_name="b6"),
                " ",
                rx.el.span(limit, class_name="m2"),
                class_name="t end",
            ),
            class_name="row",
            style={"fontSize": "12px"},
        ),
        rx.cond(
            agent["budget"], drawn, rx.el.span(class_name="bar", style={"visibility": "hidden"}, aria_hidden="true")
        ),
        class_name="col gap",
    )


def state(agent: rx.Var) -> rx.Component:
    """The state word."""
    return state_pill(agent["state"])
