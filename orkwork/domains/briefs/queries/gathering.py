"""The facts of a brief, in a dozen short statements; what they cost grows with what is open, not with what ever was."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from orkwork.core.work import Work
from orkwork.domains.briefs.rules.facts import NONE, BudgetFact, DeadlineFact, Facts, MonthFact, Rows
from orkwork.domains.briefs.schemas import BriefRef
from orkwork.domains.costs.queries import figures

FIRST: Final = 5
"""How many rows of a kind stand behind a sentence by name."""
BUDGETS: Final = 5
DEADLINES: Final = 3
FRESH: Final = timedelta(hours=36)
"""A forecast older than this says nothing of now."""
DAY: Final = timedelta(days=1)
NEAR_PERCENT: Final = 80
EVEN: Final = 0.5

_FIRST_SINCE = """
with recursive span(low, high) as (
  select 0::bigint, coalesce(max(seq), 0) + 1 from events
  union all
  select case when e.occurred_at < %(since)s then m.middle + 1 else s.low end,
    case when e.occurred_at < %(since)s then s.high else m.middle end
  from span s cross join lateral (select (s.low + s.high) / 2 as middle) m
  left join lateral (select occurred_at from events where seq >= m.middle order by seq limit 1) e on true
  where s.low < s.high)
"""
"""Events are numbered as they happen, so the first one since a moment is found by halving, without an index on time."""
_MOVED = f"""{_FIRST_SINCE},
moved as (
  select e.after ->> 'status' as status, e.subject_id as id, max(e.seq) as seq, max(e.subject_label) as key
  from events e
  where e.seq >= (select min(high) from span) and e.name = 'task.moved' and e.occurred_at >= %(since)s
    and e.after ->> 'status' in ('COMPLETED', 'REVIEW', 'FAILED') group by 1, 2)
select m.status, count(*)::int as n, (array_agg(m.id order by m.seq desc))[1:{FIRST}] as ids,
  (array_agg(m.key order by m.seq desc))[1:{FIRST}] as keys
from moved m group by m.status
"""
_SPENT = "select coalesce(sum(c.amount_usd), 0) as usd from costs c where c.occurred_at >= %(since)s"
_STANDING = f"""
select w.status, coalesce((select sum(y.tasks) from task_tallies y where y.status = w.status), 0)::int as n, f.ids, f.keys
from (values ('FAILED'), ('REVIEW')) as w(status) cross join lateral (
  select array_agg(x.id) as ids, array_agg(x.key) as keys from (
    select t.id, t.key from tasks t where t.status = w.status
    order by t.crit desc, t.priority, t.updated_at, t.id limit {FIRST}) x) f
"""
_DUE = f"""
select w.kind as status, n.n, f.ids, f.keys
from (values ('past', '-infinity'::timestamptz, %(now)s), ('day', %(now)s, %(now)s + interval '1 day')) as w(kind, low, high)
cross join lateral (select count(*)::int as n from tasks t where t.due_at is not null
  and t.status not in ('COMPLETED', 'CANCELLED') and t.due_at >= w.low and t.due_at < w.high) n
cross join lateral (select array_agg(x.id) as ids, array_agg(x.key) as keys from (
  select t.id, t.key from tasks t where t.due_at is not null and t.status not in ('COMPLETED', 'CANCELLED')
    and t.due_at >= w.low and t.due_at < w.high order by t.due_at, t.id limit {FIRST}) x) f
"""
_SLA = f"""
with told as (
  select c.task_id, max(b.level) >= 1 as late, min(b.at) filter (where b.level = 1) as late_at, min(b.at) as at
  from sla_clocks c join sla_breaches b on b.task_id = c.task_id and b.level <= 1
    and (b.clock = 'resolution' or c.response_ended_at is null)
  where c.resolution_ended_at is null group by c.task_id)
select case when w.late then 'late' else 'near' end as status, count(*)::int as n,
  (array_agg(t.id order by coalesce(w.late_at, w.at), t.id))[1:{FIRST}] as ids,
  (array_agg(t.key order by coalesce(w.late_at, w.at), t.id))[1:{FIRST}] as keys
