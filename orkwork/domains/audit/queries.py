"""Reading the record and checking its chain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.events import may_hear
from orkwork.core.operation import query
from orkwork.core.paging import decode_cursor, encode_cursor
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.audit import rules
from orkwork.domains.audit.schemas import Checkpoint, CheckpointIn, EventOut, Gap, Heard, HeardEvent, VerifyOut


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Which events to list; a name may end in `*`."""

    actor_id: UUID | None = None
    actor_kind: str | None = None
    actor: str | None = None
    """The beginning of the actor's name."""
    subject_kind: str | None = None
    subject_id: UUID | None = None
    subject: str | None = None
    """A task's key, an agent's name."""
    name: str | None = None
    project_id: UUID | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> tuple[str, dict[str, Any]]:
        """The condition on `events e` and its parameters."""
        tests = {
            "actor_id": "e.actor_id = %(actor_id)s",
            "actor_kind": "e.actor_kind = %(actor_kind)s",
            "actor": "starts_with(lower(e.actor_name), lower(%(actor)s))",
            "subject_kind": "e.subject_kind = %(subject_kind)s",
            "subject_id": "e.subject_id = %(subject_id)s",
            "subject": "lower(e.subject_label) = lower(%(subject)s)",
            "name": "e.name = %(name)s",
            "project_id": "e.project_id = %(project_id)s",
            "request_id": "e.request_id = %(request_id)s",
            "since": "e.occurred_at >= %(since)s",
            "until": "e.occurred_at < %(until)s",
        }
        params = {name: value for name, value in vars(self).items() if value is not None}
        if self.name and self.name.endswith("*"):
            tests["name"] = "starts_with(e.name, %(name)s)"
            params["name"] = self.name[:-1]
        return " and ".join(["true", *(tests[name] for name in params)]), params


@query(None, role=Role.ADMIN, agents=False)
def events(work: Work, filters: EventFilter, *, cursor: str | None = None, limit: int = 50) -> PageOut[EventOut]:
    """Every change, the latest first."""
    where, params = filters.where()
    if cursor:
        params["before"] = decode_cursor(cursor, ["bigint"])[0]
        where += " and e.seq < %(before)s::bigint"
    rows = work.all(f"select e.* from events e where {where} order by e.seq desc limit {int(limit) + 1}", params)
    kept = rows[:limit]
    following = encode_cursor([kept[-1]["seq"]]) if len(rows) > limit else None
    return PageOut(items=[EventOut.model_validate(row) for row in kept], next_cursor=following)


_HEARD = """
select l.pos, l.erased, e.occurred_at, e.name, e.actor_kind, e.actor_id, e.actor_name, e.subject_kind, e.subject_id,
  e.subject_label, e.project_id
from event_log l left join events e on e.seq = l.seq where l.pos > %(after)s order by l.pos limit %(limit)s
"""
_STANDING = """
select c.pos, exists (select from events e where e.seq >= c.seq) or exists (
  select from events e where e.xid >= c.xid::xid8 and e.seq < c.seq and not exists (select from event_log l where l.seq = e.seq)
) as more from event_log_cursor c
"""


@query(None)
def heard(work: Work, after: int | None, *, limit: int = 500) -> Heard:
    """What happened behind a position, as far as the caller may hear of it; nothing, from the end, without one.

    `position` moves on over what the caller may not hear; `gap` says which positions are no longer kept.
    """
    end = work.one(_STANDING)
    assert end is not None
    if after is None:
        return Heard(items=[], position=end["pos"], more=end["more"])
    if after > end["pos"]:
        return Heard(items=[], position=end["pos"], more=end["more"], gap=Gap(first=end["pos"] + 1, last=after))
    rows = work.all(_HEARD, {"after": after, "limit": limit})
    position = rows[-1]["pos"] if rows else end["pos"]
    items = [
        HeardEvent.model_validate(row)
        for row in rows
        if row["name"] and may_hear(work.actor, row["name"], row["project_id"])
    ]
    more = end["more"] or end["pos"] > position
    return Heard(items=items, position=position, more=more, gap=rules.gap_in(after, rows))


