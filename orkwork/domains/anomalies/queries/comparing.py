"""Looking for what differs from its like: runs by tokens, tasks by cost, models by price."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from orkwork.core.money import plain
from orkwork.core.work import Work
from orkwork.domains.anomalies import rules
from orkwork.domains.anomalies.models import AnomalyRule, Severity
from orkwork.domains.anomalies.queries.finding import agent_evidence, run_evidence, task_evidence
from orkwork.domains.anomalies.schemas import Evidence, Finding
from orkwork.domains.settings.schemas import AnomalyRules

_TOKENS = """
with used as materialized (  -- as the run reports, else as its calls add up
  select x.id, x.agent_id, x.task_id, x.project_id, x.run, x.status, x.started_at, coalesce(
      case when num_nonnulls(x.input_tokens, x.output_tokens) > 0
        then coalesce(x.input_tokens, 0) + coalesce(x.output_tokens, 0) end,
      r.input_tokens + r.output_tokens) as tokens
  from task_executions x left join cost_rollup r on r.kind = 'execution' and r.key = x.id::text
    and r.day = '0001-01-01' and r.shard = 0
  where x.started_at > %(since)s),
means as (select agent_id, count(*)::int as runs, sum(tokens)::bigint as total from used
  where tokens is not null and status <> 'running' group by 1 having count(*) >= %(least)s)
select u.id, u.agent_id, a.name as agent_name, u.task_id, u.project_id, u.run, u.started_at, u.tokens, m.runs, m.total, t.key
from used u join means m on m.agent_id = u.agent_id join tasks t on t.id = u.task_id join agents a on a.id = u.agent_id
where u.tokens * m.runs >= %(factor)s * m.total order by u.tokens desc, u.id limit 10000
"""


def tokens(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    """Runs, also such as are under way, that used many times the mean tokens of their agent's runs that are over."""
    since = now - timedelta(days=limits.window_days)
    params = {"since": since, "least": limits.tokens_samples, "factor": Decimal(str(limits.tokens_factor))}
    found = []
    for row in work.all(_TOKENS, params):
        if not rules.is_heavy(
            row["tokens"], row["total"], row["runs"], factor=limits.tokens_factor, least=limits.tokens_samples
        ):
            continue
        mean = row["total"] / row["runs"]
        times = row["tokens"] / mean if mean else 0.0
        figures = {"tokens": row["tokens"], "mean": round(mean), "runs": row["runs"], "times": round(times, 1)}
        found.append(
            Finding(
                rule=AnomalyRule.TOKENS,
                key=str(row["id"]),
                severity=rules.graver(times / limits.tokens_factor, 2),
                subject=f"{row['key']} #{row['run']}",
                agent_id=row["agent_id"],
                project_id=row["project_id"],
                task_id=row["task_id"],
                execution_id=row["id"],
                figures=figures | {"factor": limits.tokens_factor},
                evidence=[run_evidence(row, row["started_at"]), agent_evidence(row)],
            )
        )
    return found


_COSTS = """
select t.id, t.key, t.title, t.project_id, array(select l from unnest(t.labels) l order by 1) as labels, t.completed_at,
  r.amount_usd as cost
from tasks t join cost_rollup r on r.kind = 'task' and r.key = t.id::text and r.day = '0001-01-01' and r.shard = 0
where t.status = 'COMPLETED' and t.completed_at > %(since)s and r.amount_usd > 0
order by t.completed_at desc limit 50000
"""


