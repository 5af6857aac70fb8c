"""Giving up on a task with all that depends on it: one transaction, whoever works on what."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import events
from orkwork.core.errors import Conflict
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import Failure, Status
from orkwork.domains.tasks.queries import subtree
from orkwork.domains.tasks.queries.subtree import CancelIn, CancelledOut
from orkwork.domains.tasks.queries.tasks import standing_row
from orkwork.domains.tasks.service.dependencies import EDGE_LOCK

ROUNDS = 5
_LOCK = "select id from ready_tasks r join tasks t on t.id = r.task_id where t.id = any(%(ids)s) order by t.id for update of r"
_LOCK_TASKS = "select id from tasks where id = any(%(ids)s) order by id for no key update"
_CANCEL = f"""
with was as materialized (select id, status, assignee_id from tasks where id = any(%(ids)s)),
upd as (
  update tasks t set status = 'CANCELLED', version = t.version + 1, updated_at = %(e_now)s, assignee_id = null,
    former_id = coalesce(t.assignee_id, t.former_id), auto_assigned = false, lease_until = null, retry_at = null,
    completed_at = null, fence = t.fence + case when was.status = any(%(held)s) then 1 else 0 end
  from was where t.id = was.id returning t.id, t.key, t.project_id, was.status as before, was.assignee_id as agent_id),
withdrawn as (delete from ready_tasks r using upd u where r.task_id = u.id),
loads as (
  update agent_load l set running = greatest(0, l.running - h.n)
  from (select agent_id, count(*)::int as n from upd where before = any(%(held)s) group by agent_id) h
  where l.agent_id = h.agent_id),
ended as (
  update task_executions x set status = 'cancelled', ended_at = greatest(%(e_now)s::timestamptz, x.started_at),
    version = x.version + 1, failure = %(failure)s, failure_detail = %(reason)s
  from upd u where x.task_id = u.id and x.status = 'running' returning x.*),
facts as (
  select 'task.moved' as name, 'task' as subject_kind, u.id as subject_id, u.key as subject_label, u.project_id,
    jsonb_build_object('status', u.before) as before,
    jsonb_build_object('status', 'CANCELLED', 'agent_id', u.agent_id, 'cancelled_with', %(root)s::uuid) || %(told)s as after
  from upd u
  union all
  select 'execution.ended', 'execution', x.id, u.key, x.project_id, '{{"status": "running"}}',
    jsonb_build_object('status', x.status, 'task_id', x.task_id, 'agent_id', x.agent_id, 'failure', x.failure)
  from ended x join upd u on u.id = x.task_id),
{events.EMIT}
select (select count(*) from ended) as runs, (select count(*) from upd) as tasks,
  (select array_agg(distinct project_id) from upd) as projects
"""


@operation("tasks:write", agents=False)
def cancel_subtree(work: Work, ref: str | UUID, body: CancelIn) -> CancelledOut:
    """Cancel a task with every task that waits for it, however far behind, all or nothing. Running executions end with
    the failure `cancelled`, and their agents are told at their next call.

    What is completed stays, and what stands behind it alone. 409 when there is nothing to cancel, or not as many tasks
    as were `expected`.
    """
    work.sql(EDGE_LOCK)  # nothing new depends on any of them until commit
    row = standing_row(work, ref)
    found = _hold_still(work, row["id"])
    if row["status"] == Status.COMPLETED or not found:
        raise Conflict(
            "task.nothing_to_cancel",
            f"{row['key']} is {row['status']}, and nothing that waits for it can be cancelled",
            "A completed task stays; cancel what depends on it one by one.",
        )
    if body.expected is not None and body.expected != len(found):
        raise Conflict(
            "task.subtree_changed",
            f"It is {len(found)} tasks now, not {body.expected}",
            "Look again at what would be cancelled: GET /tasks/{ref}/subtree.",
            extra={"tasks": len(found)},
        )
    return _cancel(work, row["id"], found, body.reason)


def _hold_still(work: Work, root: UUID) -> list[UUID]:
    """The tasks to cancel, locked: looked for again until no completion or re-opening came between."""
    held: set[UUID] = set()
    for _ in range(ROUNDS):
        found = subtree.ids(work, root)
        if held.issuperset(found):
            return found
        work.sql(_LOCK, {"ids": found})  # the queue's rows before the tasks', as a claim locks them
        work.sql(_LOCK_TASKS, {"ids": found})
        held.update(found)
    raise Conflict("task.busy", "The tasks keep changing", "Try again.")


def _cancel(work: Work, root: UUID, ids: list[UUID], reason: str) -> CancelledOut:
    params: dict[str, Any] = {
        "ids": ids,
        "root": root,
        "held": [status.value for status in rules.HELD],
        "failure": Failure.CANCELLED,
        "reason": reason or None,
        "told": Jsonb({"reason": reason} if reason else {}),
    }
    done = work.one(_CANCEL, work.telling() | params)
    assert done is not None
    for project_id in done["projects"]:
        work.hint("task.moved", "task", None, project_id)
    work.hint("task.moved", "task", root, None)
    work.hint("execution.changed", "execution", None, None)
    return CancelledOut(cancelled=done["tasks"], executions_ended=done["runs"])
