"""What is known of durations, costs and rates, as something to draw from. Pure.

A project's own finished runs count first, then the company's, then a wide prior: `n` runs weigh `n / (n + TRUST)`, and what
they leave goes to the next. What is borrowed lends its shape, not its level: the company's runs and the prior are brought to
the level that the runs show, a normal mean of their logs shrunk from prior to company to project (Lindley and Smith 1972). A
duration and its cost are drawn together, so that long runs stay dear. What the runs can't say of the coming ones is a factor
common to all tasks of a path, one of hours and one of dollars: it does not average out over a thousand tasks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from orkwork.domains.forecast.rules.plans import Run

TABLE: Final = 4096
"""Entries of a table that is drawn from."""
TRUST: Final = 10.0
"""Runs at which the own ones weigh as much as all others."""
DRIFT: Final = 0.15
"""Spread of the log of the common factor of hours that no history takes away: the future differs."""
USD_DRIFT: Final = 0.25
"""The same of dollars."""
BETWEEN: Final = 0.5
"""The same between projects of a company."""
UNKNOWN: Final = 1.0
"""The same where only the prior speaks: a factor of 2.7 either way is ordinary."""
KNOWN_SPREAD: Final = 5.0
"""Runs that the prior's spread of the logs counts as."""
LEAST_HOURS, LEAST_USD = 1e-4, 1e-6
"""Less counts as this where logs are taken."""
COLD: Final = 0.5
"""From this weight of the prior on, a forecast is cold."""
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Prior:
    """A log-normal where nothing is known: medians, and the spread of the logs."""

    hours: float
    spread: float = 1.5
    usd: float = 0.30
    usd_spread: float = 1.5


RUN_PRIOR: Final = Prior(0.5)
"""Half an hour and 30 cents; one run in ten takes under 4 minutes, one in ten over 3.4 hours."""
RATIO_PRIOR: Final = Prior(1.0, 1.2, 0.6)
"""An estimated hour takes an hour."""
REVIEW_PRIOR: Final = Prior(2.0, 1.5, 0.0)
"""A review waits two hours; one in ten longer than 14."""
DECISION_PRIOR: Final = Prior(8.0, 1.5, 0.0)
"""A decision of the CEO waits eight hours."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Pairs of hours and dollars to draw from, each as likely as the other."""

    hours: Floats
    usd: Floats
    spread: float
    """Of the log of the common factor of hours."""
    usd_spread: float = 0.0
    """The same of dollars, which are far off where hours are."""
    own: int = 0
    company: int = 0
    prior_weight: float = 0.0

    @property
    def mean_hours(self) -> float:
        """Of one draw."""
        return float(self.hours.mean())

    def beyond(self, hours: float, scale: float) -> "Pool":
        """What is left of a run that has lasted some hours already."""
        left = self.hours * scale - hours
        longer = left > 0
        if longer.sum() < TABLE // 256:  # longer than nearly all before: what has lasted long lasts on
            left, longer = hours * self.hours / max(float(np.median(self.hours)), 1e-6), np.ones(TABLE, bool)
        at = np.flatnonzero(longer)[np.arange(TABLE) % int(longer.sum())]
        share = left[at] / np.maximum(self.hours[at] * scale, 1e-6)
        return replace(
            self, hours=left[at].astype(np.float32), usd=(self.usd[at] * np.minimum(share, 1)).astype(np.float32)
        )


@dataclass(frozen=True, slots=True)
class _Level:
    """What is known of the mean log of a project's runs."""

    mean: float
    company: float
    """The same of the company's runs, as they are."""
    spread: float
    """Of the logs of single runs."""
    unsure: float
    """Variance of the mean."""


def _level(own: Sequence[float], company: Sequence[float], prior: float, spread: float) -> _Level:
    """The mean of the logs of values, shrunk to the company's, shrunk to the prior's."""
    mine, theirs = np.log(own), np.log(company)
    seen = sum(logs.size * float(logs.var()) for logs in (mine, theirs) if logs.size)
    variance = (KNOWN_SPREAD * spread**2 + seen) / (KNOWN_SPREAD + mine.size + theirs.size)
    mean, unsure = float(np.log(prior)), UNKNOWN**2 - BETWEEN**2
    if theirs.size:
        gain = unsure / (unsure + variance / theirs.size)
        mean, unsure = mean + gain * (float(theirs.mean()) - mean), unsure * (1 - gain)
    unsure += BETWEEN**2
    if mine.size:
        gain = unsure / (unsure + variance / mine.size)
        mean, unsure = mean + gain * (float(mine.mean()) - mean), unsure * (1 - gain)
    return _Level(mean, float(theirs.mean()) if theirs.size else mean, float(np.sqrt(variance)), unsure)