@query(None, role=Role.ADMIN, agents=False)
def export(work: Work, filters: EventFilter) -> Iterator[EventOut]:
    """Every change that the filter lets through, the oldest first, a few at a time from one snapshot."""
    where, params = filters.where()
    with work.conn.transaction(), work.conn.cursor("audit_export", row_factory=dict_row) as cursor:
        cursor.itersize = 1000
        cursor.execute(f"select e.* from events e where {where} order by e.seq", params)  # pyright: ignore[reportArgumentType]
        for row in cursor:
            yield EventOut.model_validate(row)


@query(None, role=Role.ADMIN, agents=False)
def checkpoint(work: Work) -> Checkpoint:
    """The end of the chain now."""
    row = work.one("select pos, hash from event_log_cursor")
    assert row is not None
    return Checkpoint(pos=row["pos"], hash=row["hash"].hex(), at=clock.now())


_LINKS = f"""
select l.pos, l.seq, l.leaf, l.hash, l.erased, e.seq is not null as present, {rules.CANONICAL} as canonical
from event_log l left join events e on e.seq = l.seq order by l.pos
"""


_SLIPPED_IN = """
select e.seq from events e where e.xid < %(xid)s::xid8 and e.seq < %(seq)s
  and not exists (select from event_log l where l.seq = e.seq) order by e.seq limit 1
"""


@query(None, role=Role.ADMIN, agents=False)
def verify(work: Work, kept: CheckpointIn | None = None) -> VerifyOut:
    """Recompute the chain from the first event, and hold it against a kept checkpoint where one is given."""
    sealed = erased = 0
    previous, problem, at_pos = rules.GENESIS, None, None
    seen_kept = kept is None or kept.pos == 0
    with work.conn.transaction(), work.conn.cursor("audit_verify", row_factory=dict_row) as cursor:
        work.conn.execute("set transaction isolation level repeatable read")
        end = work.one("select pos, hash, xid, seq from event_log_cursor")
        unsealed = work.one(
            "select count(*) as n from events e where not exists (select from event_log l where l.seq = e.seq)"
        )
        allowed = work.one(
            "select coalesce(sum((after->>'events')::bigint), 0) as n from events where name = 'audit.erased'"
        )
        assert end and unsealed and allowed
        slipped = work.one(_SLIPPED_IN, end)
        cursor.itersize = 2000
        for row in cursor.execute(_LINKS):
            fault = _fault(row, sealed + 1, previous)
            if fault:
                problem, at_pos = fault, row["pos"]
                break
            sealed, previous, erased = row["pos"], row["hash"], erased + row["erased"]
            if kept and kept.pos == row["pos"]:
                seen_kept = kept.hash == row["hash"].hex()
    if problem is None:
        problem = _fault_at_end(end, sealed, previous, erased, allowed["n"])
        if problem is None and not seen_kept:
            problem = "The chain does not hold the checkpoint: its end was cut off or rewritten"
    if problem is None and slipped:
        problem = f"The event {slipped['seq']} was inserted behind the sealing"
    return VerifyOut(
        ok=problem is None,
        sealed=sealed,
        unsealed=unsealed["n"],
        erased=erased,
        problem=problem,
        at_pos=at_pos,
        head=previous.hex(),
    )


def _fault(row: dict[str, Any], expected: int, previous: bytes) -> str | None:
    pos = row["pos"]
    if pos != expected:
        return f"Position {expected} is missing: a row was removed from the chain"
    if not row["present"] and not row["erased"]:
        return f"The event at position {pos} was removed"
    if row["present"] and rules.leaf_of(row["canonical"]) != row["leaf"]:
        return f"The event at position {pos} was changed"
    if rules.link(previous, pos, row["leaf"]) != row["hash"]:
        return f"The link at position {pos} was changed"
    return None


def _fault_at_end(end: dict[str, Any], sealed: int, head: bytes, erased: int, allowed: int) -> str | None:
    if end["pos"] != sealed or end["hash"] != head:
        return f"The chain ends at {sealed}, it was sealed up to {end['pos']}: its end was cut off"
    if erased > allowed:
        return f"{erased} events are gone, only {allowed} of them by the removal of a demo"
    return None
