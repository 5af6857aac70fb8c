"""The first page's state, and how its parts stand together."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import reflex as rx

from orkwork.core import clock
from orkwork.core.errors import Conflict
from orkwork.core.settings import settings
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agent_queries
from orkwork.domains.agents import service as agent_service
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.agents.ui.lines import ORDER, AgentLine, line
from orkwork.domains.anomalies.queries import listing
from orkwork.domains.audit.schemas import EventOut
from orkwork.domains.audit.ui import words
from orkwork.domains.audit.ui.words import EventLine
from orkwork.domains.costs.queries import figures
from orkwork.domains.dashboard import queries
from orkwork.domains.dashboard.ui import anomalies, beginning, brief, needs, overview, panels, spending
from orkwork.domains.dashboard.ui.lines import (
    Need,
    ProjectLine,
    SlaLine,
    SpendLine,
    agent_need,
    decision_need,
    failures_need,
    has_spent_its_day,
    in_order,
    job_need,
    late_line,
    late_need,
    project_lines,
    sla_line,
    spend_line,
    task_need,
)
from orkwork.domains.decisions import queries as decisions
from orkwork.domains.decisions import service as decision_service
from orkwork.domains.decisions.queries import DecisionFilter
from orkwork.domains.decisions.schemas import ResolveIn
from orkwork.domains.demo import queries as demo_queries
from orkwork.domains.demo.service import removing, seeding
from orkwork.domains.jobs import queries as job_queries
from orkwork.domains.jobs import service as job_service
from orkwork.domains.projects import queries as project_queries
from orkwork.domains.settings import queries as settings_queries
from orkwork.domains.settings.ui.holding import hold_button, hold_dialog
from orkwork.domains.sla import queries as sla
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import MoveIn
from orkwork.domains.tasks.service import lifecycle
from orkwork.domains.tasks.ui import reasons
from orkwork.ui import nav
from orkwork.ui.components.panel import card, grid, skeleton
from orkwork.ui.components.when import today
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast

nav.place("Dashboard", "/", "layout-dashboard", keys="gd", order=10, phone=True, short="Home")
LONGEST_AWAY = timedelta(days=31)
AGENTS_SHOWN = 8
LATE_SHOWN = 2
WEEK = timedelta(days=7)
DECISIONS_SHOWN = 20
FIRST = 3
"""How many decisions stand above everything else: the dearest to wait for."""
TO_DECIDE = DecisionFilter(beside=["failed"])
"""Without those about failed tasks, which have lines of their own."""
_NO_TRY: dict[str, Any] = {"project": "", "failure": "", "count": 0}
_LOOKED = """(() => { let s = {}; try { s = JSON.parse(localStorage["orkwork.looked"] || "{}") } catch {}
const now = Date.now(); if (!s.last || now - s.last > 1800000) s.since = s.last || 0;
s.last = now; localStorage["orkwork.looked"] = JSON.stringify(s); return s.since || 0 })()"""
"""When this browser last looked: a look ends after half an hour away. Zero at the first one."""


def _read(work: Work) -> dict[str, Any]:
    """Everything but the news, in one transaction."""
    now, waiting = clock.now(), queries.waiting(work)
    agents = agent_queries.at_work(work)
    held_up = [agent for agent in agents if agent.state == "paused" or has_spent_its_day(agent)]
    seen, health = overview.read(work)
    tasks = [failures_need(many, now) for many in waiting.alike] + [task_need(task, now) for task in waiting.tasks]
    late = {task.key: late_need(task, now) for task in sla.late(work)}  # once, whichever of its clocks is late
    waits = decisions.pending(work, TO_DECIDE, limit=DECISIONS_SHOWN)
    asked = [decision_need(one, now) for one in waits.items]
    failing = job_queries.failing(work)
    tasks += [job_need(job, now) for job in failing]
    others = tasks + [*late.values()] + [agent_need(agent) for agent in held_up] + asked[FIRST:]
    found = asked[:FIRST] + in_order(others)
    beginnings = queries.beginnings(work)
    return seen | {
        "needs": found,
        "needs_count": waiting.in_review + waiting.failed + len(held_up) + len(late) + waits.total + len(failing),
        "more_decisions": waits.total - len(asked),
        "in_review": waiting.in_review,
        "failed": waiting.failed,
        "anomalies": anomalies.gravest(work, agents),
        "anomalies_count": sum(listing.tally(work).values()),
        "spend": spend_line(queries.spend(work), figures.forecast(work)),
        "sla": _sla(work),
        "lateness": [late_line(task, now) for task in sla.late(work, ceo=False, limit=LATE_SHOWN)],
        "projects": project_lines(project_queries.projects(work), health),
        "agents": [line(agent) for agent in sorted(agents, key=lambda agent: ORDER.index(agent.state))[:AGENTS_SHOWN]],
        "tally": {state: sum(agent.state == state for agent in agents) for state in ORDER},
        "fresh": not beginnings.started and not (beginnings.agents and beginnings.tasks),
        "begun": {"agents": beginnings.agents > 0, "seen": beginnings.seen, "tasks": beginnings.tasks},
        "name": work.actor.name,
        "demo": demo_queries.present(work),
    }


def _sla(work: Work) -> SlaLine:
    """The last seven days against the seven before."""
    week = sla.report(work)
    before = sla.report(work, since=week.since - WEEK, until=week.until - WEEK)
    return sla_line(week, before, sla.at_risk(work))


def _told(event: EventOut, newest: int | None) -> EventLine:
    """A line of the feed; the product's own jobs are told as the product."""
    line = words.line(event, newest)
    if event.actor_kind == "system":
        line["actor"] = "orkwork"
    return line


