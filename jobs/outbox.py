"""Drains the outbox: claims deliveries with a lease, runs each reaction in a Work of its own, backs off, parks.

The delivery is deleted in the transaction of its reaction, so what a reaction writes happens exactly once. The lease is
short and prolonged as long as the process lives, so that what a killed one held is taken over soon.
"""

import logging
from typing import Any, Final
from uuid import UUID

from jobs.alive import signs
from orkwork.core import clock, door, failpoints
from orkwork.core.actor import system
from orkwork.core.errors import OrkworkError
from orkwork.core.events import REACTIONS, EventRow
from orkwork.core.ids import uuid7
from orkwork.core.work import Work
from orkwork.domains.jobs.rules import LEASE_SECONDS

log = logging.getLogger(__name__)
BATCH: Final = 50
ATTEMPTS: Final = 10
"""After so many failures a delivery is parked, where a person sees it."""
PARKED: Final = 2

_CLAIM = f"""
with due as materialized (
  select seq, reaction from event_deliveries where state = 0 and not_before <= %(now)s
  order by not_before, seq limit {BATCH} for update skip locked)
update event_deliveries d set not_before = %(until)s, attempts = d.attempts + 1, token = %(token)s
from due where d.seq = due.seq and d.reaction = due.reaction
returning d.seq, d.reaction, d.attempts
"""
_DONE = "delete from event_deliveries where seq = %(seq)s and reaction = %(reaction)s and token = %(token)s returning true as mine"
_FAILED = """
update event_deliveries set last_error = %(error)s, state = %(state)s, token = null,
  not_before = %(now)s + make_interval(secs => least(3600, 2 ^ attempts) * (0.5 + random()))
where seq = %(seq)s and reaction = %(reaction)s and token = %(token)s
"""

_PROLONG = """
update event_deliveries d set not_before = %(until)s
from (select seq, reaction from event_deliveries where seq = any(%(seqs)s) and token = %(token)s for update skip locked) held
where d.seq = held.seq and d.reaction = held.reaction
"""
"""What its reaction holds under lock is left alone: nobody can take it over, and a sign must not wait for it."""


def drain(rounds: int = 100) -> int:
    """Deliver what is due; how many deliveries were handled."""
    handled = 0
    for _ in range(rounds):
        token = uuid7()
        claimed = _claim(token)
        if claimed:
            failpoints.hit("outbox.claimed")
            _deliver_all(sorted(claimed, key=lambda row: row["seq"]), token)
        handled += len(claimed)
        if len(claimed) < BATCH:
            break
    return handled


def _deliver_all(rows: list[dict[str, Any]], token: UUID) -> None:
    seqs = [row["seq"] for row in rows]
    with signs.held("outbox", lambda: _prolong(seqs, token)):
        for row in rows:
            _deliver(row, token)


def _prolong(seqs: list[int], token: UUID) -> None:
    params = {"seqs": seqs, "token": token, "until": clock.later(clock.now(), LEASE_SECONDS)}
    door.run(system("outbox"), lambda work: work.sql(_PROLONG, params), write=True, atomic=True)


def _claim(token: UUID) -> list[dict[str, Any]]:
    now = clock.now()
    params = {"now": now, "until": clock.later(now, LEASE_SECONDS), "token": token}
    return door.run(system("outbox"), lambda work: work.all(_CLAIM, params), write=True, atomic=True)


def _deliver(row: dict[str, Any], token: UUID) -> None:
    name = row["reaction"]
    try:
        door.run(system(name, uuid7().hex), lambda work: _react(work, row, token), write=True)
        failpoints.hit("outbox.delivered")
    except Exception as error:
        log.warning("%s failed on event %s (attempt %s)", name, row["seq"], row["attempts"], exc_info=error)
        _fail(row, token, error)


def _react(work: Work, row: dict[str, Any], token: UUID) -> None:
    mine = work.one(_DONE, row | {"token": token})
    event = work.session.get(EventRow, row["seq"])
    reaction = REACTIONS.get(row["reaction"])
    if mine is None or event is None:  # another worker has it, or the demo's event is gone
        return
    if reaction is None:
        raise OrkworkError("outbox.unknown", f"There is no reaction {row['reaction']}")
    failpoints.hit("outbox.reacting")
    reaction.fn(work, event)
    failpoints.hit("outbox.reacted")


def _fail(row: dict[str, Any], token: UUID, error: Exception) -> None:
    params = row | {
        "token": token,
        "now": clock.now(),
        "error": f"{type(error).__name__}: {error}"[:2000].replace("\x00", ""),
        "state": PARKED if row["attempts"] >= ATTEMPTS else 0,
    }
    door.run(system("outbox"), lambda work: work.sql(_FAILED, params), write=True, atomic=True)
