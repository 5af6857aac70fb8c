"""Giving tasks to agents: claims by the agent, assignments by a person."""

from functools import cache
from typing import Any, Literal
from uuid import UUID

from orkwork.core import clock, events
from orkwork.core.errors import Conflict, Forbidden, invalid
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.schema import Json
from orkwork.core.work import Work
from orkwork.domains.agents import rules as agent_rules
from orkwork.domains.decisions.schemas import DecisionOut
from orkwork.domains.decisions.service import CARRIES
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import candidates, shapes
from orkwork.domains.tasks.queries.explained import AssignedOut
from orkwork.domains.tasks.queries.tasks import standing_of, standing_row
from orkwork.domains.tasks.schemas import AssignIn, ClaimIn, ClaimOut
from orkwork.domains.tasks.service import moving

_CLAIM = f"""
with ag as materialized (
  select l.agent_id, l.max_concurrent - l.running as free
  from agent_load l join agents a on a.id = l.agent_id cross join settings s
  where l.agent_id = %(agent)s and {candidates.ABLE} and {candidates.NOT_HELD}
  for no key update of l),
mine as materialized (  -- given by a person, or sent back by a review, and not yet taken up
  select t.id, t.status as was from tasks t
  where t.assignee_id = %(agent)s and t.status in ('ASSIGNED', 'IN_PROGRESS') and t.lease_until is null
    and t.blocked_count = 0  -- a dependency may have been opened again
    and (%(project)s::uuid is null or t.project_id = %(project)s) and exists (select from ag)
    and (%(visible)s::uuid[] is null or t.project_id = any(%(visible)s))
    and exists (select from projects p where p.id = t.project_id and p.status = 'active') and {candidates.HAS_MONEY}
  order by t.priority, t.id limit <limit> for no key update skip locked),
caps as materialized (
  select coalesce(array_agg(capability_id), '{{}}') as ids from agent_capabilities where agent_id = %(agent)s),
sets as materialized (select id from capability_sets where capability_ids <@ (select ids from caps)),
barred as materialized (select ({candidates.BARRED_FROM}) as ids),
spent_out as materialized (select ({candidates.SPENT_OUT}) as ids),
cand as materialized (
  select x.* from sets cross join lateral (
    select task_id, priority, due_at, crit from ready_tasks r
    where r.capset_id = sets.id and {{scope}}
      -- not `<> all`: of an array that it does not know PostgreSQL expects that it leaves nothing, and reads the whole queue;
      -- of `not coalesce(…)` it expects a half
      and not coalesce(r.task_id = any((select ids from barred)::uuid[]), false)
      and not coalesce(r.project_id = any((select ids from spent_out)::uuid[]), false)
    order by priority, due_at, crit desc, task_id limit <probe>) x
  order by priority, due_at, crit desc, task_id limit <probe>),
pk as materialized (
  select r.task_id from cand join ready_tasks r using (task_id)
    join projects p on p.id = r.project_id and p.status = 'active'  -- it may have been paused while a task became ready
  order by cand.priority, cand.due_at, cand.crit desc, cand.task_id
  limit greatest(0, least(<limit> - (select count(*) from mine), coalesce((select free from ag), 0)))
  for update of r skip locked),
taken as (delete from ready_tasks r using pk where r.task_id = pk.task_id returning r.task_id),
picked as (
  select id, was, row_number() over () as n from (
    select id, was from mine union all select task_id, 'READY' from taken) p),
upd as (
  update tasks t set
    auto_assigned = t.auto_assigned and p.was <> 'READY',
    status = case when %(start)s or p.was = 'IN_PROGRESS' then 'IN_PROGRESS' else 'ASSIGNED' end,
    assignee_id = %(agent)s,
    worker_id = case when %(start)s or p.was = 'IN_PROGRESS' then %(agent)s else t.worker_id end,
    lease_until = %(until)s, fence = t.fence + 1, version = t.version + 1, updated_at = %(e_now)s,
    started_at = case when %(start)s then coalesce(t.started_at, greatest(%(e_now)s, t.ready_at))
      else t.started_at end
  from picked p where t.id = p.id returning t.*, p.was, p.n),
loaded as (
  update agent_load l set running = l.running + (select count(*) from upd where was = 'READY'),
    last_assigned_at = %(e_now)s, last_heartbeat_at = %(e_now)s
  where l.agent_id = %(agent)s and exists (select from upd)),
started as (
  insert into task_executions (id, task_id, project_id, agent_id, run, fence, status, note, started_at, version)
  select (%(run_ids)s::uuid[])[u.n], u.id, u.project_id, %(agent)s,
    (select coalesce(max(run), 0) + 1 from task_executions o where o.task_id = u.id), u.fence, 'running', '',
    greatest(%(e_now)s, u.ready_at), 1  -- a claim that waited for a completion starts after it, whatever its clock said
  from upd u where %(start)s and not exists (
    select from task_executions o where o.task_id = u.id and o.status = 'running')  -- a person may have started it
  returning *),
facts as (
  select 'task.moved' as name, 'task' as subject_kind, u.id as subject_id, u.key as subject_label, u.project_id,
    jsonb_build_object('status', u.was) as before,
    jsonb_build_object('status', u.status, 'agent_id', u.assignee_id, 'reason', 'claimed') as after
  from upd u
  union all
  select 'execution.started', 'execution', x.id, u.key, x.project_id, null,
    jsonb_build_object('status', x.status, 'task_id', x.task_id, 'agent_id', x.agent_id, 'run', x.run)
  from started x join upd u on u.id = x.task_id),
{events.EMIT}
select u.id, u.project_id, u.fence, {shapes.as_json(shapes.task("u"))}::text as body, to_json(u.lease_until)::text as until,
  (select {shapes.as_json(shapes.execution("x", "u"))}::text from (select * from started union all
    select * from task_executions o where o.status = 'running') x where x.task_id = u.id) as run
from upd u order by u.n
"""
PROBE = 16
"""Candidates beyond the limit, for those that another claim has locked."""


