"""Scores as they leave."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, PlainSerializer

from orkwork.core.money import plain
from orkwork.core.schema import Out
from orkwork.domains.performance.models import Part

Points = Annotated[Decimal, Field(examples=["82.4375"]), PlainSerializer(plain, return_type=str, when_used="json")]
"""0 to 100, as a decimal string."""


class ShareOut(Out):
    """One part of a score."""

    part: Part
    value: float
    """As measured, 0 to 1."""
    pulled: float
    """Pulled to the company's mean by 5 pseudo-samples: this is what counts."""
    company: float
    """The company's mean."""
    samples: int
    weight: float
    """Its share of the score; parts without data are left out and the others rescaled."""
    lost: float
    """The points that it takes from 100."""


class ScoreOut(Out):
    """A score over the 30 days that end with a day of the company's zone."""

    day: date
    score: Points
    low: Points
    """The score lies between `low` and `high` with 95 % confidence."""
    high: Points
    samples: int
    """Tasks that it completed or failed in the 30 days."""
    parts: list[ShareOut]
    """Those that have data."""


class PeriodScore(Out):
    """The mean of a week's or month's daily scores."""

    begins: date
    score: Points
    days: int
    """How many days had a score."""


class Improvement(Out):
    """What would raise a score the most."""

    part: Part
    points: float
    """What it takes from 100 now."""
    only_few: bool
    """Whether the agent did nothing wrong there: with few samples the company's mean still counts."""
    says: str
    """The same in a sentence."""


class PerformanceOut(Out):
    """How well an agent does."""

    agent_id: UUID
    agent_name: str
    current: ScoreOut | None
    """Null while there is nothing to judge by."""
    improvement: Improvement | None
    days: list[PeriodScore]
    """The last 30 days that have a score, the oldest first."""
    weeks: list[PeriodScore]
    """The last 12 weeks, each from its Monday."""
    months: list[PeriodScore]
    """The last 12 months."""


class Ranked(Out):
    """One line of the leaderboard."""

    place: int | None
    """Null without a score."""
    agent_id: UUID
    agent_name: str
    current: ScoreOut | None
    change: Points | None
    """Against the score a week before; null without one."""
