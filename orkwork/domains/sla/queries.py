"""Reading what is promised, how tasks stand to it, and how much of it was kept."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import NotFound, invalid
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.settings import queries as settings
from orkwork.domains.sla import rules as arithmetic
from orkwork.domains.sla.models import Clock, Whom
from orkwork.domains.sla.schemas import (
    AtRisk,
    BreachOut,
    ClockOut,
    DueTask,
    Kept,
    KeptByClock,
    KeptByProject,
    KeptInPeriod,
    RuleOut,
    SlaReport,
    TaskSla,
    TimeLeft,
    Trend,
)
from orkwork.domains.tasks.queries.tasks import standing_row

MOST_DAYS = 366
USUAL_DAYS = 7
_RULES = """
select r.*, p.key_prefix as project_key,
  (select count(*) from sla_clocks c where c.rule_id = r.id and c.resolution_ended_at is null
    and (%(visible)s::uuid[] is null or c.project_id = any(%(visible)s))) as open_tasks
from sla_rules r left join projects p on p.id = r.project_id
where (%(visible)s::uuid[] is null or r.project_id is null or r.project_id = any(%(visible)s))
"""


@query("tasks:read")
def rules(work: Work) -> list[RuleOut]:
    """Every rule, those first that name the most targets, as they win."""
    rows = work.all(
        _RULES + "order by num_nonnulls(r.project_id, r.priority, r.label, r.kind) desc, "
        "r.resolution_minutes nulls last, r.response_minutes nulls last, r.created_at, r.id",
        {"visible": work.actor.projects},
    )
    return [RuleOut.model_validate(row) for row in rows]


@query("tasks:read")
def rule(work: Work, rule_id: UUID) -> RuleOut:
    """One rule."""
    row = work.one(_RULES + "and r.id = %(id)s", {"visible": work.actor.projects, "id": rule_id})
    if row is None:
        raise NotFound("sla.rule_not_found", f"There is no rule {rule_id}", "GET /sla/rules lists them.")
    return RuleOut.model_validate(row)


_CLOCK = """
select c.*, r.name as rule_name, coalesce(t.assignee_id, t.worker_id) as agent_id, a.manager_id
from sla_clocks c left join sla_rules r on r.id = c.rule_id join tasks t on t.id = c.task_id
left join agents a on a.id = coalesce(t.assignee_id, t.worker_id) where c.task_id = %(id)s
"""
_TOLD = """
select b.*, a.name as agent_name from sla_breaches b left join agents a on a.id = b.agent_id
where b.task_id = %(id)s order by b.at, b.clock, b.level
"""


@query("tasks:read")
def task_sla(work: Work, ref: str | UUID) -> TaskSla:
    """How a task stands to what is promised: both clocks, and what was told of them."""
    task = standing_row(work, ref)
    row, now = work.one(_CLOCK, task) or {}, clock.now()
    found = [arithmetic.standing(row, one, now) for one in Clock] if row else []
    told = work.all(_TOLD, task)
    level, concerns = _following(row, told, now)
    return TaskSla(
        task_key=task["key"],
        rule_id=row.get("rule_id"),
        rule_name=row.get("rule_name"),
        started_at=row.get("started_at"),
        clocks=[ClockOut.model_validate(one) for one in found if one is not None],
        breaches=[BreachOut.model_validate(breach) for breach in told],
        next_level=level,
        next_concerns=concerns,
    )


def _following(row: dict[str, Any], told: list[dict[str, Any]], now: datetime) -> tuple[int | None, Whom | None]:
    """The level that can be raised by hand, and whom it would concern."""
    late = arithmetic.late_clock(row, now) if row else None
    known = {one["level"]: one["concerns"] for one in told if one["clock"] == late}
    steps = [
        arithmetic.Step(to=Whom(one["to"]), after_minutes=one["after_minutes"]) for one in row.get("escalation", ())
    ]
    following = arithmetic.by_hand(steps, known)
    if following is None:
        return None, None
    return following[0], arithmetic.concerned(following[1], row["agent_id"], row["manager_id"])[0]


_LATE = """
select t.id, t.key, t.title, b.clock, b.level, d.at, a.name as worker,
  (select count(*) from task_dependencies d join tasks w on w.id = d.task_id where d.depends_on_id = t.id
    and d.kind = 'blocks' and w.status not in ('COMPLETED', 'CANCELLED')) as behind,
  coalesce((select sum(r.amount_usd) from cost_rollup r where r.kind = 'task' and r.key = t.id::text), 0) as cost_usd
from sla_clocks c join tasks t on t.id = c.task_id
join lateral (select o.clock, max(o.level) as level from sla_breaches o
  where o.task_id = c.task_id and o.level >= 1 group by o.clock having bool_or(o.concerns = 'ceo') = %(ceo)s) b on true
join sla_breaches d on d.task_id = c.task_id and d.clock = b.clock and d.level = 1
left join agents a on a.id = coalesce(t.assignee_id, t.worker_id)
where t.status not in ('COMPLETED', 'CANCELLED', 'FAILED', 'REVIEW') and (b.clock = 'resolution' or c.response_ended_at is null)
  and (%(visible)s::uuid[] is null or t.project_id = any(%(visible)s))
