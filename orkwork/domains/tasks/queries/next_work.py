"""What an agent would do next, without taking it, and what it is to notice."""

from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import Forbidden
from orkwork.core.operation import query
from orkwork.core.schema import Json
from orkwork.core.work import Work
from orkwork.domains.projects.queries import HOLDS_ON
from orkwork.domains.tasks.queries import candidates, shapes
from orkwork.domains.tasks.queries.noticed import NextOut

_DECISION = """(select to_json(o) from (select d.id, d.title, d.reasoning,
    coalesce(nullif(d.answer, ''), (select string_agg(option ->> 'label', ', ' order by array_position(d.picked, option ->> 'id'))
      from jsonb_array_elements(d.options) option where option ->> 'id' = any(d.picked))) as chosen) o)"""
_COMMENT = """(select to_json(o) from (select c.id, c.task_id, c.author_kind, c.author_id, c.author_name, c.body,
    c.created_at, c.edited_at) o)"""
_NEXT = f"""
with ag as materialized (
  select a.id, {candidates.HAS_ROOM} as has_room
  from agents a join agent_load l on l.agent_id = a.id cross join settings s
  where a.id = %(agent)s and {candidates.ABLE} and {candidates.NOT_HELD}),
noticed as materialized (
  select n.* from agent_notices n where n.agent_id = %(agent)s and <fresh>
    and (n.task_id is null or %(visible)s::uuid[] is null
      or exists (select from tasks t where t.id = n.task_id and t.project_id = any(%(visible)s)))
  order by <order> limit 1),
given as materialized (
  select t.id, case when t.status = 'IN_PROGRESS' then 'changes_requested' else 'assigned' end as reason
  from tasks t where t.assignee_id = %(agent)s and t.status in ('ASSIGNED', 'IN_PROGRESS') and t.lease_until is null
    and (%(visible)s::uuid[] is null or t.project_id = any(%(visible)s)) and exists (select from ag)
    and exists (select from projects p where p.id = t.project_id and p.status = 'active') and {candidates.HAS_MONEY}
    and not exists (select from noticed)
  order by t.priority, t.id limit 1),
sets as materialized (
  select c.id from capability_sets c where c.capability_ids <@ (
    select coalesce(array_agg(capability_id), '{{}}') from agent_capabilities where agent_id = %(agent)s)),
barred as materialized (select ({candidates.BARRED_FROM}) as ids),
spent_out as materialized (select ({candidates.SPENT_OUT}) as ids),
ready as materialized (
  select x.task_id as id, 'ready' as reason from sets cross join lateral (
    select r.task_id, r.priority, r.due_at, r.crit from ready_tasks r join projects p on p.id = r.project_id
    where r.capset_id = sets.id and p.status = 'active'
      and (%(visible)s::uuid[] is null or r.project_id = any(%(visible)s))
      and r.task_id <> all(coalesce((select ids from barred), '{{}}'))
      and r.project_id <> all(coalesce((select ids from spent_out), '{{}}'))
    order by r.priority, r.due_at, r.crit desc, r.task_id limit 1) x
  where exists (select from ag where has_room) and not exists (select from given) and not exists (select from noticed)
  order by x.priority, x.due_at, x.crit desc, x.task_id limit 1)
select f.reason, case when t.id is not null then {shapes.as_json(shapes.item())}::text end as body,
  f.notice_id, f.notice_xid::text as notice_xid, {HOLDS_ON}::text as on_hold,
  (select {_COMMENT}::text from task_comments c where c.id = f.comment_id) as comment,
  (select {_DECISION}::text from decisions d where d.id = f.decision_id) as decision
from (select) one left join (
  select kind as reason, task_id as id, id as notice_id, xid as notice_xid, comment_id, decision_id from noticed
  union all select reason, id, null, null, null, null from given
  union all select reason, id, null, null, null, null from ready) f on true
left join tasks t on t.id = f.id
"""
_UNHEARD = _NEXT.replace("<fresh>", "n.delivered_at is null").replace("<order>", "n.id")
_BEHIND = _NEXT.replace(
    "<fresh>", "(n.xid, n.id) > (%(xid)s::xid8, %(id)s) and n.xid < pg_snapshot_xmin(pg_current_snapshot())"
).replace("<order>", "n.xid, n.id")


@query("tasks:read", users=False)
def next_work(work: Work, after: str | None = None) -> Json[NextOut]:
    """What the calling agent is to notice, one thing at a time, else the task that its next claim would most likely give
    it; with the reason.

    `unblocked`: nothing blocks a task any more that it holds, or held or worked on last; `mentioned`: somebody wrote to it;
    `decision_resolved`: a decision about a task of its own was made. Each is told once, in the order in which it came,
    or again from a cursor on: `after`. Then `assigned`: given to it by name; `changes_requested`: sent back by a review;
    `ready`: free for the first that claims it. `reason` is null when there is nothing. It takes nothing: POST
    /tasks/claim does.
    """
    if work.actor.id is None:
        raise Forbidden("auth.agent_only", "Only an agent has next work", "Call it with an agent's key.")
    params = {"agent": work.actor.id, "visible": work.actor.projects, "e_now": clock.now()}
    if after is not None:
        xid, _, notice_id = after.partition(".")
        params |= {"xid": xid, "id": int(notice_id)}
    row = work.one(_UNHEARD if after is None else _BEHIND, params)
    assert row is not None
    parts = {"task": row["body"], "comment": row["comment"], "decision": row["decision"], "on_hold": row["on_hold"]}
    parts["reason"] = row["reason"] and f'"{row["reason"]}"'
    parts["cursor"] = row["notice_id"] and f'"{row["notice_xid"]}.{row["notice_id"]}"'
    named = ("reason", "task", "comment", "decision", "cursor", "on_hold")
    return Json(NextOut, "{" + ",".join(f'"{name}":{parts[name] or "null"}' for name in named) + "}")


def notice_of(found: Json[NextOut]) -> int | None:
    """The id of the notice that an answer tells, if it tells one."""
    cursor = found.parse().cursor
    return None if cursor is None else int(cursor.partition(".")[2])


def task_agents(work: Work, task_id: UUID) -> dict[str, UUID | None]:
    """Whose a task is: who holds it, who worked on it last, and the agent that created it."""
    row = work.one(
        "select assignee_id, worker_id, case when created_by_kind = 'agent' then created_by_id end as creator_id "
        "from tasks where id = %(id)s",
        {"id": task_id},
    )
    return dict(row or {})
