"""What pauses by itself, and asks a person whether it may go on."""

from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.work import Work
from orkwork.domains.decisions import service as decisions
from orkwork.domains.decisions.models import Category
from orkwork.domains.decisions.schemas import Asking, Option
from orkwork.domains.workflows import events
from orkwork.domains.workflows.models import RunState, SwitchState

_SCHEDULE = """
select s.*, w.project_id, w.name as workflow_name from workflow_schedules s join workflows w on w.id = s.workflow_id
where s.id = %(id)s for no key update of s
"""
_FAILURES = """
update workflow_schedules set failures = %(failures)s, state = %(state)s::text,
  next_at = case when %(state)s::text = 'active' then next_at end, version = version + 1 where id = %(id)s
"""


def judge_schedule(work: Work, schedule_id: UUID | None, ended_as: RunState) -> None:
    """Count how a schedule's run ended; a cancelled one says nothing."""
    row = work.one(_SCHEDULE, {"id": schedule_id}) if schedule_id else None
    if row is None or ended_as is RunState.CANCELLED:
        return
    count_failures(work, row, row["failures"] + 1 if ended_as is RunState.FAILED else 0)


def count_failures(work: Work, row: dict[str, Any], failures: int) -> None:
    """Note how often a schedule failed in a row; it pauses when that is too often."""
    if failures == row["failures"]:
        return
    pauses = row["state"] == SwitchState.ACTIVE and 0 < row["pause_after"] <= failures
    state = SwitchState.PAUSED if pauses else SwitchState(row["state"])
    work.sql(_FAILURES, {"id": row["id"], "failures": failures, "state": state.value})
    told = {"failures": failures}
    if pauses:
        told |= {"status": state, "reason": f"failed {failures} times in a row"}
    work.emit(
        events.ScheduleChanged(
            subject_id=row["id"],
            subject_label=row["name"],
            project_id=row["project_id"],
            before={"failures": row["failures"]} | ({"status": row["state"]} if pauses else {}),
            after=told,
        )
    )
    if pauses:
        ask(work, "schedule", row, f"it failed {failures} times in a row")


_PAUSE_TRIGGER = (
    "update workflow_triggers set state = 'paused', version = version + 1, updated_at = %(now)s where id = %(id)s"
)


def pause_trigger(work: Work, row: dict[str, Any], reason: str) -> None:
    """Pause a trigger that starts too much."""
    work.sql(_PAUSE_TRIGGER, {"id": row["id"], "now": clock.now()})
    work.emit(
        events.TriggerChanged(
            subject_id=row["id"],
            subject_label=row["name"],
            project_id=row["project_id"],
            before={"status": SwitchState.ACTIVE},
            after={"status": SwitchState.PAUSED, "reason": reason},
        )
    )
    ask(work, "trigger", row, reason)


def ask(work: Work, kind: str, row: dict[str, Any], reason: str) -> None:
    """Ask a person whether what has paused may go on."""
    decisions.ask(
        work,
        Asking(
            category=Category.APPROVE,
            title=f"{row['workflow_name']}: the {kind} {row['name']} has paused, {reason}",
            project_id=row["project_id"],
            context={"workflow_id": str(row["workflow_id"]), f"{kind}_id": str(row["id"]), "reason": reason},
            options=[
                Option(
                    id="resume", label="Resume it", action=f"workflows.resume_{kind}", arguments={"id": str(row["id"])}
                ),
                Option(id="leave", label="Leave it paused"),
            ],
            recommendation="leave",
        ),
    )


_ASKED = "select id from decisions where status = 'pending' and category = 'approve' and context ->> %(name)s = %(id)s"


def settle(work: Work, kind: str, row_id: UUID, reasoning: str) -> None:
    """Close what was asked about one that goes on, or is gone."""
    if asked := work.all(_ASKED, {"name": f"{kind}_id", "id": str(row_id)}):
        decisions.close(work, [row["id"] for row in asked], reasoning)
