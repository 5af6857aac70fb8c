"""The table of decisions."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.ids import uuid7


class Category(StrEnum):
    """What a decision is about."""

    TASK_ASSIGN = "task_assign"
    DEPLOY = "deploy"
    ESCALATE = "escalate"
    APPROVE = "approve"
    BUDGET = "budget"


class DecisionStatus(StrEnum):
    """Where a decision stands."""

    PENDING = "pending"
    """A person has to choose."""
    RESOLVED = "resolved"
    EXPIRED = "expired"
    RECORDED = "recorded"
    """The system chose by a rule; kept so that it can be explained."""


class Decision(SQLModel, table=True):
    """Something to decide, or decided."""

    __tablename__ = "decisions"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("category in ('task_assign','deploy','escalate','approve','budget')", name="category"),
        CheckConstraint("status in ('pending','resolved','expired','recorded')", name="status"),
        CheckConstraint("(status = 'pending') = (resolved_at is null)", name="resolved_at"),
        Index("uq_decisions_pending", "category", "task_id", unique=True, postgresql_where=text("status = 'pending'")),
        Index("ix_decisions_status", "status", "id"),
        Index("ix_decisions_task", "task_id", "id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    category: str
    status: str = DecisionStatus.PENDING
    title: str
    task_id: UUID | None = Field(None, sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE")))
    agent_id: UUID | None = Field(None, sa_column=Column(ForeignKey("agents.id", ondelete="SET NULL"), index=True))
    """The agent that it is about, or that was chosen."""
    project_id: UUID | None = Field(None, sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), index=True))
    context: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    options: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    recommendation: str | None = None
    """The id of an option."""
    chosen: str | None = None
    """The id of an option."""
    reasoning: str = ""
    decided_by_kind: str | None = None
    decided_by_id: UUID | None = None
    decided_by_name: str | None = None
    created_at: datetime = Field(default_factory=clock.now)
    resolved_at: datetime | None = None
    version: int = 1
