"""The rows that the other queries and the operations of this domain begin with."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from orkwork.core.errors import NotFound
from orkwork.core.ids import is_uuid
from orkwork.core.settings import settings
from orkwork.core.work import Work
from orkwork.domains.workflows.models import RunState
from orkwork.domains.workflows.rules import standing

KINDS = {"schedule": "workflow_schedules", "trigger": "workflow_triggers", "hook": "workflow_hooks"}
STARTER = """
select x.*, w.project_id, w.key as workflow_key from {table} x join workflows w on w.id = x.workflow_id
where (%(visible)s::uuid[] is null or w.project_id = any(%(visible)s))
"""
_STANDING = """
select w.* from workflows w where w.{column} = %(ref)s and (%(visible)s::uuid[] is null or w.project_id = any(%(visible)s))
"""


def workflow_row(work: Work, ref: str | UUID, *, lock: bool = False) -> dict[str, Any]:
    """The row of a workflow that the actor may see, locked until commit if asked; NotFound."""
    column, value = ("id", UUID(str(ref))) if is_uuid(ref) else ("key", str(ref))
    statement = _STANDING.format(column=column) + (" for no key update" if lock else "")
    row = work.one(statement, {"ref": value, "visible": work.actor.projects})
    if row is None:
        raise missing(ref)
    return row


def version_row(work: Work, workflow_id: UUID, number: int) -> dict[str, Any]:
    """The row of a version; NotFound."""
    row = work.one(
        "select * from workflow_versions where workflow_id = %(id)s and number = %(number)s",
        {"id": workflow_id, "number": number},
    )
    if row is None:
        raise NotFound(
            "workflow.version_not_found", f"There is no version {number}", "GET /workflows/{ref}/versions lists them."
        )
    return row


def missing(ref: str | UUID) -> NotFound:
    """The error for a workflow that is not there."""
    return NotFound("workflow.not_found", f"There is no workflow {str(ref)[:80]}", "GET /workflows lists them.")


def run_row(work: Work, run_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """The row of a run that the actor may see, locked until commit if asked; NotFound."""
    row = work.one(
        "select r.* from workflow_runs r where r.id = %(id)s and (%(visible)s::uuid[] is null or r.project_id = any(%(visible)s))"
        + (" for no key update" if lock else ""),
        {"id": run_id, "visible": work.actor.projects},
    )
    if row is None:
        raise missing_run(run_id)
    return row


def missing_run(run_id: UUID) -> NotFound:
    """The error for a run that is not there."""
    return NotFound("workflow.run_not_found", f"There is no run {run_id}", "GET /workflow-runs lists them.")


def url_of(hook_id: UUID) -> str:
    """Where a webhook is sent to."""
    return f"{settings().address}/api/v2/hooks/{hook_id}"


def starter_row(work: Work, kind: str, row_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """The row of a schedule, trigger or webhook that the actor may see, locked if asked; NotFound."""
    statement = STARTER.format(table=KINDS[kind]) + " and x.id = %(id)s" + (" for no key update of x" if lock else "")
    row = work.one(statement, {"visible": work.actor.projects, "id": row_id})
    if row is None:
        word = "webhook" if kind == "hook" else kind
        hint = f"GET /workflows/{{ref}}/{kind}s lists them."
        raise NotFound(f"workflow.{kind}_not_found", f"There is no {word} {row_id}", hint)
    return row


_LIVE = """
select s.run_id, case when s.status = 'WAITING' then s.status else coalesce(t.status, 'CANCELLED') end as status, count(*) as n
from workflow_run_steps s left join tasks t on t.id = s.task_id
where s.run_id = any(%(ids)s) and s.status <> 'SKIPPED' group by 1, 2
"""


def live(work: Work, states: Mapping[UUID, str]) -> dict[UUID, dict[str, Any]]:
    """How the runs among these that go on, or could, stand by their tasks as they are now, counted or not yet: their state and
    numbers. What is over stands as it was counted."""
    going = [run_id for run_id, state in states.items() if state in (RunState.RUNNING, RunState.FAILED)]
    counts: dict[UUID, Counter[str]] = {run_id: Counter() for run_id in going}
    for row in work.all(_LIVE, {"ids": going}) if going else ():
        counts[row["run_id"]][row["status"]] = row["n"]
    return {
        run_id: standing.numbers_of(found) | {"state": standing.state_of(found, RunState(states[run_id]))}
        for run_id, found in counts.items()
    }
