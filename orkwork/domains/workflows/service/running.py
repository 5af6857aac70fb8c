"""Starting runs by hand, cancelling them, and going on from what failed."""

from uuid import UUID

from orkwork.core.errors import Conflict
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import MoveIn
from orkwork.domains.tasks.service import lifecycle
from orkwork.domains.workflows.models import RunState
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.queries import runs as queries
from orkwork.domains.workflows.rules import steps as graph
from orkwork.domains.workflows.rules import turns
from orkwork.domains.workflows.schemas.templates import RunOut, StartIn, StepDef
from orkwork.domains.workflows.service import advancing, beginning, counting

_TASKS = """
select s.step, t.id, t.status from workflow_run_steps s join tasks t on t.id = s.task_id
where s.run_id = %(id)s and s.status <> 'WAITING' order by t.id
"""


@operation("tasks:write")
def start_run(work: Work, ref: str | UUID, body: StartIn) -> RunOut:
    """Run a workflow now: its inputs are checked, then all its tasks are created at once, or nothing is."""
    workflow = rows.workflow_row(work, ref)
    run_id = beginning.begin(work, workflow, body.inputs, beginning.Cause(), body.version)
    assert run_id is not None
    return queries.run(work, run_id)


@operation("tasks:write", agents=False)
def cancel_run(work: Work, run_id: UUID) -> RunOut:
    """Cancel a run and every task of it that is not done; what waits behind it in a queue goes on."""
    run = rows.run_row(work, run_id, lock=True)
    if run["state"] in (RunState.COMPLETED, RunState.CANCELLED):
        raise Conflict("workflow.run_over", f"The run is {run['state']} already", "Start a new one.")
    for task in work.all(_TASKS, {"id": run_id}):
        if task["status"] not in (Status.COMPLETED, Status.CANCELLED):
            lifecycle.transition(work, task["id"], MoveIn(to=Status.CANCELLED, reason="the run was cancelled"))
    counting.count(work, [run_id], cancelled=True)
    return queries.run(work, run_id)


@operation("tasks:write", agents=False)
def retry_run(work: Work, run_id: UUID) -> RunOut:
    """Go on from what failed or was cancelled: those steps and what depends on them are open again, and conditions that
    look at them are judged anew. The run keeps its version, its inputs and what is done."""
    run = rows.run_row(work, run_id, lock=True)
    tasks = {row["step"]: row for row in work.all(_TASKS, {"id": run_id})}
    broken = [key for key, task in tasks.items() if task["status"] in (Status.FAILED, Status.CANCELLED)]
    if not broken:
        raise Conflict("workflow.nothing_failed", "No step of this run failed or was cancelled", "Start a new run.")
    version = rows.version_row(work, run["workflow_id"], run["version_number"])
    template = [StepDef.model_validate(one) for one in version["steps"]]
    whole = {step.key: step.depends_on for step in template}
    again = graph.behind(whole, broken).union(broken)
    looks_at = turns.named(template)
    for key in graph.order(whole):
        if key in again and again.intersection(looks_at.get(key, ())):
            advancing.set_aside(work, run_id, key, tasks[key]["id"] if key in tasks else None)
        elif key in again and key in tasks:
            advancing.open_again(work, tasks[key]["id"])
    work.sql("update workflow_runs set attempt = attempt + 1, version = version + 1 where id = %(id)s", {"id": run_id})
    counting.count(work, [run_id])
    return queries.run(work, run_id)
