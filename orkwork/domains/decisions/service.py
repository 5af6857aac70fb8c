"""Asking, deciding and closing."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict, invalid
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.decisions import events, queries
from orkwork.domains.decisions.models import DecisionStatus
from orkwork.domains.decisions.schemas import Asking, DecisionOut, Option, ResolveIn

CARRIES: dict[str, Callable[[Work, DecisionOut, dict[str, Any]], object]] = {}
"""How each action of an option is carried out, by the domain that offers it: `tasks.assign`."""

_ASK = """
insert into decisions (id, category, status, title, task_id, agent_id, project_id, context, options, recommendation,
  reasoning, created_at, version)
values (%(id)s, %(category)s, 'pending', %(title)s, %(task_id)s, %(agent_id)s, %(project_id)s, %(context)s, %(options)s,
  %(recommendation)s, '', %(now)s, 1)
on conflict (category, task_id) where status = 'pending' do nothing returning id
"""
_CLOSE = """
update decisions set status = 'resolved', chosen = %(chosen)s, reasoning = %(reasoning)s, decided_by_kind = %(kind)s,
  decided_by_id = %(actor_id)s, decided_by_name = %(name)s, resolved_at = %(now)s, version = version + 1
where status = 'pending' and <which> returning id, title, project_id, task_id, category
"""
_CLOSE_ONE = _CLOSE.replace("<which>", "id = %(id)s")
_CLOSE_ALL = _CLOSE.replace("<which>", "id = any(%(ids)s)")


def ask(work: Work, asking: Asking) -> UUID | None:
    """Ask a person once: None when the same already waits."""
    row = work.one(
        _ASK,
        {
            "id": uuid7(),
            "category": asking.category,
            "title": asking.title,
            "task_id": asking.task_id,
            "agent_id": asking.agent_id,
            "project_id": asking.project_id,
            "context": Jsonb(asking.context),
            "options": Jsonb([option.model_dump(mode="json") for option in asking.options]),
            "recommendation": asking.recommendation,
            "now": clock.now(),
        },
    )
    if row is None:
        return None
    told = {"category": asking.category, "task_id": asking.task_id, "options": [o.label for o in asking.options]}
    work.emit(
        events.DecisionNeeded(
            subject_id=row["id"], subject_label=asking.title, project_id=asking.project_id, after=told
        )
    )
    work.hint("decision.needed", "task", asking.task_id, asking.project_id)
    return row["id"]


def close(work: Work, ids: list[UUID], reasoning: str) -> None:
    """Close decisions that need nobody any more."""
    for row in work.all(_CLOSE_ALL, _by(work) | {"ids": ids, "chosen": None, "reasoning": reasoning}):
        _tell(work, row, None, reasoning)


@operation(None, role=Role.ADMIN, agents=False)
def resolve(work: Work, decision_id: UUID, body: ResolveIn) -> DecisionOut:
    """Choose one of a decision's options and carry it out, exactly once; 409 when it is decided already."""
    found = queries.decision(work, decision_id)
    if found.status is not DecisionStatus.PENDING:
        raise _decided()
    option = _option(found, body.option)
    params = _by(work) | {"id": decision_id, "chosen": option.id, "reasoning": body.reasoning}
    row = work.one(_CLOSE_ONE, params)
    if row is None:
        raise _decided()
    if option.action is not None:
        CARRIES[option.action](work, found, option.arguments)
    _tell(work, row, option, body.reasoning)
    return queries.decision(work, decision_id)


def _decided() -> Conflict:
    return Conflict("decision.decided", "This is decided already", "Read it again; GET /decisions/{id} says how.")


def _option(found: DecisionOut, wanted: str) -> Option:
    for option in found.options:
        if option.id == wanted:
            return option
    offered = ", ".join(option.id for option in found.options) or "none"
    raise invalid("option", f"is not an option of this decision; there are: {offered}")


def _by(work: Work) -> dict[str, Any]:
    actor = work.actor
    return {"kind": actor.kind.value, "actor_id": actor.id, "name": actor.name, "now": clock.now()}


def _tell(work: Work, row: dict[str, Any], option: Option | None, reasoning: str) -> None:
    work.hint("decision.resolved", "task", row["task_id"], row["project_id"])
    after = {"status": "resolved", "chosen": option.label if option else None, "reasoning": reasoning}
    work.emit(
        events.DecisionResolved(
            subject_id=row["id"],
            subject_label=row["title"],
            project_id=row["project_id"],
            before={"status": "pending"},
            after=after | {"category": row["category"], "task_id": row["task_id"]},
        )
    )
