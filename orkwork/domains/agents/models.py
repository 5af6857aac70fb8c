"""Tables of agents, their keys and what they can."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.actor import Level
from orkwork.core.ids import uuid7

DEFAULT_SCOPES: Final = (
    "agents:read",
    "agents:write",
    "projects:read",
    "tasks:read",
    "tasks:write",
    "decisions:read",
    "decisions:write",
    "costs:read",
    "costs:write",
)
"""What a key carries unless said otherwise: all that an agent's work needs."""
USUAL_LEVEL: Final = int(Level.SUPERVISED)

State = Literal["working", "idle", "blocked", "paused", "retired"]
"""What an agent is doing now; blocked is one that would work but has spent its budget, or the company has."""


class AgentStatus(StrEnum):
    """Whether an agent gets work."""

    ACTIVE = "active"
    PAUSED = "paused"
    RETIRED = "retired"
    """Kept for its history; its keys are dead."""


class Agent(SQLModel, table=True):
    """A worker: any program that claims tasks."""

    __tablename__ = "agents"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("uq_agents_name", func.lower(text("name")), unique=True, postgresql_where=text("status <> 'retired'")),
        CheckConstraint("status in ('active','paused','retired')", name="status"),
        CheckConstraint("autonomy_level between 0 and 4", name="autonomy_level"),
        CheckConstraint("max_concurrent_tasks between 1 and 1000", name="max_concurrent_tasks"),
        CheckConstraint("daily_budget_usd >= 0", name="daily_budget_usd"),
        CheckConstraint("manager_id <> id", name="own_manager"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str
    role: str = ""
    """What it is in the company: Engineer, Tester."""
    adapter: str = "api"
    """What runs it: claude-code, codex, script, api."""
    model: str = ""
    description: str = ""
    config: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    status: str = AgentStatus.ACTIVE
    manager_id: UUID | None = Field(None, foreign_key="agents.id", index=True)
    """The agent it reports to; None is the CEO."""
    autonomy_level: int = Field(2, sa_column=Column(SmallInteger, nullable=False))
    daily_budget_usd: Decimal | None = Field(None, sa_column=Column(Numeric(18, 6)))
    max_concurrent_tasks: int = 1
    heartbeat_timeout_seconds: int | None = None
    """How long it may be silent while it works; None asks for no heartbeats."""
    project_ids: list[UUID] | None = Field(None, sa_column=Column(ARRAY(Uuid())))
    """The projects it may see; None is all."""
    limits: dict[str, Any] | None = Field(None, sa_column=Column(JSONB))
    """Clocks and retry policy of its tasks, where they have none of their own: `settings.schemas.Limits`."""
    demo: bool = False
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)
    version: int = 1


class AgentLoad(SQLModel, table=True):
    """What changes with every claim, kept narrow: the running tasks, the last assignment and the last sign of life."""

    __tablename__ = "agent_load"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("running >= 0", name="running"),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True))
    running: int = 0
    max_concurrent: int = 1
    last_assigned_at: datetime | None = None
    last_heartbeat_at: datetime | None = None


class ApiKey(SQLModel, table=True):
    """A key of an agent, kept only as its SHA-256."""

    __tablename__ = "api_keys"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id", ondelete="CASCADE"), nullable=False, index=True))
    name: str
    prefix: str
    """The first characters, by which people know it."""
    key_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_at: datetime = Field(default_factory=clock.now)
    created_by: UUID | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class Capability(SQLModel, table=True):
    """Something that a task may need and an agent may have: `code:python`."""

    __tablename__ = "capabilities"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(None, sa_column=Column(Integer, Identity(), primary_key=True))
    name: str = Field(unique=True)


class AgentCapability(SQLModel, table=True):
    """How well an agent can something, 0 to 1."""

    __tablename__ = "agent_capabilities"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (CheckConstraint("proficiency between 0 and 1", name="proficiency"),)

    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True))
    capability_id: int = Field(sa_column=Column(ForeignKey("capabilities.id"), primary_key=True, index=True))
    proficiency: Decimal = Field(Decimal("0.5"), sa_column=Column(Numeric(4, 3), nullable=False))
