"""How a run begins: the one way that every trigger takes. The tasks of a run are created in the transaction of the run."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.errors import Conflict, OrkworkError
from orkwork.core.ids import uuid7
from orkwork.core.work import Work
from orkwork.domains.tasks.schemas import BulkIn, BulkMade
from orkwork.domains.tasks.service import bulk
from orkwork.domains.workflows import events
from orkwork.domains.workflows.models import RunState, TriggerKind, WorkflowState
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.rules import templates
from orkwork.domains.workflows.rules.outcomes import SKIPPED, WAITING
from orkwork.domains.workflows.schemas.templates import InputDef, StepDef

_NUMBER = "update workflows set next_run = next_run + 1 where id = %(id)s returning next_run - 1 as number"
_KNOWN = "select id from workflow_runs where trigger_id = %(trigger_id)s and trigger_key = %(trigger_key)s"
_INSERT = """
insert into workflow_runs (id, workflow_id, project_id, number, version_number, inputs, trigger, trigger_id, trigger_key, chain,
  state, attempt, tasks, completed, failed, cancelled, started_by_kind, started_by_name, created_at, started_at, version)
values (%(id)s, %(workflow_id)s, %(project_id)s, %(number)s, %(version_number)s, %(inputs)s, %(trigger)s, %(trigger_id)s,
  %(trigger_key)s, %(chain)s, %(state)s, 1, %(tasks)s, 0, 0, 0, %(by_kind)s, %(by_name)s, %(now)s, %(started_at)s, 1)
"""
_STEPS = """
insert into workflow_run_steps (run_id, step, position, task_id, status)
select %(run)s, x.step, x.position, x.task_id, x.status
from jsonb_to_recordset(%(rows)s) as x(step text, position int, task_id uuid, status text)
"""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why a run begins."""

    trigger: TriggerKind = TriggerKind.MANUAL
    trigger_id: UUID | None = None
    trigger_key: str | None = None
    chain: list[UUID] = field(default_factory=list)
    """The workflows whose runs led here."""
    waits: bool = False
    """Whether it stands in a queue first."""


def begin(
    work: Work, workflow: dict[str, Any], inputs: dict[str, Any], cause: Cause, number: int | None = None
) -> UUID | None:
    """Begin a run of a workflow's row; None when this cause has its run already. Invalid or Conflict before any write."""
    if workflow["state"] != WorkflowState.ACTIVE:
        raise Conflict("workflow.not_active", f"{workflow['name']} is {workflow['state']}", "Resume it first.")
    if cause.trigger_key is not None and work.one(_KNOWN, _once(cause)):
        return None
    version = number or workflow["current"]
    plan = _plan(work, workflow["id"], version, inputs)
    numbered = work.one(_NUMBER, workflow)
    assert numbered is not None
    run = _row(work, workflow, cause) | {
        "number": numbered["number"],
        "version_number": version,
        "inputs": Jsonb(plan.inputs),
        "tasks": len(plan.tasks) + len(plan.waiting),
    }
    work.sql(_INSERT, run)
    if not cause.waits:
        _make_tasks(work, run, plan)
    _tell(work, workflow, run)
    return run["id"]


def _once(cause: Cause) -> dict[str, Any]:
    return {"trigger_id": cause.trigger_id, "trigger_key": cause.trigger_key}


def _plan(work: Work, workflow_id: UUID, number: int, inputs: dict[str, Any]) -> templates.Plan:
    found = rows.version_row(work, workflow_id, number)
    defined = [InputDef.model_validate(one) for one in found["inputs"]]
    steps = [StepDef.model_validate(one) for one in found["steps"]]
    return templates.plan(defined, steps, inputs)


def _row(work: Work, workflow: dict[str, Any], cause: Cause) -> dict[str, Any]:
    now = clock.now()
    return _once(cause) | {
        "id": uuid7(),
        "workflow_id": workflow["id"],
        "project_id": workflow["project_id"],
        "trigger": cause.trigger.value,
        "chain": [*cause.chain, workflow["id"]],
        "state": (RunState.QUEUED if cause.waits else RunState.RUNNING).value,
        "by_kind": work.actor.kind.value,
        "by_name": work.actor.name,
        "now": now,
        "started_at": None if cause.waits else now,
    }


def _make_tasks(work: Work, run: dict[str, Any], plan: templates.Plan) -> None:
    """The tasks with which a run begins, with their dependencies, and which step each came of."""
    body = BulkIn.model_construct(project_id=run["project_id"], ready=True, tasks=plan.tasks)
    made: list[BulkMade] = bulk.create_tasks(work, body).tasks
    rows = [{"step": one.ref, "task_id": one.id, "status": one.status} for one in made]
    rows += [{"step": key, "task_id": None, "status": SKIPPED} for key in plan.skipped]
    rows += [{"step": key, "task_id": None, "status": WAITING} for key in plan.waiting]
    numbered = [row | {"position": n} for n, row in enumerate(rows)]
    work.sql(_STEPS, {"run": run["id"], "rows": Jsonb(numbered)})


def _tell(work: Work, workflow: dict[str, Any], run: dict[str, Any]) -> None:
    told = {"status": run["state"], "workflow_id": workflow["id"], "trigger": run["trigger"], "tasks": run["tasks"]}
    work.emit(
        events.RunCreated(
            subject_id=run["id"], subject_label=label(workflow, run), project_id=run["project_id"], after=told
        )
    )
    work.hint("workflow_run.created", "workflow", workflow["id"], run["project_id"])


def label(workflow: dict[str, Any], run: dict[str, Any]) -> str:
    """What a person calls a run: `Nightly report 12`."""
    return f"{workflow['name']} {run['number']}"


_WAITING = """
select r.*, w.name, w.state as workflow_state from workflow_runs r join workflows w on w.id = r.workflow_id
where r.trigger_id = %(id)s and r.state = 'queued' and not exists (
  select from workflow_runs o where o.trigger_id = %(id)s and o.state = 'running')
order by r.id limit 1 for no key update of r
"""
_GO = "update workflow_runs set state = 'running', started_at = %(now)s, version = version + 1 where id = %(id)s"
_GIVE_UP = "update workflow_runs set state = 'cancelled', ended_at = %(now)s, version = version + 1 where id = %(id)s"


def begin_queued(work: Work, trigger_id: UUID) -> None:
    """Let the run go that waits longest behind the runs of one schedule, when none of them is under way any more. One that
    can't begin any more is cancelled, and the next one goes."""
    while run := work.one(_WAITING, {"id": trigger_id}):
        try:
            _make_tasks(work, run, _plan(work, run["workflow_id"], run["version_number"], run["inputs"]))
        except OrkworkError as refusal:
            _leave_queue(work, run, _GIVE_UP, {"status": RunState.CANCELLED, "reason": refusal.message})
        else:
            _leave_queue(work, run, _GO, {"status": RunState.RUNNING})
            return


def _leave_queue(work: Work, run: dict[str, Any], statement: str, told: dict[str, Any]) -> None:
    work.sql(statement, {"id": run["id"], "now": clock.now()})
    work.emit(
        events.RunMoved(
            subject_id=run["id"],
            subject_label=label(run, run),
            project_id=run["project_id"],
            before={"status": RunState.QUEUED},
            after=told | {"workflow_id": run["workflow_id"]},
        )
    )
