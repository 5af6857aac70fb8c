"""The clock's part: runs whose time is over, tasks that wait too long, and files that nobody knows of any more."""

from typing import Any

from orkwork.core import clock
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.decisions import service as decisions
from orkwork.domains.decisions.models import Category
from orkwork.domains.decisions.schemas import Asking, Option
from orkwork.domains.executions import clients
from orkwork.domains.executions.events import TaskWaiting
from orkwork.domains.executions.rules import limits
from orkwork.domains.executions.rules.failures import CATALOGUE
from orkwork.domains.tasks.models import Failure
from orkwork.domains.tasks.service import failing


def _seconds(name: str, *levels: str) -> str:
    return f"coalesce({', '.join(f'''({level}.limits ->> '{name}_seconds')::float''' for level in levels)})"


_OVER = f"""
select t.id, t.project_id, t.key, t.status, t.review_required, t.blocked_count, t.assignee_id, t.worker_id, t.fence,
  t.created_by_id, t.version, t.max_retries, t.waiting_since, t.attempts_from, t.ready_at, x.started_at,
  greatest(x.seen_at, l.last_heartbeat_at) as seen_at, t.limits as task_limits, p.limits as project_limits,
  a.limits as agent_limits, s.limits as company_limits
from task_executions x join tasks t on t.id = x.task_id and t.status = 'IN_PROGRESS' join projects p on p.id = t.project_id
  cross join settings s left join agents a on a.id = t.assignee_id left join agent_load l on l.agent_id = t.assignee_id
where x.status = 'running' and least(
    x.started_at + make_interval(secs => {_seconds("running", *"tpas")}),
    coalesce(t.attempts_from, t.ready_at) + make_interval(secs => {_seconds("total", *"tpas")}),
    greatest(x.started_at, x.seen_at, l.last_heartbeat_at) + make_interval(secs => {_seconds("silence", *"tpas")})
  ) <= %(now)s
order by t.id limit %(limit)s for no key update of t skip locked
"""
_WAITS = "t.status in ('READY','ASSIGNED') and t.waiting_told_at is null"
_WAITING = f"""
with late as materialized (
  select w.id from projects p cross join settings s cross join lateral (
    select t.id from tasks t left join agents a on a.id = t.assignee_id
    where t.project_id = p.id and {_WAITS}
      and t.waiting_since <= %(now)s::timestamptz - make_interval(secs => {_seconds("waiting", *"ps")})
      and t.limits ->> 'waiting_seconds' is null
      and (p.limits ->> 'waiting_seconds' is not null or a.limits ->> 'waiting_seconds' is null)
    order by t.waiting_since limit %(limit)s) w
  where p.status = 'active' and {_seconds("waiting", *"ps")} is not null
  union
  select t.id from tasks t where t.limits is not null and {_WAITS}
    and t.waiting_since <= %(now)s::timestamptz - make_interval(secs => {_seconds("waiting", *"t")})
  union
  select t.id from agents a join tasks t on t.assignee_id = a.id and t.status = 'ASSIGNED' and t.waiting_told_at is null
  where a.limits ->> 'waiting_seconds' is not null
    and t.waiting_since <= %(now)s::timestamptz - make_interval(secs => {_seconds("waiting", *"a")}))
select t.id, t.key, t.title, t.project_id, t.assignee_id, a.name as agent_name, t.waiting_since,
  {_seconds("waiting", *"tpas")} as limit_seconds
from late join tasks t using (id) join projects p on p.id = t.project_id and p.status = 'active' cross join settings s
  left join agents a on a.id = t.assignee_id
where {_WAITS} and t.waiting_since <= %(now)s::timestamptz - make_interval(secs => {_seconds("waiting", *"tpas")})
order by t.waiting_since, t.id limit %(limit)s for no key update of t skip locked
"""
_TOLD = "update tasks set waiting_told_at = %(now)s, version = version + 1 where id = %(id)s"
_SETTLED = """
select d.id from decisions d join tasks t on t.id = d.task_id
where d.status = 'pending' and d.category = 'escalate' and case d.context ->> 'about'
  when 'failed' then t.status <> 'FAILED'
  when 'waiting' then t.status not in ('READY', 'ASSIGNED')
  when 'loop' then t.status in ('COMPLETED', 'CANCELLED') or not exists (select from task_bars b
    where b.task_id = t.id and b.agent_id = d.agent_id and b.lifted_at is null)
  else false end
limit 500 for update of d skip locked
"""


@operation(None, users=False, agents=False)
def check_clocks(work: Work, limit: int = 200) -> int:
    """End the runs whose running, silence or total clock is over; tell of tasks that wait too long; how many of both.

    Each is taken by one machine, and ends or is told of once.
    """
    if settled := work.all(_SETTLED):
        decisions.close(work, [row["id"] for row in settled], "the task has moved on")
    now = clock.now()
    over = work.all(_OVER, {"now": now, "limit": limit})
    for row in over:
        policy = limits.resolve([row[f"{level}_limits"] for level in limits.LEVELS])
        which = limits.run_out(policy, limits.times_of(row), now)
        if which is not None:
            failing.end_run(work, row, limits.ENDS_AS[which], {"failure_detail": _said(policy, which)})
    waiting = work.all(_WAITING, {"now": now, "limit": limit})
    for row in waiting:
        _tell(work, row)
    return len(over) + len(waiting)


def _said(policy: limits.Policy, which: limits.Clock) -> str:
    value = policy.clocks[which]
    return f"The {which} clock of {value.value} seconds (set by the {value.origin}) is over."


def _tell(work: Work, row: dict[str, Any]) -> None:
    work.sql(_TOLD, {"id": row["id"], "now": clock.now()})
    told = {"limit_seconds": row["limit_seconds"], "waiting_since": row["waiting_since"]}
    work.emit(TaskWaiting(subject_id=row["id"], subject_label=row["key"], project_id=row["project_id"], after=told))
    meaning = CATALOGUE[Failure.TIMED_OUT_START]
    decisions.ask(
        work,
        Asking(
            category=Category.ESCALATE,
            title=f"{row['key']} waits to be started",
            task_id=row["id"],
            agent_id=row["assignee_id"],
            project_id=row["project_id"],
            context={
                "about": "waiting",
                "task_title": row["title"],
                "failure": Failure.TIMED_OUT_START.value,
                "summary": meaning.summary,
                "advice": meaning.advice,
                "agent_name": row["agent_name"],
                "waiting_since": row["waiting_since"].isoformat(),
                "limit_seconds": row["limit_seconds"],
            },
            options=[
                Option(id="leave", label="Let it wait"),
                Option(id="cancel", label="Cancel the task", action="tasks.cancel"),
            ],
            facts=("task.status",),
        ),
    )


_LOOSE = """
select key from stored_files where artifact_id is null and keep_until <= %(now)s order by keep_until limit %(limit)s
for update skip locked
"""


@operation(None, users=False, agents=False)
def sweep_files(work: Work, limit: int = 100) -> int:
    """Delete from the storage what no artifact holds: uploads that came to nothing, and files whose runs are gone."""
    rows = work.all(_LOOSE, {"now": clock.now(), "limit": limit})
    for row in rows:
        clients.delete(row["key"])
    work.sql("delete from stored_files where key = any(%(keys)s)", {"keys": [row["key"] for row in rows]})
    return len(rows)