@cache
def _claim_of(limit: int, *, one_project: bool) -> str:
    """The statement for so many. Its limits are literal: with parameters PostgreSQL takes them for a tenth of the queue, and
    plans the statement anew each time, which costs thrice what it does."""
    scope = "(%(visible)s::uuid[] is null or r.project_id = any(%(visible)s))"
    if one_project:
        scope = f"r.project_id = %(project)s and {scope}"
    return _CLAIM.replace("{scope}", scope).replace("<limit>", str(limit)).replace("<probe>", str(limit + PROBE))


Reason = Literal["nothing_ready", "at_capacity", "paused", "held", "over_budget"]


@operation("tasks:write", users=False, atomic=True)
def claim(work: Work, body: ClaimIn) -> Json[ClaimOut]:
    """Give the calling agent the best ready tasks for it, each to exactly one agent, with a lease and a fence.

    First what was given to it by name and not taken up, then by priority, due date, critical path and age among the
    tasks whose capabilities it has. Empty with a reason when there is nothing.
    """
    for _ in range(2):  # all candidates may be locked by others: look once more
        rows = work.all(_claim_of(body.limit, one_project=body.project_id is not None), _params(work, body))
        if rows:
            return _claimed(work, rows)
    return Json(ClaimOut, f'{{"claims":[],"reason":"{_why_nothing(work, body.project_id)}"}}')


def _params(work: Work, body: ClaimIn) -> dict[str, Any]:
    if work.actor.id is None:
        raise Forbidden("auth.agent_only", "Only an agent claims", "Call it with an agent's key.")
    return work.telling() | {
        "agent": work.actor.id,
        "project": body.project_id,
        "visible": work.actor.projects,
        "start": body.start,
        "until": moving.lease(body.lease_seconds),
        "run_ids": [uuid7() for _ in range(body.limit)],
    }


def _claimed(work: Work, rows: list[dict[str, Any]]) -> Json[ClaimOut]:
    for row in rows:
        work.hint("task.moved", "task", row["id"], row["project_id"])
    claims = (
        f'{{"task":{row["body"]},"fence":{row["fence"]},"lease_until":{row["until"] or "null"},'
        f'"execution":{row["run"] or "null"}}}'
        for row in rows
    )
    return Json(ClaimOut, f'{{"claims":[{",".join(claims)}],"reason":null}}')


def _why_nothing(work: Work, project_id: UUID | None) -> Reason:
    assert work.actor.id is not None
    agent = _candidate(work, work.actor.id)
    if agent.status != "active":
        return "paused"
    if agent.held or _is_held(work, project_id):
        return "held"
    if agent.is_over_budget or _is_spent(work, project_id):
        return "over_budget"
    return "at_capacity" if agent.is_full else "nothing_ready"


def _is_spent(work: Work, project_id: UUID | None) -> bool:
    stopped = "select from budgets where project_id = %(id)s and stopped_until > %(now)s"
    return project_id is not None and work.one(stopped, {"id": project_id, "now": clock.now()}) is not None


def _is_held(work: Work, project_id: UUID | None) -> bool:
    held = "select from projects where id = %(id)s and hold is not null"
    return project_id is not None and work.one(held, {"id": project_id}) is not None


