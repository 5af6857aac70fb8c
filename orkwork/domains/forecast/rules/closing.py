"""How many of a tracker's open issues close in the coming months, with an 80 % band. Pure.

A month's hazard depends on an issue's age, learned from the tracker's own months and shrunk to what trackers usually do. Two
things make the band wider than coin tosses: months differ (a gamma factor common to all issues of a month, which makes
closings beta-binomial), and the level itself is known only from the months seen and drifts. Times are days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

MONTH_DAYS: Final = 365.25 / 12
MONTHS: Final = 6
PATHS: Final = 4_000
BAND: Final = (0.10, 0.50, 0.90)
AGE_EDGES: Final = np.array([1.0, 3.0, 6.0, 12.0])
"""Ages in months between which the hazard changes."""
USUAL_HAZARD: Final = np.array([0.20, 0.12, 0.09, 0.06, 0.04])
"""What share of open issues closes in a month, by age, before a tracker has shown its own."""
USUAL_WEIGHT: Final = 12.0
"""In issue-months of each age."""
HALF_LIFE_MONTHS: Final = 12.0
"""How fast old months lose weight."""
USUAL_VARIANCE: Final = 1.2
"""Of a month's factor around 1, before a tracker has shown its own."""
USUAL_VARIANCE_MONTHS: Final = 6.0
MOST_VARIANCE: Final = 4.0
DRIFT: Final = 0.25
"""Variance of the log of the level: what the past months can't say of the coming ones."""
DRIFT_A_MONTH: Final = 0.05
"""What each coming month adds to it."""
COLD_LEVEL: Final = 0.5
"""What it has more with no history at all; none from `SETTLED_MONTHS` on."""
SETTLED_MONTHS: Final = 18.0
FULL_MONTH: Final = 10.0
"""Issues open at its beginning that make a month tell in full."""
LEAST_MONTHS: Final = 6
"""Of history, before an origin is rolled."""
LEAST_OPEN: Final = 5
SHORT_MONTHS: Final = 12
"""With fewer months of history the answer says that it is cold."""
Days = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class History:
    """When issues were opened and closed; `closed` is infinite while one is open. Sorted alike."""

    opened: Days
    closed: Days

    def until(self, day: float) -> "History":
        """What was known on a day: nothing later."""
        known = self.opened <= day
        closed = self.closed[known]
        return History(self.opened[known], np.where(closed <= day, closed, np.inf))


@dataclass(frozen=True, slots=True)
class Band:
    """So many close within so many months."""

    months: int
    p10: int
    p50: int
    p90: int


