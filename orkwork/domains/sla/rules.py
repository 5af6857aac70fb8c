"""The arithmetic of service levels. Pure, and without a clock of its own."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from orkwork.domains.sla.models import ENDED, Clock, State, Whom
from orkwork.domains.tasks.models import Status

WARNS_AT: Final = 0.8
"""The share of a limit at which a warning is given."""
WARNING: Final = 0
BREACH: Final = 1
LEAST_SAMPLES: Final = 5
"""Fewer than these make no percentage."""
_NEVER: Final = float("inf")

Move = tuple[datetime, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One level of an escalation."""

    to: Whom
    after_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is promised, and for which tasks."""

    id: UUID
    created_at: datetime
    response_minutes: int | None = None
    resolution_minutes: int | None = None
    project_id: UUID | None = None
    priority: str | None = None
    label: str | None = None
    kind: str | None = None
    pauses_in: tuple[str, ...] = ()
    escalation: tuple[Step, ...] = ()

    @property
    def targets(self) -> int:
        """How many targets it names."""
        return sum(target is not None for target in (self.project_id, self.priority, self.label, self.kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What rules look at in a task."""

    project_id: UUID
    priority: str
    labels: Collection[str]
    kind: str


def applies(rule: Rule, task: Subject) -> bool:
    """Whether every target that the rule names is the task's."""
    return (
        rule.project_id in (None, task.project_id)
        and rule.priority in (None, task.priority)
        and (rule.label is None or rule.label in task.labels)
        and rule.kind in (None, task.kind)
    )


def choose(rules: Iterable[Rule], task: Subject) -> Rule | None:
    """The rule with most targets named, then the tighter (by resolution, then by response), then the older."""

    def rank(rule: Rule) -> tuple[Any, ...]:
        limits = (rule.resolution_minutes or _NEVER, rule.response_minutes or _NEVER)
        return (-rule.targets, *limits, rule.created_at, rule.id)

    return min((rule for rule in rules if applies(rule, task)), key=rank, default=None)


@dataclass(frozen=True, slots=True)
class Track:
    """A task's way as its clocks see it."""

    started_at: datetime
    spans: tuple[tuple[datetime, datetime], ...]
    """The times that counted and are over."""
    running_since: datetime | None
    responded_at: datetime | None
    """When work first began, or the task ended without."""
    ended_at: datetime | None


def follow(moves: Iterable[Move], pauses_in: Collection[str]) -> Track | None:
    """The way of a task through its states, from first READY on; None before.

    Time in an ended state does not count: after a re-opening the resolution clock goes on where it stood. A move that
    was noted before the one that it followed (clocks of two machines) counts as at the same moment.
    """
    started: datetime | None = None
    since: datetime | None = None
    responded: datetime | None = None
    ended: datetime | None = None
    last: datetime | None = None
    spans: list[tuple[datetime, datetime]] = []
    for noted, status in moves:
        at = noted if last is None else max(noted, last)
        last = at
        if started is None and status != Status.READY:
            continue
        started = started or at
        if since is not None and since < at:
            spans.append((since, at))
        if status == Status.IN_PROGRESS:
            responded = responded or at
        ended = at if status in ENDED else None
        since = None if status in ENDED or status in pauses_in else at
    if started is None:
        return None
    return Track(started, tuple(spans), since, responded or ended, ended)


def _until(track: Track, end: datetime | None) -> Track:
    """The way up to a moment."""
    if end is None:
        return track
    spans = tuple((begin, min(stop, end)) for begin, stop in track.spans if begin < end)
    return Track(track.started_at, spans, None, track.responded_at, end)


def counted(track: Track) -> timedelta:
    """What the spans that are over sum up to."""
    return sum((stop - begin for begin, stop in track.spans), timedelta())


