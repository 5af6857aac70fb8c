"""What an agent would do next, without taking it."""

from orkwork.core import clock
from orkwork.core.errors import Forbidden
from orkwork.core.operation import query
from orkwork.core.schema import Json
from orkwork.core.work import Work
from orkwork.domains.tasks.queries import candidates, shapes
from orkwork.domains.tasks.schemas import NextOut

_NEXT = f"""
with ag as materialized (
  select a.id, {candidates.HAS_ROOM} as has_room
  from agents a join agent_load l on l.agent_id = a.id cross join settings s
  where a.id = %(agent)s and {candidates.ABLE}),
given as materialized (
  select t.id, case when t.status = 'IN_PROGRESS' then 'changes_requested' else 'assigned' end as reason
  from tasks t where t.assignee_id = %(agent)s and t.status in ('ASSIGNED', 'IN_PROGRESS') and t.lease_until is null
    and (%(visible)s::uuid[] is null or t.project_id = any(%(visible)s)) and exists (select from ag)
    and exists (select from projects p where p.id = t.project_id and p.status = 'active')
  order by t.priority, t.id limit 1),
sets as materialized (
  select c.id from capability_sets c where c.capability_ids <@ (
    select coalesce(array_agg(capability_id), '{{}}') from agent_capabilities where agent_id = %(agent)s)),
ready as materialized (
  select x.task_id as id, 'ready' as reason from sets cross join lateral (
    select r.task_id, r.priority, r.due_at, r.crit from ready_tasks r join projects p on p.id = r.project_id
    where r.capset_id = sets.id and p.status = 'active'
      and (%(visible)s::uuid[] is null or r.project_id = any(%(visible)s))
    order by r.priority, r.due_at, r.crit desc, r.task_id limit 1) x
  where exists (select from ag where has_room) and not exists (select from given)
  order by x.priority, x.due_at, x.crit desc, x.task_id limit 1)
select n.reason, {shapes.as_json(shapes.item())}::text as body
from (select * from given union all select * from ready) n join tasks t on t.id = n.id
"""


@query("tasks:read", users=False)
def next_work(work: Work) -> Json[NextOut]:
    """The task that the calling agent's next claim would most likely give it, and why it waits for it.

    `assigned`: given to it by name; `changes_requested`: sent back by a review; `ready`: free for the first that claims
    it. Both are null when there is nothing. It takes nothing: POST /tasks/claim does.
    """
    if work.actor.id is None:
        raise Forbidden("auth.agent_only", "Only an agent has next work", "Call it with an agent's key.")
    params = {"agent": work.actor.id, "visible": work.actor.projects, "e_now": clock.now()}
    row = work.one(_NEXT, params)
    if row is None:
        return Json(NextOut, '{"reason":null,"task":null}')
    return Json(NextOut, f'{{"reason":"{row["reason"]}","task":{row["body"]}}}')
