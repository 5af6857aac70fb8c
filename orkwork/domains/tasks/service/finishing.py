"""Handing in many runs at once."""

from orkwork.core.errors import Conflict, OrkworkError
from orkwork.core.operation import operation
from orkwork.core.schema import Json
from orkwork.core.work import Work
from orkwork.domains.executions.schemas import FinishBatchIn, FinishIn
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries.tasks import standing_of
from orkwork.domains.tasks.schemas import FinishBatchOut
from orkwork.domains.tasks.service import lifecycle, runs
from orkwork.domains.tasks.service.handing_in import hand_in


@operation("tasks:write", atomic=True)
def finish_executions(work: Work, body: FinishBatchIn) -> Json[FinishBatchOut]:
    """Hand in many runs that succeeded, all or none: each task goes to REVIEW, or COMPLETED where no review is required.

    The refusal of one is that of `update_execution`, with `item` saying which it was, from 0.
    """
    for _ in range(lifecycle.TRIES):
        if ended := hand_in(work, body.items):
            return Json(FinishBatchOut, f'{{"items":[{",".join(ended)}]}}')
        for number, item in enumerate(body.items):
            _check(work, number, item)
    raise Conflict("task.busy", "The tasks keep changing", "Try again.")


def _check(work: Work, number: int, item: FinishIn) -> None:
    """Refuse the item as if it had come alone."""
    try:
        row = runs.run_row(work, item.execution_id)
        runs.check_running(work, item.execution_id, row, item.fence)
        standing = standing_of(row)
        to = Status.REVIEW if standing.review_required else Status.COMPLETED
        rules.check_move(standing, to, work.actor, item.fence)
    except OrkworkError as refusal:
        refusal.extra["item"] = number
        raise
