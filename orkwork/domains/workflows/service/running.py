"""Starting runs by hand, cancelling them, and going on from what failed."""

from uuid import UUID

from orkwork.core.errors import Conflict
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries.tasks import standing_row
from orkwork.domains.tasks.schemas import MoveIn
from orkwork.domains.tasks.service import dependencies, lifecycle, moving
from orkwork.domains.workflows.models import RunState
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.queries import runs as queries
from orkwork.domains.workflows.rules import steps as graph
from orkwork.domains.workflows.schemas.templates import RunOut, StartIn
from orkwork.domains.workflows.service import beginning, counting

_TASKS = """
select s.step, t.id, t.status from workflow_run_steps s join tasks t on t.id = s.task_id
where s.run_id = %(id)s order by t.id
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
    """Go on from what failed or was cancelled: those steps and what depends on them are open again. The run keeps its
    version, its inputs and what is done."""
    run = rows.run_row(work, run_id, lock=True)
    tasks = {row["step"]: row for row in work.all(_TASKS, {"id": run_id})}
    broken = [key for key, task in tasks.items() if task["status"] in (Status.FAILED, Status.CANCELLED)]
    if not broken:
        raise Conflict("workflow.nothing_failed", "No step of this run failed or was cancelled", "Start a new run.")
    template = rows.version_row(work, run["workflow_id"], run["version_number"])["steps"]
    whole = {step["key"]: step["depends_on"] for step in template}
    needs = graph.without(whole, [key for key in whole if key not in tasks])
    again = graph.behind(needs, broken).union(broken)
    for key in graph.order(needs):
        if key in again:
            _open_again(work, tasks[key]["id"])
    work.sql("update workflow_runs set attempt = attempt + 1, version = version + 1 where id = %(id)s", {"id": run_id})
    counting.count(work, [run_id])
    return queries.run(work, run_id)


def _open_again(work: Work, task_id: UUID) -> None:
    """Bring an ended task back; it is READY, or waits in PLANNING for those it depends on."""
    row = standing_row(work, task_id)
    status = Status(row["status"])
    told = moving.Extra(told={"reason": "the run goes on"})
    if status in (Status.FAILED, Status.COMPLETED):
        moving.move(work, row, Status.READY, told)
    elif status is Status.CANCELLED:
        for to in (Status.CREATED, Status.PLANNING):
            moving.move(work, standing_row(work, task_id), to, told)
        dependencies.ready_if_free(work, task_id)