def passes(track: Track, amount: timedelta) -> datetime | None:
    """The moment behind which more than `amount` has counted; None when the clock stopped before."""
    rest = amount
    for begin, stop in track.spans:
        if stop - begin > rest:
            return begin + rest
        rest -= stop - begin
    return None if track.running_since is None else track.running_since + rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One clock of one task."""

    limit: timedelta | None
    counted: timedelta
    ended_at: datetime | None
    warns_at: datetime | None
    due_at: datetime | None


def read(track: Track, clock: Clock, limit_minutes: int | None) -> Reading:
    """One clock of a task on its way."""
    end = track.responded_at if clock is Clock.RESPONSE else track.ended_at
    way = _until(track, end)
    limit = None if limit_minutes is None else timedelta(minutes=limit_minutes)
    return Reading(
        limit=limit,
        counted=counted(way),
        ended_at=end,
        warns_at=None if limit is None else passes(way, limit * WARNS_AT),
        due_at=None if limit is None else passes(way, limit),
    )


def levels(reading: Reading, escalation: Sequence[Step]) -> Iterator[tuple[int, datetime]]:
    """Every level that is or will be reached as things stand, with its moment: the warning, the breach, and each
    escalation so long after the breach, until the clock ends."""
    if reading.warns_at is not None:
        yield WARNING, reading.warns_at
    if reading.due_at is None:
        return
    for level, step in enumerate(escalation or (Step(to=Whom.AGENT, after_minutes=0),), start=BREACH):
        at = reading.due_at + timedelta(minutes=step.after_minutes)
        if level == BREACH or reading.ended_at is None or at < reading.ended_at:
            yield level, at


def is_reached(level: int, at: datetime, now: datetime) -> bool:
    """Whether a level is reached: the warning at its moment, the others behind theirs."""
    return at <= now if level == WARNING else at < now


def next_due(reading: Reading, escalation: Sequence[Step], told: Collection[int]) -> datetime | None:
    """When the next level that was not told is due. Nobody is warned of what has happened already."""
    breached = any(level >= BREACH for level in told)
    ahead = [
        at for level, at in levels(reading, escalation) if level not in told and not (breached and level == WARNING)
    ]
    return min(ahead, default=None)


def reached(
    reading: Reading, escalation: Sequence[Step], told: Collection[int], now: datetime
) -> list[tuple[int, datetime]]:
    """The levels to tell now, each with its moment; no warning where the breach is told or to be told."""
    found = [
        (level, at) for level, at in levels(reading, escalation) if level not in told and is_reached(level, at, now)
    ]
    breached = any(level >= BREACH for level in (*told, *(level for level, _ in found)))
    return [(level, at) for level, at in found if not (breached and level == WARNING)]


def concerned(whom: Whom, agent_id: UUID | None, manager_id: UUID | None) -> tuple[Whom, UUID | None]:
    """Who a level concerns: where nobody works on a task, or an agent reports to nobody, it is the CEO."""
    found = {Whom.AGENT: agent_id, Whom.MANAGER: manager_id}.get(whom)
    return (Whom.CEO, None) if found is None else (whom, found)


def whom(escalation: Sequence[Step], level: int) -> Whom:
    """Whom a rule names for a level; a warning goes to who works on the task."""
    named = escalation[max(level, BREACH) - 1 :]
    return Whom.AGENT if level == WARNING or not named else named[0].to


def by_hand(escalation: Sequence[Step], told: Mapping[int, str]) -> tuple[int, Whom] | None:
    """The level that a person can raise now, and whom it names: the chain's next, behind its end the CEO.

    `told` are the levels that were told, each with whom it concerned. None before the breach, and when the CEO knows.
    """
    breached = {level: concerns for level, concerns in told.items() if level >= BREACH}
    if not breached or Whom.CEO in breached.values():
        return None
    level = max(breached) + 1
    return level, escalation[level - 1].to if level <= len(escalation) else Whom.CEO


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one clock stands at a moment."""

    clock: Clock
    limit_seconds: int
    elapsed_seconds: float
    left_seconds: float
    """Below zero when it is late."""
    due_at: datetime | None
    """When the limit is or was passed; null while paused or when it ended in time."""
    runs_out_at: datetime | None
    """While it runs, the moment from which time left is counted down: what was counted after a breach counts too."""
    ended_at: datetime | None
    paused: bool
    state: State


def standing(row: Mapping[str, Any], clock: Clock, now: datetime) -> Standing | None:
    """One clock of a row of `sla_clocks`; None where nothing is promised."""
    limit = row[f"{clock}_limit_seconds"]
    if limit is None:
        return None
    end, due_at = row[f"{clock}_ended_at"], row[f"{clock}_due_at"]
    since = row["running_since"]
    elapsed = row["counted_seconds"] + ((now - since).total_seconds() if since and end is None else 0.0)
    if clock is Clock.RESPONSE and end is not None:
        elapsed = row["response_seconds"]
    if end is not None:
        state: State = "met" if due_at is None else "missed"
    elif due_at is not None and due_at < now:
        state = "breached"
    else:
        state = "warning" if elapsed >= limit * WARNS_AT else "ok"
    return Standing(
        clock=clock,
        limit_seconds=limit,
        elapsed_seconds=elapsed,
        left_seconds=limit - elapsed,
        due_at=due_at,
        runs_out_at=since + timedelta(seconds=limit - row["counted_seconds"]) if since and end is None else None,
        ended_at=end,
        paused=end is None and since is None,
        state=state,
    )


def tighter(row: Mapping[str, Any], now: datetime) -> Standing | None:
    """The open clock with the least time left; when both have ended, the resolution's, else the response's."""
    found = [one for clock in Clock if (one := standing(row, clock, now))]
    still_open = [one for one in found if one.ended_at is None]
    if still_open:
        return min(still_open, key=lambda one: one.left_seconds)
    return found[-1] if found else None


def late_clock(row: Mapping[str, Any], now: datetime) -> Clock | None:
    """The clock of a row that goes on though its limit is passed; of two the one that was passed first."""
    late = [one for clock in Clock if (one := standing(row, clock, now)) and one.state == "breached"]
    found = min(late, key=lambda one: one.left_seconds, default=None)
    return found and found.clock


def percent_within(met: int, missed: int) -> int | None:
    """The share of what was promised and kept, rounded down; None with too little data."""
    total = met + missed
    return met * 100 // total if total >= LEAST_SAMPLES else None
