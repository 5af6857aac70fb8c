"""Executions: starting a run, reporting from it, ending it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from orkwork.core import events
from orkwork.core.errors import Conflict, NotFound
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.schema import Json
from orkwork.core.work import Work, check_version
from orkwork.domains.executions.schemas import ExecutionPatch, FinishIn, StartIn
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import ExecutionStatus, Failure, Status
from orkwork.domains.tasks.queries import candidates, shapes
from orkwork.domains.tasks.queries.tasks import STANDING, VISIBLE, standing_of
from orkwork.domains.tasks.schemas import ExecutionOut
from orkwork.domains.tasks.service import failing, lifecycle, moving
from orkwork.domains.tasks.service.handing_in import hand_in

_START_AGAIN = f"""
with upd as (
  update tasks t set lease_until = %(until)s, version = t.version + 1, updated_at = %(e_now)s
  where t.id = %(id)s and t.version = %(version)s
    and not exists (select from task_executions x where x.task_id = t.id and x.status = 'running')
  returning t.*),
started as (
  insert into task_executions (id, task_id, project_id, agent_id, run, fence, status, note, started_at, version)
  select %(run_id)s, u.id, u.project_id, u.assignee_id,
    (select coalesce(max(run), 0) + 1 from task_executions o where o.task_id = u.id), u.fence, 'running', '', %(e_now)s, 1
  from upd u returning *),
facts as (
  select 'execution.started' as name, 'execution' as subject_kind, x.id as subject_id, u.key as subject_label, x.project_id,
    null::jsonb as before,
    jsonb_build_object('status', x.status, 'task_id', x.task_id, 'agent_id', x.agent_id, 'run', x.run) as after
  from started x, upd u),
{events.EMIT}
select {shapes.as_json(shapes.execution("x", "u"))}::text as run, u.project_id from started x, upd u
"""

_HELD = """
select case when s.hold is not null then 'company' else 'project' end as held from settings s cross join projects p
where p.id = %(project_id)s and (s.hold is not null or p.hold is not null)
"""


@operation("tasks:write", atomic=True)
def start_execution(work: Work, ref: str | UUID, body: StartIn) -> Json[ExecutionOut]:
    """Start a run of an assigned task (it becomes IN_PROGRESS), or another run after changes were asked for."""

    def attempt(row: dict[str, Any]) -> moving.Moved | None:
        standing = standing_of(row)
        until = moving.lease(body.lease_seconds) if work.actor.is_agent else None
        if standing.status is Status.IN_PROGRESS:
            rules.check_holder(standing, work.actor, body.fence)
            held = work.one(_HELD, row)
            rules.check_begins_again(replace(standing, held=held["held"]) if held else standing)
            candidates.check_budgets(work, row["assignee_id"], row["project_id"])
            return _start_again(work, row, until)
        rules.check_move(standing, Status.IN_PROGRESS, work.actor, body.fence)
        if standing.status is Status.REVIEW:
            raise Conflict(
                "task.in_review", f"{standing.key} is in review", "It starts again when changes are asked for."
            )
        return moving.move(work, row, Status.IN_PROGRESS, moving.Extra(lease_until=until))

    moved = lifecycle.moved_or_refused(work, ref, attempt)
    assert moved.run is not None
    return Json(ExecutionOut, moved.run, 1)


def _start_again(work: Work, row: dict[str, Any], until: Any) -> moving.Moved:
    params = {"id": row["id"], "version": row["version"], "until": until, "run_id": uuid7()}
    found = work.one(_START_AGAIN, work.telling() | params)
    if found is None:
        raise Conflict("execution.running", f"{row['key']} has a running execution", "Report on that one.")
    work.hint("execution.started", "execution", None, found["project_id"])
    work.hint("task.changed", "task", row["id"], found["project_id"])
    return moving.Moved(Json(row["id"], ""), row["fence"], until, found["run"])


_RUN = f"""
select x.status as run_status, x.version as run_version, x.agent_id, {STANDING},
  null as held, null as open_criteria  -- a run's report neither begins work nor accepts it
from task_executions x join tasks t on t.id = x.task_id where x.id = %(ref)s and {VISIBLE}
"""
_REPORT = f"""
with upd as (
  update task_executions x set version = x.version + 1,
    progress = coalesce(%(x_progress)s, x.progress), note = coalesce(%(x_note)s, x.note),
    output = coalesce(%(x_output)s, x.output), input_tokens = coalesce(%(x_input_tokens)s, x.input_tokens),
    output_tokens = coalesce(%(x_output_tokens)s, x.output_tokens),
    reported_cost_usd = coalesce(%(x_reported_cost_usd)s, x.reported_cost_usd),
    duration_ms = coalesce(%(x_duration_ms)s, x.duration_ms), seen_at = %(e_now)s
  where x.id = %(run)s and x.status = 'running' returning x.*),
