"""Who may be given a task: the one rule of claims and assignments, as SQL and as the facts that a refusal names.

The fragments stand in a statement with `agents a`, `agent_load l`, `settings s` and the parameter `e_now`. A claim is a
sign of life itself, so only who is given something unasked has to have given one in time.
"""

from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.work import Work
from orkwork.domains.agents.rules import LEAST_LEVEL, Candidate
from orkwork.domains.settings.rules import over_budget

WORKS = f"a.status = 'active' and a.autonomy_level >= {LEAST_LEVEL:d}"
"""That an agent is given tasks at all."""
ABLE = f"""{WORKS} and not exists (
    select from budgets b where b.stopped_until > %(e_now)s and (b.agent_id = a.id or b.scope = 'company'))"""
"""That an agent works, and that neither its money nor the company's is spent. Who records costs or changes limits keeps
`stopped_until`, so that nobody adds anything up here."""
STOPPED = "select distinct b.agent_id from budgets b where b.stopped_until > %(e_now)s and b.agent_id is not null"
"""The agents whose money is spent, for a statement that looks at many."""
SPENT_OUT = (
    "select array_agg(b.project_id) from budgets b where b.stopped_until > %(e_now)s and b.project_id is not null"
)
"""The projects whose money is spent."""
HAS_MONEY = """not exists (select from budgets b
    where b.stopped_until > %(e_now)s and (b.project_id = t.project_id or b.scope = 'company'))"""
"""That a task's project and the company have money left."""


def _stops(which: str) -> str:
    return f"""(select jsonb_agg(jsonb_build_object('budget_id', b.id, 'scope', b.scope, 'period', b.period,
    'name', coalesce((select name from agents where id = b.agent_id), (select name from projects where id = b.project_id), z.name),
    'limit_usd', trim_scale(b.limit_usd)::text, 'spent_usd', trim_scale(budget_spent(b.scope,
      coalesce(b.agent_id::text, b.project_id::text, 'all'), b.period, budget_start(b.period, %(e_now)s, z.time_zone)))::text,
    'ends_at', nullif(b.stopped_until, 'infinity')) order by b.stopped_until desc, b.id) from budgets b cross join settings z
    where b.stopped_until > %(e_now)s and (b.scope = 'company' or {which}))"""


_STOPS = f"select {_stops('b.agent_id = %(agent)s or b.project_id = %(project)s')} as stops"
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
PERFORMANCE = "select agent_id, score from performance_scores where day = (select max(day) from performance_days)"
"""Each agent's performance, 0 to 100, on the last day that was counted; an agent without a row counts as 50."""
_FACTS = f"""
select a.id as agent_id, a.id = %(caller)s as calls, a.name, a.status, a.autonomy_level, l.running, l.max_concurrent,
  {_stops("b.agent_id = a.id or b.project_id = t.project_id")} as stops, {SILENT} as silent, s.hold is not null as held,
  t.id is null or {MAY_SEE} as allowed, t.id is not null and not {NOT_BARRED} as looping,
  coalesce((select array_agg(n) from unnest(t.required_capabilities) n where n not in (select c.name from agent_capabilities ac
    join capabilities c on c.id = ac.capability_id where ac.agent_id = a.id)), '{{}}') as lacks
from agents a join agent_load l on l.agent_id = a.id cross join settings s left join tasks t on t.id = %(task)s
"""
FACTS = _FACTS + "where a.id = %(agent)s"
EVERYBODY = _FACTS + "where a.status <> 'retired' order by a.name, a.id"

RANKED = f"""
need as materialized (
  select c.capability_ids as ids, cardinality(c.capability_ids) as n from task t join capability_sets c on c.id = t.capset_id),
skilled as materialized (
  select ac.agent_id, avg(ac.proficiency) as mean from need n join agent_capabilities ac on ac.capability_id = any(n.ids)
  group by ac.agent_id, n.n having count(*) = n.n),
company as materialized (select coalesce(sum(amount_usd) / nullif(sum(tasks), 0), 0) as mean_usd from agent_means),
suited as materialized (
  select a.id, a.name, l.last_assigned_at, {HAS_ROOM} as free, coalesce(k.mean, 1) as capability,
    coalesce(p.score / 100, 0.5) as performance, 1 - l.running::numeric / l.max_concurrent as workload,
    coalesce(m.amount_usd / m.tasks, c.mean_usd) as mean_usd,
    x.agent_id is not null as passed
  from task t cross join need n cross join company c cross join agents a join agent_load l on l.agent_id = a.id
    left join skilled k on k.agent_id = a.id left join ({PERFORMANCE}) p on p.agent_id = a.id
    left join task_passes x on x.task_id = t.id and x.agent_id = a.id
      and x.passed_at > %(e_now)s::timestamptz - interval '1 day'
    left join agent_means m on m.agent_id = a.id left join ({STOPPED}) z on z.agent_id = a.id
  where {WORKS} and z.agent_id is null and not {SILENT} and {MAY_SEE}
    and {NOT_BARRED}
    and (n.n = 0 or k.agent_id is not null)),
span as materialized (select min(mean_usd) as low, max(mean_usd) as high from suited where free),
costed as materialized (
  select f.*, case when s.high = s.low then 1 else 1 - (f.mean_usd - s.low) / (s.high - s.low) end as cost
  from suited f cross join span s where f.free),
scored as materialized (
  select c.*, round(s.weight_capability * c.capability + s.weight_performance * c.performance
    + s.weight_workload * c.workload + s.weight_cost * c.cost, 9) as score
  from costed c cross join settings s),
ranked as materialized (
  select *, row_number() over (order by passed, score desc, last_assigned_at nulls first, id) as place from scored)
"""
"""The candidates of a CTE `task` (id, key, project_id, capset_id) with one row, ranked by score: further CTEs, the last of
them `ranked`."""


def of(row: dict[str, Any]) -> Candidate:
    """What the rule looks at, out of a row of `FACTS`."""
    return Candidate(
        name=row["name"],
        status=row["status"],
        level=row["autonomy_level"],
        running=row["running"],
        max_concurrent=row["max_concurrent"],
        stops=tuple(row["stops"] or ()),
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


def check_budgets(work: Work, agent_id: UUID | None, project_id: UUID) -> None:
    """Refuse to begin work whose money is spent: the agent's, the project's or the company's. 402 says when it ends."""
    now = clock.now()
    row = work.one(_STOPS, {"agent": agent_id, "project": project_id, "e_now": now})
    if row is not None and row["stops"]:
        raise over_budget(row["stops"][0], now)
