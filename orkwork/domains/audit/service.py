"""Sealing the record."""

from typing import Any

from orkwork.core import clock
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.audit import rules
from orkwork.domains.audit.events import EventsErased

BATCH = 1000
_FRESH = f"""
select e.seq, e.xid::text as xid, {rules.CANONICAL} as canonical from events e
where (e.xid, e.seq) > (%(xid)s::xid8, %(seq)s) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
order by e.xid, e.seq limit %(limit)s
"""


@operation(None, users=False, agents=False)
def seal(work: Work, limit: int = BATCH) -> int:
    """Give the events that came since a place in the one order of all events; how many there were.

    Reads only what no open transaction can still precede, so nothing is missed and nothing changes place. Two sealers
    at once wait for each other on the cursor's row.
    """
    end = work.one("select pos, hash, xid, seq from event_log_cursor for update")
    assert end is not None
    fresh = work.all(_FRESH, {"xid": end["xid"], "seq": end["seq"], "limit": limit})
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
        {"pos": pos, "hash": previous, "xid": fresh[-1]["xid"], "seq": fresh[-1]["seq"]},
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
