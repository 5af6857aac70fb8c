"""What the page of the ledger's rows reads, as its state holds it."""

from datetime import date
from typing import Any, TypedDict
from urllib.parse import urlencode
from uuid import UUID

from orkwork.core.ids import is_uuid
from orkwork.core.money import plain
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.costs.models import Basis
from orkwork.domains.costs.queries import ledger as queries
from orkwork.domains.costs.queries.ledger import CostFilter
from orkwork.domains.costs.schemas.ledger import CostOut
from orkwork.domains.projects import queries as projects
from orkwork.domains.projects.models import ProjectStatus
from orkwork.domains.tasks.queries.lookup import tasks_by_id

NAMES = ("agent", "project", "provider", "model", "basis", "task", "run", "from", "to")
API_NAMES = {"agent": "agent_id", "task": "task_id", "run": "execution_id", "from": "day_from", "to": "day_to"}
STEP = 50


class CostLine(TypedDict):
    """A row of the ledger as the page holds it."""

    id: str
    at: str
    day: str
    agent: str
    project: str
    task: str
    task_href: str
    provider: str
    model: str
    input: int
    output: int
    cached: int
    written: int
    audio: int
    reasoning: int
    amount: str
    basis: str
    caller: str
    catalogue: str
    price: str
    external: str
    corrects: str
    reason: str


NONE: CostLine = {
    "id": "", "at": "", "day": "", "agent": "", "project": "", "task": "", "task_href": "", "provider": "", "model": "",
    "input": 0, "output": 0, "cached": 0, "written": 0, "audio": 0, "reasoning": 0, "amount": "", "basis": "", "caller": "",
    "catalogue": "", "price": "", "external": "", "corrects": "", "reason": "",
}  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def wanted(args: dict[str, str]) -> CostFilter:
    """The filter that an address names; what is none of its kind is left out."""

    def uuid(name: str) -> UUID | None:
        return UUID(args[name]) if is_uuid(args[name]) else None

    return CostFilter(
        agent_id=uuid("agent"),
        project_id=uuid("project"),
        task_id=uuid("task"),
        execution_id=uuid("run"),
        provider=args["provider"][:120] or None,
        model=args["model"][:120] or None,
        basis=Basis(args["basis"]) if args["basis"] in set(Basis) else None,
        day_from=_day(args["from"]),
        day_to=_day(args["to"]),
    )


def export_href(args: dict[str, str]) -> str:
    """The address of the same rows as CSV."""
    named = {API_NAMES.get(name, name): value for name, value in args.items() if value}
    return "/api/v2/costs/export" + (f"?{urlencode(named)}" if named else "")


def read(work: Work, args: dict[str, str], shown: int) -> dict[str, Any]:
    """The first rows that the filter lets through, and what can be filtered by."""
    people = {one.id: one.name for one in agents.agents(work, status=list(AgentStatus))}
    known = {one.id: one.key_prefix for one in projects.projects(work, status=list(ProjectStatus))}
    rows, cursor = [], None
    while len(rows) < shown:
        page_ = queries.costs(work, wanted(args), cursor=cursor, limit=STEP)
        rows += page_.items
        cursor = page_.next_cursor
        if cursor is None:
            break
    found = tasks_by_id(work, list({row.task_id for row in rows if row.task_id})).parse()
    named = {one.id: one.key for one in found.items}
    return {
        "rows": [line(row, people, known, named) for row in rows],
        "has_more": cursor is not None,
        "agents": [{"value": str(agent_id), "text": name} for agent_id, name in people.items()],
        "projects": [{"value": str(project_id), "text": key} for project_id, key in known.items()],
    }


def line(row: CostOut, people: dict[UUID, str], known: dict[UUID, str], named: dict[UUID, str]) -> CostLine:
    """A row as the page holds it."""
    key = named.get(row.task_id, "") if row.task_id else ""
    return {
        "id": str(row.id),
        "at": row.occurred_at.isoformat(),
        "day": row.day.isoformat(),
        "agent": people.get(row.agent_id, "") if row.agent_id else "",
        "project": known.get(row.project_id, "") if row.project_id else "",
        "task": key,
        "task_href": f"/tasks/{key}" if key else "",
        "provider": row.provider,
        "model": row.model,
        "input": row.input_tokens,
        "output": row.output_tokens,
        "cached": row.cached_tokens,
        "written": row.cache_write_tokens,
        "audio": row.input_audio_tokens + row.output_audio_tokens,
        "reasoning": row.reasoning_tokens,
        "amount": "" if row.amount_usd is None else plain(row.amount_usd),
        "basis": row.basis.value,
        "caller": "" if row.caller_usd is None else plain(row.caller_usd),
        "catalogue": "" if row.catalogue_usd is None else plain(row.catalogue_usd),
        "price": str((row.price or {}).get("prices", ""))[:400],
        "external": row.external_id or "",
        "corrects": str(row.corrects_id) if row.corrects_id else "",
        "reason": row.reason or "",
    }
