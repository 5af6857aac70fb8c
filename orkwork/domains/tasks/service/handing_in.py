"""The one statement that ends runs which succeeded, with their tasks, load and facts: all of them together, or nothing.

It lets through what the rules of `update_execution` let through, and says nothing of what they refuse.
"""

from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from orkwork.core import events
from orkwork.core.work import Work
from orkwork.domains.executions.schemas import FinishIn
from orkwork.domains.tasks.queries import shapes
from orkwork.domains.tasks.queries.tasks import VISIBLE

_FINISH = f"""
with asked as materialized (
  select * from jsonb_to_recordset(%(items)s) as a(n int, execution_id uuid, fence bigint, note text, output text,
    input_tokens bigint, output_tokens bigint, reported_cost_usd numeric, duration_ms bigint)),
fit as materialized (  -- the rules' conditions
  select a.*, t.id as task_id from asked a join task_executions x on x.id = a.execution_id and x.status = 'running'
    join tasks t on t.id = x.task_id
  where t.status = 'IN_PROGRESS' and t.blocked_count = 0 and {VISIBLE}
    and (a.fence = t.fence or a.fence is null and %(agent)s::uuid is null)
    and (%(agent)s::uuid is null or t.assignee_id = %(agent)s)
  order by t.id for no key update of t),
upd as (
  update tasks t set status = case when t.review_required then 'REVIEW' else 'COMPLETED' end, lease_until = null,
    retry_at = null, completed_at = case when not t.review_required then %(e_now)s::timestamptz end,
    version = t.version + 1, updated_at = %(e_now)s
  from fit where t.id = fit.task_id and (select count(*) from fit) = (select count(*) from asked)
  returning t.*, fit.n),
load as (
  update agent_load l set running = greatest(0, l.running - left_by.tasks)
  from (select assignee_id, count(*) as tasks from upd group by 1) left_by where l.agent_id = left_by.assignee_id),
ended as (
  update task_executions x set status = 'succeeded', ended_at = greatest(%(e_now)s::timestamptz, x.started_at),
    version = x.version + 1, progress = 100, note = coalesce(f.note, x.note), failure = null, failure_detail = null,
    output = coalesce(f.output, x.output), input_tokens = coalesce(f.input_tokens, x.input_tokens),
    output_tokens = coalesce(f.output_tokens, x.output_tokens),
    reported_cost_usd = coalesce(f.reported_cost_usd, x.reported_cost_usd),
    duration_ms = coalesce(f.duration_ms, x.duration_ms)
  from upd u join fit f on f.n = u.n where x.id = f.execution_id
  returning x.*),
facts as (
  select 'task.moved' as name, 'task' as subject_kind, u.id as subject_id, u.key as subject_label, u.project_id,
    jsonb_build_object('status', 'IN_PROGRESS') as before,
    jsonb_build_object('status', u.status, 'agent_id', u.assignee_id) as after
  from upd u
  union all
  select 'execution.ended', 'execution', x.id, u.key, x.project_id, '{{"status": "running"}}',
    jsonb_build_object('status', x.status, 'task_id', x.task_id, 'agent_id', x.agent_id, 'failure', x.failure)
  from ended x join upd u on u.id = x.task_id),
{events.EMIT}
select u.id, u.project_id, x.id as execution_id, {shapes.as_json(shapes.execution("x", "u"))}::text as run,
  case when u.status = 'COMPLETED' then settle_dependants(u.id, true, %(telling)s) end as settled
from upd u join ended x on x.task_id = u.id order by u.n
"""


def hand_in(work: Work, items: Sequence[FinishIn]) -> list[str]:
    """End the runs; gives each as JSON, in the order of the items, or nothing when the rules refuse one of them."""
    asked = [{"n": number} | item.model_dump(mode="json") for number, item in enumerate(items)]
    params = work.telling() | {
        "items": Jsonb(asked),
        "agent": work.actor.id if work.actor.is_agent else None,
        "visible": work.actor.projects,
        "telling": work.telling_json(),
    }
    rows: list[dict[str, Any]] = work.all(_FINISH, params)
    for row in rows:
        work.hint("task.moved", "task", row["id"], row["project_id"])
        work.hint("execution.changed", "execution", row["execution_id"], row["project_id"])
        for dependant in row["settled"] or ():
            work.hint("task.moved", "task", dependant, row["project_id"])
    return [row["run"] for row in rows]