def pool(own: Sequence[Run], company: Sequence[Run], prior: Prior) -> Pool:
    """A table out of the own runs, the company's and the prior, each with its weight."""
    mine = len(own) / (len(own) + TRUST)
    others = (1 - mine) * len(company) / (len(company) + TRUST)
    counts = round(mine * TABLE), round(others * TABLE)
    spent = [[max(run.hours, LEAST_HOURS) for run in runs] for runs in (own, company)]
    hours = _level(spent[0], spent[1], prior.hours, prior.spread)
    known = [[run.usd for run in runs if run.usd is not None] for runs in (own, company)]
    paid = [[one for one in dollars if one > LEAST_USD] for dollars in known]
    usd = _level(paid[0], paid[1], max(prior.usd, LEAST_USD), prior.usd_spread)
    usual = float(np.mean(known[0] + known[1])) if any(known) else None
    free = prior.usd == 0 or (any(known) and not any(paid))
    fitted = Prior(float(np.exp(hours.mean)), hours.spread, 0.0 if free else float(np.exp(usd.mean)), usd.spread)
    there = _spaced(company, counts[1], usual)
    borrowed = there[0] * np.exp(hours.mean - hours.company), there[1] * np.exp(usd.mean - usd.company)
    parts = [_spaced(own, counts[0], usual), borrowed, _lognormal(fitted, TABLE - sum(counts))]
    table = [np.concatenate([part[n] for part in parts]).astype(np.float32) for n in (0, 1)]
    return Pool(
        table[0], table[1], float(np.sqrt(DRIFT**2 + hours.unsure)), float(np.sqrt(USD_DRIFT**2 + usd.unsure)),
        len(own), len(company), max(1 - mine - others, 0.0),
    )  # fmt: skip


def exactly(hours: float, usd: float = 0.0) -> Pool:
    """A pool that always gives the same."""
    return Pool(np.full(TABLE, hours, np.float32), np.full(TABLE, usd, np.float32), 0.0)


def _spaced(runs: Sequence[Run], count: int, usual: float | None) -> tuple[Any, Any]:
    """So many entries, the runs evenly among them; a run of unknown cost costs what others cost."""
    if not count:
        return np.empty(0), np.empty(0)
    ordered = sorted(runs, key=lambda run: run.hours)
    at = ((np.arange(count) + 0.5) / count * len(ordered)).astype(int)
    hours = np.array([run.hours for run in ordered])
    usd = np.array([run.usd if run.usd is not None else (usual or 0.0) for run in ordered])
    return hours[at], usd[at]


def _lognormal(prior: Prior, count: int) -> tuple[Any, Any]:
    """Quantiles of the prior; hours and dollars rise together, as in runs."""
    if not count:
        return np.empty(0), np.empty(0)
    grid, scores = _normal()
    score = np.interp((np.arange(count) + 0.5) / count, grid, scores)
    return prior.hours * np.exp(prior.spread * score), prior.usd * np.exp(prior.usd_spread * score)


@cache
def _normal() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares, and the standard normal values below which they lie."""
    grid, normal = (np.arange(TABLE) + 0.5) / TABLE, NormalDist()
    return grid, np.array([normal.inv_cdf(share) for share in grid])


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that is itself uncertain: a beta distribution, drawn once for each path."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        """Of the distribution."""
        return self.a / (self.a + self.b)

    def draw(self, rng: np.random.Generator, paths: int) -> Floats:
        """One rate for each path; a rate of nothing stays nothing."""
        if self.a <= 0:
            return np.zeros(paths, np.float32)
        return np.minimum(rng.beta(self.a, self.b, paths), 0.9).astype(np.float32)


NEVER: Final = Rate(0.0, 1.0)


def rate(own: tuple[int, int], company: tuple[int, int], prior: tuple[float, float]) -> Rate:
    """A rate out of (times, of) of the project, shrunk to the company's, shrunk to the prior's pseudo-counts."""
    usual = (company[0] + prior[0]) / (company[1] + sum(prior))
    return Rate(own[0] + TRUST * usual, own[1] - own[0] + TRUST * (1 - usual))


@dataclass(frozen=True, slots=True)
class Arrivals:
    """New tasks a day, a gamma distribution; bursts count as less evidence."""

    shape: float
    days: float
    """The distribution's rate."""

    @property
    def mean(self) -> float:
        """A day."""
        return self.shape / self.days if self.days else 0.0


def arrivals(by_day: Sequence[int]) -> Arrivals:
    """The rate of new tasks out of how many came on each day; half a task in a week is what a new project expects."""
    counts = np.array(by_day, float)
    mean = float(counts.mean()) if counts.size else 0.0
    burst = max(1.0, float(counts.var()) / mean) if mean > 0 else 1.0
    return Arrivals(0.5 + float(counts.sum()) / burst, 7.0 + len(by_day) / burst)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that a simulation draws from."""

    plain: Pool
    """Hours and dollars of a run of a task without an estimate."""
    scaled: Pool
    """The same per estimated hour."""
    review: Pool
    decision: Pool
    failing: Rate
    """Runs that fail."""
    rework: Rate
    """Reviews that ask for changes."""
    arrivals: Arrivals = field(default_factory=lambda: Arrivals(0.0, 1.0))
    attempts: int = 3
    """Failures in a row before a decision is asked for."""
