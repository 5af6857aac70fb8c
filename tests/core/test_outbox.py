"""Reactions: exactly once in the database, backed off, parked, taken over."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine

from jobs import outbox
from orkwork.core import clock, db, door, events
from orkwork.core.actor import system
from orkwork.core.events import Event, EventRow, on
from orkwork.core.ids import uuid7
from orkwork.core.work import Work
from tests.domains.tasks.racing import at_once


@dataclass(frozen=True, kw_only=True)
class Rang(Event):
    """Something that only these tests tell."""

    name = "bell.rang"
    subject_kind = "bell"


@pytest.fixture
def bell(database: str) -> Iterator[list[Callable[[], None]]]:
    """A reaction that leaves a row for each event, after whatever the test puts into the list."""
    hooks: list[Callable[[], None]] = []

    def bell_rang(work: Work, event: EventRow) -> None:
        work.sql("insert into capabilities (name) values (%(name)s)", {"name": f"bell:{event.seq}"})
        for hook in hooks:
            hook()

    bell_rang.__module__ = "orkwork.domains.bells.reactions"
    on(Rang)(bell_rang)
    yield hooks
    del events.REACTIONS["bells.bell_rang"]
    del events._BY_EVENT["bell.rang"]


def ring(times: int = 1) -> None:
    def body(work: Work) -> None:
        for _ in range(times):
            work.emit(Rang(subject_id=uuid7()))

    door.run(system("test"), body, write=True)


def heard() -> int:
    with db.engine().connect() as connection:
        return connection.exec_driver_sql("select count(*) from capabilities").scalar_one()


def waiting() -> list[tuple[int, int]]:
    with db.engine().connect() as connection:
        rows = connection.exec_driver_sql("select attempts, state from event_deliveries").all()
        return [(row.attempts, row.state) for row in rows]


def test_each_event_is_reacted_to_once(bell: list[Callable[[], None]]) -> None:
    ring(120)
    assert outbox.drain() == 120
    assert outbox.drain() == 0
    assert (heard(), waiting()) == (120, [])


def test_two_drains_at_once_share_the_work(bell: list[Callable[[], None]]) -> None:
    ring(200)
    assert sum(at_once([outbox.drain] * 4)) == 200
    assert (heard(), waiting()) == (200, [])


def test_an_event_of_a_transaction_that_was_rolled_back_is_never_heard(bell: list[Callable[[], None]]) -> None:
    def body(work: Work) -> None:
        work.emit(Rang(subject_id=None))
        work.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        door.run(system("test"), body, write=True)
    assert outbox.drain() == 0
    with db.engine().connect() as connection:
        assert connection.exec_driver_sql("select count(*) from events").scalar_one() == 0


def test_a_failing_reaction_leaves_nothing_backs_off_and_is_parked_after_ten(bell: list[Callable[[], None]]) -> None:
    bell.append(lambda: 1 / 0)  # pyright: ignore[reportArgumentType]
    ring()
    now, waits = clock.now(), []
    for attempt in range(1, 11):
        with time_machine.travel(now, tick=False):
            assert outbox.drain() == 1
            assert outbox.drain() == 0
            assert heard() == 0
            assert waiting() == [(attempt, 2 if attempt == 10 else 0)]
            with db.engine().connect() as connection:
                due = connection.exec_driver_sql("select not_before from event_deliveries").scalar_one()
            waits.append((due - now).total_seconds())
        now = due + timedelta(seconds=1)
    assert all(2**n * 0.5 <= wait <= 2**n * 1.5 for n, wait in enumerate(waits, start=1))
    with time_machine.travel(now + timedelta(days=30)):
        assert outbox.drain() == 0
    with db.engine().connect() as connection:
        error = connection.exec_driver_sql("select last_error from event_deliveries").scalar_one()
    assert error == "ZeroDivisionError: division by zero"


def test_one_failing_reaction_holds_up_no_other(bell: list[Callable[[], None]]) -> None:
    fails = iter([True, False, False])

    def sometimes() -> None:
        if next(fails):
            raise ValueError("once\x00")

    bell.append(sometimes)
    ring(3)
    assert outbox.drain() == 3
    assert heard() == 2
    with time_machine.travel(clock.now() + timedelta(seconds=10)):
        bell.clear()
        assert outbox.drain() == 1
    assert (heard(), waiting()) == (3, [])


def test_the_deliveries_of_a_killed_worker_are_taken_over_after_its_lease(bell: list[Callable[[], None]]) -> None:
    ring(5)
    claimed = outbox._claim(uuid7())  # and then the worker dies
    assert len(claimed) == 5
    assert outbox.drain() == 0
    with time_machine.travel(clock.now() + timedelta(seconds=outbox.LEASE_SECONDS + 1)):
        assert outbox.drain() == 5
    assert (heard(), waiting()) == (5, [])


def due() -> list[timedelta]:
    """How far from now each delivery is due."""
    with db.engine().connect() as connection:
        moments = connection.exec_driver_sql("select not_before from event_deliveries order by seq").scalars().all()
    return [moment - clock.now() for moment in moments]


def test_what_a_living_worker_holds_is_left_to_it_and_what_failed_comes_when_it_is_due(
    bell: list[Callable[[], None]],
) -> None:
    ring(3)
    token, lease = uuid7(), timedelta(seconds=outbox.LEASE_SECONDS)
    claimed = sorted(outbox._claim(token), key=lambda row: row["seq"])
    bell.append(lambda: 1 / 0)  # pyright: ignore[reportArgumentType]
    outbox._deliver(claimed[0], token)
    bell.clear()
    [failed, *_] = due()
    with time_machine.travel(clock.now() + lease - timedelta(seconds=1)):
        outbox._prolong([row["seq"] for row in claimed], token)
    assert due()[0] <= failed
    with time_machine.travel(clock.now() + lease + timedelta(seconds=1)):
        assert outbox.drain() == 1, "only what failed"
        for row in claimed[1:]:
            outbox._deliver(row, token)
    assert (heard(), waiting()) == (3, [])


def test_a_sign_does_not_wait_for_the_reaction_that_goes_on(bell: list[Callable[[], None]]) -> None:
    ring(2)
    token = uuid7()
    claimed = sorted(outbox._claim(token), key=lambda row: row["seq"])
    seqs = [row["seq"] for row in claimed]
    bell.append(lambda: outbox._prolong(seqs, token))  # the reaction's own row is locked until it ends
    for row in claimed:
        outbox._deliver(row, token)
    assert (heard(), waiting()) == (2, [])


def test_a_worker_that_comes_back_late_does_nothing_twice(bell: list[Callable[[], None]]) -> None:
    ring()
    token = uuid7()
    [late] = outbox._claim(token)
    with time_machine.travel(clock.now() + timedelta(seconds=outbox.LEASE_SECONDS + 1)):
        assert outbox.drain() == 1
    outbox._deliver(late, token)
    assert heard() == 1
