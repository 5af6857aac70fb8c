"""Tables of projects."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Identity, Index, Numeric, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.ids import uuid7


class ProjectStatus(StrEnum):
    """Whether work goes on in a project."""

    ACTIVE = "active"
    PAUSED = "paused"
    """On hold."""
    COMPLETED = "completed"
    ARCHIVED = "archived"


class Project(SQLModel, table=True):
    """A goal with its tasks."""

    __tablename__ = "projects"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("key_prefix ~ '^[A-Z][A-Z0-9]{1,9}$'", name="key_prefix"),
        CheckConstraint("status in ('active','paused','completed','archived')", name="status"),
        CheckConstraint("health_score between 0 and 100", name="health_score"),
        CheckConstraint("budget_usd >= 0", name="budget_usd"),
        CheckConstraint("(status = 'paused') = (hold is not null)", name="hold"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str
    key_prefix: str = Field(unique=True)
    """The letters before the number of its tasks' keys."""
    description: str = ""
    status: str = ProjectStatus.ACTIVE
    budget_usd: Decimal | None = Field(None, sa_column=Column(Numeric(18, 6)))
    deadline: datetime | None = None
    health_score: int | None = Field(None, sa_column=Column(SmallInteger))
    risk_level: str | None = None
    github_repository: str | None = None
    auto_assign: bool = Field(False, sa_column=Column(Boolean, nullable=False, server_default="false"))
    """Whether its READY tasks are given to agents by score as they appear."""
    hold: dict[str, Any] | None = Field(None, sa_column=Column(JSONB(none_as_null=True)))
    """While it is on hold: why, since when and by whom."""
    resumed_at: datetime | None = None
    """When its last hold ended; leases count from here at the earliest."""
    limits: dict[str, Any] | None = Field(None, sa_column=Column(JSONB))
    """Clocks and retry policy of its tasks, where they have none of their own: `settings.schemas.Limits`."""
    demo: bool = False
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)
    version: int = 1


class ProjectCounter(SQLModel, table=True):
    """The number that the next task gets; a row of its own, since every creation takes it."""

    __tablename__ = "project_counters"  # pyright: ignore[reportAssignmentType]
    __table_args__ = ({"postgresql_with": {"fillfactor": "50"}},)

    project_id: UUID = Field(sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True))
    next_number: int = 1


class TaskTally(SQLModel, table=True):
    """Tasks per project and status, as changes that a job folds together: no two writers wait for one row."""

    __tablename__ = "task_tallies"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_task_tallies_project", "project_id", "status"),)

    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    project_id: UUID = Field(sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), nullable=False))
    status: str
    tasks: int
