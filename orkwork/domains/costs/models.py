"""Tables of the cost ledger, its sums, budgets and reservations."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.ids import uuid7


class Basis(StrEnum):
    """Where the amount that counts comes from."""

    CALLER = "caller"
    CATALOGUE = "catalogue"
    UNPRICED = "unpriced"
    CORRECTION = "correction"
    """The difference to what an earlier row should have said."""


class UsageFormat(StrEnum):
    """Whose words a usage body is in."""

    OPENAI = "openai"
    """Chat completions and responses."""
    ANTHROPIC = "anthropic"
    LITELLM = "litellm"


class RollupKind(StrEnum):
    """What a rollup row sums over."""

    COMPANY = "company"
    AGENT = "agent"
    PROJECT = "project"
    TASK = "task"
    EXECUTION = "execution"
    MODEL = "model"
    PROVIDER = "provider"


class Scope(StrEnum):
    """Whose money a budget limits."""

    COMPANY = "company"
    AGENT = "agent"
    PROJECT = "project"


class Period(StrEnum):
    """After what a budget begins anew: the company's day or month; never, for a project's total."""

    DAY = "day"
    MONTH = "month"
    TOTAL = "total"


class ReservationStatus(StrEnum):
    """What became of money that was set aside for a call."""

    HELD = "held"
    SETTLED = "settled"
    """The call was made, and its cost recorded."""
    RELEASED = "released"
    """The call was not made."""
    LAPSED = "lapsed"
    """Nobody said anything in time; a cost may still be recorded."""


def _count(default: int = 0) -> Any:
    return Field(default, sa_column=Column(BigInteger, nullable=False, server_default=str(default)))


def _money(*, nullable: bool = False) -> Any:
    return Field(None, sa_column=Column(Numeric(24, 12), nullable=nullable))


class Cost(SQLModel, table=True):
    """One call that cost money. Never changed; a correction is a new row."""

    __tablename__ = "costs"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("basis in ('caller','catalogue','unpriced','correction')", name="basis"),
        CheckConstraint("(basis = 'correction') = (corrects_id is not null)", name="corrects_id"),
        CheckConstraint("amount_usd >= 0 or basis = 'correction'", name="amount_usd"),
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
        Index("ix_costs_corrects", "corrects_id", postgresql_where=text("corrects_id is not null")),
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
    input_audio_tokens: int = _count()
    """The part of the input that was sound."""
    output_audio_tokens: int = _count()
    """The part of the output that was sound."""
    reasoning_tokens: int = _count()
    """The part of the output that was thought and not said."""
    requests: int = _count(1)
    """What a provider that charges by request counts: searches, images, or the call itself."""
    amount_usd: Decimal | None = Field(None, sa_column=Column(Numeric(24, 12)))
    """What counts; in a correction the difference, which may be negative."""
    basis: str
    caller_usd: Decimal | None = Field(None, sa_column=Column(Numeric(24, 12)))
    """What the caller says: an amount, or tokens times the unit prices that it states."""
    catalogue_usd: Decimal | None = Field(None, sa_column=Column(Numeric(24, 12)))
    price: dict[str, Any] | None = Field(None, sa_column=Column(JSONB))
    """The catalogue's price at the time of use."""
    external_id: str | None = None
    """The caller's own id of the call; one agent's id is taken once."""
    request_hash: str | None = None
    corrects_id: UUID | None = Field(None, foreign_key="costs.id")
    """The row that this one corrects."""
    reason: str | None = None
    """Why it was corrected."""
    unpriced: int = Field(0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    """1 for a call without a price, -1 for the correction that gives it one: what sums count."""
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
    cache_write_tokens: int = _count()
    audio_tokens: int = _count()
    """In and out."""
    reasoning_tokens: int = _count()
    requests: int = _count()


class CostCube(SQLModel, table=True):
    """Exact sums by everything that is crossed: day, agent, project, provider and model. Changed with each row."""

    __tablename__ = "cost_cube"  # pyright: ignore[reportAssignmentType]
    __table_args__ = ({"postgresql_with": {"fillfactor": "60"}},)

    day: date = Field(sa_column=Column(Date, primary_key=True))
    agent: str = Field(primary_key=True)
    """An agent's id; empty for what people reported."""
    project: str = Field(primary_key=True)
    """A project's id; empty for none."""
    provider: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    shard: int = Field(0, sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    """Callers at once add to rows of their own; a sum is that of all."""
    amount_usd: Decimal = _money()
    calls: int = _count()
    unpriced: int = _count()
    input_tokens: int = _count()
    output_tokens: int = _count()
    cached_tokens: int = _count()


class CostCheck(SQLModel, table=True):
    """One comparison of the sums with the ledger."""

    __tablename__ = "cost_checks"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    checked_at: datetime = Field(default_factory=clock.now)
    since: date
    until: date
    """Days, both included."""
    calls: int = _count()
    sums: int = _count()
    """How many sums were compared."""
    differing: int = _count()
    examples: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    duration_ms: int


class Budget(SQLModel, table=True):
    """A limit on what may be spent in a period, and whether it is reached. Locked by whoever checks it."""

    __tablename__ = "budgets"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint(
            "case scope when 'company' then agent_id is null and project_id is null and period = 'month' "
            "when 'agent' then agent_id is not null and project_id is null and period in ('day','month') "
            "when 'project' then project_id is not null and agent_id is null and period = 'total' else false end",
            name="scope",
        ),
        CheckConstraint("limit_usd >= 0", name="limit_usd"),
        Index("uq_budgets_agent", "agent_id", "period", unique=True, postgresql_where=text("agent_id is not null")),
        Index("uq_budgets_project", "project_id", unique=True, postgresql_where=text("project_id is not null")),
        Index("uq_budgets_company", "scope", unique=True, postgresql_where=text("scope = 'company'")),
        Index("ix_budgets_stopped", "stopped_until", postgresql_where=text("stopped_until is not null")),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    scope: str
    agent_id: UUID | None = Field(None, sa_column=Column(ForeignKey("agents.id", ondelete="CASCADE")))
    project_id: UUID | None = Field(None, sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE")))
    period: str
    limit_usd: Decimal | None = Field(None, sa_column=Column(Numeric(18, 6)))
    """None limits nothing. An agent's day and a project's total follow the agent and the project."""
    stopped_until: datetime | None = None
    """Set while the limit is reached: nothing new begins before; infinity where only a raise helps."""
    told_for: date | None = None
    """The period whose thresholds were told of."""
    told: int = Field(0, sa_column=Column(Integer, nullable=False, server_default="0"))
    """The highest threshold told of, in per cent."""
    version: int = 1


class Reservation(SQLModel, table=True):
    """Money set aside for a call before it is made; it ends by itself."""

    __tablename__ = "budget_reservations"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("status in ('held','settled','released','lapsed')", name="status"),
        CheckConstraint("estimate_usd >= 0", name="estimate_usd"),
        Index("ix_budget_reservations_agent", "agent_id", postgresql_where=text("status = 'held'")),
        Index("ix_budget_reservations_project", "project_id", postgresql_where=text("status = 'held'")),
        Index("ix_budget_reservations_expires", "expires_at", postgresql_where=text("status = 'held'")),
        Index("ix_budget_reservations_made", "agent_id", "id"),
        Index(
            "uq_budget_reservations_external",
            "agent_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id is not null"),
        ),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id", ondelete="CASCADE"), nullable=False))
    project_id: UUID | None = Field(None, sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE")))
    task_id: UUID | None = Field(None, sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE")))
    execution_id: UUID | None = Field(None, sa_column=Column(ForeignKey("task_executions.id", ondelete="CASCADE")))
    provider: str = ""
    model: str = ""
    estimate_usd: Decimal = Field(sa_column=Column(Numeric(24, 12), nullable=False))
    status: str = ReservationStatus.HELD
    external_id: str | None = None
    request_hash: str
    cost_id: UUID | None = Field(None, sa_column=Column(ForeignKey("costs.id", ondelete="SET NULL")))
    """The cost that it became."""
    amount_usd: Decimal | None = Field(None, sa_column=Column(Numeric(24, 12)))
    """What was spent; None when the call has no known price."""
    created_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    ended_at: datetime | None = None
