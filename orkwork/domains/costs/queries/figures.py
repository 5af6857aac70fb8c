"""Reading the figures of the page of costs: totals, the forecast, what outcomes cost, and the last check of all sums."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from orkwork.core import clock
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.costs.rules import forecast as rules
from orkwork.domains.costs.schemas.reports import (
    Bucket,
    CheckOut,
    ForecastDay,
    ForecastOut,
    Outcomes,
    Spending,
    SpentDay,
    TaskCost,
    Totals,
)

ENOUGH = 5
"""Fewer samples say nothing."""
MOST_TASKS = 1_000
HISTORY_DAYS = 60
_TODAY = "select (%(now)s at time zone time_zone)::date as day from settings"
_DAYS = f"""
with today as ({_TODAY})
select t.day as today, coalesce(jsonb_agg(jsonb_build_array(r.day, r.amount_usd::text, r.calls, r.unpriced))
  filter (where r.day is not null), '[]') as days
from today t left join cost_rollup r on r.kind = 'company' and r.key = 'all' and r.day > t.day - %(days)s and r.day <= t.day
group by t.day
"""


def _company_days(work: Work, days: int) -> tuple[date, dict[date, tuple[Decimal, int, int]]]:
    row = work.one(_DAYS, {"now": clock.now(), "days": days})
    assert row is not None
    found: dict[date, tuple[Decimal, int, int]] = {}
    for day, amount, calls, unpriced in row["days"]:
        before = found.get(date.fromisoformat(day), (Decimal(0), 0, 0))
        found[date.fromisoformat(day)] = (before[0] + Decimal(amount), before[1] + calls, before[2] + unpriced)
    return row["today"], found


@query("costs:read", agents=False)
def spending(work: Work) -> Spending:
    """What the company spent today, this week and this month, each against the same stretch of the period before."""
    today, days = _company_days(work, 90)
    week, month = today - timedelta(days=today.weekday()), today.replace(day=1)
    month_before = (month - timedelta(days=1)).replace(day=1)
    same_day = min(month_before + (today - month), month - timedelta(days=1))
    return Spending(
        today=_totals(days, (today, today), (today - timedelta(days=1), today - timedelta(days=1))),
        week=_totals(days, (week, today), (week - timedelta(days=7), today - timedelta(days=7))),
        month=_totals(days, (month, today), (month_before, same_day)),
        days=[
            SpentDay(day=day, amount_usd=days.get(day, (Decimal(0),))[0])
            for day in _every(today - timedelta(days=89), today)
        ],
    )


def _every(since: date, until: date) -> list[date]:
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


def _totals(days: dict[date, tuple[Decimal, int, int]], now: tuple[date, date], before: tuple[date, date]) -> Totals:
    here = [days[day] for day in _every(*now) if day in days]
    return Totals(
        amount_usd=sum((one[0] for one in here), Decimal(0)),
        before_usd=sum((days[day][0] for day in _every(*before) if day in days), Decimal(0)),
        calls=sum(one[1] for one in here),
        unpriced=sum(one[2] for one in here),
        since=now[0],
    )


_COMPANY_LIMIT = "select limit_usd from budgets where scope = 'company'"


@query("costs:read", agents=False)
def forecast(work: Work) -> ForecastOut:
    """What this month will have cost at its end: P50 and P85 out of the last 60 days, and what of it is certain."""
    today, found = _company_days(work, HISTORY_DAYS + 1)
    spent = {day: one[0] for day, one in found.items()}
    month, end = today.replace(day=1), rules.month_end(today)
    history = rules.whole_days(spent, today)
    so_far = {day: amount for day, amount in spent.items() if day >= month}
    spent_month = sum(so_far.values(), Decimal(0))
    band = rules.forecast(history, today, spent_month, spent.get(today, Decimal(0)))
    limit = work.one(_COMPANY_LIMIT)
    p85 = band.p85[-1] if band else None
    return ForecastOut(
        month=month,
        spent_usd=spent_month,
        days_left=(end - today).days,
        history_days=len(history),
        enough=band is not None,
        p50_usd=band.p50[-1] if band else None,
        p85_usd=p85,
        certain=float(min(Decimal(1), spent_month / p85)) if p85 else None,
        budget_usd=limit["limit_usd"] if limit else None,
        days=_course(so_far, month, today, end, band),
    )


def _course(
    so_far: dict[date, Decimal], month: date, today: date, end: date, band: rules.Band | None
) -> list[ForecastDay]:
    course, total = [], Decimal(0)
    for day in _every(month, end):
        total += so_far.get(day, Decimal(0))
        n = (day - today).days
        ahead = (band.p50[n], band.p85[n]) if band and n >= 0 else (None, None)
        course.append(ForecastDay(day=day, spent_usd=total if n <= 0 else None, p50_usd=ahead[0], p85_usd=ahead[1]))
    return course


_OUTCOMES = f"""
with today as ({_TODAY}),
span as (select coalesce(%(since)s, t.day - 29) as since, coalesce(%(until)s, t.day) as until from today t),
edges as (
  select s.since, s.until, s.since::timestamp at time zone c.time_zone as from_at,
    (s.until + 1)::timestamp at time zone c.time_zone as to_at from span s cross join settings c),
