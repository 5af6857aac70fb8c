"""What the ledger adds up to."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from orkwork.core.money import Usd
from orkwork.core.schema import Out

Dimension = Literal["agent", "project", "task", "model", "provider", "day", "week", "month"]
"""What costs are broken down by; weeks begin on Monday."""
GroupBy = Literal["agent", "project", "task", "execution", "model", "provider", "day", "week", "month"]


class CostSum(Out):
    """A sum over part of the ledger."""

    amount_usd: Usd
    calls: int
    unpriced: int
    """Calls without a price; the amount does not hold them."""
    input_tokens: int
    output_tokens: int
    cached_tokens: int


class FullSum(CostSum):
    """A sum with what callers and catalogue said, and every kind of usage."""

    catalogue_usd: Usd
    caller_usd: Usd
    difference_usd: Usd
    """Caller less catalogue, over the calls that have both."""
    differing: int
    """Calls whose caller and catalogue disagree."""
    cache_write_tokens: int
    audio_tokens: int
    reasoning_tokens: int
    requests: int


class CostGroup(FullSum):
    """The sum for one agent, project, task, execution, model, provider or period."""

    key: str
    label: str


class CostReport(Out):
    """A breakdown and its total."""

    group_by: GroupBy
    items: list[CostGroup]
    total: FullSum
    next_cursor: str | None = None


class CrossGroup(CostSum):
    """The sum for one pair."""

    key: str
    label: str
    across_key: str
    across_label: str


class CrossReport(Out):
    """A breakdown by one thing, crossed with another."""

    by: Dimension
    across: Dimension
    items: list[CrossGroup]
    """By key, then by the key across."""
    total: CostSum


class Totals(Out):
    """What the company spent in a period, beside the one before up to the same moment of it."""

    amount_usd: Usd
    before_usd: Usd
    """The same stretch of the period before."""
    calls: int
    unpriced: int
    since: date
    """The first day."""


class SpentDay(Out):
    """What was spent on one day."""

    day: date
    amount_usd: Usd


class Spending(Out):
    """Today, this week and this month, and each day of the last 90."""

    today: Totals
    week: Totals
    month: Totals
    days: list[SpentDay]


class TaskCost(Out):
    """What one task cost."""

    id: UUID
    key: str
    amount_usd: Usd


class Bucket(Out):
    """How many tasks cost at least `least_usd` and less than `below_usd`."""

    least_usd: Usd
    below_usd: Usd
    tasks: int


class Outcomes(Out):
    """What finished work cost, over the days asked for."""

    since: date
    until: date
    completed: int
    """Tasks completed; at most the latest 1,000 are looked at."""
    verified: int
    """Of those: accepted by a review, and never opened again."""
    spent_usd: Usd
    """All money of these days, also what was spent on work that came to nothing."""
    per_completed_usd: Usd | None
    """All money over completed tasks; null with fewer than five."""
    per_verified_usd: Usd | None
    """All money over verified outcomes; null with fewer than five."""
    task_p50_usd: Usd | None
    task_p90_usd: Usd | None
    task_max_usd: Usd | None
    buckets: list[Bucket]
    """The tasks by what they cost."""
    dearest: list[TaskCost]


class ForecastDay(Out):
    """The month's sum at the end of a day: spent, or expected."""

    day: date
    spent_usd: Usd | None
    p50_usd: Usd | None
    p85_usd: Usd | None


class ForecastOut(Out):
    """What the month will have cost at its end."""

    month: date
    """Its first day."""
    spent_usd: Usd
    """Certain already."""
    days_left: int
    """Whole days after today."""
    history_days: int
    """The days that it is drawn from."""
    enough: bool
    """False while there is too little history: then there is no band."""
    p50_usd: Usd | None
    p85_usd: Usd | None
    certain: float | None
    """The share of the P85 that is spent already."""
    budget_usd: Usd | None
    """The company's month."""
    days: list[ForecastDay]
    """The sum so far by day, then the band."""


class CheckOut(Out):
    """One comparison of the sums with the ledger."""

    checked_at: datetime
    since: date
    until: date
    calls: int
    sums: int
    differing: int
    """Sums that differ from their rows; always none."""
    examples: list[dict[str, Any]]
    duration_ms: int
