"""Moving tasks through their lifecycle."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import Conflict, FieldError, Invalid
from orkwork.core.operation import operation
from orkwork.core.schema import Json
from orkwork.core.work import Work, check_version
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.events import TaskChanged
from orkwork.domains.tasks.models import Failure, Status
from orkwork.domains.tasks.queries import candidates
from orkwork.domains.tasks.queries.tasks import standing_lookup, standing_of, standing_row
from orkwork.domains.tasks.schemas import CommentIn, MoveIn, TaskOut
from orkwork.domains.tasks.service import comments, failing, moving

TRIES = 5


def moved_or_refused(
    work: Work, ref: str | UUID, attempt: Callable[[dict[str, Any]], moving.Moved | None]
) -> moving.Moved:
    """Try a move against the task as it stands, again while others move it: in the end one move or one refusal."""
    for _ in range(TRIES):
        moved = attempt(standing_row(work, ref))
        if moved is not None:
            return moved
    raise Conflict("task.busy", f"{ref} keeps changing", "Try again.")


@operation("tasks:write", atomic=True, begins_with=standing_lookup)
def transition(work: Work, ref: str | UUID, body: MoveIn, if_match: int | None = None) -> Json[TaskOut]:
    """Move a task to another state; 409 names the legal ones when it can't go there."""
    if body.to is Status.ASSIGNED:
        raise Invalid(
            "task.assign",
            "to: ASSIGNED needs an agent",
            "POST /tasks/{ref}/assign or /tasks/claim.",
            errors=[FieldError("to", "ASSIGNED is reached by assigning or claiming")],
        )

    def attempt(row: dict[str, Any]) -> moving.Moved | None:
        check_version(row["version"], if_match)
        rules.check_move(standing_of(row), body.to, work.actor, body.fence)
        told = {"reason": body.reason} if body.reason else {}
        starts = body.to is Status.IN_PROGRESS and row["status"] == Status.ASSIGNED
        until = moving.lease(None) if starts and work.actor.is_agent else None
        asking = failing.asked_by_agent(work, row) if body.to is Status.FAILED and work.actor.is_agent else None
        extra = moving.Extra(told=told, lease_until=until, report=_report(body), asking=asking)
        return moving.move(work, row, body.to, extra)

    return moved_or_refused(work, ref, attempt).task


def _report(body: MoveIn) -> dict[str, Any]:
    """What the run says that ends by a move."""
    if body.to is Status.CANCELLED:
        return {"failure": Failure.CANCELLED, "failure_detail": body.comment or body.reason or None}
    return {"failure_detail": body.comment} if body.comment and body.to is Status.FAILED else {}


@operation("tasks:write")
def transition_saying(work: Work, ref: str | UUID, body: MoveIn, if_match: int | None = None) -> Json[TaskOut]:
    """Move a task and leave the move's comment on it; a run that fails by the move keeps it as what went wrong."""
    moved = transition(work, ref, body, if_match)
    if body.comment is not None:
        comments.add_comment(work, ref, CommentIn(body=body.comment))
    return moved


@operation(None, users=False, agents=False)
def give_back_lapsed(work: Work, limit: int = 200) -> int:
    """Give back the tasks whose lease ran out: the run ends as lost, the task is READY again. No lease runs out during a
    hold, nor within ten minutes after it."""
    rows = work.all(
        "select t.id, t.project_id, t.key, t.status, t.review_required, t.blocked_count, t.assignee_id, t.worker_id, t.fence, "
        "t.created_by_id, t.version from tasks t join projects p on p.id = t.project_id cross join settings s "
        "where t.lease_until < %(now)s and t.status in ('ASSIGNED', 'IN_PROGRESS') "
        f"and {candidates.runs_out(str(rules.LEASE_SECONDS))} order by t.id limit %(limit)s for no key update of t skip locked",
        {"now": clock.now(), "limit": limit},
    )
    for row in rows:
        failing.lose_run(work, row)
    return len(rows)


@operation(None, users=False, agents=False)
def offer_retries(work: Work, limit: int = 500) -> int:
    """Offer the failed tasks again whose time of waiting is over."""
    params = {"now": clock.now(), "limit": limit}
    rows = work.all(
        "with due as (select id, retry_at from tasks where retry_at <= %(now)s and status = 'READY' order by retry_at "
        "limit %(limit)s for no key update skip locked), "
        "upd as (update tasks t set retry_at = null, version = t.version + 1, updated_at = %(now)s from due "
        "where t.id = due.id returning t.*, due.retry_at as was_due), "
        "offered as (insert into ready_tasks (task_id, project_id, capset_id, priority, due_at, crit) "
        "select u.id, u.project_id, u.capset_id, u.priority, coalesce(u.due_at, 'infinity'), u.crit from upd u "
        "join projects p on p.id = u.project_id and p.status = 'active' on conflict do nothing) "
        "select id, key, project_id, was_due from upd",
        params,
    )
    for row in rows:
        work.emit(
            TaskChanged(
                subject_id=row["id"],
                subject_label=row["key"],
                project_id=row["project_id"],
                before={"retry_at": row["was_due"]},
                after={"retry_at": None},
            )
        )
    return len(rows)
