"""Sealing the record."""

from typing import Any

from orkwork.core import clock
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.audit import rules
from orkwork.domains.audit.events import EventsErased

BATCH = 1000
_HORIZON = "pg_snapshot_xmin(pg_current_snapshot())"
_FRESH = f"""
with settled as (  -- before the first event that may still be preceded by one of a transaction that is open
  select coalesce(min(seq + 0), {2**63 - 1}) as upto from events where xid >= {_HORIZON}),
late as materialized (  -- of a transaction that was open when later events got their places
  select seq from events e where xid >= %(xid)s::xid8 and xid < {_HORIZON} and seq < %(seq)s
    and not exists (select from event_log l where l.seq = e.seq)),
fresh as (
  select seq from late where seq < (select upto from settled)
  union all
  (select seq from events where seq >= %(seq)s and seq < (select upto from settled) and xid < {_HORIZON}
   order by seq limit {{limit}}))
select e.seq, {rules.CANONICAL} as canonical,
  case when exists (select from late where seq >= (select upto from settled)) then %(xid)s::text else {_HORIZON}::text end as xid
from fresh join events e using (seq) order by e.seq
"""


@operation(None, users=False, agents=False)
def seal(work: Work, limit: int = BATCH) -> int:
    """Give the events that came since a place in the one order of all events; how many there were.

    Reads only what no open transaction can still precede, so nothing is missed and nothing changes place; and in the
    order of `seq`, so that what a transaction saw stands before what it did. Two sealers at once wait for each other on
    the cursor's row.
    """
    end = work.one("select pos, hash, xid, seq from event_log_cursor for update")
    assert end is not None
    fresh = work.all(_FRESH.format(limit=int(limit)), {"xid": end["xid"], "seq": end["seq"]})
    if not fresh:
        return 0
    pos, previous, now = end["pos"], end["hash"], clock.now()
    with (
        work.conn.cursor() as cursor,
        cursor.copy("copy event_log (pos, seq, leaf, hash, sealed_at, erased) from stdin") as rows,
    ):
        for row in fresh:
            pos, leaf = pos + 1, rules.leaf_of(row["canonical"])
            previous = rules.link(previous, pos, leaf)
            rows.write_row((pos, row["seq"], leaf, previous, now, False))
    work.sql(
        "update event_log_cursor set pos = %(pos)s, hash = %(hash)s, xid = %(xid)s, seq = %(seq)s",
        {"pos": pos, "hash": previous, "xid": fresh[-1]["xid"], "seq": max(end["seq"], fresh[-1]["seq"] + 1)},
    )
    return len(fresh)


def erase(work: Work, condition: str, params: dict[str, Any], why: str) -> int:
    """Erase the events under a condition on `events e`, for the removal of a demo; the chain keeps their hashes.

    All of them are sealed first, so that each leaves its hash behind.
    """
    work.sql("set local orkwork.erase = 'on'")
    gone = work.all(
        f"delete from events e where ({condition}) and exists (select from event_log l where l.seq = e.seq) returning e.seq",
        params,
    )
    work.sql("update event_log set erased = true where seq = any(%(seqs)s)", {"seqs": [row["seq"] for row in gone]})
    if gone:
        work.emit(EventsErased(subject_id=None, subject_label=why, after={"events": len(gone)}))
    return len(gone)
