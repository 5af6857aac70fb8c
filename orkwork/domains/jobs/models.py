"""The clock's table."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text
from sqlmodel import Field, SQLModel

from orkwork.core import clock

State = Literal["running", "failing", "paused", "waiting"]
"""How a job stands."""


class Job(SQLModel, table=True):
    """One job: an operation that the system runs again and again."""

    __tablename__ = "jobs"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("every_seconds > 0", name="every_seconds"),
        Index("ix_jobs_next", "next_at"),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    operation: str = Field(sa_column=Column(Text, primary_key=True))
    every_seconds: float
    paused: bool = False
    requested: bool = False
    """Somebody asked for a run now; it also runs a paused job."""
    next_at: datetime = Field(default_factory=clock.now)
    token: UUID | None = None
    """Of the run that is under way; a run that lost it to another reports nothing."""
    lease_until: datetime | None = None
    """When a run that has not ended counts as lost, and the job as due again."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_ms: int | None = Field(None, sa_column=Column(BigInteger))
    done: int | None = Field(None, sa_column=Column(BigInteger))
    """How much the last run did, as its operation counts."""
    error: str | None = Field(None, sa_type=Text)
    """Why the last run failed."""
    failures: int = 0
    """Runs that failed one after the other, up to the last one."""
