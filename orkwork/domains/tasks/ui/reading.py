"""What the page of one task reads, in one transaction."""

from typing import Any
from zoneinfo import ZoneInfo

from orkwork.core import clock
from orkwork.core.money import plain
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.costs.queries import ledger as costs
from orkwork.domains.costs.queries.ledger import CostFilter
from orkwork.domains.projects import queries as projects
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.projects.ui.components import parts
from orkwork.domains.settings import queries as settings
from orkwork.domains.settings.ui import limits
from orkwork.domains.sla import queries as sla
from orkwork.domains.sla.schemas import ClockOut
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import graph, history, runs
from orkwork.domains.tasks.queries import tasks as queries
from orkwork.domains.tasks.schemas import DependencyOut, ExecutionOut, TaskOut
from orkwork.domains.tasks.ui import clocks, reasons, shown, why
from orkwork.domains.tasks.ui.components import agent_line

BOX, GAP, MOST = 40, 16, 6
"""Height of a dependency's box, the space between two, and how many are drawn on one side."""


def task(work: Work, ref: str, cost_rows: int) -> dict[str, Any]:
    """Everything that the page shows."""
    found = queries.task(work, ref).parse()
    people = agents.agents(work, status=list(AgentStatus))
    names = {str(agent.id): agent.name for agent in people}
    zone = ZoneInfo(settings.company(work).time_zone)
    project = projects.project(work, found.project_id)
    told = [shown.fact(fact, names) for fact in history.history(work, found.id)]
    said = [shown.comment(comment) for comment in history.latest_comments(work, found.id)]
    ledger = costs.costs(work, CostFilter(task_id=found.id), limit=cost_rows)
    promised = sla.task_sla(work, found.id)
    executions = runs.executions(work, task_ref=found.id, limit=100).parse().items
    return {
        "task": _task(found, zone) | _place(project),
        "criteria": [shown.criterion(one) for one in found.acceptance_criteria],
        "moves": _moves(work, ref),
        "agents": [agent_line(agent) for agent in people if agent.status != AgentStatus.RETIRED],
        "executions": [_execution(run) for run in executions],
        "costs": [_cost(row) for row in ledger.items],
        "more_costs": ledger.next_cursor is not None,
        "history": sorted([*told, *said], key=lambda one: one["at"])[-200:],
        "work": _work(found, executions),
        "sla": [_sla(one) for one in reversed(promised.clocks)],
        "following": {"level": promised.next_level or 0, "concerns": promised.next_concerns or ""},
        "why": why.read(work, found.id),
        "holding": clocks.read(work, found.id),
        "limits": limits.values(found.limits, found.max_retries),
    } | _edges(graph.dependencies(work, found.id))


def _place(project: ProjectOut) -> dict[str, Any]:
    """The project as the page names it, with its hold."""
    of_project = parts(project)
    return {"project": project.name, "prefix": project.key_prefix, "held": of_project["hold"]}


def _task(found: TaskOut, zone: ZoneInfo) -> dict[str, Any]:
    return shown.line(found) | {
        "id": str(found.id),
        "version": found.version,
        "description": found.description,
        "priority": found.priority.value,
        "assignee": found.assignee_name or "",
        "labels": ", ".join(found.labels),
        "needs": ", ".join(found.required_capabilities),
        "due": found.due_at.isoformat() if found.due_at else "",
        "due_day": found.due_at.astimezone(zone).date().isoformat() if found.due_at else "",
        "estimate": f"{found.estimate_minutes / 60:g}" if found.estimate_minutes else "",
        "review": found.review_required,
        "retries": found.retry_count,
        "max_retries": "" if found.max_retries is None else str(found.max_retries),
        "retry_at": found.retry_at.isoformat() if found.retry_at else "",
        "source": found.source or "",
        "external": found.external_id or "",
        "url": _safe_url(found.external_url),
        "created": found.created_at.isoformat(),
        "progress": found.progress or 0,
    }


def _safe_url(url: str | None) -> str:
    return url if url and url.startswith(("https://", "http://")) else ""


