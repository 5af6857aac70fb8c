"""Reading decisions."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.paging import Order, after, order_by, page_of
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.decisions.models import Category, DecisionStatus
from orkwork.domains.decisions.schemas import DecisionItem, DecisionOut

_ITEM = """d.id, d.category, d.status, d.title, d.task_id, d.agent_id, d.project_id, d.options, d.recommendation, d.chosen,
  d.reasoning, d.decided_by_kind, d.decided_by_id, d.decided_by_name, d.created_at, d.resolved_at, d.version,
  (select t.key from tasks t where t.id = d.task_id) as task_key,
  (select a.name from agents a where a.id = d.agent_id) as agent_name"""
_VISIBLE = "(%(visible)s::uuid[] is null or d.project_id = any(%(visible)s))"
_NEWEST = [Order("d.id", "uuid", True)]
_OLDEST = [Order("d.id", "uuid")]


@dataclass(frozen=True, kw_only=True)
class DecisionFilter:
    """What to list; an empty filter lets everything through."""

    statuses: list[DecisionStatus] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)
    task_ids: list[UUID] = field(default_factory=list)
    agent_ids: list[UUID] = field(default_factory=list)
    project_ids: list[UUID] = field(default_factory=list)

    def where(self) -> tuple[str, dict[str, Any]]:
        """The condition on `decisions d` and its parameters."""
        named = {
            "status": [s.value for s in self.statuses],
            "category": [c.value for c in self.categories],
            "task_id": self.task_ids,
            "agent_id": self.agent_ids,
            "project_id": self.project_ids,
        }
        asked = {column: values for column, values in named.items() if values}
        return " and ".join([_VISIBLE, *(f"d.{column} = any(%(f_{column})s)" for column in asked)]), {
            f"f_{column}": values for column, values in asked.items()
        }


@query("decisions:read")
def decisions(
    work: Work, filters: DecisionFilter, *, cursor: str | None = None, limit: int = 50
) -> PageOut[DecisionItem]:
    """One page of decisions, the newest first."""
    rows, following = _page(work, filters, _ITEM, _NEWEST, cursor, limit)
    return PageOut(items=[DecisionItem.model_validate(row) for row in rows], next_cursor=following)


@query("decisions:read")
def pending(work: Work, filters: DecisionFilter, *, cursor: str | None = None, limit: int = 50) -> PageOut[DecisionOut]:
    """One page of what waits for a person, with what it rests on, the longest waiting first."""
    rows, following = _page(work, filters, f"{_ITEM}, d.context", _OLDEST, cursor, limit)
    return PageOut(items=[DecisionOut.model_validate(row) for row in rows], next_cursor=following)


def _page(
    work: Work, filters: DecisionFilter, columns: str, keys: list[Order], cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    where, params = filters.where()
    behind, cursor_params = after(keys, cursor)
    rows = work.all(
        f"select {columns} from decisions d where {where} and {behind} order by {order_by(keys)} limit {int(limit) + 1}",
        {"visible": work.actor.projects} | params | cursor_params,
    )
    return page_of(rows, limit, ["id"])


@query("decisions:read")
def decision(work: Work, decision_id: UUID) -> DecisionOut:
    """One decision with what it rests on."""
    row = work.one(
        f"select {_ITEM}, d.context from decisions d where d.id = %(id)s and {_VISIBLE}",
        {"id": decision_id, "visible": work.actor.projects},
    )
    if row is None:
        raise missing(decision_id)
    return DecisionOut.model_validate(row)


def missing(decision_id: UUID) -> NotFound:
    """The error for an id that leads nowhere."""
    return NotFound("decision.not_found", f"There is no decision {decision_id}", "GET /decisions lists them.")
