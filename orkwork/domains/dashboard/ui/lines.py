"""What the dashboard's state holds: lines of plain values, made from what the queries answer."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_UP, Decimal
from typing import Any, TypedDict

from orkwork.core.money import plain
from orkwork.domains.agents.schemas import AgentAtWork
from orkwork.domains.costs.schemas.reports import ForecastOut
from orkwork.domains.dashboard.schemas import Failures, Spend, WaitingTask
from orkwork.domains.dashboard.ui.spending import drawing
from orkwork.domains.decisions.models import Kind
from orkwork.domains.decisions.schemas import PendingOut
from orkwork.domains.decisions.ui import shown
from orkwork.domains.health.models import Cause
from orkwork.domains.health.schemas import ProjectHealth
from orkwork.domains.health.ui import causes
from orkwork.domains.jobs.schemas import JobOut
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.projects.ui.components import state_of
from orkwork.domains.sla.schemas import AtRisk, DueTask, SlaReport
from orkwork.domains.tasks.ui.shown import FAILURES, time_left

KINDS = ("job", "decision", "review", "blocked", "failures", "failed", "late", "paused")
"""What needs a person, in the order of what it holds up when nothing else tells them apart."""
RAISE = Decimal("1.5")


class Need(TypedDict):
    """One thing that needs a person."""

    id: str
    kind: str
    icon: str
    tone: str
    key: str
    title: str
    href: str
    who: str
    seconds: int
    behind: int
    amount: str
    detail: str
    raised: str
    project: str
    failure: str
    count: int
    at_least: bool
    tasks: list[dict[str, str]]
    options: list[dict[str, Any]]
    params: dict[str, str]
    raw: bool
    says: dict[str, Any]
    usd: str
    idle: int


class _Alone(TypedDict):
    project: str
    failure: str
    count: int
    at_least: bool
    tasks: list[dict[str, str]]
    options: list[dict[str, Any]]
    params: dict[str, str]
    raw: bool
    says: dict[str, Any]
    usd: str
    idle: int


_ALONE: _Alone = {
    "project": "", "failure": "", "count": 0, "at_least": False, "tasks": [], "options": [], "params": {}, "raw": False,
    "says": {}, "usd": "", "idle": 0,
}  # fmt: skip
"""What one thing by itself has none of."""


def task_need(task: WaitingTask, now: datetime) -> Need:
    """A task that was handed in or has failed."""
    review = task.status == "REVIEW"
    return {
        "id": str(task.id),
        "kind": "review" if review else "failed",
        "icon": "eye" if review else "circle-x",
        "tone": "warn" if review else "bad",
        "key": task.key,
        "title": task.title,
        "href": f"/tasks/{task.key}",
        "who": task.worker or "",
        "seconds": max(0, int((now - task.since).total_seconds())),
        "behind": task.behind,
        "amount": plain(task.cost_usd),
        "detail": task.failure_detail or FAILURES.get(task.failure or "", ""),
        "raised": "",
    } | _ALONE


def decision_need(decision: PendingOut, now: datetime) -> Need:
    """A decision that waits; its first options decide in place, unless one has to read what it carries out before."""
    card = shown.card(decision)
    reads = decision.kind in (Kind.SEVERAL, Kind.ANSWER) or bool(decision.stale)
    first = sorted(card["options"], key=lambda option: option["id"] != card["recommendation"])
    offered = [option for option in first if not (decision.asked_by_kind and option["action"])]
    return {
        "id": card["id"],
        "kind": "decision",
        "icon": card["icon"],
        "tone": "warn",
        "key": card["key"],
        "title": card["title"],
        "href": f"/decisions?open={decision.id}",
        "who": card["asker"],
        "seconds": max(0, int((now - decision.created_at).total_seconds())),
        "behind": decision.delay.blocked_tasks,
        "amount": "",
        "detail": "",
        "raised": "",
    } | (
        _ALONE
        | {
            "options": []
            if reads or len(offered) < len(first)
            else _two(first, asked=decision.asked_by_kind is not None),
            "raw": card["raw"],
            "params": card["params"],
            "says": card["says"][0] if card["says"] else {},
            "usd": card["delay"]["usd"],
            "idle": len(card["delay"]["idle"]),
        }
    )


def _two(options: list[dict[str, Any]], *, asked: bool) -> list[dict[str, Any]]:
    """Both options; of more that the product offers the first and the last, which leaves things as they are."""
    if len(options) > 2:
        options = [] if asked else [options[0], options[-1]]
    return [{name: option[name] for name in ("id", "label", "params", "raw")} for option in options]


def failures_need(many: Failures, now: datetime) -> Need:
    """Many tasks of a project that failed alike."""
    return {
        "id": f"{many.project_key}:{many.failure}",
        "kind": "failures",
        "icon": "circle-x",
        "tone": "bad",
        "key": "",
        "title": "",
        "href": f"/tasks?project={many.project_key}&status=FAILED",
        "who": "",
        "seconds": max(0, int((now - many.since).total_seconds())),
        "behind": many.behind,
        "amount": plain(many.cost_usd),
        "detail": FAILURES.get(many.failure, many.failure),
        "raised": "",
        "project": many.project_key,
        "failure": many.failure,
        "count": many.tasks,
        "at_least": many.at_least,
        "tasks": [{"key": task.key, "title": task.title, "href": f"/tasks/{task.key}"} for task in many.first],
        "options": [],
        "params": {},
        "raw": False,
        "says": {},
        "usd": "",
        "idle": 0,
    }


def has_spent_its_day(agent: AgentAtWork) -> bool:
    """Whether it waits for its own day; for a month, a project or the company a decision asks."""
    limit = agent.daily_budget_usd
    return agent.state == "blocked" and limit is not None and agent.spent_today_usd >= limit


def agent_need(agent: AgentAtWork) -> Need:
    """An agent that is paused or has spent its day's budget."""
    blocked = agent.state == "blocked"
    budget = agent.daily_budget_usd or Decimal(0)
    raised = max((budget * RAISE), agent.spent_today_usd + 1).quantize(Decimal(1), rounding=ROUND_UP)
    return {
        "id": str(agent.id),
        "kind": agent.state,
        "icon": "wallet" if blocked else "circle-pause",
        "tone": "bad" if blocked else "warn",
        "key": "",
        "title": agent.name,
        "href": f"/agents/{agent.id}",
        "who": agent.name,
        "seconds": -1,
        "behind": agent.running,
        "amount": plain(agent.spent_today_usd),
        "detail": plain(budget),
        "raised": plain(raised) if blocked else "",
    } | _ALONE


