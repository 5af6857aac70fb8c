"""What a month will have cost at its end. Pure.

The days that are over are drawn from at random, weekdays for weekdays and weekends for weekends once there are two weeks
of them, for every whole day that is left; what today still brings is what its like brought beyond what it has brought
already. The band is the P50 and the P85 of 2,000 such months. Whole money that is spent already is certain.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

LEAST_DAYS: Final = 7
"""Fewer days of history give no band."""
WEEKLY_FROM: Final = 14
"""From so many days on, weekends are drawn from weekends."""
DRAWS: Final = 2_000
CENT: Final = Decimal("0.01")
BARS: Final = 11
History = tuple[tuple[date, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Band:
    """The month's sum at the end of each day that is left, as P50 and P85, today first."""

    p50: tuple[Decimal, ...]
    p85: tuple[Decimal, ...]


def whole_days(spent: dict[date, Decimal], today: date) -> History:
    """Every day from the first that cost anything until yesterday, those without costs too."""
    days = [day for day, amount in spent.items() if amount and day < today]
    if not days:
        return ()
    first = min(days)
    every = (first + timedelta(days=n) for n in range((today - first).days))
    return tuple((day, spent.get(day, Decimal(0))) for day in every)


def month_end(today: date) -> date:
    """The last day of a day's month."""
    return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def forecast(history: History, today: date, spent_month: Decimal, spent_today: Decimal) -> Band | None:
    """The band, or None while there is too little history."""
    if len(history) < LEAST_DAYS:
        return None
    like = [amount for _, amount in _like(history, today)]
    rest_of_today = sum((max(amount - spent_today, Decimal(0)) for amount in like), Decimal(0)) / len(like)
    middle, upper = _ahead(history, today)
    certain = spent_month + rest_of_today
    return Band(
        tuple((certain + Decimal(more)).quantize(CENT) for more in middle),
        tuple((certain + Decimal(more)).quantize(CENT) for more in upper),
    )


def _like(history: History, day: date) -> History:
    """The days that a day is drawn from."""
    if len(history) < WEEKLY_FROM:
        return history
    return tuple(one for one in history if (one[0].weekday() >= 5) == (day.weekday() >= 5))


@lru_cache(maxsize=64)
def _ahead(history: History, today: date) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What the days after today bring together, at the end of each: the same for the same history, as long as today lasts."""
    left = (month_end(today) - today).days
    draw = random.Random(today.toordinal())
    pools = [[float(amount) for _, amount in _like(history, today + timedelta(days=n + 1))] for n in range(left)]
    sums, middle, upper = [0.0] * DRAWS, [0.0], [0.0]
    for pool in pools:
        sums = [so_far + more for so_far, more in zip(sums, draw.choices(pool, k=DRAWS), strict=True)]
        ranked = sorted(sums)
        middle.append(ranked[DRAWS // 2])
        upper.append(ranked[DRAWS * 85 // 100])
    return tuple(middle), tuple(upper)


def quantile(ranked: list[Decimal], share: float) -> Decimal | None:
    """The value below which a share of an ascending list lies; None of nothing."""
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else None


def bounds(least: Decimal, most: Decimal) -> list[Decimal]:
    """Where the bars of a distribution begin and the last ends: of the series 1, 2, 5, 10, … what holds every value, twelve
    bars at most; those below the first are in it."""
    steps = [factor * Decimal(10) ** power for power in range(-6, 9) for factor in (Decimal(1), Decimal(2), Decimal(5))]
    end = next((step for step in steps if step > most), most + 1)
    inside = [step for step in steps if step < end][-BARS:]
    begins = max((step for step in inside if step <= least), default=None)
    kept = [step for step in inside if begins is None or step >= begins]
    return [*([Decimal(0)] if begins is None else []), *kept[-BARS:], end]