from told w join tasks t on t.id = w.task_id
where t.status not in ('COMPLETED', 'CANCELLED', 'FAILED', 'REVIEW') group by 1
"""
"""What failed or waits for a review is told as such."""
_DEADLINES = f"""
select p.id, p.name, p.key_prefix, (p.deadline at time zone %(zone)s)::date as day, f.in_time
from projects p join lateral (
  select (o.figures ->> 'in_time')::float8 as in_time, (o.figures ->> 'deadline')::timestamptz as deadline
  from forecasts o where o.project_id = p.id and o.as_of > %(fresh)s order by o.as_of desc, o.id desc limit 1) f on true
where p.status = 'active' and p.deadline > %(now)s and f.deadline = p.deadline and f.in_time < {EVEN}
order by f.in_time, p.id limit {DEADLINES}
"""
_BUDGETS = f"""
select b.id, b.scope, b.agent_id, p.key_prefix, b.period, b.limit_usd, coalesce(a.name, p.name, s.name) as name,
  budget_spent(b.scope, coalesce(b.agent_id::text, b.project_id::text, 'all'), b.period, f.first) as spent_usd,
  coalesce(b.stopped_until > %(now)s, false) as stopped, count(*) over ()::int as total
from budgets b cross join settings s cross join lateral (select budget_start(b.period, %(now)s, s.time_zone) as first) f
left join agents a on a.id = b.agent_id left join projects p on p.id = b.project_id
where b.limit_usd is not null and (b.stopped_until > %(now)s or (b.told >= {NEAR_PERCENT} and b.told_for = f.first))
  and (a.id is null or a.status <> 'retired') and (p.id is null or p.status in ('active', 'paused'))
order by coalesce(b.stopped_until > %(now)s, false) desc, b.scope = 'company' desc, b.told desc, b.id limit {BUDGETS}
"""
_HAS_MONTH = "select from budgets where scope = 'company' and limit_usd is not null"
_AGENTS = f"""
select k.status, count(*)::int as n, (array_agg(a.id order by lower(a.name), a.id))[1:{FIRST}] as ids,
  (array_agg(a.name order by lower(a.name), a.id))[1:{FIRST}] as keys
from agents a join agent_load l on l.agent_id = a.id cross join lateral unnest(case
  when a.status = 'active' and l.running > 0 then array['working']
  when a.status = 'paused' and l.running > 0 then array['paused', 'holding']
  when a.status = 'paused' then array['paused'] else '{{}}'::text[] end) as k(status)
where a.status in ('active', 'paused') group by k.status
"""
_DECISIONS = f"""
select k.status, count(*)::int as n,
  (array_agg(d.id order by d.deadline nulls last, d.created_at, d.id))[1:{FIRST}] as ids,
  (array_agg(left(d.title, 120) order by d.deadline nulls last, d.created_at, d.id))[1:{FIRST}] as keys
from decisions d cross join lateral unnest(case when d.deadline < %(soon)s then array['waiting', 'pressing']
  else array['waiting'] end) as k(status)
where d.status = 'pending' group by k.status
"""
_ANOMALIES = f"""
select case when n.rule = 'silent' then 'silent' when n.severity = 2 then 'grave' else 'odd' end as status,
  count(*)::int as n, (array_agg(coalesce(case when n.rule = 'silent' then n.agent_id end, n.id)
    order by n.severity desc, n.id desc))[1:{FIRST}] as ids,
  (array_agg(n.subject order by n.severity desc, n.id desc))[1:{FIRST}] as keys
from anomalies n
where n.over_at is null and n.closed_at is null and n.acknowledged_at is null
  and coalesce(n.snoozed_until, '-infinity') <= %(now)s and n.rule not in ('agent_budget', 'project_budget')