def task_costs(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    """Completed tasks that cost far more than those of the same project and labels; where these are too few, than all
    of the project."""
    rows = {row["id"]: row for row in work.all(_COSTS, {"since": now - timedelta(days=limits.window_days)})}
    alike: dict[Any, dict[Any, float]] = defaultdict(dict)
    for task_id, row in rows.items():
        for kind in ((row["project_id"], *row["labels"]), (row["project_id"], None)):
            alike[kind][task_id] = float(row["cost"])
    found = []
    for kind, costs in alike.items():
        for task_id, z in rules.dear(costs, deviation=limits.cost_deviation, least=limits.cost_samples).items():
            row = rows[task_id]
            own = (row["project_id"], *row["labels"])
            if kind == own or len(alike[own]) < limits.cost_samples:
                found.append(_dear(row, z, median(costs.values()), len(costs)))
    return found


def _dear(row: Mapping[str, Any], z: float, middle: float, count: int) -> Finding:
    figures = {"cost": plain(row["cost"]), "median": f"{middle:.6g}", "deviation": round(z, 1), "tasks": count}
    return Finding(
        rule=AnomalyRule.TASK_COST,
        key=str(row["id"]),
        severity=Severity.MEDIUM if float(row["cost"]) > 10 * middle else Severity.LOW,
        subject=row["key"],
        task_id=row["id"],
        project_id=row["project_id"],
        figures=figures,
        evidence=[task_evidence(row, at=row["completed_at"])],
    )


_PRICES = """
with priced as (
  select provider, model, price ->> 'prices' as prices, min(occurred_at) as first_at
  from costs where occurred_at > %(since)s and price is not null group by 1, 2, 3),
latest as (select distinct on (provider, model) * from priced order by provider, model, first_at desc)
select l.provider, l.model, l.prices as after, l.first_at, b.price ->> 'prices' as before, b.id as before_id, f.id as after_id,
  b.occurred_at as before_at
from latest l
cross join lateral (select c.id, c.price, c.occurred_at from costs c where c.provider = l.provider and c.model = l.model
  and c.price is not null and c.occurred_at < l.first_at and c.occurred_at > %(since)s::timestamptz - interval '90 days'
  order by c.occurred_at desc, c.id desc limit 1) b
cross join lateral (select c.id from costs c where c.provider = l.provider and c.model = l.model
  and c.occurred_at = l.first_at order by c.id limit 1) f
where b.price ->> 'prices' <> l.prices order by 1, 2 limit 1000
"""


_REPORTED = """
with calls as (
  select agent_id, provider, model, occurred_at > %(since)s as late, input_tokens::float8 as i, output_tokens::float8 as o,
    caller_usd::float8 as usd
  from costs where occurred_at > %(since)s::timestamptz - interval '90 days' and agent_id is not null and basis <> 'correction'
    and caller_usd > 0 and input_tokens + output_tokens > 0),
sums as (
  select agent_id, provider, model, late, count(*)::int as calls, sum(i) as i, sum(o) as o, sum(usd) as usd, sum(i * i) as ii,
    sum(i * o) as io, sum(o * o) as oo, sum(i * usd) as iu, sum(o * usd) as ou, sum(usd * usd) as uu
  from calls group by 1, 2, 3, 4)
select s.*, a.name as agent_name from sums s join agents a on a.id = s.agent_id
where (s.agent_id, s.provider, s.model) in (select agent_id, provider, model from sums group by 1, 2, 3
  having count(*) = 2 and min(calls) >= %(least)s) order by s.agent_id, s.provider, s.model, s.late limit 2000
"""
_TURNED = """
with calls as (
  select id, occurred_at, input_tokens as i, output_tokens as o, caller_usd as usd,
    abs(caller_usd::float8 / nullif(%(in)s * input_tokens + %(out)s * output_tokens, 0) - 1) >= %(change)s as other
  from costs where agent_id = %(agent_id)s and provider = %(provider)s and model = %(model)s and basis <> 'correction'
    and caller_usd > 0 and input_tokens + output_tokens > 0 and occurred_at > %(since)s::timestamptz - interval '90 days'),
turn as (select min(occurred_at) as at from calls where other and occurred_at > %(since)s)
(select calls.*, turn.at from calls, turn where occurred_at < turn.at order by occurred_at desc, id desc limit 1)
union all (select calls.*, turn.at from calls, turn where occurred_at >= turn.at and other order by occurred_at, id limit 1)
"""


def prices(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    """Models whose price changed: in the catalogue, or as an agent's reports of its calls have it."""
    return _catalogue(work, now, limits) + _reported(work, now, limits)


def _reported(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    since = now - timedelta(days=limits.price_days)
    rows = work.all(_REPORTED, {"since": since, "least": rules.LEAST_CALLS})
    found = []
    for before, after in zip(rows[::2], rows[1::2], strict=True):
        past, late = (rules.Calls(**{name: row[name] for name in rules.Calls.__slots__}) for row in (before, after))
        times, pair = rules.dearer(past, late), rules.unit_prices(past)
        if times is not None and pair is not None and abs(times - 1) >= rules.PRICE_CHANGE:
            found.append(_dearer(work, after | {"since": since, "in": pair[0], "out": pair[1]}, late, times))
    return found


def _dearer(work: Work, row: Mapping[str, Any], late: rules.Calls, times: float) -> Finding:
    name = f"{row['provider']}/{row['model']}"
    params = {key: row[key] for key in ("agent_id", "provider", "model", "since", "in", "out")}
    told = [
        Evidence(
            kind="cost", id=str(call["id"]), label=row["model"], at=call["occurred_at"],
            says=f"{plain(call['usd'])} USD for {call['i']} tokens in and {call['o']} out",
        )
        for call in work.all(_TURNED, params | {"change": rules.PRICE_CHANGE / 2})
    ]  # fmt: skip
    a_million = late.usd / (late.i + late.o) * 1e6
    return Finding(
        rule=AnomalyRule.PRICE,
        key=f"{row['agent_id']} {name}"[:400],
        severity=Severity.MEDIUM,
        subject=f"{name} ({row['agent_name']})",
        agent_id=row["agent_id"],
        figures={
            "before": f"{a_million / times:.4g} USD for a million tokens",
            "after": f"{a_million:.4g} USD for a million tokens",
            "times": round(times, 2),
            "calls": late.calls,
        },
        evidence=[*told, agent_evidence(row)],
    )


def _catalogue(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    """Models whose price in the catalogue was another one before it was first used as it is now."""
    found = []
    for row in work.all(_PRICES, {"since": now - timedelta(days=limits.price_days)}):
        name = f"{row['provider']}/{row['model']}"
        told = [
            Evidence(kind="cost", id=str(row[f"{when}_id"]), label=row["model"], at=at, says=row[when] or "")
            for when, at in (("before", row["before_at"]), ("after", row["first_at"]))
        ]
        found.append(
            Finding(
                rule=AnomalyRule.PRICE,
                key=name[:400],
                severity=Severity.MEDIUM,
                subject=name,
                figures={"before": row["before"], "after": row["after"], "since": row["first_at"].isoformat()},
                evidence=told,
            )
        )
    return found
