"""Counting scores out of the record."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.performance import rules
from orkwork.domains.performance.events import ScoresCounted
from orkwork.domains.performance.models import WINDOW_DAYS, Part
from orkwork.domains.performance.schemas import ShareOut
from orkwork.domains.settings import queries as settings

DAYS_AT_ONCE = 7
LOCK = "select pg_advisory_xact_lock(14, 1)"
"""One count at a time; a statement of its own, since a lock does not refresh the snapshot of the one that takes it."""
_FIRST = "select min(started_at) as at from tasks where started_at is not null"
_MISSING = """
select n.day::date as day from generate_series(%(first)s::date, %(last)s::date, '1 day') as n(day)
where not exists (select from performance_days d where d.day = n.day::date and d.closed) order by 1 limit %(limit)s
"""
_NEWS = """
select not exists (select from performance_days d where d.day = %(day)s
  and d.counted_at > coalesce((select max(updated_at) from tasks), '-infinity')
  and d.counted_at > coalesce((select max(created_at) from costs), '-infinity')) as some
"""


@operation(None, users=False, agents=False)
def count_scores(work: Work, limit: int = DAYS_AT_ONCE) -> int:
    """Count the agents' scores of the days that are over and were not counted yet, and of the running day when there is
    news; how many days. A day comes out the same whenever it is counted."""
    work.sql(LOCK)
    zone, now = settings.company(work).time_zone, clock.now()
    today, first = clock.day_of(now, zone), (work.one(_FIRST) or {})["at"]
    if first is None:
        return 0
    span = {"first": clock.day_of(first, zone), "last": today - timedelta(days=1), "limit": limit}
    missing = [row["day"] for row in work.all(_MISSING, span)]
    for day in missing:
        _count(work, day, zone, closed=True)
    news = work.one(_NEWS, {"day": today})
    if len(missing) < limit and news is not None and news["some"]:
        _count(work, today, zone, closed=False)
    return len(missing)


_DAY = """
insert into performance_days (day, closed, counted_at) values (%(day)s, %(closed)s, %(now)s)
on conflict (day) do update set closed = excluded.closed, counted_at = excluded.counted_at
"""
_GONE = "delete from performance_scores where day = %(day)s and agent_id <> all(%(ids)s)"
_KEEP = """
insert into performance_scores as p (day, agent_id, score, low, high, samples, parts)
select %(day)s, r.* from jsonb_to_recordset(%(rows)s)
  as r(agent_id uuid, score numeric, low numeric, high numeric, samples int, parts jsonb)
on conflict (day, agent_id) do update set score = excluded.score, low = excluded.low, high = excluded.high,
  samples = excluded.samples, parts = excluded.parts
where (p.score, p.low, p.high, p.samples, p.parts)
  is distinct from (excluded.score, excluded.low, excluded.high, excluded.samples, excluded.parts)
"""


def _count(work: Work, day: date, zone: str, *, closed: bool) -> None:
    company = settings.company(work).performance_weights
    weights = {part: getattr(company, part.value) for part in Part}
    found = rules.scores(_records(work, day, zone), weights)
    rows = [
        {
            "agent_id": agent_id,
            "score": str(one.score),
            "low": str(one.low),
            "high": str(one.high),
            "samples": one.samples,
            "parts": [ShareOut.model_validate(share).model_dump(mode="json") for share in one.shares],
        }
        for agent_id, one in sorted(found.items())
    ]
    params = {"day": day, "closed": closed, "now": clock.now(), "ids": list(found), "rows": Jsonb(rows)}
    work.sql(_DAY, params)
    gone = work.sql(_GONE, params).rowcount
    changed = work.sql(_KEEP, params).rowcount
    told = {"day": day, "closed": closed, "scores": len(rows), "changed": changed + gone}
    work.emit(ScoresCounted(subject_id=None, subject_label=day.isoformat(), after=told))


_MOVES = """
select e.subject_id as task_id, e.occurred_at as at, e.before ->> 'status' as before, e.after ->> 'status' as after,
  a.id as agent_id, t.estimate_minutes
from tasks t join events e on e.subject_id = t.id and e.name = 'task.moved'
join agents a on a.id = (e.after ->> 'agent_id')::uuid
where t.started_at is not null and t.updated_at >= %(begin)s and e.occurred_at < %(end)s
  and (e.after ->> 'status' in ('COMPLETED', 'FAILED') or e.before ->> 'status' in ('REVIEW', 'COMPLETED'))
order by e.seq
"""
_RUNS = """
select x.task_id, x.agent_id,
  sum(coalesce(x.duration_ms / 1000.0, extract(epoch from x.ended_at - x.started_at)))::float8 as seconds
from task_executions x where x.task_id = any(%(ids)s) and x.ended_at < %(end)s group by 1, 2
"""
_COSTS = """
select c.task_id, sum(c.amount_usd) as amount_usd from costs c
where c.task_id = any(%(ids)s) and c.occurred_at < %(end)s and c.amount_usd is not null group by 1
"""


def _records(work: Work, day: date, zone: str) -> dict[UUID, rules.Record]:
    """What each agent did in the window that ends with a day."""
    begin = clock.start_of(day - timedelta(days=WINDOW_DAYS - 1), zone)
    end = clock.start_of(day + timedelta(days=1), zone)
    moves = work.all(_MOVES, {"begin": begin, "end": end})
    records, done = _told(moves, begin)
    params = {"ids": list({task_id for task_id, _ in done}), "end": end}
    seconds = {(row["task_id"], row["agent_id"]): row["seconds"] for row in work.all(_RUNS, params)}
    costs = {row["task_id"]: row["amount_usd"] for row in work.all(_COSTS, params)}
    for (task_id, agent_id), estimate in done.items():
        own = seconds.get((task_id, agent_id))
        if own is not None:
            records[agent_id].durations.append((own, None if estimate is None else estimate * 60.0))
        if task_id in costs:
            records[agent_id].costs.append(costs[task_id])
    return records


def _told(
    moves: list[dict[str, Any]], begin: datetime
) -> tuple[dict[UUID, rules.Record], dict[tuple[UUID, UUID], int | None]]:
    """What the moves say of each agent from a moment on, and who completed which tasks, with their estimates."""
    records: dict[UUID, rules.Record] = {}
    done: dict[tuple[UUID, UUID], int | None] = {}
    sent_back: set[UUID] = set()
    for move in moves:
        task_id, before, after = move["task_id"], move["before"], move["after"]
        was_sent_back = task_id in sent_back
        if before == "REVIEW" and after in ("IN_PROGRESS", "FAILED"):
            sent_back.add(task_id)
        if move["at"] < begin:
            continue
        record = records.setdefault(move["agent_id"], rules.Record())
        record.completed += after == "COMPLETED"
        record.failed += after == "FAILED"
        record.reopened += before == "COMPLETED"
        if before == "REVIEW" and after in ("COMPLETED", "IN_PROGRESS", "FAILED"):
            record.reviews += 1
            record.passed_first += after == "COMPLETED" and not was_sent_back
        if after == "COMPLETED":
            done[task_id, move["agent_id"]] = move["estimate_minutes"]
    return records, done
