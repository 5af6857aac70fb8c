"""Tables of the agents' scores."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core import clock

WINDOW_DAYS: Final = 30
"""A day's score looks at so many days of the company's zone, the day itself included."""


class Part(StrEnum):
    """What a score is made of."""

    COMPLETION = "completion"
    SPEED = "speed"
    QUALITY = "quality"
    DEFECTS = "defects"
    COST = "cost"


class PerformanceDay(SQLModel, table=True):
    """A day of the company's zone whose scores were counted."""

    __tablename__ = "performance_days"  # pyright: ignore[reportAssignmentType]

    day: date = Field(sa_column=Column(Date, primary_key=True))
    closed: bool = Field(False, sa_column=Column(Boolean, nullable=False, server_default="false"))
    """Whether the day was over; the running one is counted again."""
    counted_at: datetime = Field(default_factory=clock.now)


class PerformanceScore(SQLModel, table=True):
    """How well an agent did in the days that ended with this one; no row where nothing was there to judge by."""

    __tablename__ = "performance_scores"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("0 <= low and low <= score and score <= high and high <= 100", name="score"),
        CheckConstraint("samples >= 0", name="samples"),
        Index("ix_performance_scores_agent", "agent_id", "day"),
    )

    day: date = Field(
        sa_column=Column(ForeignKey("performance_days.day", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True))
    score: Decimal = Field(sa_column=Column(Numeric(7, 4), nullable=False))
    """0 to 100."""
    low: Decimal = Field(sa_column=Column(Numeric(7, 4), nullable=False))
    high: Decimal = Field(sa_column=Column(Numeric(7, 4), nullable=False))
    samples: int = Field(sa_column=Column(Integer, nullable=False))
    """Tasks that it completed or failed."""
    parts: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """Each as `rules.Share`, in the order of `Part`."""
