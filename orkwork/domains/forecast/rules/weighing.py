"""The P80 of several plans with the same draws, on fewer paths than a forecast has: enough to tell them apart. Pure.

Imports numpy, as `answering` does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from orkwork.domains.forecast.rules import drawing
from orkwork.domains.forecast.rules.answering import knowledge, prior_weight
from orkwork.domains.forecast.rules.plans import Inputs, Plan
from orkwork.domains.forecast.rules.simulating import paths_for, simulate

MOST_PATHS: Final = 2_000
LEAST_PATHS: Final = 100
SHARE: Final = 8
"""A forecast's paths by this: several plans together take about as long as one forecast."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Hours until each plan is done in 80 of 100 paths; none when the prior says more than the record."""

    hours: Mapping[str, float]
    paths: int
    cold: bool


def weigh(inputs: Inputs, plans: Mapping[str, Plan]) -> Weighed:
    """Simulate each plan with the same seed. Raises as `simulate` does."""
    known = knowledge(inputs)
    if prior_weight(inputs, known) >= drawing.COLD:
        return Weighed({}, 0, True)
    paths = max(LEAST_PATHS, min(MOST_PATHS, paths_for(inputs.plan) // SHARE))
    found = {name: _p80(simulate(plan, known, seed=1, paths=paths).hours) for name, plan in plans.items()}
    return Weighed(found, paths, False)


def _p80(hours: drawing.Floats) -> float:
    return float(np.quantile(hours, 0.80)) if hours.size else 0.0
