"""Adding and removing dependencies; no order of concurrent inserts makes a cycle."""

from typing import Any
from uuid import UUID

from orkwork.core.errors import Conflict, NotFound, invalid
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.tasks import events, rules
from orkwork.domains.tasks.models import DependencyKind, Status
from orkwork.domains.tasks.queries.graph import edges_of
from orkwork.domains.tasks.queries.tasks import located, standing_row
from orkwork.domains.tasks.schemas import DependencyIn, DependencyOut
from orkwork.domains.tasks.service import moving

EDGE_LOCK = "select pg_advisory_xact_lock(7, 0)"
"""One for the company and a statement of its own: locks per project let cycles through across projects."""
_NEED = """
select t.id, t.key, t.id = %(task)s or (%(kind)s = 'blocks' and exists (
    with recursive up(id) as (
      select t.id union
      select e.id from up cross join lateral (  -- `offset` keeps it a walk along the index, however large the table
        select d.depends_on_id as id from task_dependencies d where d.task_id = up.id and d.kind = 'blocks' offset 0) e)
    select from up where up.id = %(task)s)) as closes
from tasks t where t.<column> = %(ref)s and (%(visible)s::uuid[] is null or t.project_id = any(%(visible)s))
"""
_INSERT = """
with made as (
  insert into task_dependencies (task_id, depends_on_id, kind, created_at) values (%(task)s, %(need)s, %(kind)s, %(now)s)
  on conflict do nothing returning task_id)
select t.*, n.status as need_status  -- a completion of either waits, or is waited for
from made join tasks t on t.id = made.task_id join tasks n on n.id = %(need)s
for no key update of t for share of n
"""
_BLOCK = """
update tasks set blocked_count = blocked_count + 1, version = version + 1, updated_at = %(now)s,
  status = case when status = 'READY' then 'PLANNING' else status end,
  retry_at = case when status = 'READY' then null else retry_at end
where id = %(task)s
"""


@operation("tasks:write")
def add_dependency(work: Work, ref: str | UUID, body: DependencyIn) -> list[DependencyOut]:
    """Make a task wait for another. Refused when it would close a cycle, or when the task has started; a READY task
    goes back to PLANNING until the other completes."""
    row = standing_row(work, ref)
    insert_edge(work, row["id"], body.depends_on, "depends_on", body.kind)
    return edges_of(work, row["id"])


def insert_edge(
    work: Work, task_id: UUID, need_ref: str, field: str, kind: DependencyKind = DependencyKind.BLOCKS
) -> None:
    """Insert one edge under the company's lock, with the cycle check and the blocker count."""
    column, params = located(work, need_ref)
    work.sql(EDGE_LOCK)
    found = work.one(_NEED.replace("<column>", column), params | {"task": task_id, "kind": kind})
    if found is None:
        raise invalid(field, f"there is no task {need_ref}")
    if found["closes"]:
        raise Conflict(
            "task.cycle", f"{found['key']} already waits for this task", "Remove one of the dependencies between them."
        )
    edge = {"task": task_id, "need": found["id"], "kind": kind, "now": work.telling()["e_now"]}
    if task := work.one(_INSERT, edge):
        if kind is DependencyKind.BLOCKS and task["need_status"] != Status.COMPLETED:
            _block(work, task, edge)
        _tell(
            work, events.DependencyAdded, task, {"depends_on": found["key"], "depends_on_id": found["id"], "kind": kind}
        )


def _block(work: Work, task: dict[str, Any], edge: dict[str, Any]) -> None:
    if task["status"] in rules.STARTED:
        raise Conflict(
            "task.started",
            f"{task['key']} has started, so nothing new can block it",
            "Release it first, or relate them.",
        )
    work.sql(_BLOCK, edge)
    if task["status"] == Status.READY:
        work.sql("delete from ready_tasks where task_id = %(task)s", edge)
        told = events.TaskMoved(
            subject_id=task["id"],
            subject_label=task["key"],
            project_id=task["project_id"],
            before={"status": Status.READY},
            after={"status": Status.PLANNING, "reason": "a dependency was added"},
        )
        work.emit(told)


@operation("tasks:write")
def remove_dependency(work: Work, ref: str | UUID, need_ref: str | UUID) -> list[DependencyOut]:
    """Stop a task from waiting for another; it becomes READY when nothing else blocks it."""
    row, need = standing_row(work, ref), standing_row(work, need_ref)
    work.sql(EDGE_LOCK)
    edge = {"task": row["id"], "need": need["id"], "now": work.telling()["e_now"]}
    work.sql("select from tasks where id = %(need)s for share", edge)
    gone = work.one(
        "delete from task_dependencies where task_id = %(task)s and depends_on_id = %(need)s returning kind, "
        "(select status from tasks where id = %(need)s) as need_status",
        edge,
    )
    if gone is None:
        raise NotFound("dependency.not_found", f"{row['key']} does not wait for {need['key']}", "GET its dependencies.")
    _tell(
        work,
        events.DependencyRemoved,
        row,
        {"depends_on": need["key"], "depends_on_id": need["id"], "kind": gone["kind"]},
    )
    if gone["kind"] == DependencyKind.BLOCKS and gone["need_status"] != Status.COMPLETED:
        work.sql(
            "update tasks set blocked_count = blocked_count - 1, flagged = flagged and blocked_count > 1, "
            "version = version + 1, updated_at = %(now)s where id = %(task)s",
            edge,
        )
        ready_if_free(work, row["id"])
    return edges_of(work, row["id"])


def ready_if_free(work: Work, task_id: UUID) -> None:
    """Let a PLANNING task that nothing blocks go on to READY."""
    row = standing_row(work, task_id)
    if row["status"] == Status.PLANNING and not row["blocked_count"]:
        moving.move(work, row, Status.READY, moving.Extra(told={"reason": "nothing blocks it"}))


def _tell(work: Work, kind: type[events.Event], task: dict[str, Any], after: dict[str, Any]) -> None:
    work.emit(kind(subject_id=task["id"], subject_label=task["key"], project_id=task["project_id"], after=after))
