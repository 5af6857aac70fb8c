"""Steps whose conditions look at earlier steps: they become tasks, or are left out, when those are over."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core.errors import OrkworkError
from orkwork.core.work import Work
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries.tasks import standing_row
from orkwork.domains.tasks.schemas import BulkIn
from orkwork.domains.tasks.service import bulk, dependencies, moving
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.rules import templates, turns
from orkwork.domains.workflows.rules.outcomes import SKIPPED, WAITING, Came
from orkwork.domains.workflows.schemas.templates import StepDef

_STANDS = """
select s.step, s.task_id, s.status, case when s.step = any(%(named)s) then (
  select x.output from task_executions x where x.task_id = s.task_id and x.ended_at is not null
  order by x.run desc limit 1) end as output
from workflow_run_steps s where s.run_id = %(id)s
"""
_BECOME = """
update workflow_run_steps s set status = x.status, task_id = coalesce(x.task_id, s.task_id)
from jsonb_to_recordset(%(rows)s) as x(step text, task_id uuid, status text) where s.run_id = %(run)s and s.step = x.step
"""
_WAITS_FOR = "select from task_dependencies where task_id = %(task)s and depends_on_id = %(need)s and kind = 'blocks'"


def advance(work: Work, run: dict[str, Any]) -> bool:
    """Let the steps of a run go on whose turn has come; whether there were any. Steps that can't become tasks any more, as in
    a project that was archived, are cancelled."""
    version = rows.version_row(work, run["workflow_id"], run["version_number"])
    template = [StepDef.model_validate(one) for one in version["steps"]]
    named = sorted({need for needs in turns.named(template).values() for need in needs})
    stands = {row["step"]: row for row in work.all(_STANDS, {"id": run["id"], "named": named})}
    came = {key: Came(row["status"], row["output"], has_task=_is_task(row)) for key, row in stands.items()}
    found = turns.due(template, came, run["inputs"])
    become = [{"step": key, "task_id": None, "status": SKIPPED} for key in found.skip]
    if found.make:
        become += _made(work, run, template, found, stands)
    for key in found.skip:
        if stands[key]["task_id"]:
            _hand_on(work, template, key, stands)
    if become:
        work.sql(_BECOME, {"run": run["id"], "rows": Jsonb(become)})
    return bool(become)


def _is_task(row: dict[str, Any]) -> bool:
    return row["task_id"] is not None and row["status"] not in (SKIPPED, WAITING)


def _made(
    work: Work, run: dict[str, Any], template: Sequence[StepDef], found: turns.Turns, stands: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Make tasks of these steps; one that had its task before a retry has it again."""
    again = [key for key in found.make if stands[key]["task_id"]]
    known = {key: str(row["task_id"]) for key, row in stands.items() if row["task_id"]}
    for key in again:
        open_again(work, stands[key]["task_id"])
    become = [{"step": key, "task_id": None, "status": Status.PLANNING} for key in again]
    fresh = [step for step in template if step.key in found.make and step.key not in again]
    if not fresh:
        return become
    told = run["inputs"]
    tasks = [templates.task_of(s, [known.get(need, need) for need in found.make[s.key]], told) for s in fresh]
    body = BulkIn.model_construct(project_id=run["project_id"], ready=True, tasks=tasks)
    try:
        made = bulk.create_tasks(work, body).tasks
    except OrkworkError:
        return [*become, *({"step": s.key, "task_id": None, "status": Status.CANCELLED} for s in fresh)]
    return [*become, *({"step": one.ref, "task_id": one.id, "status": one.status} for one in made)]


def _hand_on(work: Work, template: Sequence[StepDef], key: str, stands: dict[str, dict[str, Any]]) -> None:
    """Let what waits for the task of a step that is left out after a retry wait for what that one waited for."""
    gone: UUID = stands[key]["task_id"]
    whole = {step.key: step for step in template}
    needs = [stands[need]["task_id"] for need in whole[key].depends_on if stands[need]["task_id"]]
    for step in template:
        task_id = stands[step.key]["task_id"]
        if task_id and key in step.depends_on and work.one(_WAITS_FOR, {"task": task_id, "need": gone}) is not None:
            for need in needs:
                dependencies.insert_edge(work, task_id, str(need), "depends_on")
            dependencies.remove_dependency(work, task_id, gone)


def open_again(work: Work, task_id: UUID) -> None:
    """Bring an ended task back; it is READY, or waits in PLANNING for those it depends on."""
    status = Status(standing_row(work, task_id)["status"])
    told = moving.Extra(told={"reason": "the run goes on"})
    if status in (Status.FAILED, Status.COMPLETED):
        moving.move(work, standing_row(work, task_id), Status.READY, told)
    elif status is Status.CANCELLED:
        for to in (Status.CREATED, Status.PLANNING):
            moving.move(work, standing_row(work, task_id), to, told)
        dependencies.ready_if_free(work, task_id)


def set_aside(work: Work, run_id: UUID, step: str, task_id: UUID | None) -> None:
    """Let a step wait again for its condition to be judged; a task that it had is cancelled meanwhile, so that nothing
    that waits for it begins."""
    ways = {Status.COMPLETED: (Status.READY, Status.CANCELLED), Status.CANCELLED: ()}
    told = moving.Extra(told={"reason": "the run goes on: its condition is judged anew"})
    if task_id:
        for to in ways.get(Status(standing_row(work, task_id)["status"]), (Status.CANCELLED,)):
            moving.move(work, standing_row(work, task_id), to, told)
    work.sql(_BECOME, {"run": run_id, "rows": Jsonb([{"step": step, "task_id": task_id, "status": WAITING}])})
