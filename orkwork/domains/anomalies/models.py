"""The table of anomalies."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.ids import uuid7


class AnomalyRule(StrEnum):
    """What is looked for."""

    SILENT = "silent"
    """An active agent gives no sign of life."""
    TOKENS = "tokens"
    """A run used many times the tokens of its agent's runs."""
    FAILURES = "failures"
    """An agent fails again and again in one way."""
    DEADLOCK = "deadlock"
    """Tasks wait for something that nobody will move."""
    AGENT_BUDGET = "agent_budget"
    """An agent spent more than its day's budget."""
    PROJECT_BUDGET = "project_budget"
    """A project spent more than its budget."""
    REVIEW = "review"
    """A task waits long for its review."""
    TASK_COST = "task_cost"
    """A completed task cost far more than its like."""
    PRICE = "price"
    """A model's price changed."""
    JOB = "job"
    """A job of the clock keeps failing."""


class AnomalyAction(StrEnum):
    """What the system may do about an anomaly by itself."""

    PAUSE_AGENT = "pause_agent"
    GIVE_BACK = "give_back"
    """The agent's tasks go back, and others come first when they are given again."""


class Severity(StrEnum):
    """How grave an anomaly is; kept as its place in this list."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 is the least grave."""
        return list(Severity).index(self)


class AnomalyState(StrEnum):
    """Where an anomaly stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    """It lasts, and a person has seen it."""
    SNOOZED = "snoozed"
    """It lasts, and is not to be shown for a while."""
    CLOSED = "closed"
    """It lasts perhaps, but a person wants to hear no more of it."""
    OVER = "over"
    """It does not last any more."""


ABOUT_AGENTS: Final = frozenset(
    {AnomalyRule.SILENT, AnomalyRule.TOKENS, AnomalyRule.FAILURES, AnomalyRule.AGENT_BUDGET}
)
"""The rules that concern an agent, so that something can be done with it."""
_RULES = ",".join(f"'{rule}'" for rule in AnomalyRule)


class Anomaly(SQLModel, table=True):
    """Something out of line; one row while it lasts."""

    __tablename__ = "anomalies"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint(f"rule in ({_RULES})", name="rule"),
        CheckConstraint("severity between 0 and 2", name="severity"),
        CheckConstraint("action in ('pause_agent','give_back')", name="action"),
        Index("uq_anomalies_lasting", "rule", "key", unique=True, postgresql_where=text("over_at is null")),
        Index("ix_anomalies_severity", "severity", "id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    rule: str
    key: str
    """What it is about, within its rule."""
    severity: int = Field(sa_column=Column(SmallInteger, nullable=False))
    subject: str
    """What a person calls it: an agent's name, a task's key, a model."""
    agent_id: UUID | None = Field(None, sa_column=Column(ForeignKey("agents.id", ondelete="CASCADE"), index=True))
    project_id: UUID | None = Field(None, sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), index=True))
    task_id: UUID | None = Field(None, sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True))
    execution_id: UUID | None = Field(
        None, sa_column=Column(ForeignKey("task_executions.id", ondelete="CASCADE"), index=True)
    )
    figures: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    """What was found and what would have been in line, by name."""
    evidence: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """Each as `schemas.Evidence`."""
    first_seen_at: datetime = Field(default_factory=clock.now)
    last_seen_at: datetime = Field(default_factory=clock.now)
    over_at: datetime | None = None
    """When it was not found any more."""
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    snoozed_until: datetime | None = None
    closed_at: datetime | None = None
    """When a person wanted to hear no more of it; it may last all the same."""
    closed_by: str | None = None
    close_reason: str = Field("", sa_column_kwargs={"server_default": ""})
    action: str | None = None
    """What the system did about it."""
    decision_id: UUID | None = Field(
        None, sa_column=Column(ForeignKey("decisions.id", ondelete="SET NULL"), index=True)
    )
    """The decision that recorded it."""
    undo: dict[str, Any] | None = Field(None, sa_column=Column(JSONB(none_as_null=True)))
    """What an undo gives back."""
    undone_at: datetime | None = None
    undone_by: str | None = None
    version: int = 1
