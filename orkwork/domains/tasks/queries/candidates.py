"""Who may be given a task: the one rule of claims and assignments, as SQL and as the facts that a refusal names.

The fragments stand in a statement with `agents a`, `agent_load l`, `settings s` and the parameter `e_now`. A claim is a
sign of life itself, so only who is given something unasked has to have given one in time.
"""

from orkwork.domains.tasks.rules import LEAST_LEVEL

SPENT_TODAY = """coalesce((select sum(r.amount_usd) from cost_rollup r where r.kind = 'agent' and r.key = a.id::text
    and r.day = (%(e_now)s at time zone s.time_zone)::date), 0)"""
ABLE = f"""a.status = 'active' and a.autonomy_level >= {LEAST_LEVEL:d}
    and (a.daily_budget_usd is null or a.daily_budget_usd > {SPENT_TODAY})"""
SILENT = """coalesce(coalesce(l.last_heartbeat_at, a.created_at)
    + make_interval(secs => a.heartbeat_timeout_seconds) < %(e_now)s, false)"""
HAS_ROOM = "l.running < l.max_concurrent"
FACTS = f"""
select a.id = %(caller)s as calls, a.name, a.status, a.autonomy_level, l.running, l.max_concurrent, a.daily_budget_usd,
  {SPENT_TODAY} as spent_usd, {SILENT} as silent,
  t.id is null or a.project_ids is null or t.project_id = any(a.project_ids) as allowed,
  coalesce((select array_agg(n) from unnest(t.required_capabilities) n where n not in (select c.name from agent_capabilities ac
    join capabilities c on c.id = ac.capability_id where ac.agent_id = a.id)), '{{}}') as lacks
from agents a join agent_load l on l.agent_id = a.id cross join settings s left join tasks t on t.id = %(task)s
where a.id = %(agent)s
"""
