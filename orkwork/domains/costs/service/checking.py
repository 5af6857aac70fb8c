"""Holding all sums against the rows of the ledger."""

import time
from datetime import date, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.costs import events
from orkwork.domains.costs.service.recording import CUBE_SUMS, SUMS, cube_of, rollup_of

WINDOW_DAYS = 7
"""How many days are looked at in one go; the next go takes those before, and the last two days each time."""
KEPT = 500
_ROWS = """(select * from costs where day between %(since)s and %(until)s
  and occurred_at >= %(since)s::timestamp at time zone 'UTC' - interval '15 hours'
  and occurred_at < %(until)s::timestamp at time zone 'UTC' + interval '39 hours')"""
_COLUMNS = ", ".join(SUMS)
_CUBE_COLUMNS = ", ".join(CUBE_SUMS)
_WHOLE = ", ".join(f"sum(r.{name}) as {name}" for name in SUMS)


def _differs(names: tuple[str, ...]) -> str:
    return " or ".join(f"coalesce(k.{name}, 0) <> coalesce(w.{name}, 0)" for name in names)


_BY_DAY = f"""
with wanted (kind, key, day, shard, {_COLUMNS}) as ({rollup_of(_ROWS)}),
w as (select * from wanted where day <> '0001-01-01'),
k as (select r.kind, r.key, r.day, {_WHOLE} from cost_rollup r
  where r.kind in ('company', 'agent', 'project', 'model', 'provider') and r.day between %(since)s and %(until)s group by 1, 2, 3),
compared as (
  select coalesce(k.kind, w.kind) as kind, coalesce(k.key, w.key) as key, coalesce(k.day, w.day) as day,
    {_differs(SUMS)} as differs, k.amount_usd as kept, w.amount_usd as counted
  from k full join w on (k.kind, k.key, k.day) = (w.kind, w.key, w.day))
select count(*) as sums, count(*) filter (where differs) as differing,
  coalesce((select sum(calls) from w where kind = 'company'), 0) as calls,
  coalesce((select jsonb_agg(jsonb_build_object('kind', kind, 'key', key, 'day', day, 'kept_usd', kept::text,
    'counted_usd', counted::text)) from (select * from compared where differs limit 10) x), '[]') as examples
from compared
"""
_CROSSED = f"""
with w (day, agent, project, provider, model, shard, {_CUBE_COLUMNS}) as ({cube_of(_ROWS)}),
compared as (
  select coalesce(k.day, w.day) as day, coalesce(k.model, w.model) as model, {_differs(CUBE_SUMS)} as differs,
    k.amount_usd as kept, w.amount_usd as counted
  from (select day, agent, project, provider, model, {", ".join(f"sum({name}) as {name}" for name in CUBE_SUMS)} from cost_cube
      where day between %(since)s and %(until)s group by 1, 2, 3, 4, 5) k full join w
    on (k.day, k.agent, k.project, k.provider, k.model) = (w.day, w.agent, w.project, w.provider, w.model))
select count(*) as sums, count(*) filter (where differs) as differing,
  coalesce((select jsonb_agg(jsonb_build_object('kind', 'crossed', 'key', model, 'day', day, 'kept_usd', kept::text,
    'counted_usd', counted::text)) from (select * from compared where differs limit 10) x), '[]') as examples
from compared
"""
_WHOLES = f"""
with near as materialized (select distinct task_id, execution_id from {_ROWS} n where task_id is not null),
w (kind, key, day, shard, {_COLUMNS}) as (
  select * from ({rollup_of("(select c.* from costs c where c.task_id in (select task_id from near))")}) x(kind, key, day, shard,
    {_COLUMNS}) where kind = 'task'),
compared as (
  select w.key, {_differs(SUMS)} as differs, k.amount_usd as kept, w.amount_usd as counted from w left join cost_rollup k
    on k.kind = 'task' and k.key = w.key and k.day = '0001-01-01' and k.shard = 0)
select count(*) as sums, count(*) filter (where differs) as differing,
  coalesce((select jsonb_agg(jsonb_build_object('kind', 'task', 'key', key, 'kept_usd', kept::text,
    'counted_usd', counted::text)) from (select * from compared where differs limit 10) x), '[]') as examples
from compared
"""
_SPAN = """
select (%(now)s at time zone s.time_zone)::date as today,
  (select (c.occurred_at at time zone s.time_zone)::date from costs c order by c.occurred_at, c.id limit 1) as first,
  (select k.since from cost_checks k where k.until < (%(now)s at time zone s.time_zone)::date - 1 order by k.id desc limit 1)
    as checked
from settings s
"""
_KEEP = """
insert into cost_checks (id, checked_at, since, until, calls, sums, differing, examples, duration_ms)
values (%(id)s, %(now)s, %(since)s, %(until)s, %(calls)s, %(sums)s, %(differing)s, %(examples)s, %(duration_ms)s)
"""
_FORGET = "delete from cost_checks where id not in (select id from cost_checks order by id desc limit %(kept)s)"


@operation(None, users=False, agents=False)
def check_sums(work: Work) -> int:
    """Hold the sums of the last two days, and of a week further back each time, against the rows; how many differ.

    Each comparison is one statement, which sees rows and sums as they stood together at one moment.
    """
    row = work.one(_SPAN, {"now": clock.now()})
    assert row is not None
    today, first = row["today"], row["first"]
    differing = _check(work, today - timedelta(days=1), today + timedelta(days=1))
    if first is not None and first < today - timedelta(days=1):
        until = (row["checked"] or today - timedelta(days=1)) - timedelta(days=1)
        if until < first:
            until = today - timedelta(days=2)
        differing += _check(work, max(first, until - timedelta(days=WINDOW_DAYS - 1)), until)
    work.sql(_FORGET, {"kept": KEPT})
    return differing


def _check(work: Work, since: date, until: date) -> int:
    began, span = time.monotonic(), {"since": since, "until": until}
    parts = [work.one(statement, span) or {} for statement in (_BY_DAY, _CROSSED, _WHOLES)]
    found: dict[str, Any] = {name: sum(part[name] for part in parts) for name in ("sums", "differing")}
    examples = [one for part in parts for one in part["examples"]][:10]
    kept = span | found | {"calls": parts[0]["calls"], "id": uuid7(), "now": clock.now(), "examples": Jsonb(examples)}
    work.sql(_KEEP, kept | {"duration_ms": round((time.monotonic() - began) * 1000)})
    if found["differing"]:
        days = {"since": since.isoformat(), "until": until.isoformat()}
        work.emit(events.SumsDiffer(subject_id=None, after=found | days | {"examples": examples}))
    return found["differing"]