group by 1
"""
"""Budgets are told of as such."""


def facts(work: Work, since: datetime, now: datetime, time_zone: str) -> Facts:
    """What happened since a moment, and what is the matter now."""
    params: dict[str, Any] = {
        "since": since,
        "now": now,
        "soon": now + DAY,
        "fresh": now - FRESH,
        "zone": time_zone,
    }
    moved, standing = _tasks(work.all(_MOVED, params)), _tasks(work.all(_STANDING))
    due, sla = _tasks(work.all(_DUE, params)), _tasks(work.all(_SLA))
    agents = _by_status(work.all(_AGENTS), "agent", lambda id_, _: f"/agents/{id_}")
    decisions = _by_status(work.all(_DECISIONS, params), "decision", lambda id_, _: f"/decisions?open={id_}")
    anomalies = work.all(_ANOMALIES, params)
    silent = _by_status((r for r in anomalies if r["status"] == "silent"), "agent", lambda id_, _: f"/agents/{id_}")
    odd = _by_status((r for r in anomalies if r["status"] != "silent"), "anomaly", lambda _, __: "/anomalies")
    budgets = work.all(_BUDGETS, params)
    return Facts(
        since=since,
        now=now,
        completed=moved.get("COMPLETED", NONE),
        handed_in=moved.get("REVIEW", NONE),
        failed=moved.get("FAILED", NONE),
        spent_usd=(work.one(_SPENT, params) or {"usd": Decimal(0)})["usd"],
        failing=standing.get("FAILED", NONE),
        reviewing=standing.get("REVIEW", NONE),
        overdue=due.get("past", NONE),
        due_soon=due.get("day", NONE),
        sla_late=sla.get("late", NONE),
        sla_near=sla.get("near", NONE),
        deadlines=[_deadline(row) for row in work.all(_DEADLINES, params)],
        budgets=[_budget(row) for row in budgets],
        more_budgets=budgets[0]["total"] - len(budgets) if budgets else 0,
        month=_month(work),
        working=agents.get("working", NONE),
        paused=agents.get("paused", NONE),
        paused_holding=agents.get("holding", NONE),
        silent=silent.get("silent", NONE),
        deciding=decisions.get("waiting", NONE),
        pressing=decisions.get("pressing", NONE),
        grave=odd.get("grave", NONE),
        odd=odd.get("odd", NONE),
    )


def _by_status(
    rows: Iterable[dict[str, Any]],
    kind: Literal["task", "agent", "decision", "anomaly"],
    place: Callable[[UUID, str], str],
) -> dict[str, Rows]:
    found = {}
    for row in rows:
        refs = tuple(
            BriefRef(kind=kind, id=id_, key=key, href=place(id_, key))
            for id_, key in zip(row["ids"] or (), row["keys"] or (), strict=True)
        )
        found[row["status"]] = Rows(row["n"], refs)
    return found


def _tasks(rows: Iterable[dict[str, Any]]) -> dict[str, Rows]:
    return _by_status(rows, "task", lambda _, key: f"/tasks/{key}")


def _deadline(row: dict[str, Any]) -> DeadlineFact:
    ref = BriefRef(kind="project", id=row["id"], key=row["name"], href=f"/projects/{row['key_prefix']}")
    return DeadlineFact(ref=ref, deadline=row["day"], in_time=row["in_time"])


def _budget(row: dict[str, Any]) -> BudgetFact:
    if row["agent_id"] is not None:
        href = f"/agents/{row['agent_id']}"
    else:
        href = f"/projects/{row['key_prefix']}" if row["key_prefix"] else "/costs"
    return BudgetFact(
        ref=BriefRef(kind="budget", id=row["id"], key=row["name"], href=href),
        period=row["period"],
        limit_usd=row["limit_usd"],
        spent_usd=row["spent_usd"],
        is_used_up=row["stopped"] or row["spent_usd"] >= row["limit_usd"],
    )


def _month(work: Work) -> MonthFact | None:
    """The month where its band reaches above the company's budget; what of it is spent already stands as a budget."""
    if work.one(_HAS_MONTH) is None:
        return None
    month = figures.forecast(work)
    limit, spent = month.budget_usd, month.spent_usd
    if limit is None or month.p50_usd is None or month.p85_usd is None or not spent <= limit < month.p85_usd:
        return None
    return MonthFact(p50_usd=month.p50_usd, p85_usd=month.p85_usd, limit_usd=limit)
