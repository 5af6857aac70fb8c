"""What is out of line. Pure, and without a clock of its own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, log
from statistics import median
from typing import Any, Final
from uuid import UUID

from orkwork.domains.anomalies.models import AnomalyRule, AnomalyState, Severity

MAD_TO_SIGMA: Final = 0.6745
"""The third quartile of the standard normal distribution: what makes a median deviation a standard one."""
LEAST_CALLS: Final = 10
"""Before and after a change of an agent's price, for it to be one."""
PRICE_CHANGE: Final = 0.10
"""From which share up or down it is one."""
PRICE_FIT: Final = 0.05
"""The share of the dollars that two prices may leave unexplained."""
MEAN_TO_SIGMA: Final = 1.253314
"""The same for a mean deviation, which stands in where most values are equal and the median deviation is 0."""


def is_heavy(tokens: int, total: int, runs: int, *, factor: float, least: int) -> bool:
    """Whether a run used more than `factor` times the mean of `runs` runs that used `total` tokens together."""
    return runs >= least and tokens * runs > factor * total


def modified_z(values: Sequence[float]) -> list[float]:
    """How far each value lies from the median, in robust standard deviations.

    Iglewicz and Hoaglin, *How to Detect and Handle Outliers* (1993): 0.6745 (x - median) / MAD, above 3.5 an outlier.
    """
    middle = median(values)
    away = [abs(value - middle) for value in values]
    spread = median(away)
    scale = spread / MAD_TO_SIGMA if spread else fsum(away) / len(away) * MEAN_TO_SIGMA
    return [(value - middle) / scale if scale else 0.0 for value in values]


def dear(costs: Mapping[UUID, float], *, deviation: float, least: int) -> dict[UUID, float]:
    """The tasks of one kind that cost far more than the others, with their z-scores; of logarithms, since costs are
    skewed to the right."""
    paid = {task_id: cost for task_id, cost in costs.items() if cost > 0}
    if len(paid) < least:
        return {}
    scores = modified_z([log(cost) for cost in paid.values()])
    return {task_id: z for task_id, z in zip(paid, scores, strict=True) if z > deviation}


@dataclass(frozen=True, slots=True)
class Calls:
    """Sums over calls of one agent to one model: how many, tokens in and out, dollars, and their products."""

    calls: int
    i: float
    o: float
    usd: float
    ii: float
    io: float
    oo: float
    iu: float
    ou: float
    uu: float


def unit_prices(past: Calls) -> tuple[float, float] | None:
    """Dollars for one token in and one out, fitted to calls by least squares; None where two prices do not explain them."""
    scale = past.ii * past.oo
    across = scale - past.io**2
    if scale <= 0 or across <= 1e-6 * scale:
        price = (past.iu + past.ou) / (past.ii + 2 * past.io + past.oo)
        found = price, price
    else:
        found = (past.iu * past.oo - past.ou * past.io) / across, (past.ou * past.ii - past.iu * past.io) / across
    left = past.uu - found[0] * past.iu - found[1] * past.ou
    return found if min(found) >= 0 and left <= PRICE_FIT**2 * past.uu else None


def dearer(past: Calls, late: Calls) -> float | None:
    """How many times what past prices make of its tokens an agent's late calls cost; None where nothing can be said.

    Prices in and out are told apart, so another mix of tokens is no change.
    """
    prices = unit_prices(past) if min(past.calls, late.calls) >= LEAST_CALLS else None
    if prices is None:
        return None
    one_mix = prices[0] == prices[1]
    if one_mix and abs(late.i / (late.i + late.o) - past.i / (past.i + past.o)) > 0.02:
        return None
    expected = prices[0] * late.i + prices[1] * late.o
    return late.usd / expected if expected > 0 else None


def knots(edges: Iterable[tuple[UUID, UUID]]) -> list[list[UUID]]:
    """The sets of tasks that wait on each other in a circle, each sorted (Tarjan's algorithm, without recursion)."""
    after: dict[UUID, list[UUID]] = defaultdict(list)
    for waits, waits_for in edges:
        after[waits].append(waits_for)
        after.setdefault(waits_for, [])
    number: dict[UUID, int] = {}
    low: dict[UUID, int] = {}
    open_: dict[UUID, None] = {}
    found: list[list[UUID]] = []
    for root in list(after):
        if root not in number:
            _walk(root, after, number, low, open_, found)
    return [sorted(knot) for knot in found if len(knot) > 1]


def _walk(
    root: UUID,
    after: Mapping[UUID, list[UUID]],
    number: dict[UUID, int],
    low: dict[UUID, int],
    open_: dict[UUID, None],
    found: list[list[UUID]],
) -> None:
    def enter(node: UUID) -> None:
        number[node] = low[node] = len(number)
        open_[node] = None
        stack.append((node, iter(after[node])))

    stack: list[tuple[UUID, Any]] = []
    enter(root)
    while stack:
        node, following = stack[-1]
        for other in following:
            if other not in number:
                enter(other)
                break
            if other in open_:
                low[node] = min(low[node], number[other])
        else:
            stack.pop()
            if stack:
                low[stack[-1][0]] = min(low[stack[-1][0]], low[node])
            if low[node] == number[node]:
                found.append(_take(open_, node))


def _take(open_: dict[UUID, None], node: UUID) -> list[UUID]:
    taken = []
    while True:
        last, _ = open_.popitem()
        taken.append(last)
        if last == node:
            return taken


def graver(share: float, high: float) -> Severity:
    """MEDIUM, or HIGH from `high` times the limit on."""
    return Severity.HIGH if share >= high else Severity.MEDIUM


SAYS: Final[dict[AnomalyRule, str]] = {
    AnomalyRule.SILENT: "{subject} gave no sign of life for {minutes} minutes; tasks in hand: {tasks}",
    AnomalyRule.TOKENS: "{subject} used {tokens} tokens, {times} times the mean of {runs} runs",
    AnomalyRule.FAILURES: "{subject} failed {count} times in {hours} hours: {failure}",
    AnomalyRule.DEADLOCK: "{subject}, which nobody will move, keeps others waiting ({count}): {why}",
    AnomalyRule.AGENT_BUDGET: "{subject} spent {spent} of {budget} USD today",
    AnomalyRule.PROJECT_BUDGET: "{subject} spent {spent} of {budget} USD",
    AnomalyRule.REVIEW: "{subject} waits for its review since {hours} hours",
    AnomalyRule.TASK_COST: "{subject} cost {cost} USD, its like {median} USD",
    AnomalyRule.PRICE: "The price of {subject} changed",
    AnomalyRule.JOB: "{subject} failed {count} times in a row",
}


def says(rule: AnomalyRule, subject: str, figures: Mapping[str, Any]) -> str:
    """What is out of line, in a sentence."""
    return SAYS[rule].format(subject=subject, **figures)


def state_of(*, is_over: bool, is_closed: bool, is_snoozed: bool, is_acknowledged: bool) -> AnomalyState:
    """Where an anomaly stands."""
    if is_over:
        return AnomalyState.OVER
    if is_closed:
        return AnomalyState.CLOSED
    if is_snoozed:
        return AnomalyState.SNOOZED
    return AnomalyState.ACKNOWLEDGED if is_acknowledged else AnomalyState.OPEN
