"""The arithmetic of performance. Pure.

Each part is a mean over samples in 0..1. It is pulled to the company's mean by `PULL` pseudo-samples, which makes it the
mean of a Beta distribution whose prior is the company (Gelman et al., *Bayesian Data Analysis*, 3rd ed., 2.4). Of values
in 0..1 with the mean m none vary more than yes-or-no ones (Bhatia and Davis, *A Better Bound on the Variance*, American
Mathematical Monthly 107, 2000), so its variance is at most m(1 - m) / (n + PULL + 1). The interval is the normal one of
95 % over the weighted sum of the parts, taken as independent, cut to 0..100.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import fsum, sqrt
from statistics import median
from typing import Final
from uuid import UUID

from orkwork.domains.performance.models import Part

PULL: Final = 5
"""Pseudo-samples of the company's mean in each part."""
SURE: Final = 1.959964
"""Standard deviations to each side of a 95 % interval."""
PLACES: Final = Decimal("0.0001")


@dataclass(slots=True)
class Record:
    """What an agent did in the window."""

    completed: int = 0
    """Moves of its tasks to COMPLETED."""
    failed: int = 0
    """Moves to FAILED."""
    reopened: int = 0
    """Moves out of COMPLETED."""
    reviews: int = 0
    """Moves out of REVIEW to COMPLETED, IN_PROGRESS or FAILED."""
    passed_first: int = 0
    """Those to COMPLETED of tasks whose reviews never ended otherwise before."""
    durations: list[tuple[float, float | None]] = field(default_factory=list)
    """Of each completed task, in seconds: what its runs took together, and the estimate."""
    costs: list[Decimal] = field(default_factory=list)
    """Of each completed task whose cost is known, in USD."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One part of one agent: the mean and how many samples it is of."""

    value: float
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One part of a score."""

    part: Part
    value: float
    """As measured, 0 to 1."""
    pulled: float
    """Pulled to the company's mean."""
    company: float
    samples: int
    weight: float
    """Its share of the score, without the parts that have no data."""
    lost: float
    """The points that it takes from 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score with its 95 % interval and its parts."""

    score: Decimal
    low: Decimal
    high: Decimal
    samples: int
    shares: list[Share]


def scores(records: Mapping[UUID, Record], weights: Mapping[Part, Decimal]) -> dict[UUID, Score]:
    """The score of everybody of whom anything is known."""
    measured = _measured(records)
    means = {part: _mean([found[part] for found in measured.values() if part in found]) for part in Part}
    out = {}
    for agent_id, found in measured.items():
        shares = _shares(found, means, weights)
        if shares:
            record = records[agent_id]
            out[agent_id] = _score(shares, record.completed + record.failed)
    return out


def _mean(samples: Sequence[Sample]) -> float:
    total = sum(one.samples for one in samples)
    return fsum(one.value * one.samples for one in samples) / total if total else 0.0


def _shares(found: Mapping[Part, Sample], means: Mapping[Part, float], weights: Mapping[Part, Decimal]) -> list[Share]:
    whole = float(sum(weights[part] for part in found))
    if whole == 0:
        return []
    shares = []
    for part, one in found.items():
        pulled = (one.value * one.samples + means[part] * PULL) / (one.samples + PULL)
        weight = float(weights[part]) / whole
        shares.append(
            Share(
                part=part,
                value=one.value,
                pulled=pulled,
                company=means[part],
                samples=one.samples,
                weight=weight,
                lost=100 * weight * (1 - pulled),
            )
        )
    return shares


def _score(shares: Sequence[Share], samples: int) -> Score:
    score = 100 * fsum(share.weight * share.pulled for share in shares)
    spread = fsum(share.weight**2 * share.pulled * (1 - share.pulled) / (share.samples + PULL + 1) for share in shares)
    reach = 100 * SURE * sqrt(max(0.0, spread))
    rounded = _rounded(score)
    return Score(
        score=rounded,
        low=min(rounded, _rounded(score - reach)),
        high=max(rounded, _rounded(score + reach)),
        samples=samples,
        shares=list(shares),
    )


def _rounded(value: float) -> Decimal:
    return Decimal(repr(min(100.0, max(0.0, value)))).quantize(PLACES)


def _measured(records: Mapping[UUID, Record]) -> dict[UUID, dict[Part, Sample]]:
    """The parts of each agent that have data, in the order of `Part`."""
    every = sorted(own for record in records.values() for own, _ in record.durations)
    per_task = {agent_id: sum(r.costs, Decimal(0)) / len(r.costs) for agent_id, r in records.items() if r.costs}
    out: dict[UUID, dict[Part, Sample]] = {}
    for agent_id, record in records.items():
        ended = record.completed + record.failed
        peers_cost = [cost for other, cost in per_task.items() if other != agent_id]
        parts = {
            Part.COMPLETION: Sample(record.completed / ended, ended) if ended else None,
            Part.SPEED: _speed(record, every),
            Part.QUALITY: Sample(record.passed_first / record.reviews, record.reviews) if record.reviews else None,
            Part.DEFECTS: _defects(record),
            Part.COST: _cost(per_task[agent_id], peers_cost, len(record.costs)) if record.costs else None,
        }
        out[agent_id] = {part: one for part, one in parts.items() if one is not None}
    return out


def _defects(record: Record) -> Sample | None:
    if not record.completed:
        return None
    return Sample(max(0.0, 1 - record.reopened / record.completed), record.completed)


def _speed(record: Record, every: Sequence[float]) -> Sample | None:
    """The mean of min(1, estimate or peers' median / own) over the tasks that have either."""
    peers = median_without(every, [own for own, _ in record.durations])
    ratios = [
        _at_most_one(expected, own)
        for own, estimate in record.durations
        if (expected := estimate if estimate is not None else peers) is not None
    ]
    return Sample(fsum(ratios) / len(ratios), len(ratios)) if ratios else None


def _cost(own: Decimal, peers: Sequence[Decimal], samples: int) -> Sample | None:
    return Sample(_at_most_one(float(median(peers)), float(own)), samples) if peers else None


def _at_most_one(expected: float, own: float) -> float:
    return 1.0 if own <= expected else expected / own


def median_without(every: Sequence[float], own: Iterable[float]) -> float | None:
    """The median of a sorted list without some of its values, in a time that grows with these alone; None of nothing."""
    gone = sorted(own)
    left = len(every) - len(gone)
    if left <= 0:
        return None
    places, seen = [], {}
    for value in gone:  # of equal values it does not matter which is gone
        seen[value] = seen.get(value, 0) + 1
        places.append(bisect_right(every, value) - seen[value])
    places.sort()

    def kept(n: int) -> float:
        for place in places:
            if place > n:
                break
            n += 1
        return every[n]

    return kept(left // 2) if left % 2 else (kept(left // 2 - 1) + kept(left // 2)) / 2