class Home(Screen, rx.State):
    """What the first page shows."""

    known: bool = False
    fresh: bool = False
    demo: bool = False
    begun: dict[str, bool] = {}
    name: str = ""
    greeting: str = ""
    news: dict[str, Any] = {}
    needs: list[Need] = []
    needs_count: int = 0
    in_review: int = 0
    more_decisions: int = 0
    failed: int = 0
    anomalies: list[dict[str, Any]] = []
    health: dict[str, Any] = {}
    offers: list[dict[str, Any]] = []
    lateness: list[dict[str, Any]] = []
    anomalies_count: int = 0
    spend: SpendLine = {}
    sla: SlaLine = {}
    projects: list[ProjectLine] = []
    agents: list[AgentLine] = []
    tally: dict[str, int] = {}
    feed: list[EventLine] = []
    more_news: int = 0
    opened: list[str] = []
    trying: dict[str, Any] = _NO_TRY
    asking: dict[str, str] = reasons.NOTHING
    language: str = "curl"
    address: str = ""
    _since: datetime | None = None
    _held: bool = False

    async def _read_all(self) -> None:
        for name, value in (await self.ask(_read)).items():
            setattr(self, name, value)

    async def _read_feed(self) -> None:
        newest = self.feed[0]["seq"] if self.feed else None
        self.feed = [_told(event, newest) for event in await self.ask(queries.feed)]
        self.more_news = 0

    async def _read_news(self) -> None:
        if self._since is not None:
            self.news = await self.ask(brief.read, self._since)

    @handler
    async def load(self):
        """Read everything, then ask the browser when it last looked."""
        self.feed, self.errors, self.asking, self._held = [], {}, reasons.NOTHING, False
        company = await self.ask(settings_queries.company)
        self.greeting, self.address = brief.greeting(clock.now(), company.time_zone), settings().address
        await self._read_all()
        await self._read_feed()
        return rx.call_script(_LOOKED, callback=Home.looked)

    @handler
    async def looked(self, at: Any):
        """Count from when this browser last looked, or from a day ago; with that, all of the page is there."""
        self.known, now = True, clock.now()
        millis = at if isinstance(at, int | float) and 0 < at < now.timestamp() * 1000 else 0
        since = datetime.fromtimestamp(millis / 1000, now.tzinfo) if millis else now - timedelta(days=1)
        self._since = max(since, now - LONGEST_AWAY)
        await self._read_news()

    @handler
    async def changed(self):
        """Something happened somewhere: read again; the feed waits while somebody points at it."""
        await self._read_all()
        await self._read_news()
        if self._held:
            newest = self.feed[0]["seq"] if self.feed else 0
            self.more_news = sum(event.seq > newest for event in await self.ask(queries.feed))
        else:
            await self._read_feed()

    @handler
    async def hold(self):
        """Somebody points at the feed: nothing moves."""
        self._held = True

    @handler
    async def let_go(self):
        """They point elsewhere."""
        self._held = False
        if self.more_news:
            await self._read_feed()

    @handler
    async def show_news(self):
        """Show what came meanwhile."""
        await self._read_feed()

    @handler
    async def approve(self, ref: str):
        """Accept what was handed in."""
        await self.do(lifecycle.transition, str(ref), MoveIn(to=Status.COMPLETED))
        await self._read_all()
        return toast("Approved {key}", key=str(ref), href=f"/tasks/{ref}")

    @handler
    async def ask_back(self, ref: str):
        """Ask what should change."""
        self.errors, self.asking = {}, reasons.asked(str(ref), str(ref), Status.IN_PROGRESS)

    @handler
    async def keep(self):
        """Leave it in review."""
        self.asking = reasons.NOTHING

    @handler
    async def send_back(self, data: dict[str, Any]):
        """Send it back with a comment."""
        move, ref = reasons.move_of(self.asking, data), self.asking["key"]
        await self.do(lifecycle.transition_saying, ref, move)
        self.asking = reasons.NOTHING
        await self._read_all()
        return toast("Sent back {key} for changes", key=ref, href=f"/tasks/{ref}")

    @handler
    async def retry(self, ref: str):
        """Offer a failed task again."""
        await self.do(lifecycle.transition, str(ref), MoveIn(to=Status.READY))
        await self._read_all()
        return toast("{key} is ready again", key=str(ref), href=f"/tasks/{ref}")

    @handler
    async def unfold(self, need_id: str):
        """Show the tasks that failed alike, or no longer."""
        rest = [one for one in self.opened if one != need_id]
        self.opened = [*rest, str(need_id)] if len(rest) == len(self.opened) else rest

    @handler
    async def ask_retries(self, need_id: str):
        """Ask once before many tasks cost money again."""
        found = next((need for need in self.needs if need["id"] == need_id and need["count"]), None)
        if found:
            self.trying = {name: found[name] for name in _NO_TRY}

    @handler
    async def leave_failed(self):
        """Try none of them again."""
        self.trying = _NO_TRY

    @handler
    async def retry_all(self):
        """Offer all tasks that failed alike again."""
        chosen, self.trying, again = self.trying, _NO_TRY, 0
        yield
        for task_id in await self.ask(queries.failed_alike, str(chosen["project"]), str(chosen["failure"])):
            try:
                await self.do(lifecycle.transition, task_id, MoveIn(to=Status.READY))
                again += 1
            except Conflict:  # somebody has moved it meanwhile
                continue
        await self._read_all()
        yield toast("Tasks ready again: {n}", n=str(again), href=f"/tasks?project={chosen['project']}&status=READY")

    @handler
    async def cancel(self, ref: str):
        """Give up on a task."""
        await self.do(lifecycle.transition, str(ref), MoveIn(to=Status.CANCELLED))
        await self._read_all()
        return toast("Cancelled {key}", key=str(ref), undo=Home.restore(str(ref)))

    @handler
    async def restore(self, ref: str):
        """Take a cancelled task back."""
        await self.do(lifecycle.transition, str(ref), MoveIn(to=Status.CREATED))
        await self._read_all()

    @handler
    async def decide(self, decision_id: str, option: str):
        """Decide where it stands."""
        await self.do(decision_service.resolve, UUID(str(decision_id)), ResolveIn(option=str(option)[:100]))
        await self._read_all()
        return toast("Decided")

    @handler
    async def run_job(self, name: str):
        """Have a job that keeps failing run now."""
        await self.do(job_service.run_now, str(name)[:100])
        await self._read_all()
        return toast("The job runs within seconds", hint="Its line goes when it succeeds.")

    @handler
    async def set_budget(self, agent_id: str, amount: str):
        """Set an agent's daily budget."""
        before = next((need["detail"] for need in self.needs if need["id"] == agent_id and need["raised"]), "")
        try:
            wanted = Decimal(str(amount))
        except InvalidOperation:
            return None
        await self.do(agent_service.update_agent, UUID(str(agent_id)), AgentPatch(daily_budget_usd=wanted))
        await self._read_all()
        return toast("Budget raised", undo=Home.set_budget(str(agent_id), before) if before else None)

    @handler
    async def add_starters(self):
        """Make the starter agents and the project with this product's plan."""
        made = await self.do(seeding.seed_starter)
        await self._read_all()
        return toast("Added {agents} agents and {tasks} tasks", agents=made.agents, tasks=made.tasks)

    @handler
    async def remove_demo(self):
        """Take the made-up company away."""
        await self.do(removing.remove_demo)
        await self._read_all()
        return toast("The demo is going", hint="Its last rows go within seconds.")

    @handler
    async def choose_language(self, value: str):
        """Show the commands of another language."""
        self.language = str(value)