def _moves(work: Work, ref: str) -> list[dict[str, str]]:
    """Where it can go; `main` is the usual way on, where there is one."""
    moves = queries.moves(work, ref)
    order = list(Status)
    onward = [to for to in moves.allowed if to not in (Status.FAILED, Status.CANCELLED)]
    ahead = [to for to in onward if order.index(to) > order.index(moves.status) or moves.status is Status.FAILED]
    main = next(iter(ahead), None)
    return [
        {
            "to": to.value,
            "text": moves.actions[to],
            "main": "yes" if to is main else "",
            "why": "yes" if reasons.needs_words(moves.status, to) else "",
        }
        for to in moves.allowed
    ]


def _execution(run: ExecutionOut) -> dict[str, Any]:
    known = [n for n in (run.input_tokens, run.output_tokens) if n is not None]
    return {
        "id": str(run.id),
        "run": run.run,
        "agent": run.agent_name,
        "agent_href": f"/agents/{run.agent_id}",
        "status": run.status.value,
        "progress": run.progress,
        "tone": {"succeeded": "ok", "failed": "bad", "running": ""}.get(run.status.value, "idle"),
        "tokens": sum(known) if known else None,
        "seconds": _seconds(run),
        "cost": plain(run.cost_usd),
        "href": f"/tasks/{run.task_key}/runs/{run.run}",
        "failure": shown.FAILURES.get(run.failure or "", ""),
        "log": (run.failure_detail or run.output or run.note or "")[:4000],
    }


def _seconds(run: ExecutionOut) -> float | None:
    """How long a run took, or takes up to now."""
    if run.duration_ms is not None:
        return run.duration_ms / 1000
    return (clock.now() - run.started_at).total_seconds() if run.status == "running" else None


def _cost(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "at": row.occurred_at.isoformat(),
        "model": row.model,
        "tokens": row.input_tokens + row.output_tokens,
        "amount": plain(row.amount_usd) if row.amount_usd is not None else "",
        "difference": plain(row.difference_usd) if row.difference_usd else "",
    }


def _work(found: TaskOut, executions: list[ExecutionOut]) -> dict[str, Any]:
    """Time and money: what was used of the estimate."""
    seconds = sum(_seconds(run) or 0 for run in executions)
    planned = (found.estimate_minutes or 0) * 60
    return {
        "runs": len(executions),
        "tokens": sum((run.input_tokens or 0) + (run.output_tokens or 0) for run in executions),
        "seconds": seconds,
        "planned": planned,
        "share": min(100, round(100 * seconds / planned)) if planned else 0,
        "over": bool(planned and seconds > planned),
    }


def _sla(one: ClockOut) -> dict[str, Any]:
    """A clock of the service level: how much of the promise is used."""
    tone = {"warning": "warn", "breached": "bad", "missed": "bad", "met": "ok"}.get(one.state, "")
    return {
        "clock": one.clock.value,
        "left": shown.time_left(one),
        "used": one.elapsed_seconds,
        "limit": one.limit_seconds,
        "share": min(100, round(100 * one.elapsed_seconds / one.limit_seconds)),
        "tone": tone,
    }


def _edges(found: list[DependencyOut]) -> dict[str, Any]:
    """What it waits for, what waits for it, what is related, and the lines of the picture."""
    blocks = [edge for edge in found if edge.kind == "blocks"]
    needs = [shown.edge(edge) for edge in blocks if edge.direction == "depends_on"]
    waits = [shown.edge(edge) for edge in blocks if edge.direction == "blocks"]
    related = [shown.edge(edge) | {"mine": edge.direction == "depends_on"} for edge in found if edge.kind == "relates"]
    rows = max(min(len(needs), MOST), min(len(waits), MOST), 1)
    height = rows * BOX + (rows - 1) * GAP
    return {
        "needs": needs,
        "waits": waits,
        "related": related,
        "height": height,
        "lines_in": [
            _curve(y, height / 2, need["done"]) for y, need in zip(_middles(needs, height), needs, strict=False)
        ],
        "lines_out": [_curve(height / 2, y, True) for y in _middles(waits, height)],
    }


def _middles(edges: list[dict[str, Any]], height: float) -> list[float]:
    """The middle of each box in a column that is itself centred."""
    count = min(len(edges), MOST)
    top = (height - count * BOX - (count - 1) * GAP) / 2
    return [top + n * (BOX + GAP) + BOX / 2 for n in range(count)]


def _curve(start: float, end: float, open_: bool) -> dict[str, str]:
    return {"d": f"M0 {start:g}C32 {start:g} 24 {end:g} 52 {end:g}", "tone": "" if open_ else "hot"}
