"""One agent: what it does, costs, may and has been through."""

from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from orkwork.core.errors import NotFound
from orkwork.core.ids import is_uuid
from orkwork.core.money import plain
from orkwork.core.work import Work
from orkwork.domains.agents import queries, service
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.schemas import AgentOut, AgentPatch
from orkwork.domains.agents.ui import panels, scores
from orkwork.domains.agents.ui.keys import Keys, key_dialogs, keys_card
from orkwork.domains.agents.ui.lines import NOBODY, AgentLine, line
from orkwork.domains.audit.ui import words
from orkwork.domains.audit.ui.words import EventLine
from orkwork.domains.costs.models import Period
from orkwork.domains.costs.queries import budgets
from orkwork.domains.performance import queries as performance
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import runs as run_queries
from orkwork.domains.tasks.queries import tasks as task_queries
from orkwork.domains.tasks.queries.tasks import TaskFilter
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import confirm
from orkwork.ui.components.empty import empty
from orkwork.ui.components.panel import card, grid, skeleton, stack
from orkwork.ui.locale import t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast

CURRENT = [Status.ASSIGNED, Status.IN_PROGRESS, Status.REVIEW]


class Skill(TypedDict):
    """One capability."""

    name: str
    level: str
    share: int


class Facts(TypedDict, total=False):
    """What stands in the properties."""

    description: str
    config: str
    manager: str
    manager_href: str
    autonomy: str
    version: int
    status: str
    heartbeat: int
    projects: str
    created: str


class Spent(TypedDict):
    """A bar of the spending."""

    label: str
    amount: str
    share: int
    calls: int


def _facts(work: Work, agent: AgentOut) -> Facts:
    manager = queries.agent(work, agent.manager_id) if agent.manager_id else None
    names = work.all(
        "select key_prefix from projects where id = any(%(ids)s) order by 1", {"ids": agent.project_ids or []}
    )
    return {
        "description": agent.description,
        "config": panels.as_text(agent.config),
        "manager": manager.name if manager else "",
        "manager_href": f"/agents/{manager.id}" if manager else "",
        "autonomy": str(agent.autonomy_level),
        "version": agent.version,
        "status": agent.status,
        "heartbeat": agent.heartbeat_timeout_seconds or 0,
        "projects": ", ".join(row["key_prefix"] for row in names),
        "created": agent.created_at.isoformat(),
    }


def _month_limit(work: Work, agent_id: UUID) -> str:
    limits = [one.limit_usd for one in budgets.budgets(work, agent_id=agent_id) if one.period is Period.MONTH]
    return plain(limits[0]) if limits else ""


def _read(work: Work, ref: str) -> dict[str, Any]:
    """Everything on the page, in one transaction."""
    if not is_uuid(ref):
        raise NotFound("agent.not_found", f"There is no agent {ref[:40]}")
    agent = queries.agent(work, UUID(ref))
    at_work = next(found for found in queries.at_work(work, status=list(AgentStatus)) if found.id == agent.id)
    held = TaskFilter(assignee_ids=[agent.id], statuses=CURRENT)
    spending = queries.spending(work, agent.id)
    return {
        "agent": line(at_work),
        "facts": _facts(work, agent),
        "score": scores.score_line(performance.performance(work, agent.id)),
        "skills": [
            {"name": name, "level": plain(level), "share": int(level * 100)}
            for name, level in sorted(agent.capabilities.items())
        ],
        "tasks": [panels.task_line(task) for task in task_queries.tasks(work, held, limit=20).parse().items],
        "runs": [
            panels.run_line(run) for run in run_queries.executions(work, agent_id=agent.id, limit=10).parse().items
        ],
        "days": panels.day_bars(spending.days),
        "models": panels.model_bars(spending.models),
        "month": plain(spending.month_usd),
        "month_before": plain(spending.month_before_usd),
        "month_change": panels.change(spending.month_usd, spending.month_before_usd),
        "month_limit": _month_limit(work, agent.id),
        "events": [words.line(event) for event in queries.history(work, agent.id)],
    }