@dataclass(frozen=True, slots=True)
class Closing:
    """What is expected of the issues that are open on a day."""

    open: int
    bands: tuple[Band, ...]
    months_seen: int
    cold: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often the truth lay within the band, looking back; origins overlap, so they are not independent."""

    months: int
    origins: int
    within: int
    below: int
    above: int

    @property
    def share(self) -> float | None:
        """Of the origins; None without any."""
        return self.within / self.origins if self.origins else None


def history(pairs: Sequence[tuple[datetime, datetime | None]]) -> History:
    """A history out of moments; days count from 1970."""
    day = 86_400.0
    opened = np.array([start.timestamp() / day for start, _ in pairs])
    closed = np.array([end.timestamp() / day if end else np.inf for _, end in pairs])
    return History(opened, np.maximum(closed, opened))


@dataclass(frozen=True, slots=True)
class _Learned:
    rate: Days
    """By age, a month."""
    variance: float
    level: float
    months: int


def _table(known: History, day: float, step: float) -> tuple[Days, Days]:
    """Open issues at each past month's beginning, and those of them that closed in it, by age; the latest month first."""
    months = int((day - known.opened.min()) // step) if known.opened.size else 0
    at_risk, closings = np.zeros((months, len(USUAL_HAZARD))), np.zeros((months, len(USUAL_HAZARD)))
    for k in range(months):
        begin = day - (k + 1) * step
        open_then = (known.opened <= begin) & (known.closed > begin)
        age = np.searchsorted(AGE_EDGES, (begin - known.opened[open_then]) / step, side="right")
        ended = known.closed[open_then] <= begin + step
        at_risk[k] = np.bincount(age, minlength=len(USUAL_HAZARD))
        closings[k] = np.bincount(age[ended], minlength=len(USUAL_HAZARD))
    return at_risk, closings


def _learn(known: History, day: float, step: float) -> _Learned:
    at_risk, closings = _table(known, day, step)
    seen = at_risk.sum(axis=1) > 0
    weight = np.where(seen, 0.5 ** (np.arange(len(seen)) / HALF_LIFE_MONTHS), 0.0)
    total, ended = weight @ at_risk, weight @ closings
    overall = (ended.sum() + USUAL_WEIGHT * USUAL_HAZARD.mean()) / (total.sum() + USUAL_WEIGHT)
    shape = USUAL_HAZARD / USUAL_HAZARD.mean() * overall
    hazard = np.clip((ended + USUAL_WEIGHT * shape) / (total + USUAL_WEIGHT), 1e-4, 0.95)
    expected = at_risk @ hazard
    noise = at_risk @ (hazard * (1 - hazard))
    months = float(weight.sum())
    size = float(weight @ expected**2)
    found = float(weight @ ((closings.sum(axis=1) - expected) ** 2 - noise)) / size if size else 0.0
    shrunk = (max(found, 0.0) * months + USUAL_VARIANCE * USUAL_VARIANCE_MONTHS) / (months + USUAL_VARIANCE_MONTHS)
    variance = min(shrunk, MOST_VARIANCE)
    told = float(np.minimum(at_risk.sum(axis=1) / FULL_MONTH, 1) @ weight)
    level = DRIFT + variance / max(told, 3) + COLD_LEVEL * max(0.0, 1 - told / SETTLED_MONTHS)
    return _Learned(-np.log1p(-hazard), variance, level, int(seen.sum()))


def closings(
    known: History, day: float, *, seed: int = 1, paths: int = PATHS, step_days: float = MONTH_DAYS
) -> Closing:
    """How many of the issues that are open on `day` close in the 1 to 6 months (or steps) after it.

    Only what was known on that day is used. The same seed gives the same answer.
    """
    known = known.until(day)
    learned = _learn(known, day, step_days)
    ages = (day - known.opened[np.isinf(known.closed)]) / step_days
    counts = (
        np.bincount(np.minimum(ages.astype(int), int(AGE_EDGES[-1])), minlength=1) if ages.size else np.zeros(1, int)
    )
    rng = np.random.default_rng(seed)
    spread = np.sqrt(learned.level)
    level = np.exp(rng.normal(-learned.level / 2, spread, paths))
    left = {age: np.full(paths, n) for age, n in enumerate(counts) if n}
    gone = np.zeros(paths, int)
    bands = []
    for month in range(1, MONTHS + 1):
        level = level * np.exp(rng.normal(0, np.sqrt(DRIFT_A_MONTH), paths))
        factor = level * rng.gamma(1 / learned.variance, learned.variance, paths)
        for age, rest in left.items():
            place = np.searchsorted(AGE_EDGES, age + 0.5 + month - 1, side="right")
            ended = rng.binomial(rest, -np.expm1(-factor * learned.rate[place]))
            left[age] = rest - ended
            gone += ended
        low, middle, high = (int(value) for value in np.quantile(gone, BAND, method="inverted_cdf"))
        bands.append(Band(month, low, middle, high))
    return Closing(int(ages.size), tuple(bands), learned.months, learned.months < SHORT_MONTHS)


def coverage(known: History, day: float, *, seed: int = 1, step_days: float = MONTH_DAYS) -> tuple[Coverage, ...]:
    """Roll the origin over the history before `day`, a month at a time: how often did the truth lie within the band?

    Each origin is forecast with what was known then; a horizon counts only where it ended by `day`.
    """
    known = known.until(day)
    tally = np.zeros((MONTHS, 4), int)
    origins = int((day - known.opened.min()) // step_days) - LEAST_MONTHS if known.opened.size else 0
    for back in range(1, max(origins, 0) + 1):
        origin = day - back * step_days
        found = closings(known, origin, seed=seed + back, paths=1_000, step_days=step_days)
        if found.open < LEAST_OPEN:
            continue
        of_these = (known.opened <= origin) & (known.closed > origin)
        for band in found.bands[: min(back, MONTHS)]:
            truth = int((known.closed[of_these] <= origin + band.months * step_days).sum())
            below, above = truth < band.p10, truth > band.p90
            tally[band.months - 1] += (1, not (below or above), below, above)
    return tuple(Coverage(n + 1, *(int(value) for value in row)) for n, row in enumerate(tally))
