"""Tables of forecasts and of the changes that were made out of them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.ids import uuid7


class Method(StrEnum):
    """How a forecast was made."""

    SIMULATION = "simulation"
    """Paths over the graph."""
    CLOSING = "closing"
    """How many open issues of an imported tracker close in the coming months."""


class Forecast(SQLModel, table=True):
    """What was expected of a project at a moment, and what came of it."""

    __tablename__ = "forecasts"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("method in ('simulation','closing')", name="method"),
        CheckConstraint("(scored_at is null) = (held is null)", name="scored"),
        Index("ix_forecasts_project", "project_id", "as_of", "id"),
        Index("ix_forecasts_open", "project_id", postgresql_where=text("scored_at is null")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    project_id: UUID = Field(sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), nullable=False))
    as_of: datetime
    method: str
    figures: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    """As `schemas.Figures` has it."""
    fingerprint: str
    """SHA-256 of the inputs, as hexadecimal digits: the same inputs and seed give the same figures."""
    seed: int = Field(sa_column=Column(BigInteger, nullable=False))
    paths: int
    own_runs: int
    other_runs: int
    cold: bool
    due_at: datetime
    """The P80 of a simulation; of a closing the end of the next months that are judged: from then on it can be scored."""
    held: bool | None = None
    """Whether the truth lay within: done by the P80, or the closings of all the months within the band. What came of the
    months before the last stands in `figures`."""
    truth_at: datetime | None = None
    """When the project was done; None while it is not, though the P80 has passed."""
    scored_at: datetime | None = None


class ChangeSet(SQLModel, table=True):
    """Changes that were tried in a forecast and then made, as one."""

    __tablename__ = "forecast_change_sets"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_forecast_change_sets_project", "project_id", "id"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    project_id: UUID = Field(sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), nullable=False))
    changes: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """Each as `schemas.MadeChange`."""
    made_by_name: str
    made_at: datetime = Field(default_factory=clock.now)
    undone_at: datetime | None = None