class AgentPage(Screen, rx.State):
    """The agent in the address."""

    agent: AgentLine = NOBODY
    facts: Facts = {}
    score: scores.ScoreLine = scores.NO_SCORE
    skills: list[Skill] = []
    tasks: list[panels.TaskLine] = []
    runs: list[panels.RunLine] = []
    days: list[Spent] = []
    models: list[Spent] = []
    month: str = ""
    month_before: str = ""
    month_change: str = ""
    month_limit: str = ""
    events: list[EventLine] = []
    found: bool = False
    missing: bool = False
    retiring: bool = False

    @handler
    async def load(self):
        """Read it, and its keys."""
        ref = self.arg("id")
        try:
            read = await self.ask(_read, ref)
        except NotFound:
            self.found, self.missing, self.agent = False, True, NOBODY
            return None
        is_the_same = self.agent["href"] == read["agent"]["href"]
        for name, value in read.items():
            setattr(self, name, value)
        self.found, self.missing, self.retiring = True, False, self.retiring and is_the_same
        self.watch(f"agent:{ref}", "task", "execution", "cost", "budget", "key", "performance")
        return Keys.load

    async def _set(self, patch: AgentPatch) -> None:
        await self.do(service.update_agent, UUID(self.arg("id")), patch)

    @handler
    async def pause(self):
        """Give it no new work."""
        await self._set(AgentPatch(status=AgentStatus.PAUSED))
        return [AgentPage.load, toast("Agent paused", hint="It finishes what it holds.", undo=AgentPage.resume)]

    @handler
    async def resume(self):
        """Give it work again."""
        await self._set(AgentPatch(status=AgentStatus.ACTIVE))
        return [AgentPage.load, toast("Agent resumed", undo=AgentPage.pause)]

    @handler
    async def ask_to_retire(self):
        """Ask once."""
        self.retiring = True

    @handler
    async def stay(self):
        """Leave it at work."""
        self.retiring = False

    @handler
    async def retire(self):
        """End it: its keys die, its history stays."""
        self.retiring = False
        await self.do(service.retire_agent, UUID(self.arg("id")))
        return [AgentPage.load, toast("Agent retired")]

    @handler
    async def set_autonomy(self, level: str):
        """Set how far it may go alone."""
        before = self.facts.get("autonomy", "2")
        wanted = int(level) if str(level) in panels.LEVELS else -1
        await self.do(service.set_autonomy, UUID(self.arg("id")), wanted)
        return [AgentPage.load, toast("Autonomy changed", undo=AgentPage.set_autonomy(before))]


def _goodbye() -> rx.Component:
    return confirm(
        "retire",
        t("Retire {name}?", name=AgentPage.agent["name"]),
        t("Its keys stop working and the tasks it holds go back. Its history stays. This cannot be undone."),
        t("Retire agent"),
        AgentPage.retire,
        open=AgentPage.retiring,
        on_close=AgentPage.stay,
    )


def _none() -> rx.Component:
    return card(
        empty(
            "bot",
            t("There is no such agent"),
            t("The address is wrong, or you may not see it."),
            action=button(t("All agents"), href="/agents"),
        )
    )


@page(
    "/agents/[id]",
    title="Agent",
    name=rx.cond(AgentPage.found, AgentPage.agent["name"], t("Agent")),
    state=AgentPage,
    topics={"agent"},
    nav="/agents",
    crumbs=lambda: [(t("Agents"), "/agents")],
)
def agent() -> rx.Component:
    """One agent."""
    left = stack(panels.tasks_card(AgentPage), panels.runs_card(AgentPage), panels.spending_card(AgentPage))
    right = stack(
        scores.score_card(AgentPage),
        panels.facts_card(AgentPage),
        panels.skills_card(AgentPage),
        panels.history_card(AgentPage),
    )
    whole = rx.el.div(
        panels.head(AgentPage),
        grid(rx.el.div(left, class_name="c8"), rx.el.div(right, class_name="c4")),
        keys_card(),
        key_dialogs(),
        _goodbye(),
        class_name="stack",
    )
    return rx.cond(AgentPage.found, whole, rx.cond(AgentPage.missing, _none(), card(skeleton(6))))
