"""Tables of service levels: what is promised, how each task stands to it, and what was told."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core.clock import now
from orkwork.core.ids import uuid7
from orkwork.domains.tasks.models import Status

ENDED: Final = (Status.COMPLETED, Status.CANCELLED)
"""States in which nobody waits any more. A failed task is waited for."""
MAY_PAUSE: Final = tuple(status for status in Status if status not in ENDED)
State = Literal["ok", "warning", "breached", "met", "missed"]
"""How a clock stands: the first three while it may go on, the others when it has ended."""


class Clock(StrEnum):
    """The two things that are promised."""

    RESPONSE = "response"
    """From first READY to first IN_PROGRESS."""
    RESOLUTION = "resolution"
    """From first READY to COMPLETED or CANCELLED."""


class Whom(StrEnum):
    """Whom a level concerns."""

    AGENT = "agent"
    """Who works on the task, or did last."""
    MANAGER = "manager"
    """The agent that it reports to."""
    CEO = "ceo"


class SlaRule(SQLModel, table=True):
    """What is promised for the tasks that it names; a target that is null names all."""

    __tablename__ = "sla_rules"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("response_minutes > 0", name="response_minutes"),
        CheckConstraint("resolution_minutes > 0", name="resolution_minutes"),
        CheckConstraint("response_minutes is not null or resolution_minutes is not null", name="promises"),
        CheckConstraint("priority in ('urgent','high','medium','low','none')", name="priority"),
        Index("ix_sla_rules_project", "project_id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str
    project_id: UUID | None = Field(None, sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE")))
    priority: str | None = None
    label: str | None = None
    kind: str | None = None
    response_minutes: int | None = None
    resolution_minutes: int | None = None
    pauses_in: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}")
    )
    """The states in which the clocks stand still."""
    escalation: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    """Level 1, 2, …: whom it concerns, and how long after the breach it fires. Level 1 is the breach itself."""
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)
    version: int = 1


class SlaClock(SQLModel, table=True):
    """How a task stands to the rule that applies to it; made from its row and its moves, and made anew at will.

    The moments are those at which a limit is passed; null where the clock stopped before.
    """

    __tablename__ = "sla_clocks"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_sla_clocks_next", "next_at", postgresql_where=text("next_at is not null")),
        Index("ix_sla_clocks_rule", "rule_id"),
        Index("ix_sla_clocks_response_ended", "response_ended_at"),
        Index("ix_sla_clocks_resolution_ended", "resolution_ended_at"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    task_id: UUID = Field(sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True))
    project_id: UUID = Field(sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), nullable=False))
    rule_id: UUID | None = Field(None, sa_column=Column(ForeignKey("sla_rules.id", ondelete="SET NULL")))
    """Null when the rule was deleted after the task had ended."""
    response_limit_seconds: int | None = None
    resolution_limit_seconds: int | None = None
    escalation: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    started_at: datetime
    counted_seconds: float = 0
    """What the clocks had counted when they last began to run, or stopped."""
    running_since: datetime | None = None
    """Null while they are paused, and when the task has ended."""
    response_seconds: float | None = None
    """What the response clock had counted when it ended."""
    response_ended_at: datetime | None = None
    resolution_ended_at: datetime | None = None
    response_warns_at: datetime | None = None
    response_due_at: datetime | None = None
    resolution_warns_at: datetime | None = None
    resolution_due_at: datetime | None = None
    next_at: datetime | None = None
    """When the next level that was not told yet is due."""


class SlaBreach(SQLModel, table=True):
    """One level that was reached, told once. Level 0 is the warning, 1 the breach, 2 and more its escalation."""

    __tablename__ = "sla_breaches"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("clock in ('response','resolution')", name="clock"),
        CheckConstraint("level >= 0", name="level"),
        CheckConstraint("concerns in ('agent','manager','ceo')", name="concerns"),
        Index("ix_sla_breaches_at", "at", postgresql_where=text("level = 1")),
    )

    task_id: UUID = Field(sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True))
    clock: str = Field(primary_key=True)
    level: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    project_id: UUID = Field(sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), nullable=False))
    concerns: str
    agent_id: UUID | None = Field(None, sa_column=Column(ForeignKey("agents.id", ondelete="SET NULL")))
    """The agent or manager; null for the CEO."""
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    """When it was reached, however late the check came."""
    recorded_at: datetime = Field(default_factory=now)


class SlaFollower(SQLModel, table=True):
    """How far the clocks have followed the record; at most one row."""

    __tablename__ = "sla_follower"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(1, sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    pos: int = Field(0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """The last position of the record that was read."""
    retarget_after: UUID | None = None
    """Rules have changed: the open tasks behind this id are still to be held against them."""
