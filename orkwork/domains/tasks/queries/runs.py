"""Reading executions and comments."""

from uuid import UUID

from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.paging import Order, after, encode_cursor, order_by
from orkwork.core.schema import Json, PageOut
from orkwork.core.work import Work
from orkwork.domains.tasks.models import ExecutionStatus
from orkwork.domains.tasks.queries import shapes
from orkwork.domains.tasks.queries.tasks import VISIBLE, standing_row
from orkwork.domains.tasks.schemas import CommentOut, ExecutionOut


@query("tasks:read")
def execution(work: Work, execution_id: UUID) -> Json[ExecutionOut]:
    """One run."""
    row = work.one(
        f"select {shapes.as_json(shapes.execution())}::text as body, x.version from task_executions x "
        f"join tasks t on t.id = x.task_id where x.id = %(id)s and {VISIBLE}",
        {"id": execution_id, "visible": work.actor.projects},
    )
    if row is None:
        raise NotFound("execution.not_found", f"There is no execution {execution_id}", "GET /executions lists them.")
    return Json(ExecutionOut, row["body"], row["version"])


@query("tasks:read")
def executions(
    work: Work,
    *,
    task_ref: str | UUID | None = None,
    project_id: UUID | None = None,
    agent_id: UUID | None = None,
    status: ExecutionStatus | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Json[PageOut[ExecutionOut]]:
    """Runs, the latest first."""
    keys = [Order("x.started_at", "timestamptz", True), Order("x.id", "uuid", True)]
    behind, params = after(keys, cursor)
    params |= {"visible": work.actor.projects, "agent": agent_id, "status": status, "project": project_id}
    conditions = [VISIBLE, behind]
    if task_ref is not None:
        params["task"] = standing_row(work, task_ref)["id"]
        conditions.append("x.task_id = %(task)s")
    for wanted, condition in (
        (agent_id, "x.agent_id = %(agent)s"),
        (status, "x.status = %(status)s"),
        (project_id, "x.project_id = %(project)s"),
    ):
        if wanted is not None:
            conditions.append(condition)
    rows = work.all(
        f"select {shapes.as_json(shapes.execution())}::text as body, x.started_at::text as k0, x.id::text as k1 "
        f"from task_executions x join tasks t on t.id = x.task_id where {' and '.join(conditions)} "
        f"order by {order_by(keys)} limit {int(limit) + 1}",
        params,
    )
    kept = rows[:limit]
    following = encode_cursor([kept[-1]["k0"], kept[-1]["k1"]]) if len(rows) > limit else None
    cursor_json = "null" if following is None else f'"{following}"'
    return Json(
        PageOut[ExecutionOut], f'{{"items":[{",".join(row["body"] for row in kept)}],"next_cursor":{cursor_json}}}'
    )


@query("tasks:read")
def comments(work: Work, ref: str | UUID, *, cursor: str | None = None, limit: int = 50) -> PageOut[CommentOut]:
    """What was said about a task, the oldest first."""
    row = standing_row(work, ref)
    keys = [Order("created_at", "timestamptz"), Order("id", "uuid")]
    behind, params = after(keys, cursor)
    rows = work.all(
        f"select *, created_at::text as k0 from task_comments where task_id = %(task)s and {behind} "
        f"order by {order_by(keys)} limit {int(limit) + 1}",
        params | {"task": row["id"]},
    )
    kept = rows[:limit]
    following = encode_cursor([kept[-1]["k0"], str(kept[-1]["id"])]) if len(rows) > limit else None
    return PageOut(items=[CommentOut.model_validate(found) for found in kept], next_cursor=following)
