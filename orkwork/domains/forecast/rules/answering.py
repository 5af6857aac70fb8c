"""From the inputs of a forecast to its figures: hours and dollars by share of paths, what is critical, what holds it up. Pure.

Imports numpy: who may do without a forecast loads it only when one is asked for.
"""

from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import numpy as np

from orkwork.domains.forecast.rules import drawing
from orkwork.domains.forecast.rules.drawing import Knowledge, Prior
from orkwork.domains.forecast.rules.plans import Inputs, Run
from orkwork.domains.forecast.rules.simulating import simulate

SHARES: Final = (0.10, 0.50, 0.80, 0.85, 0.95)
"""Of the paths: the fields p10, p50, p80, p85 and p95."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The figures of one forecast; hours from now, dollars with those already spent."""

    hours: tuple[float, ...]
    usd: tuple[float, ...]
    in_time: float | None
    """The share of paths that end by the deadline."""
    in_budget: float | None
    """The share of paths that cost no more than the budget."""
    criticality: tuple[float, ...]
    finish: tuple[float, ...]
    """By step: median hours until it is done."""
    work_hours: float
    again_hours: float
    review_hours: float
    decision_hours: float
    arrival_hours: float
    crew_hours: dict[str, float]
    people_review: float
    arrivals_a_day: float
    endless: float
    unable: tuple[int, ...]
    own_runs: int
    other_runs: int
    prior_weight: float
    paths: int

    @property
    def cold(self) -> bool:
        """Whether the prior says more than what is on record."""
        return self.prior_weight >= drawing.COLD


def answer(
    inputs: Inputs, *, seed: int, deadline_hours: float | None = None, budget_usd: float | None = None
) -> Answer:
    """Simulate and sum up. The same seed gives the same answer. Raises as `simulate` does."""
    known = knowledge(inputs)
    found = simulate(inputs.plan, known, seed=seed)
    in_time = None if deadline_hours is None else float((found.hours <= deadline_hours).mean())
    in_budget = None if budget_usd is None else float((found.usd + inputs.spent_usd <= budget_usd).mean())
    waits = found.waits
    return Answer(
        hours=_shares(found.hours), usd=tuple(one + inputs.spent_usd for one in _shares(found.usd)),
        in_time=in_time, in_budget=in_budget,
        criticality=tuple(map(float, found.criticality)), finish=tuple(map(float, found.finish)), work_hours=waits.work,
        again_hours=waits.again, review_hours=waits.reviews, decision_hours=waits.decisions, arrival_hours=waits.arrivals,
        crew_hours=waits.by_crew, people_review=inputs.people_review, arrivals_a_day=known.arrivals.mean,
        endless=found.endless, unable=found.unable, paths=len(found.hours), **_told(inputs, known),
    )  # fmt: skip


def _shares(drawn: drawing.Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in np.quantile(drawn, SHARES))


def _told(inputs: Inputs, known: Knowledge) -> dict[str, Any]:
    """How much is on record for what the open tasks draw from."""
    weight = prior_weight(inputs, known)
    return {"own_runs": known.plain.own, "other_runs": known.plain.company, "prior_weight": weight}


def prior_weight(inputs: Inputs, known: Knowledge) -> float:
    """How much of the durations comes from the general prior, and not from finished runs."""
    estimated = sum(step.estimate is not None for step in inputs.plan.steps)
    share = estimated / max(len(inputs.plan.steps), 1)
    return share * known.scaled.prior_weight + (1 - share) * known.plain.prior_weight


def knowledge(inputs: Inputs) -> Knowledge:
    """What the paths draw from: the project's record, shrunk to the company's, shrunk to the priors."""
    own, others = inputs.own, inputs.others
    plain = drawing.pool(own.plain, others.plain, drawing.RUN_PRIOR)
    return Knowledge(
        plain=plain,
        scaled=drawing.pool(own.scaled, others.scaled, _ratio(inputs, plain)),
        review=drawing.pool(_waits(own.reviews), _waits(others.reviews), drawing.REVIEW_PRIOR),
        decision=drawing.pool(_waits(own.decisions), _waits(others.decisions), drawing.DECISION_PRIOR),
        failing=drawing.rate(own.failed, others.failed, (0.5, 4.5)),
        rework=drawing.rate(own.changed, others.changed, (1, 4)),
        arrivals=drawing.arrivals(inputs.arrivals),
        attempts=inputs.attempts,
    )


def _waits(hours: tuple[float, ...]) -> list[Run]:
    return [Run(one) for one in hours]


def _ratio(inputs: Inputs, plain: drawing.Pool) -> Prior:
    """The prior of hours per estimated hour: where runs without estimates are on record, as if their hours were usual."""
    estimates = [step.estimate for step in inputs.plan.steps if step.estimate]
    if plain.prior_weight > drawing.COLD or not estimates:
        return drawing.RATIO_PRIOR
    typical = median(estimates)
    hours, usd = float(np.median(plain.hours)) / typical, float(np.median(plain.usd)) / typical
    return Prior(max(hours, 1e-4), drawing.RATIO_PRIOR.spread, usd, drawing.RATIO_PRIOR.usd_spread)