def _full() -> rx.Component:
    return rx.el.div(
        rx.cond(Home.demo, beginning.demo_notice(Home)),
        brief.card_of(Home),
        grid(
            rx.el.div(
                needs.card_of(Home),
                rx.el.div(panels.projects(Home), class_name="no-m"),
                rx.el.div(overview.ready_card(Home), class_name="no-m"),
                rx.el.div(anomalies.card_of(Home), class_name="no-m"),
                class_name="c8 stack",
            ),
            rx.el.div(
                overview.health_card(Home),
                spending.spend_card(Home),
                rx.el.div(panels.sla(Home), class_name="no-m"),
                rx.el.div(panels.agents(Home), class_name="no-m"),
                rx.el.div(panels.feed(Home), class_name="no-m"),
                class_name="c4 stack",
            ),
        ),
        needs.retry_dialog(Home),
        hold_dialog(),
        reasons.reason_dialog(Home.asking, Home.errors, Home.send_back, Home.keep),
        class_name="stack",
    )


@page(
    "/",
    title="Dashboard",
    state=Home,
    topics={"decision", "task", "agent", "project", "execution", "cost", "job", "company", "anomaly"},
    fact=today,
    extra=lambda: [hold_button(class_name="no-m")],
)
def home() -> rx.Component:
    """The first page."""
    return rx.cond(Home.known, rx.cond(Home.fresh, beginning.steps(Home), _full()), card(skeleton(8)))
