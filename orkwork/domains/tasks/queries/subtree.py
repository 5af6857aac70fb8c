"""Reading a task with all that depends on it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from orkwork.core.operation import query
from orkwork.core.schema import In, Int, Out, Short
from orkwork.core.work import Work
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries.tasks import VISIBLE, standing_row

SHOWN = 200


class SubtreeTask(Out):
    """A task that would be cancelled."""

    id: UUID
    key: str
    title: str
    status: Status
    project_id: UUID
    assignee_name: str | None


class SubtreeOut(Out):
    """A task with all that waits for it, as far as it can be cancelled."""

    count: int
    running: int
    """How many of them are IN_PROGRESS."""
    tasks: list[SubtreeTask]
    """The first 200: the task itself, then what is in progress."""


class CancelIn(In):
    """Whether to cancel a task with all that depends on it."""

    reason: Short = ""
    expected: Annotated[Int, Field(ge=1, le=10**7)] | None = None
    """How many tasks were seen before; another number now refuses it."""


class CancelledOut(Out):
    """What was cancelled."""

    cancelled: int
    executions_ended: int


_IDS = """
with recursive behind(id) as (
  select t.id from tasks t where t.id = %(root)s and t.status <> 'COMPLETED'
  union
  select d.task_id from behind b join task_dependencies d on d.depends_on_id = b.id and d.kind = 'blocks'
    join tasks t on t.id = d.task_id and t.status <> 'COMPLETED')
"""


def ids(work: Work, root: UUID) -> list[UUID]:
    """The task and all that waits for it, directly or not, that is neither completed nor cancelled; what is completed
    ends the way, what is cancelled does not."""
    rows = work.all(
        _IDS + "select t.id from behind join tasks t using (id) where t.status <> 'CANCELLED' order by t.id",
        {"root": root},
    )
    return [row["id"] for row in rows]


@query("tasks:read")
def subtree(work: Work, ref: str | UUID) -> SubtreeOut:
    """What cancelling a task with all that depends on it would cancel: how much, and the first 200, running ones first."""
    row = standing_row(work, ref)
    found = work.all(
        _IDS
        + "select t.id, t.key, t.title, t.status, t.project_id, a.name as assignee_name, count(*) over () as tasks, "
        "count(*) filter (where t.status = 'IN_PROGRESS') over () as running "
        "from behind join tasks t using (id) left join agents a on a.id = t.assignee_id "
        f"where t.status <> 'CANCELLED' and {VISIBLE} "
        "order by t.id <> %(root)s, t.status <> 'IN_PROGRESS', t.project_id, t.number limit %(limit)s",
        {"root": row["id"], "visible": work.actor.projects, "limit": SHOWN},
    )
    first = found[0] if found else {"tasks": 0, "running": 0}
    return SubtreeOut(
        count=first["tasks"], running=first["running"], tasks=[SubtreeTask.model_validate(one) for one in found]
    )