prolonged as (
  update tasks t set lease_until = greatest(t.lease_until, %(until)s)
  from upd where t.id = upd.task_id and %(until)s::timestamptz is not null and t.lease_until is not null),
facts as (
  select 'execution.changed' as name, 'execution' as subject_kind, u.id as subject_id, t.key as subject_label, u.project_id,
    null::jsonb as before, jsonb_build_object('progress', u.progress, 'note', u.note, 'task_id', u.task_id) as after
  from upd u join tasks t on t.id = u.task_id),
{events.EMIT}
select {shapes.as_json(shapes.execution("u"))}::text as body, u.version from upd u join tasks t on t.id = u.task_id
"""


@operation("tasks:write", atomic=True)
def update_execution(
    work: Work, execution_id: UUID, patch: ExecutionPatch, if_match: int | None = None
) -> Json[ExecutionOut]:
    """Report from a run and prolong its lease. `succeeded` hands the task in (REVIEW, or COMPLETED where no review is
    required); `failed` gives it another try while retries are left, else it FAILs. 409 when the run has ended."""
    report = patch.model_dump(include=set(moving.REPORT), exclude_none=True)
    plain = if_match is None and report.keys() <= FinishIn.model_fields.keys()
    if patch.status is ExecutionStatus.SUCCEEDED and plain:
        last = FinishIn(execution_id=execution_id, fence=patch.fence, **report)
        if ended := hand_in(work, [last]):  # the rule; what it refuses is looked at below, and the refusal named
            return Json(ExecutionOut, ended[0])
    row = run_row(work, execution_id)
    check_version(row["run_version"], if_match)
    if patch.status in (None, ExecutionStatus.RUNNING):
        return _report(work, execution_id, row, report, patch)

    def attempt(task_row: dict[str, Any]) -> moving.Moved | None:
        check_running(work, execution_id, run_row(work, execution_id), patch.fence)
        return _end(work, task_row, patch, report)

    moved = lifecycle.moved_or_refused(work, row["id"], attempt)
    assert moved.run is not None
    return Json(ExecutionOut, moved.run)


def run_row(work: Work, execution_id: UUID) -> dict[str, Any]:
    """A run with what the guards look at; NotFound when it is not there or not to be seen."""
    row = work.one(_RUN, {"ref": execution_id, "visible": work.actor.projects})
    if row is None:
        raise NotFound("execution.not_found", f"There is no execution {execution_id}", "GET /executions lists them.")
    return row


def check_running(work: Work, execution_id: UUID, row: dict[str, Any], fence: int | None) -> None:
    """Refuse a write on a run that has ended, or of an agent that does not hold its task, or held it before."""
    if row["run_status"] != ExecutionStatus.RUNNING:
        rules.check_not_cancelled(standing_of(row), work.actor, fence)
        raise Conflict(
            "execution.ended",
            f"The execution {execution_id} has ended: {row['run_status']}",
            "Stop working on it; claim again.",
            extra={"execution_status": row["run_status"]},
        )
    rules.check_holder(standing_of(row), work.actor, fence)


def _report(
    work: Work, execution_id: UUID, row: dict[str, Any], report: dict[str, Any], patch: ExecutionPatch
) -> Json[ExecutionOut]:
    check_running(work, execution_id, row, patch.fence)
    until = moving.lease(patch.lease_seconds) if work.actor.is_agent else None
    params = {f"x_{name}": report.get(name) for name in moving.REPORT} | {"run": execution_id, "until": until}
    found = work.one(_REPORT, work.telling() | params)
    if found is None:
        raise Conflict("execution.ended", f"The execution {execution_id} has ended", "Stop working on it; claim again.")
    work.hint("execution.changed", "execution", execution_id, row["project_id"])
    work.hint("execution.changed", "task", row["id"], row["project_id"])
    return Json(ExecutionOut, found["body"], found["version"])


def _end(work: Work, row: dict[str, Any], patch: ExecutionPatch, report: dict[str, Any]) -> moving.Moved | None:
    standing = standing_of(row)
    if patch.status is ExecutionStatus.SUCCEEDED:
        to = Status.REVIEW if standing.review_required else Status.COMPLETED
        rules.check_move(standing, to, work.actor, patch.fence)
        return moving.move(work, row, to, moving.Extra(report=report))
    rules.check_move(standing, Status.FAILED, work.actor, patch.fence)
    return failing.end_run(work, row, patch.failure or Failure.OTHER, report)