_ASSIGN = f"""
with queued as materialized (select task_id from ready_tasks where task_id = %(id)s for update),
ag as materialized (
  select l.agent_id from agent_load l join agents a on a.id = l.agent_id cross join settings s
  where l.agent_id = %(agent)s and {candidates.ABLE} and {candidates.HAS_ROOM} and {candidates.NOT_HELD}
    and (%(by_itself)s or not {candidates.SILENT})
  for no key update of l),
upd as (
  update tasks t set status = 'ASSIGNED', assignee_id = %(agent)s, lease_until = %(until)s, fence = t.fence + 1,
    version = t.version + 1, updated_at = %(e_now)s, retry_at = null, auto_assigned = false, give_back_at = null
  from ag where t.id = %(id)s and t.version = %(version)s and (select count(*) from queued) >= 0 returning t.*),
withdrawn as (delete from ready_tasks r using upd u where r.task_id = u.id),
loaded as (
  update agent_load l set running = l.running + 1, last_assigned_at = %(e_now)s
  where l.agent_id = %(agent)s and exists (select from upd)),
facts as (
  select 'task.moved' as name, 'task' as subject_kind, u.id as subject_id, u.key as subject_label, u.project_id,
    jsonb_build_object('status', 'READY') as before,
    jsonb_build_object('status', u.status, 'agent_id', u.assignee_id) as after from upd u),
{events.EMIT}
select u.id, u.project_id, u.fence, u.version, u.lease_until, {shapes.as_json(shapes.task("u"))}::text as body,
  to_json(u.lease_until)::text as until, null as run
from upd u
"""


@operation("tasks:write", atomic=True)
def assign(work: Work, ref: str | UUID, body: AssignIn) -> Json[AssignedOut]:
    """Give a READY task to an agent that is a candidate for it. An agent may take one for itself, with a lease.

    409 says why the agent is none: paused, a tool, barred from the project, lacking a capability, silent or full; 402
    that its money, the project's or the company's is spent, and when there is more.
    """
    if body.agent_id is None:
        raise invalid("agent_id", "is required")
    if work.actor.is_agent and body.agent_id != work.actor.id:
        raise Forbidden("task.assign_other", "An agent assigns tasks only to itself", "Name your own id.")
    claimed = _claimed(work, _give(work, ref, body.agent_id))
    return Json(AssignedOut, claimed.body[:-1] + ',"assignment":null}')


def _give(work: Work, ref: str | UUID, agent_id: UUID, waived: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    if not work.actor.is_agent:
        waived |= {"agent.looping"}
    for _ in range(3):
        row = standing_row(work, ref)
        rules.check_move(standing_of(row), Status.ASSIGNED, work.actor, None)
        _check_due(work, row)
        agent_rules.check_candidate(_candidate(work, agent_id, row["id"]), row["key"], clock.now(), waived)
        by_itself = work.actor.is_agent or "agent.silent" in waived
        params = {"id": row["id"], "version": row["version"], "agent": agent_id, "by_itself": by_itself}
        until = moving.lease(None) if work.actor.is_agent else None
        found = work.all(_ASSIGN, work.telling() | params | {"until": until})
        if found:
            return found
    raise Conflict("task.busy", f"{ref} keeps changing", "Try again.")


def _check_due(work: Work, row: dict[str, Any]) -> None:
    """Refuse an agent that takes a task before its pause after a failure is over; a person may end the pause."""
    if work.actor.is_agent and row["retry_at"] is not None:
        raise Conflict(
            "task.not_due",
            f"{row['key']} failed and is tried again from {row['retry_at']:%Y-%m-%d %H:%M:%S} UTC",
            "Claim something else; it is offered again by itself.",
        )


def _assign_decided(work: Work, decision: DecisionOut, arguments: dict[str, Any]) -> None:
    """Give the task of a decision to the agent that a person chose, whatever of `WAIVABLE` stands against it."""
    if decision.task_id is None:
        raise Conflict("decision.no_task", "The decision names no task", "Choose another option.")
    _claimed(work, _give(work, decision.task_id, UUID(arguments["agent_id"]), agent_rules.WAIVABLE))


CARRIES["tasks.assign"] = _assign_decided


def _candidate(work: Work, agent_id: UUID, task_id: UUID | None = None) -> agent_rules.Candidate:
    """What the rule looks at, for one task where one is named; Invalid when there is no such agent."""
    params = {"agent": agent_id, "task": task_id, "caller": work.actor.id, "e_now": clock.now()}
    row = work.one(candidates.FACTS, params)
    if row is None:
        raise invalid("agent_id", f"there is no agent {agent_id}")
    return candidates.of(row)
