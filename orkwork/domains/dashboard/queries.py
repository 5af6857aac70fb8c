"""Reading what the dashboard shows, in a time that does not grow with the company."""

from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.audit.schemas import EventOut
from orkwork.domains.dashboard.schemas import Beginnings, Failures, Spend, Waiting, WaitingTask

_SPEND = """
with today as (select (%(now)s at time zone time_zone)::date as day from settings),
days as (
  select r.day, sum(r.amount_usd) as amount from cost_rollup r, today t
  where r.kind = 'company' and r.day >= date_trunc('month', t.day) - interval '1 month' and r.day <= t.day group by r.day)
select coalesce(sum(d.amount) filter (where d.day = t.day), 0) as today_usd,
  coalesce(sum(d.amount) filter (where d.day = t.day - 1), 0) as yesterday_usd,
  coalesce(sum(d.amount) filter (where d.day >= date_trunc('month', t.day)), 0) as month_usd,
  coalesce(sum(d.amount) filter (where d.day < date_trunc('month', t.day) and d.day <= t.day - interval '1 month'), 0)
    as month_before_usd,
  (select jsonb_agg(jsonb_build_object('day', n.day::date, 'amount_usd', coalesce(o.amount, 0)::text) order by n.day)
    from generate_series(t.day - 29, t.day, '1 day') as n(day) left join days o on o.day = n.day::date) as days
from today t left join days d on true group by t.day
"""


@query("costs:read", agents=False)
def spend(work: Work) -> Spend:
    """What the company spent today and this month, each against the period before, and by day."""
    return Spend.model_validate(work.one(_SPEND, {"now": clock.now()}))


MANY_ALIKE = 5
"""More failures of one kind in one project than this are one thing to decide, not many."""
LOOKED_AT = 500
_FAILED = """
failed as (
  select t.id, t.key, t.title, t.project_id, t.crit, t.priority, t.updated_at from tasks t where t.status = 'FAILED'
  order by t.crit desc, t.priority, t.updated_at, t.id limit %(looked_at)s),
kinds as (
  select f.*, p.key_prefix as project_key, coalesce(x.failure, '') as failure, coalesce(x.ended_at, f.updated_at) as since
  from failed f join projects p on p.id = f.project_id
  left join lateral (select o.ended_at, o.failure from task_executions o
    where o.task_id = f.id order by o.run desc limit 1) x on true)
"""
_ALIKE = f"""
with {_FAILED},
alike as (
  select k.project_key, k.failure, count(*)::int as tasks, min(k.since) as since, max(k.crit) as crit,
    (select count(*) from failed) >= %(looked_at)s as at_least, array_agg(k.id) as ids,
    jsonb_agg(jsonb_build_object('id', k.id, 'key', k.key, 'title', k.title)
      order by k.crit desc, k.priority, k.updated_at, k.id) as listed
  from kinds k group by k.project_key, k.failure having count(*) > %(many)s)
select a.project_key, a.failure, a.tasks, a.since, a.at_least, a.ids,
  (select jsonb_agg(n.one) from (select one from jsonb_array_elements(a.listed) as one limit 10) n) as first,
  (select count(distinct w.id) from task_dependencies d join tasks w on w.id = d.task_id where d.depends_on_id = any(a.ids)
    and d.kind = 'blocks' and w.status not in ('COMPLETED', 'CANCELLED')) as behind,
  coalesce((select sum(r.amount_usd) from cost_rollup r where r.kind = 'task' and r.key = any(a.ids::text[])), 0) as cost_usd
from alike a order by a.crit desc, a.tasks desc, a.project_key, a.failure
"""
_OF_A_KIND = f"""
with {_FAILED}
select k.id from kinds k where k.project_key = %(project_key)s and k.failure = %(failure)s
"""
_WAITING = """
with first as (
  select t.* from tasks t where t.status in ('REVIEW', 'FAILED') and t.id <> all(%(alike)s::uuid[])
  order by t.crit desc, t.priority, t.updated_at, t.id limit %(limit)s)
select t.id, t.key, t.title, t.status, p.key_prefix as project_key, coalesce(x.ended_at, t.updated_at) as since,
  a.id as worker_id, a.name as worker, x.failure, left(x.failure_detail, 300) as failure_detail,
  (select count(*) from task_dependencies d join tasks w on w.id = d.task_id where d.depends_on_id = t.id
    and d.kind = 'blocks' and w.status not in ('COMPLETED', 'CANCELLED')) as behind,
  coalesce((select sum(r.amount_usd) from cost_rollup r where r.kind = 'task' and r.key = t.id::text), 0) as cost_usd
from first t join projects p on p.id = t.project_id left join agents a on a.id = coalesce(t.worker_id, t.assignee_id)
left join lateral (select o.ended_at, o.failure, o.failure_detail from task_executions o
  where o.task_id = t.id order by o.run desc limit 1) x on true
order by t.crit desc, t.priority, t.updated_at, t.id
"""
_HOW_MANY = """
select coalesce(sum(tasks) filter (where status = 'REVIEW'), 0)::int as in_review,
  coalesce(sum(tasks) filter (where status = 'FAILED'), 0)::int as failed
from task_tallies where status in ('REVIEW', 'FAILED')
"""