def late_need(task: DueTask, now: datetime) -> Need:
    """A task that is late, and that nobody below the CEO has helped."""
    return {
        "id": f"late:{task.id}",
        "kind": "late",
        "icon": "timer",
        "tone": "bad",
        "key": task.key,
        "title": task.title,
        "href": f"/tasks/{task.key}",
        "who": task.worker or "",
        "seconds": max(0, int((now - task.at).total_seconds())),
        "behind": task.behind,
        "amount": plain(task.cost_usd),
        "detail": "",
        "raised": "",
    } | _ALONE


def job_need(job: JobOut, now: datetime) -> Need:
    """A job of the clock that keeps failing."""
    return {
        "id": f"job:{job.operation}",
        "kind": "job",
        "icon": "timer",
        "tone": "bad",
        "key": "",
        "title": job.operation,
        "href": "/settings/jobs",
        "who": "",
        "seconds": max(0, int((now - job.ended_at).total_seconds())) if job.ended_at else -1,
        "behind": 0,
        "amount": "",
        "detail": (job.error or "")[:300],
        "raised": "",
    } | (_ALONE | {"count": job.failures})


def late_line(task: DueTask, now: datetime) -> dict[str, Any]:
    """A task that is late, below the CEO; `level` is the one that it can be escalated to."""
    return {
        "key": task.key,
        "href": f"/tasks/{task.key}",
        "who": task.worker or "",
        "seconds": max(0, int((now - task.at).total_seconds())),
        "level": task.level + 1,
    }


class SlaLine(TypedDict, total=False):
    """How much was kept in the last seven days."""

    percent: int | None
    enough: bool
    met: int
    total: int
    change: str
    days: list[float]
    risk: str
    left: dict[str, Any]