order by d.at, t.id limit %(limit)s
"""


@query("tasks:read")
def late(work: Work, *, ceo: bool = True, limit: int = 20) -> list[DueTask]:
    """Tasks that are late and wait on, whose escalation has come to the CEO (or, without `ceo`, has not yet); those that
    are late the longest first. What failed or waits for a review is not among them: it is told as such."""
    rows = work.all(_LATE, {"visible": work.actor.projects, "ceo": ceo, "limit": limit})
    return [DueTask.model_validate(row) for row in rows]


_NEXT = """
select c.*, t.key from sla_clocks c join tasks t on t.id = c.task_id
where c.next_at > %(now)s and (%(visible)s::uuid[] is null or c.project_id = any(%(visible)s))
order by c.next_at limit 50
"""


@query("tasks:read")
def at_risk(work: Work) -> AtRisk | None:
    """Of the tasks that are warned of or late next, the one with the least time left; None when none is."""
    now = clock.now()
    rows = work.all(_NEXT, {"visible": work.actor.projects, "now": now})
    found = [(one, row["key"]) for row in rows if (one := arithmetic.tighter(row, now)) and one.left_seconds >= 0]
    least = min(found, key=lambda pair: pair[0].left_seconds, default=None)
    return least and AtRisk(key=least[1], left=TimeLeft.model_validate(least[0]))


_OUTCOMES = """
with outcomes as (
  select c.project_id, 'response' as clock, c.response_ended_at as at, true as met from sla_clocks c
  where c.response_limit_seconds is not null and c.response_ended_at >= %(begin)s and c.response_ended_at < %(end)s
    and c.response_due_at is null
    and not exists (select from sla_breaches b where b.task_id = c.task_id and b.clock = 'response' and b.level = 1)
  union all
  select c.project_id, 'resolution', c.resolution_ended_at, true from sla_clocks c
  where c.resolution_limit_seconds is not null and c.resolution_ended_at >= %(begin)s and c.resolution_ended_at < %(end)s
    and c.resolution_due_at is null
    and not exists (select from sla_breaches b where b.task_id = c.task_id and b.clock = 'resolution' and b.level = 1)
  union all
  select b.project_id, b.clock, b.at, false from sla_breaches b
  where b.level = 1 and b.at >= %(begin)s and b.at < %(end)s)
select o.project_id, p.key_prefix as project_key, p.name as project_name, o.clock,
  date_trunc(%(trend)s, o.at at time zone %(zone)s)::date as begins,
  count(*) filter (where o.met)::int as met, count(*) filter (where not o.met)::int as missed
from outcomes o join projects p on p.id = o.project_id
where (%(visible)s::uuid[] is null or o.project_id = any(%(visible)s))
group by 1, 2, 3, 4, 5
"""


@query("tasks:read")
def report(work: Work, *, since: date | None = None, until: date | None = None, trend: Trend = "day") -> SlaReport:
    """How much of what was promised was kept in days of the company's zone, both included; the last week unless said.

    A clock counts on the day on which it ended in time, or passed its limit.
    """
    zone = settings.company(work).time_zone
    until = until or clock.day_of(clock.now(), zone)
    since = since or until - timedelta(days=USUAL_DAYS - 1)
    if not timedelta(0) <= until - since < timedelta(days=MOST_DAYS):
        raise invalid("from", f"must lie before `to`, by less than {MOST_DAYS} days")
    params = {
        "begin": clock.start_of(since, zone),
        "end": clock.start_of(until + timedelta(days=1), zone),
        "zone": zone,
        "trend": trend,
        "visible": work.actor.projects,
    }
    rows = work.all(_OUTCOMES, params)
    projects = sorted({(row["project_name"], row["project_key"], row["project_id"]) for row in rows})
    return SlaReport(
        since=since,
        until=until,
        trend_by=trend,
        total=Kept(**_kept(rows)),
        by_clock=[KeptByClock(clock=one, **_kept(rows, clock=one)) for one in Clock],
        by_project=[
            KeptByProject(project_id=id_, project_key=key, project_name=name, **_kept(rows, project_id=id_))
            for name, key, id_ in projects
        ],
        trend=[KeptInPeriod(begins=day, **_kept(rows, begins=day)) for day in _periods(since, until, trend)],
    )


def _kept(rows: list[dict[str, Any]], **of: Any) -> dict[str, Any]:
    chosen = [row for row in rows if all(row[name] == value for name, value in of.items())]
    met, missed = sum(row["met"] for row in chosen), sum(row["missed"] for row in chosen)
    return {"met": met, "missed": missed, "percent_within": arithmetic.percent_within(met, missed)}


def _periods(since: date, until: date, trend: Trend) -> list[date]:
    step = timedelta(days=7 if trend == "week" else 1)
    first = since - timedelta(days=since.weekday()) if trend == "week" else since
    return [first + n * step for n in range((until - first) // step + 1)]
