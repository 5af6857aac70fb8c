"""The arithmetic of service levels, by table and against a slow second way of counting."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orkwork.domains.sla import rules
from orkwork.domains.sla.models import MAY_PAUSE, Clock, Whom
from orkwork.domains.sla.rules import Rule, Step, Subject
from orkwork.domains.tasks.models import Status

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROJECT = uuid4()
CHAIN = (
    Step(to=Whom.AGENT, after_minutes=0),
    Step(to=Whom.MANAGER, after_minutes=30),
    Step(to=Whom.CEO, after_minutes=60),
)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def way(*steps: tuple[float, str]) -> list[tuple[datetime, str]]:
    return [(at(minutes), status) for minutes, status in steps]


def rule(n: int = 1, **fields: Any) -> Rule:
    wanted: dict[str, Any] = {"resolution_minutes": 60} | fields
    return Rule(id=UUID(int=n), created_at=at(n), **wanted)


TASK = Subject(project_id=PROJECT, priority="high", labels=["bug", "ui"], kind="task")


@pytest.mark.parametrize(
    ("known", "winner"),
    [
        ([], None),
        ([rule(1, priority="low")], None),
        ([rule(1, label="docs"), rule(2, kind="phase"), rule(3, project_id=uuid4())], None),
        ([rule(1), rule(2, priority="high")], 2),
        ([rule(1, priority="high", resolution_minutes=5), rule(2, priority="high", label="ui")], 2),
        ([rule(1, project_id=PROJECT), rule(2, project_id=PROJECT, priority="high", label="bug", kind="task")], 2),
        ([rule(1, kind="task"), rule(2, label="bug", resolution_minutes=59)], 2),
        ([rule(1, kind="task", resolution_minutes=None, response_minutes=1), rule(2, label="bug")], 2),
        ([rule(1, kind="task"), rule(2, label="bug", response_minutes=10)], 2),
        ([rule(2, kind="task"), rule(1, label="bug")], 1),
    ],
    ids=["none", "other priority", "other all", "more named", "more named beats tighter", "four named", "tighter",
         "a resolution is tighter than none", "tighter response", "older"],
)  # fmt: skip
def test_the_rule_with_most_targets_wins_then_the_tighter_then_the_older(known: list[Rule], winner: int | None) -> None:
    for order in (known, known[::-1]):
        found = rules.choose(order, TASK)
        assert (found and found.id.int) == winner


STRAIGHT = [(0, "CREATED"), (5, "PLANNING"), (10, "READY"), (15, "ASSIGNED"), (18, "IN_PROGRESS"), (40, "COMPLETED")]
PAUSED = [(0, "READY"), (10, "PLANNING"), (25, "READY"), (30, "IN_PROGRESS"), (50, "REVIEW"), (90, "COMPLETED")]
RESTORED = [(0, "READY"), (7, "CANCELLED"), (100, "CREATED"), (103, "PLANNING"), (104, "READY"), (110, "ASSIGNED")]
REOPENED = [
    (0, "READY"),
    (6, "IN_PROGRESS"),
    (20, "COMPLETED"),
    (500, "READY"),
    (512, "IN_PROGRESS"),
    (520, "COMPLETED"),
]


@pytest.mark.parametrize(
    ("steps", "pauses", "response", "resolution"),
    [
        # what each clock has counted, in minutes, and whether it ended
        (STRAIGHT, [], (8, True), (30, True)),
        ([(0, "READY"), (10, "ASSIGNED"), (20, "READY"), (30, "ASSIGNED"), (31, "IN_PROGRESS")], [], (31, True), (31, False)),
        (PAUSED, ["PLANNING", "REVIEW"], (15, True), (35, True)),
        ([(0, "READY"), (10, "ASSIGNED"), (20, "IN_PROGRESS"), (60, "COMPLETED")], ["READY"], (10, True), (50, True)),
        ([(0, "READY"), (7, "CANCELLED")], [], (7, True), (7, True)),
        (RESTORED, [], (17, False), (17, False)),
        (REOPENED, [], (6, True), (40, True)),
        ([(0, "READY"), (5, "ASSIGNED"), (6, "IN_PROGRESS"), (20, "FAILED"), (50, "READY")], [], (6, True), (50, False)),
        ([(0, "READY"), (5, "ASSIGNED"), (3, "IN_PROGRESS"), (20, "COMPLETED")], [], (5, True), (20, True)),
    ],
    ids=["straight", "released", "paused", "paused from the start", "cancelled", "restored", "re-opened", "failed counts",
         "clocks that differ"],
)  # fmt: skip
def test_clocks_count_from_first_ready_less_the_pauses(
    steps: list[tuple[float, str]], pauses: list[str], response: tuple[float, bool], resolution: tuple[float, bool]
) -> None:
    track = rules.follow(way(*steps), pauses)
    assert track is not None
    for clock, (minutes, ended) in ((Clock.RESPONSE, response), (Clock.RESOLUTION, resolution)):
        reading = rules.read(track, clock, 60)
        assert reading.counted == timedelta(minutes=minutes) or not ended
        assert (reading.ended_at is not None) is ended


def test_before_it_was_ready_nothing_runs() -> None:
    assert rules.follow(way((0, "CREATED"), (5, "PLANNING"), (9, "CANCELLED")), []) is None


def test_a_limit_that_is_just_reached_is_kept_and_one_moment_more_is_not() -> None:
    kept = rules.follow(way((0, "READY"), (60, "COMPLETED")), [])
    late = rules.follow([*way((0, "READY")), (at(60) + timedelta(microseconds=1), "COMPLETED")], [])
    assert kept and late
    assert rules.read(kept, Clock.RESOLUTION, 60).due_at is None
    assert rules.read(late, Clock.RESOLUTION, 60).due_at == at(60)


def test_a_pause_puts_off_the_moment_and_a_later_one_does_not() -> None:
    track = rules.follow(
        way((0, "READY"), (10, "PLANNING"), (30, "READY"), (90, "PLANNING"), (200, "READY")), ["PLANNING"]
    )
    assert track is not None
    reading = rules.read(track, Clock.RESOLUTION, 60)
    assert (reading.warns_at, reading.due_at) == (at(68), at(80))


def test_while_it_is_paused_no_moment_is_ahead() -> None:
    track = rules.follow(way((0, "READY"), (10, "REVIEW")), ["REVIEW"])
    assert track is not None
    reading = rules.read(track, Clock.RESOLUTION, 60)
    assert (reading.warns_at, reading.due_at, reading.ended_at) == (None, None, None)


@pytest.mark.parametrize(
    ("minutes", "told", "now_told", "following"),
    [
        (47, [], [], 48),
        (48, [], [0], 48),
        (48, [0], [], 60),
        (60, [0], [], 60),
        (60.1, [0], [1], 60),
        (60.1, [], [1], 48),
        (60.1, [0, 1], [], 90),
        (90, [0, 1], [], 90),
        (90.1, [0, 1], [2], 90),
        (500, [], [1, 2, 3], 48),
        (500, [0, 1, 2, 3], [], None),
        (500, [1, 2, 3], [], None),
    ],
)
def test_each_level_is_told_behind_its_moment(
    minutes: float, told: list[int], now_told: list[int], following: float | None
) -> None:
    track = rules.follow(way((0, "READY")), [])
    assert track is not None
    reading = rules.read(track, Clock.RESOLUTION, 60)
    assert [level for level, _ in rules.reached(reading, CHAIN, told, at(minutes))] == now_told
    assert rules.next_due(reading, CHAIN, told) == (None if following is None else at(following))


def test_nobody_is_chased_after_the_end_however_late_the_check() -> None:
    track = rules.follow(way((0, "READY"), (100, "COMPLETED")), [])
    assert track is not None
    told = rules.reached(rules.read(track, Clock.RESOLUTION, 60), CHAIN, [], at(9999))
    assert told == [(1, at(60)), (2, at(90))]


def test_a_level_without_anybody_goes_to_the_ceo() -> None:
    agent, manager = uuid4(), uuid4()
    assert rules.concerned(Whom.AGENT, agent, manager) == (Whom.AGENT, agent)
    assert rules.concerned(Whom.MANAGER, agent, manager) == (Whom.MANAGER, manager)
    assert rules.concerned(Whom.MANAGER, agent, None) == (Whom.CEO, None)
    assert rules.concerned(Whom.AGENT, None, None) == (Whom.CEO, None)
    assert rules.concerned(Whom.CEO, agent, manager) == (Whom.CEO, None)


@pytest.mark.parametrize(
    ("met", "missed", "percent"), [(4, 0, None), (5, 0, 100), (0, 5, 0), (199, 1, 99), (2, 1, None)]
)
def test_too_little_data_makes_no_percentage(met: int, missed: int, percent: int | None) -> None:
    assert rules.percent_within(met, missed) == percent


STATES = [status.value for status in Status]
moves = st.lists(st.tuples(st.integers(0, 50), st.sampled_from(STATES)), max_size=30)
pausing = st.sets(st.sampled_from([status.value for status in MAY_PAUSE]))


def slowly(steps: list[tuple[int, str]], pauses: set[str], limit: int, now: int, clock: Clock) -> int | None:
    """The minute behind which a clock has counted more than its limit, by walking through every minute."""
    started = False
    state, responded, count, place = "", False, 0, 0
    for minute in range(now):
        while place < len(steps) and steps[place][0] <= minute:
            state = steps[place][1]
            started = started or state == "READY"
            responded = responded or (started and state == "IN_PROGRESS")
            place += 1
        over = state in ("COMPLETED", "CANCELLED") or (clock is Clock.RESPONSE and responded)
        if started and not over and state not in pauses:
            if count == limit:
                return minute
            count += 1
    return None


@given(moves, pausing, st.integers(1, 300))
def test_every_minute_counted_by_hand_gives_the_same_breach(
    gaps: list[tuple[int, str]], pauses: set[str], limit: int
) -> None:
    steps, minute = [], 0
    for gap, state in gaps:
        minute += gap
        steps.append((minute, state))
    track, now = rules.follow(way(*steps), pauses), minute + 400
    for clock in Clock:
        reading = track and rules.read(track, clock, limit)
        passed = reading.due_at if reading and reading.due_at and reading.due_at < at(now) else None
        by_hand = slowly(steps, pauses, limit, now, clock)
        assert passed == (None if by_hand is None else at(by_hand))
