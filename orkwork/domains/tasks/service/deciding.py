"""What a person decides about a task that failed or goes in circles, and the lifting of its bars."""

from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict, NotFound
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.decisions.schemas import DecisionOut
from orkwork.domains.decisions.service import CARRIES
from orkwork.domains.tasks.events import TaskUnbarred
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries.tasks import standing_row
from orkwork.domains.tasks.schemas import MoveIn
from orkwork.domains.tasks.service import lifecycle

_LIFT = """
update task_bars b set lifted_at = %(now)s from agents a
where b.task_id = %(task)s and b.agent_id = %(agent)s and b.lifted_at is null and a.id = b.agent_id returning a.name
"""


@operation(None, role=Role.ADMIN, agents=False)
def lift_bar(work: Work, ref: str | UUID, agent_id: UUID) -> None:
    """Let an agent be given a task again that the loop breaker keeps from it; its failures are counted anew."""
    row = standing_row(work, ref)
    found = work.one(_LIFT, {"task": row["id"], "agent": agent_id, "now": clock.now()})
    if found is None:
        raise NotFound(
            "task.no_bar", f"Nothing keeps {row['key']} from this agent", "GET its limits: barred names all."
        )
    work.emit(
        TaskUnbarred(
            subject_id=row["id"],
            subject_label=row["key"],
            project_id=row["project_id"],
            after={"agent_id": agent_id, "agent": found["name"]},
        )
    )


def _task_of(decision: DecisionOut) -> UUID:
    if decision.task_id is None:
        raise Conflict("decision.no_task", "The decision names no task", "Choose another option.")
    return decision.task_id


def _try_again(work: Work, decision: DecisionOut, _arguments: dict[str, Any]) -> None:
    lifecycle.transition(work, _task_of(decision), MoveIn(to=Status.READY, reason="decided"))


def _cancel(work: Work, decision: DecisionOut, _arguments: dict[str, Any]) -> None:
    lifecycle.transition(work, _task_of(decision), MoveIn(to=Status.CANCELLED, reason="decided"))


def _lift(work: Work, decision: DecisionOut, _arguments: dict[str, Any]) -> None:
    task_id, agent_id = _task_of(decision), decision.agent_id
    if agent_id is None:
        raise Conflict("decision.no_agent", "The agent is gone", "Choose another option.")
    lift_bar(work, task_id, agent_id)
    if standing_row(work, task_id)["status"] == Status.FAILED:
        _try_again(work, decision, {})


CARRIES |= {"tasks.try_again": _try_again, "tasks.cancel": _cancel, "tasks.lift_bar": _lift}