def sla_line(week: SlaReport, before: SlaReport, risk: AtRisk | None) -> SlaLine:
    """The week against the one before, in points; the line runs over the days that have data."""
    now, then = week.total.percent_within, before.total.percent_within
    days = [100 * day.met / (day.met + day.missed) for day in week.trend if day.met + day.missed]
    return {
        "percent": now,
        "enough": now is not None,
        "met": week.total.met,
        "total": week.total.met + week.total.missed,
        "change": "" if now is None or then is None else f"{now - then:+d}".replace("-", "−"),
        "days": days,
        "risk": risk.key if risk else "",
        "left": time_left(risk.left) if risk else {},
    }


def in_order(needs: list[Need]) -> list[Need]:
    """Those first that hold up the most, then by kind, then the longest waiting."""
    return sorted(needs, key=lambda need: (-need["behind"], KINDS.index(need["kind"]), -need["seconds"]))


class SpendLine(TypedDict, total=False):
    """The two figures of spending."""

    today: str
    month: str
    today_change: str
    month_change: str
    days: list[float]
    enough: bool
    p50: str
    p85: str
    budget: str
    share: int
    tone: str
    certain: float
    drawn: dict[str, Any]


def change(now: Decimal, before: Decimal) -> str:
    """The change against the period before, as '+12%'; empty when there is nothing to hold it against."""
    return f"{(now - before) / before:+.0%}".replace("-", "−") if before else ""


def spend_line(spend: Spend, month: ForecastOut) -> SpendLine:
    """Spending as the page holds it, with the band in which the month will end."""
    p50, p85, budget = month.p50_usd or Decimal(0), month.p85_usd or Decimal(0), month.budget_usd
    whole = max(p85, budget or Decimal(0), month.spent_usd)
    over = budget is not None and max(p85, month.spent_usd) > budget
    return {
        "enough": month.enough,
        "p50": plain(p50),
        "p85": plain(p85),
        "budget": "" if budget is None else plain(budget),
        "share": int(month.spent_usd / whole * 100) if whole else 0,
        "tone": "bad" if budget is not None and month.spent_usd >= budget else "warn" if over else "",
        "certain": month.certain or 0.0,
        "today": plain(spend.today_usd),
        "month": plain(spend.month_usd),
        "today_change": change(spend.today_usd, spend.yesterday_usd),
        "month_change": change(spend.month_usd, spend.month_before_usd),
        "days": [float(day.amount_usd) for day in spend.days],
        "drawn": drawing(month),
    }


class ProjectLine(TypedDict):
    """One project."""

    id: str
    key: str
    name: str
    href: str
    total: int
    done: int
    share: int
    state: str
    health: int
    due: str
    p85: str
    spare: int
    cause: dict[str, Any]
    causes: int
    spent: str
    budget: str


ATTENTION = ("late", "at_risk")
"""Projects in these states stand first."""


def project_lines(found: list[ProjectOut], health: Mapping[str, ProjectHealth]) -> list[ProjectLine]:
    """The projects as the page holds them, those that are late or at risk first, then by name."""
    told = [project_line(one, health.get(str(one.id))) for one in found]
    return sorted(told, key=lambda one: ATTENTION.index(one["state"]) if one["state"] in ATTENTION else len(ATTENTION))


def project_line(project: ProjectOut, health: ProjectHealth | None) -> ProjectLine:
    """A project as the page holds it."""
    found = health.causes if health else []
    state = state_of(project)
    if state in ("on_track", "active") and any(one.code is Cause.AT_RISK for one in found):
        state = "at_risk"
    p85 = health.p85 if health and not health.cold else None
    spare = (project.deadline - p85).days if project.deadline and p85 else 0
    return {
        "id": str(project.id),
        "key": project.key_prefix,
        "name": project.name,
        "href": f"/projects/{project.key_prefix}",
        "total": project.total,
        "done": project.completed,
        "share": int(project.completed * 100 / project.total) if project.total else 0,
        "state": state,
        "health": health.score or 0 if health else 0,
        "due": project.deadline.isoformat() if project.deadline else "",
        "p85": p85.isoformat() if p85 else "",
        "spare": max(0, spare),
        "cause": causes.line(found[0]) if found else {},
        "causes": len(found),
        "spent": plain(project.spent_usd),
        "budget": "" if project.budget_usd is None else plain(project.budget_usd),
    }
