"""Clocks and retry policies: who decides each value, when a failure is tried again, when a clock runs out.

Pauses have no jitter: each task has its own, and claims take one task at a time, so nothing comes back as a herd.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal

from orkwork.core import clock
from orkwork.domains.executions.rules.failures import CATALOGUE
from orkwork.domains.tasks.models import Failure, Status

LEVELS: Final = ("task", "project", "agent", "company")
"""Who is asked, one after the other."""
Origin = Literal["task", "project", "agent", "company", "default"]


class Clock(StrEnum):
    """The four clocks."""

    WAITING = "waiting"
    RUNNING = "running"
    TOTAL = "total"
    SILENCE = "silence"


ENDS_AS: Final = {
    Clock.WAITING: Failure.TIMED_OUT_START,
    Clock.RUNNING: Failure.TIMED_OUT_RUNNING,
    Clock.TOTAL: Failure.TIMED_OUT_TOTAL,
    Clock.SILENCE: Failure.TIMED_OUT_SILENT,
}
"""What is said when a clock runs out."""
DEFAULTS: Final[dict[str, Any]] = {
    "initial_seconds": 30,
    "factor": 2.0,
    "cap_seconds": 3600,
    "attempts": 3,
    "non_retryable": (),
}
"""The retry policy where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value with who decided it."""

    value: Any
    origin: Origin


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for one task in the hands of one agent."""

    clocks: Mapping[Clock, Value]
    """Only those that somebody set; in seconds."""
    retry: Mapping[str, Value]

    def seconds(self, which: Clock) -> int | None:
        """How long a clock runs, or None where there is none."""
        return self.clocks[which].value if which in self.clocks else None

    @property
    def attempts(self) -> int:
        """Runs altogether."""
        return self.retry["attempts"].value


def resolve(sources: Sequence[Mapping[str, Any] | None], max_retries: int | None = None) -> Policy:
    """What holds: each value from the first of task, project, agent and company that says it. A task's `max_retries` is
    one less than its attempts."""
    kept = [dict(source or {}) for source in sources]
    retries = [dict(one.get("retry") or {}) for one in kept]
    if max_retries is not None:
        retries[0]["attempts"] = max_retries + 1
    clocks = {which: found for which in Clock if (found := _first(kept, f"{which}_seconds")) is not None}
    retry = {name: _first(retries, name) or Value(usual, "default") for name, usual in DEFAULTS.items()}
    return Policy(clocks, retry)


def _first(sources: Sequence[Mapping[str, Any]], name: str) -> Value | None:
    for level, source in zip(LEVELS, sources, strict=True):
        if source.get(name) is not None:
            return Value(source[name], level)
    return None


def pause_seconds(policy: Policy, retry_count: int) -> float:
    """How long to wait after the run that ended `retry_count` retries: initial * factor ^ retries, at most the cap."""
    first, factor, cap = (float(policy.retry[name].value) for name in ("initial_seconds", "factor", "cap_seconds"))
    return min(cap, first * factor**retry_count)


Why = Literal["not_passing", "excluded", "attempts", "total"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows a failure: another try at a moment, or none, with the reason."""

    retry_at: datetime | None
    why_not: Why | None = None


def after_failure(
    policy: Policy, failure: Failure, retry_count: int, now: datetime, total_over_at: datetime | None
) -> Verdict:
    """Whether and when a failed task is tried again by itself.

    `other` says nothing of itself, so it is tried again only where somebody said how often.
    """
    unsaid = failure is Failure.OTHER and policy.retry["attempts"].origin != "default"
    if not CATALOGUE[failure].passing and not unsaid:
        return Verdict(None, "not_passing")
    if failure in policy.retry["non_retryable"].value:
        return Verdict(None, "excluded")
    if retry_count + 1 >= policy.attempts:
        return Verdict(None, "attempts")
    again = now + timedelta(seconds=pause_seconds(policy, retry_count))
    if total_over_at is not None and again >= total_over_at:
        return Verdict(None, "total")
    return Verdict(again)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The moments that the clocks of a task count from."""

    waiting_since: datetime | None = None
    began_at: datetime | None = None
    """First READY, or when a person had it done again."""
    started_at: datetime | None = None
    """Of the run under way."""
    seen_at: datetime | None = None
    """Its last sign of life."""


def times_of(row: Mapping[str, Any]) -> Times:
    """The moments that the clocks count from, out of a row that holds the task's and those of its run under way."""
    ended = row["status"] in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
    return Times(
        waiting_since=row["waiting_since"] if row["status"] in (Status.READY, Status.ASSIGNED) else None,
        began_at=None if ended else row["attempts_from"] or row["ready_at"],
        started_at=row["started_at"],
        seen_at=row["seen_at"],
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """One clock as it stands."""

    which: Clock
    limit: Value
    since: datetime | None
    """None while it does not run."""

    @property
    def over_at(self) -> datetime | None:
        """When it runs out, or ran out."""
        return None if self.since is None else clock.later(self.since, self.limit.value)


def readings(policy: Policy, times: Times) -> list[Reading]:
    """The clocks that somebody set, each with since when it runs."""
    since = {
        Clock.WAITING: times.waiting_since if times.started_at is None else None,
        Clock.RUNNING: times.started_at,
        Clock.TOTAL: times.began_at,
        Clock.SILENCE: max(filter(None, (times.started_at, times.seen_at))) if times.started_at else None,
    }
    return [Reading(which, limit, since[which]) for which, limit in policy.clocks.items()]


def run_out(policy: Policy, times: Times, now: datetime) -> Clock | None:
    """The clock that ends a run now, the graver first; a run that began after the total time ends by the others."""
    over = {reading.which for reading in readings(policy, times) if reading.over_at and reading.over_at <= now}
    total = policy.seconds(Clock.TOTAL)
    if Clock.TOTAL in over and times.began_at and times.started_at and total is not None:
        late_start = times.started_at >= times.began_at + timedelta(seconds=total)
        over -= {Clock.TOTAL} if late_start else set()
    return next((which for which in (Clock.TOTAL, Clock.RUNNING, Clock.SILENCE) if which in over), None)
