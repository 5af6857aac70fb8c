"""The health score: 100 less the points of every cause. Pure, and the same for everyone who computes it.

A cause that is there n times takes `most · (1 − 2^(−n / half))` points, rounded: half of the most at `half` of them, and
never more than the most, however many there are. Where a cause is one of a population (tasks of all open ones, agents of all
that work), `half` is at least its share of them: three failures weigh more among ten tasks than among ten thousand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orkwork.domains.health.models import Cause


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a cause can take, and how fast."""

    most: int
    half: float
    share: float = 0.0
    """Of the population, which `half` is at least."""


COMPANY: Final[Mapping[Cause, Weight]] = {
    Cause.STOPPED: Weight(40, 0.25),
    Cause.JOB: Weight(20, 1),
    Cause.LATE: Weight(20, 1, 0.2),
    Cause.BUDGET: Weight(15, 1, 0.2),
    Cause.SILENT: Weight(20, 1, 0.2),
    Cause.SPENT: Weight(10, 1, 0.2),
    Cause.SLA: Weight(15, 2, 0.05),
    Cause.FAILED: Weight(15, 2, 0.05),
    Cause.OVERDUE: Weight(15, 3, 0.05),
    Cause.AT_RISK: Weight(10, 1, 0.2),
    Cause.DECISION: Weight(10, 3),
    Cause.ANOMALY: Weight(15, 2),
    Cause.PAUSED: Weight(5, 1, 0.2),
}
PROJECT: Final[Mapping[Cause, Weight]] = {
    Cause.LATE: Weight(45, 0.25),
    Cause.BUDGET: Weight(35, 0.25),
    Cause.AT_RISK: Weight(25, 0.25),
    Cause.SLA: Weight(20, 2, 0.05),
    Cause.FAILED: Weight(20, 2, 0.05),
    Cause.OVERDUE: Weight(20, 3, 0.05),
    Cause.DECISION: Weight(10, 3),
    Cause.ANOMALY: Weight(15, 2),
}
"""A project knows what of it is its own: its date, its money, its tasks, decisions and anomalies."""
SEVERITIES: Final = (0.25, 0.5, 1.0)
"""What an anomaly counts, from low to high."""
GOOD: Final = 80
FAIR: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How often a cause is there."""

    count: int
    of: int = 0
    """Of how many; 0 where there is no population."""
    weight: float | None = None
    """What they count together, where not each counts one."""
    label: str = ""
    """What it is called, where it is only one."""
    href: str = ""
    """Where its rows are."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A cause with its points."""

    cause: Cause
    points: int
    found: Found


@dataclass(frozen=True, slots=True)
class Health:
    """The score, and everything that is missing from 100, the worst first."""

    score: int
    taken: tuple[Taken, ...]


def points(found: Found, weight: Weight) -> int:
    """What a cause takes; at least one point where it is there at all."""
    if not found.count:
        return 0
    half = max(weight.half, weight.share * found.of)
    n = found.count if found.weight is None else found.weight
    return max(1, round(weight.most * (1 - 2 ** (-n / half))))


def health(found: Mapping[Cause, Found], weights: Mapping[Cause, Weight]) -> Health:
    """The score; never below zero, though the causes may add up to more than 100."""
    taken = [Taken(cause, points(found[cause], weights[cause]), found[cause]) for cause in weights if cause in found]
    order = list(Cause)
    worst = sorted((one for one in taken if one.points), key=lambda one: (-one.points, order.index(one.cause)))
    return Health(max(0, 100 - sum(one.points for one in worst)), tuple(worst))


def band(score: int) -> str:
    """What one word says of a score."""
    return "good" if score >= GOOD else "fair" if score >= FAIR else "poor"


def is_at_risk(*, late: bool, cold: bool, p80: datetime | None, deadline: datetime | None) -> bool:
    """Whether a project that is not late yet ends after its date in 80 of 100 cases; a forecast of little data says nothing."""
    return not late and not cold and p80 is not None and deadline is not None and p80 > deadline


def severity(by_rank: Mapping[int, int]) -> float:
    """What anomalies count together, out of how many there are of each rank."""
    return sum(SEVERITIES[rank] * n for rank, n in by_rank.items())


SENTENCES: Final[Mapping[Cause, tuple[str, str]]] = {
    Cause.STOPPED: ("The company has spent its budget", "The company has spent its budget"),
    Cause.JOB: ("The job {label} keeps failing", "{count} jobs keep failing"),
    Cause.LATE: ("{label} is past its date", "{count} projects are past their dates"),
    Cause.BUDGET: ("{label} has spent its budget", "{count} projects have spent their budgets"),
    Cause.SILENT: ("{label} is silent", "{count} agents are silent"),
    Cause.SPENT: ("{label} has spent its budget", "{count} agents have spent their budgets"),
    Cause.SLA: ("{label} is late by its SLA", "{count} tasks are late by their SLA"),
    Cause.FAILED: ("{label} failed", "{count} tasks failed"),
    Cause.OVERDUE: ("{label} is overdue", "{count} tasks are overdue"),
    Cause.AT_RISK: ("{label} will hardly meet its date", "{count} projects will hardly meet their dates"),
    Cause.DECISION: ("A decision waits for more than a day", "{count} decisions wait for more than a day"),
    Cause.ANOMALY: ("{label} is out of line", "{count} things are out of line"),
    Cause.PAUSED: ("{label} is paused", "{count} agents are paused"),
}
"""For one, and for several."""


def says(taken: Taken) -> str:
    """A cause in one English sentence."""
    one, many = SENTENCES[taken.cause]
    return (one if taken.found.count == 1 else many).format(label=taken.found.label, count=taken.found.count)
