"""Tables of the cost ledger."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, Numeric, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.ids import uuid7


class Basis(StrEnum):
    """Where the amount that counts comes from."""

    CALLER = "caller"
    CATALOGUE = "catalogue"
    UNPRICED = "unpriced"


class RollupKind(StrEnum):
    """What a rollup row sums over."""

    COMPANY = "company"
    AGENT = "agent"
    PROJECT = "project"
    TASK = "task"
    EXECUTION = "execution"
    MODEL = "model"


class Cost(SQLModel, table=True):
    """One call that cost money. Never changed; a correction is a new row."""

    __tablename__ = "costs"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("basis in ('caller','catalogue','unpriced')", name="basis"),
        CheckConstraint("(amount_usd is null) = (basis = 'unpriced')", name="amount"),
        Index(
            "uq_costs_external",
            "agent_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id is not null"),
            postgresql_nulls_not_distinct=True,  # people have no agent, and report once all the same
        ),
        Index("ix_costs_occurred", "occurred_at", "id"),
        Index("ix_costs_execution", "execution_id", "occurred_at"),
        Index("ix_costs_task", "task_id", "occurred_at"),
        Index("ix_costs_project", "project_id", "occurred_at"),
        Index("ix_costs_agent", "agent_id", "occurred_at"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    agent_id: UUID | None = Field(None, foreign_key="agents.id")
    project_id: UUID | None = Field(None, foreign_key="projects.id")
    task_id: UUID | None = Field(None, foreign_key="tasks.id")
    execution_id: UUID | None = Field(None, foreign_key="task_executions.id")
    provider: str
    model: str
    occurred_at: datetime
    day: date
    """The company's calendar day of `occurred_at`."""
    input_tokens: int = Field(0, sa_column=Column(BigInteger, nullable=False))
    output_tokens: int = Field(0, sa_column=Column(BigInteger, nullable=False))
    cached_tokens: int = Field(0, sa_column=Column(BigInteger, nullable=False))
    """The part of the input tokens that was read from a cache."""
    cache_write_tokens: int = Field(0, sa_column=Column(BigInteger, nullable=False))
    amount_usd: Decimal | None = Field(None, sa_column=Column(Numeric(24, 12)))
    """What counts."""
    basis: str
    caller_usd: Decimal | None = Field(None, sa_column=Column(Numeric(24, 12)))
    """What the caller says: an amount, or tokens times the unit prices that it states."""
    catalogue_usd: Decimal | None = Field(None, sa_column=Column(Numeric(24, 12)))
    price: dict[str, Any] | None = Field(None, sa_column=Column(JSONB))
    """The catalogue's price at the time of use."""
    external_id: str | None = None
    """The caller's own id of the call; one agent's id is taken once."""
    request_hash: str | None = None
    created_at: datetime = Field(default_factory=clock.now)


class CostRollup(SQLModel, table=True):
    """Exact sums over the ledger, changed in the transaction of each row."""

    __tablename__ = "cost_rollup"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_cost_rollup_day", "kind", "day"),
        {"postgresql_with": {"fillfactor": "60"}},
    )

    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    day: date = Field(sa_column=Column(Date, primary_key=True))
    """The company's day; `rules.ALL_DAYS` for sums without days."""
    shard: int = Field(0, sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    amount_usd: Decimal = Field(sa_column=Column(Numeric(24, 12), nullable=False))
    catalogue_usd: Decimal = Field(sa_column=Column(Numeric(24, 12), nullable=False))
    caller_usd: Decimal = Field(sa_column=Column(Numeric(24, 12), nullable=False))
    difference_usd: Decimal = Field(sa_column=Column(Numeric(24, 12), nullable=False))
    """Caller less catalogue, over the rows that have both."""
    calls: int = Field(sa_column=Column(BigInteger, nullable=False))
    unpriced: int = Field(sa_column=Column(BigInteger, nullable=False))
    differing: int = Field(sa_column=Column(BigInteger, nullable=False))
    input_tokens: int = Field(sa_column=Column(BigInteger, nullable=False))
    output_tokens: int = Field(sa_column=Column(BigInteger, nullable=False))
    cached_tokens: int = Field(sa_column=Column(BigInteger, nullable=False))
