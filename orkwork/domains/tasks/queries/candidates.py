"""Who may be given a task: the one rule of claims and assignments, as SQL and as the facts that a refusal names.

The fragments stand in a statement with `agents a`, `agent_load l`, `settings s` and the parameter `e_now`. A claim is a
sign of life itself, so only who is given something unasked has to have given one in time.
"""

from typing import Any

from orkwork.domains.agents.rules import LEAST_LEVEL, Candidate

SPENT_TODAY = """coalesce((select sum(r.amount_usd) from cost_rollup r where r.kind = 'agent' and r.key = a.id::text
    and r.day = (%(e_now)s at time zone s.time_zone)::date), 0)"""


def able(spent_today: str) -> str:
    """That an agent works at all and has budget of the day left, for a statement that knows what it spent today."""
    return f"""a.status = 'active' and a.autonomy_level >= {LEAST_LEVEL:d}
    and (a.daily_budget_usd is null or a.daily_budget_usd > {spent_today})"""


ABLE = able(SPENT_TODAY)
NOT_HELD = "s.hold is null"
"""That the company is not on hold; a project that is has nothing in the queue."""
SILENT = """coalesce(coalesce(l.last_heartbeat_at, a.created_at)
    + make_interval(secs => a.heartbeat_timeout_seconds) < %(e_now)s, false)"""
HAS_ROOM = "l.running < l.max_concurrent"
NOT_BARRED = """not exists (select from task_bars b
    where b.agent_id = a.id and b.task_id = t.id and b.lifted_at is null)"""
"""That the loop breaker does not keep the task from the agent."""
BARRED_FROM = "select array_agg(b.task_id) from task_bars b where b.agent_id = %(agent)s and b.lifted_at is null"
"""The tasks that the loop breaker keeps from one agent."""
MAY_SEE = "(a.project_ids is null or t.project_id = any(a.project_ids))"
PERFORMANCE = "select null::uuid as agent_id, null::numeric as score where false"
"""Each agent's performance, 0 to 100. Nobody measures it yet: an agent without a row counts as 50."""
_FACTS = f"""
select a.id as agent_id, a.id = %(caller)s as calls, a.name, a.status, a.autonomy_level, l.running, l.max_concurrent,
  a.daily_budget_usd, {SPENT_TODAY} as spent_usd, {SILENT} as silent, s.hold is not null as held,
  t.id is null or {MAY_SEE} as allowed, t.id is not null and not {NOT_BARRED} as looping,
  coalesce((select array_agg(n) from unnest(t.required_capabilities) n where n not in (select c.name from agent_capabilities ac
    join capabilities c on c.id = ac.capability_id where ac.agent_id = a.id)), '{{}}') as lacks
from agents a join agent_load l on l.agent_id = a.id cross join settings s left join tasks t on t.id = %(task)s
"""
FACTS = _FACTS + "where a.id = %(agent)s"
EVERYBODY = _FACTS + "where a.status <> 'retired' order by a.name, a.id"


def of(row: dict[str, Any]) -> Candidate:
    """What the rule looks at, out of a row of `FACTS`."""
    return Candidate(
        name=row["name"],
        status=row["status"],
        level=row["autonomy_level"],
        running=row["running"],
        max_concurrent=row["max_concurrent"],
        daily_budget_usd=row["daily_budget_usd"],
        spent_usd=row["spent_usd"],
        silent=row["silent"] and not row["calls"],
        allowed=row["allowed"],
        lacks=tuple(row["lacks"]),
        held=row["held"],
        looping=row["looping"],
    )


def runs_out(seconds: str) -> str:
    """That no hold keeps the time of an agent with a task from running out, and that this long has passed since the last
    one ended; for a statement with `projects p`, `settings s` and the parameter `now`."""
    return f"""s.hold is null and p.hold is null
    and coalesce(greatest(s.resumed_at, p.resumed_at) + make_interval(secs => {seconds}) <= %(now)s, true)"""
