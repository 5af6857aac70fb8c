"""How many of a tracker's open issues close in the coming months, with an 80 % band. Pure.

A month's hazard depends on an issue's age, learned from the tracker's own months and shrunk to what trackers usually do. What
makes the band wider than coin tosses: months differ (a gamma factor common to all issues of a month, which makes closings
beta-binomial; Skellam 1948); how busy the tracker is now is known only from its last months (a gamma-Poisson filter that
forgets; West and Harrison 1997, ch. 10), in which a burst counts as little evidence; and it wanders (a random walk of its log).

Last, earlier forecasts of the same tracker are made again with what was known then. Where they missed more often than they
should, the ends of the band move outwards to the quantiles that would have held: split conformal prediction on the
probability scale (Vovk et al. 2005; Kuleshov et al. 2018), shrunk to the model's own. They never move inwards. Times are days.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

MONTH_DAYS: Final = 365.25 / 12
MONTHS: Final = 6
PATHS: Final = 4_000
BACK_PATHS: Final = 1_000
"""Of each earlier forecast that is made again."""
BAND: Final = (0.10, 0.50, 0.90)
TAIL: Final = 0.95
AGE_EDGES: Final = np.array([1.0, 3.0, 6.0, 12.0])
"""Ages in months between which the hazard changes."""
USUAL_HAZARD: Final = np.array([0.45, 0.45, 0.40, 0.40, 0.40])
"""What share of open issues closes in a month, by age, before a tracker has shown its own."""
USUAL_WEIGHT: Final = 60.0
"""In issue-months of each age."""
HALF_LIFE_MONTHS: Final = 36.0
"""How fast old months lose weight for how hazards differ by age."""
LEVEL_HALF_LIFE_MONTHS: Final = 6.0
"""How fast they do for how busy the tracker is."""
LEVEL_WEIGHT: Final = 4.0
"""In closings: what the latest months' level is shrunk to the long one with."""
USUAL_VARIANCE: Final = 1.0
"""Of a month's factor around 1, before a tracker has shown its own."""
USUAL_VARIANCE_MONTHS: Final = 8.0
MOST_VARIANCE: Final = 3.0
DRIFT_A_MONTH: Final = 0.3
"""Variance that each coming month adds to the log of the level."""
LEAST_MONTHS: Final = 6
"""Of history, before an origin is rolled."""
LEAST_OPEN: Final = 5
SHORT_MONTHS: Final = 12
"""With fewer months of history the answer says that it is cold."""
LOOKED_BACK: Final = 36
"""Earlier origins whose misses widen the band."""
JUDGED: Final = (1, 2, 3, 6)
"""The months ahead at which they are judged."""
MISS_HALF_LIFE_MONTHS: Final = 24.0
"""How fast a miss is forgotten."""
MISS_WEIGHT: Final = 20.0
"""In forecasts a month ahead: what the model's own quantiles weigh. One for six months says a sixth as much: they overlap."""
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
    low: float = BAND[0]
    high: float = BAND[2]
    """The model's own quantiles that the ends are: further out where earlier forecasts missed too often."""


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
    half: int
    """The truth was at most the P50."""
    tail: int
    """At most the P95."""
    width: float
    """Issues between the ends of the band, on average."""

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
    closings: float
    """Of the latest months, in a gamma distribution of the level: its shape, and beside it its rate."""
    expected: float
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
    seen, ago = at_risk.sum(axis=1) > 0, np.arange(len(at_risk))
    weight = np.where(seen, 0.5 ** (ago / HALF_LIFE_MONTHS), 0.0)
    total, ended = weight @ at_risk, weight @ closings
    overall = (ended.sum() + USUAL_WEIGHT * USUAL_HAZARD.mean()) / (total.sum() + USUAL_WEIGHT)
    shape = USUAL_HAZARD / USUAL_HAZARD.mean() * overall
    hazard = np.clip((ended + USUAL_WEIGHT * shape) / (total + USUAL_WEIGHT), 1e-4, 0.95)
    expected, closed = at_risk @ hazard, closings.sum(axis=1)
    noise = at_risk @ (hazard * (1 - hazard))
    months, size = float(weight.sum()), float(weight @ expected**2)
    found = float(weight @ ((closed - expected) ** 2 - noise)) / size if size else 0.0
    shrunk = (max(found, 0.0) * months + USUAL_VARIANCE * USUAL_VARIANCE_MONTHS) / (months + USUAL_VARIANCE_MONTHS)
    variance = min(shrunk, MOST_VARIANCE)
    late = np.where(seen, 0.5 ** (ago / LEVEL_HALF_LIFE_MONTHS), 0.0) / (1 + variance * expected)
    return _Learned(
        -np.log1p(-hazard), variance, LEVEL_WEIGHT + float(late @ closed), LEVEL_WEIGHT + float(late @ expected),
        int(seen.sum()),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Closings within one to six months along each path, sorted; a row for each month."""

    gone: NDArray[np.int64]
    open: int
    months_seen: int

    def at(self, months: int, share: float) -> int:
        """The least number that so many of the paths do not exceed."""
        paths = self.gone.shape[1]
        return int(self.gone[months - 1, min(max(int(np.ceil(share * paths - 1e-9)) - 1, 0), paths - 1)])

    def place(self, months: int, truth: int) -> tuple[float, float]:
        """Which share of the paths closes fewer, and which not more."""
        row = self.gone[months - 1]
        low, high = np.searchsorted(row, [truth, truth + 1])
        return float(low / len(row)), float(high / len(row))


def _draw(known: History, day: float, step: float, *, seed: int, paths: int) -> _Drawn:
    learned = _learn(known, day, step)
    ages = (day - known.opened[np.isinf(known.closed)]) / step
    counts = np.bincount(np.minimum(ages.astype(int), int(AGE_EDGES[-1]))) if ages.size else np.zeros(1, int)
    rng = np.random.default_rng(seed)
    level = rng.gamma(learned.closings, 1 / learned.expected, paths)
    left = {age: np.full(paths, n) for age, n in enumerate(counts) if n}
    gone, rows = np.zeros(paths, int), []
    for month in range(MONTHS):
        level = level * np.exp(rng.normal(0, np.sqrt(DRIFT_A_MONTH), paths))
        factor = level * rng.gamma(1 / learned.variance, learned.variance, paths)
        for age, rest in left.items():
            place = np.searchsorted(AGE_EDGES, age + 0.5 + month, side="right")
            ended = rng.binomial(rest, -np.expm1(-factor * learned.rate[place]))
            left[age] = rest - ended
            gone = gone + ended
        rows.append(np.sort(gone))
    return _Drawn(np.array(rows), int(ages.size), learned.months)


@dataclass(frozen=True, slots=True)
class _Past:
    """A forecast as it would have been made so many months ago, and what came of it; None while that is not known."""

    back: int
    drawn: _Drawn
    truth: tuple[int | None, ...]


def _rolled(known: History, day: float, step: float, *, seed: int, most: int | None = None) -> Iterator[_Past]:
    """Origins before `day`, the latest first, each with what was known then."""
    origins = int((day - known.opened.min()) // step) - LEAST_MONTHS if known.opened.size else 0
    for back in range(1, min(max(origins, 0), most or origins) + 1):
        origin = day - back * step
        of_these = (known.opened <= origin) & (known.closed > origin)
        if of_these.sum() < LEAST_OPEN:
            continue
        closed = known.closed[of_these]
        truth = (int((closed <= origin + n * step).sum()) if n <= back else None for n in range(1, MONTHS + 1))
        yield _Past(back, _draw(known.until(origin), origin, step, seed=seed + back, paths=BACK_PATHS), tuple(truth))


def _levels(past: Sequence[_Past], back: int = 0) -> tuple[float, float, float]:
    """The model's quantiles for the ends of the band and the P95, `back` months ago: 0.1, 0.9 and 0.95 or further out.

    Only forecasts whose months were over by then count.
    """
    grid = np.linspace(0, 1, 401)
    found, total = np.zeros_like(grid), 0.0
    for one in past:
        for months in JUDGED:
            truth, ago = one.truth[months - 1], one.back - months - back
            if ago < 0 or truth is None or one.back - back > LOOKED_BACK:
                continue
            low, high = one.drawn.place(months, truth)
            weight = 0.5 ** (ago / MISS_HALF_LIFE_MONTHS) / months
            found += weight * np.clip((grid - low) / max(high - low, 1e-9), 0, 1)
            total += weight
    shares = np.interp([BAND[0], BAND[2], TAIL], (found + MISS_WEIGHT * grid) / (total + MISS_WEIGHT), grid)
    return min(float(shares[0]), BAND[0]), max(float(shares[1]), BAND[2]), max(float(shares[2]), TAIL)


def closings(
    known: History, day: float, *, seed: int = 1, paths: int = PATHS, step_days: float = MONTH_DAYS
) -> Closing:
    """How many of the issues that are open on `day` close in the 1 to 6 months (or steps) after it.

    Only what was known on that day is used. The same seed gives the same answer.
    """
    known = known.until(day)
    drawn = _draw(known, day, step_days, seed=seed, paths=paths)
    low, high, _ = _levels(list(_rolled(known, day, step_days, seed=seed, most=LOOKED_BACK)))
    bands = [
        Band(n, drawn.at(n, low), drawn.at(n, BAND[1]), drawn.at(n, high), round(low, 3), round(high, 3))
        for n in range(1, MONTHS + 1)
    ]
    return Closing(drawn.open, tuple(bands), drawn.months_seen, drawn.months_seen < SHORT_MONTHS)


def coverage(known: History, day: float, *, seed: int = 1, step_days: float = MONTH_DAYS) -> tuple[Coverage, ...]:
    """Roll the origin over the history before `day`, a month at a time: how often did the truth lie within the band?

    Each origin is forecast with what was known then; a horizon counts only where it ended by `day`.
    """
    past = list(_rolled(known.until(day), day, step_days, seed=seed))
    tally = np.zeros((MONTHS, 7))
    for one in past:
        low, high, tail = _levels(past, one.back)
        for n, truth in enumerate(one.truth, 1):
            if truth is not None:
                least, most = one.drawn.at(n, low), one.drawn.at(n, high)
                below, above = truth < least, truth > most
                half, within_tail = truth <= one.drawn.at(n, BAND[1]), truth <= one.drawn.at(n, tail)
                tally[n - 1] += (1, not (below or above), below, above, half, within_tail, most - least)
    return tuple(
        Coverage(n, *(int(value) for value in row[:6]), width=float(row[6] / max(row[0], 1)))
        for n, row in enumerate(tally, 1)
    )
