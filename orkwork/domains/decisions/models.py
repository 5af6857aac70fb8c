"""The table of decisions."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
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


class Kind(StrEnum):
    """What a person has to do."""

    APPROVE = "approve"
    """Say yes or no."""
    CHOOSE = "choose"
    """Choose one option."""
    SEVERAL = "several"
    """Choose one option or more."""
    ANSWER = "answer"
    """Answer a question in words."""


class Outcome(StrEnum):
    """Whether a decision turned out right."""

    RIGHT = "right"
    WRONG = "wrong"
    MIXED = "mixed"


class DecisionStatus(StrEnum):
    """Where a decision stands."""

    PENDING = "pending"
    """A person has to choose."""
    RESOLVED = "resolved"
    EXPIRED = "expired"
    """Its deadline passed: its default was carried out, or nothing was."""
    RECORDED = "recorded"
    """The system chose by a rule; kept so that it can be explained."""


def _list(default: str = "[]") -> Any:
    return Field(default_factory=list, sa_column=Column(JSONB, nullable=False, server_default=default))


def _text() -> Any:
    return Field("", sa_column=Column(Text, nullable=False, server_default=""))


class Decision(SQLModel, table=True):
    """Something to decide, or decided."""

    __tablename__ = "decisions"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("category in ('task_assign','deploy','escalate','approve','budget')", name="category"),
        CheckConstraint("status in ('pending','resolved','expired','recorded')", name="status"),
        CheckConstraint("(status = 'pending') = (resolved_at is null)", name="resolved_at"),
        CheckConstraint("kind in ('approve','choose','several','answer')", name="kind"),
        CheckConstraint("outcome in ('right','wrong','mixed')", name="outcome"),
        Index(
            "uq_decisions_pending",
            "category",
            "task_id",
            unique=True,
            postgresql_where=text("status = 'pending' and asked_by_kind is null"),
        ),
        Index(
            "uq_decisions_asked",
            "asked_by_id",
            "task_id",
            "title",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("status = 'pending' and asked_by_kind is not null"),
        ),
        Index("ix_decisions_likeness", "likeness", "resolved_at", postgresql_where=text("likeness <> ''")),
        Index(
            "ix_decisions_deadline", "deadline", postgresql_where=text("status = 'pending' and deadline is not null")
        ),
        Index("ix_decisions_status", "status", "id"),
        Index("ix_decisions_task", "task_id", "id"),
        Index("ix_decisions_resolved", "resolved_at", "id", postgresql_where=text("status <> 'pending'")),
        Index(
            "ix_decisions_by",
            "decided_by_kind",
            "resolved_at",
            "id",
            postgresql_where=text("status <> 'pending'"),
        ),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    category: str
    kind: str = Field(Kind.CHOOSE, sa_column=Column(Text, nullable=False, server_default="choose"))
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
    picked: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    """The ids of all options that were chosen."""
    answer: str = _text()
    reasoning: str = ""
    decided_by_kind: str | None = None
    decided_by_id: UUID | None = None
    decided_by_name: str | None = None
    created_at: datetime = Field(default_factory=clock.now)
    resolved_at: datetime | None = None
    version: int = 1
    asked_by_kind: str | None = None
    """Who asked; null where the product itself did."""
    asked_by_id: UUID | None = Field(None, index=True)
    asked_by_name: str | None = None
    asked_scopes: list[str] | None = Field(None, sa_column=Column(ARRAY(Text)))
    """What the key of the asking agent allowed: more is not carried out in its name."""
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    """What it rests on, as it stood when it was asked: `queries.FACTS`."""
    changes: list[dict[str, Any]] = _list()
    """What had changed when it was asked again."""
    asked_again: int = Field(0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    deadline: datetime | None = None
    default_option: str | None = None
    """The id of the option that is carried out when the deadline passes; null lets it lapse."""
    recommendations: list[dict[str, Any]] = _list()
    """What people recommend, one each."""
    likeness: str = _text()
    rule_id: UUID | None = Field(
        None, sa_column=Column(ForeignKey("decision_rules.id", ondelete="SET NULL"), index=True)
    )
    rule_note: str = _text()
    """Why the standing rule could not decide it, so that a person has to."""
    outcome: str | None = None
    outcome_note: str = _text()
    outcome_by_name: str | None = None
    outcome_at: datetime | None = None