@query("tasks:read", agents=False)
def waiting(work: Work, limit: int = 8) -> Waiting:
    """The tasks that wait for a person, those first that hold up the longest chain; many failures alike stand apart."""
    many = work.all(_ALIKE, {"looked_at": LOOKED_AT, "many": MANY_ALIKE})
    alike = [task_id for row in many for task_id in row.pop("ids")]
    rows = work.all(_WAITING, {"limit": limit, "alike": alike})
    return Waiting(
        tasks=[WaitingTask.model_validate(row) for row in rows],
        alike=[Failures.model_validate(row) for row in many],
        **(work.one(_HOW_MANY) or {}),
    )


@query("tasks:read", agents=False)
def failed_alike(work: Work, project_key: str, failure: str) -> list[UUID]:
    """The tasks of a project that failed in one way, at most as many as are looked at."""
    named = {"looked_at": LOOKED_AT, "project_key": project_key, "failure": failure}
    return [row["id"] for row in work.all(_OF_A_KIND, named)]


TOLD = (
    "task.created", "task.moved", "task.blocked", "task.deleted", "comment.added", "execution.changed", "tracker.imported",
    "project.held", "project.resumed", "company.held", "company.resumed", "job.failing", "job.recovered",
    "agent.created", "agent.changed", "agent.paused", "agent.retired", "agent.seen", "project.created", "project.archived",
    "key.created", "key.revoked", "user.created", "sla.warned", "sla.breached", "budget.reached", "budget.renewed",
)  # fmt: skip
"""What is news to a person; costs and sign-ins are in the record."""
_FEED = "select * from events where name = any(%(names)s) order by seq desc limit %(limit)s"


@query("tasks:read", agents=False)
def feed(work: Work, limit: int = 8) -> list[EventOut]:
    """The latest news, newest first; of a run's reports of progress only the last."""
    rows = work.all(_FEED, {"names": list(TOLD), "limit": limit * 6})
    return [EventOut.seen_by(work.actor, row) for row in _last_reports(rows)][:limit]


def _last_reports(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: set[Any] = set()
    kept = []
    for row in rows:
        if row["name"] == "execution.changed":
            if row["subject_id"] in seen:
                continue
            seen.add(row["subject_id"])
        kept.append(row)
    return kept


_BEGINNINGS = """
select (select count(*) from agents where status <> 'retired') as agents,
  exists (select from agent_load where last_heartbeat_at is not null) as seen,
  exists (select from tasks) as tasks, exists (select from task_executions) as started
"""


@query(None, agents=False)
def beginnings(work: Work) -> Beginnings:
    """How far a fresh company has come."""
    return Beginnings.model_validate(work.one(_BEGINNINGS))