done as (
  select t.id, t.key, t.review_required and t.reopened_count = 0 as verified, coalesce(r.amount_usd, 0) as amount_usd
  from (select t.* from edges e join tasks t on t.status = 'COMPLETED' and t.completed_at >= e.from_at and t.completed_at < e.to_at
    order by t.completed_at desc limit {MOST_TASKS}) t
  left join cost_rollup r on r.kind = 'task' and r.key = t.id::text and r.day = '0001-01-01' and r.shard = 0)
select e.since, e.until, (select coalesce(sum(r.amount_usd), 0) from cost_rollup r
    where r.kind = 'company' and r.key = 'all' and r.day between e.since and e.until) as spent_usd,
  coalesce((select jsonb_agg(jsonb_build_array(d.id, d.key, d.verified, d.amount_usd::text) order by d.amount_usd desc, d.id)
    from done d), '[]') as done
from edges e
"""


@query("costs:read", agents=False)
def outcomes(work: Work, since: date | None = None, until: date | None = None) -> Outcomes:
    """What finished and verified work cost in some days, the last 30 unless said: all money over outcomes, and each task's.

    Verified is what a review accepted and nobody opened again.
    """
    row = work.one(_OUTCOMES, {"now": clock.now(), "since": since, "until": until})
    assert row is not None
    tasks = [TaskCost(id=one[0], key=one[1], amount_usd=Decimal(one[3])) for one in row["done"]]
    verified = sum(one[2] for one in row["done"])
    ranked = sorted(task.amount_usd for task in tasks)
    known = len(ranked) >= ENOUGH
    return Outcomes(
        since=row["since"],
        until=row["until"],
        completed=len(tasks),
        verified=verified,
        spent_usd=row["spent_usd"],
        per_completed_usd=_each(row["spent_usd"], len(tasks)),
        per_verified_usd=_each(row["spent_usd"], verified),
        task_p50_usd=rules.quantile(ranked, 0.5) if known else None,
        task_p90_usd=rules.quantile(ranked, 0.9) if known else None,
        task_max_usd=ranked[-1] if known else None,
        buckets=_buckets(ranked) if known else [],
        dearest=tasks[:10],
    )


def _each(amount: Decimal, count: int) -> Decimal | None:
    return (amount / count).quantize(Decimal("1e-12")) if count >= ENOUGH else None


def _buckets(ranked: list[Decimal]) -> list[Bucket]:
    return [
        Bucket(least_usd=least, below_usd=below, tasks=sum(least <= one < below for one in ranked))
        for least, below in pairwise(rules.bounds(ranked[0], ranked[-1]))
    ]


@query("costs:read", agents=False)
def checks(work: Work, limit: int = 20) -> list[CheckOut]:
    """The latest comparisons of all sums with the ledger, the newest first."""
    params: dict[str, Any] = {"limit": limit}
    return [
        CheckOut.model_validate(row)
        for row in work.all("select * from cost_checks order by id desc limit %(limit)s", params)
    ]
