"""What a forecast is made of: the open tasks, who works, and what is on record. Pure, and light to import."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Final, Literal

PACE_TRUST: Final = 10
"""Runs of an agent at which its own pace weighs as much as everybody's."""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run: its hours (or hours per estimated hour) and its dollars, where they are known."""

    hours: float
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One open task; `needs` are places in the same list. Hours of `elapsed` are of its running run."""

    id: str
    needs: tuple[int, ...] = ()
    state: Literal["waiting", "running", "review"] = "waiting"
    elapsed: float = 0.0
    estimate: float | None = None
    """In hours."""
    order: tuple[float, ...] = ()
    """Claims take the least first."""
    review: bool = False
    wants: frozenset[str] = frozenset()
    """Capabilities."""
    agent: str | None = None
    """Who holds it: nobody else works on it."""
    asks: bool = False
    """It failed: somebody decides first."""
    outside: bool = False
    """Of another project; it only has to be done before what needs it."""
    later: float = 0.0
    """Hours from now before which it can't begin, whatever else is done."""


@dataclass(frozen=True, slots=True)
class Crew:
    """An agent's slots; `share` is how much of its time this project gets, `pace` how long it takes by the usual."""

    id: str
    name: str
    slots: int
    can: frozenset[str] | None = None
    """None is everything."""
    share: float = 1.0
    pace: float = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, by whom."""

    steps: tuple[Step, ...]
    crews: tuple[Crew, ...]


class Cycle(ValueError):
    """The steps wait for each other."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is on record of one project, or of the whole company."""

    plain: tuple[Run, ...] = ()
    scaled: tuple[Run, ...] = ()
    """Of tasks with an estimate: hours and dollars per estimated hour."""
    reviews: tuple[float, ...] = ()
    """Hours until a review came to something."""
    decisions: tuple[float, ...] = ()
    """Hours until a decision was made."""
    failed: tuple[int, int] = (0, 0)
    """Failed runs, and all."""
    changed: tuple[int, int] = (0, 0)
    """Reviews that asked for changes, and all."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a forecast looks at."""

    plan: Plan
    own: Seen = field(default_factory=Seen)
    others: Seen = field(default_factory=Seen)
    """The company without the project."""
    people_review: float = 1.0
    """The share of reviews that people make."""
    arrivals: tuple[int, ...] = ()
    """New tasks on each of the last days."""
    attempts: int = 3
    spent_usd: float = 0.0


def pace(logs: Sequence[float], usual: float) -> float:
    """How long an agent takes by the usual, out of the logs of its runs' hours and their mean over all agents."""
    return exp((sum(logs) - len(logs) * usual) / (len(logs) + PACE_TRUST)) if logs else 1.0


def mean_log(hours: Sequence[float]) -> float:
    """The mean of the logs; zero hours count as a second."""
    return sum(log(max(one, 1 / 3600)) for one in hours) / len(hours) if hours else 0.0
