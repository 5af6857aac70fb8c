"""Tables of runs and of what they leave: lines of log, artifacts, and the files behind them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Numeric, SmallInteger, text
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.ids import uuid7
from orkwork.domains.tasks.models import ExecutionStatus


class LogLevel(StrEnum):
    """How grave a line of log is; kept as its place in this list."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 is the least grave."""
        return list(LogLevel).index(self)


class LogLine(SQLModel, table=True):
    """One line of a run's log."""

    __tablename__ = "execution_logs"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (CheckConstraint("level between 0 and 3", name="level"),)

    execution_id: UUID = Field(sa_column=Column(ForeignKey("task_executions.id", ondelete="CASCADE"), primary_key=True))
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """1 for the first line of its run."""
    level: int = Field(sa_column=Column(SmallInteger, nullable=False))
    at: datetime
    text: str


class Artifact(SQLModel, table=True):
    """Something that a run leaves: a link, or a file that is kept here."""

    __tablename__ = "execution_artifacts"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("(url is null) <> (file_key is null)", name="link_or_file"),
        Index("ix_execution_artifacts_execution", "execution_id", "id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    execution_id: UUID = Field(sa_column=Column(ForeignKey("task_executions.id", ondelete="CASCADE"), nullable=False))
    name: str
    url: str | None = None
    file_key: str | None = Field(None, unique=True)
    media_type: str | None = None
    size_bytes: int | None = Field(None, sa_column=Column(BigInteger))
    sha256: str | None = None
    """Of the content, as 64 hexadecimal digits."""
    created_at: datetime = Field(default_factory=clock.now)


class StoredFile(SQLModel, table=True):
    """What lies in the storage: noted before it is written there, so that nothing lies there that nobody knows of."""

    __tablename__ = "stored_files"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_stored_files_loose", "keep_until", postgresql_where=text("artifact_id is null")),)

    key: str = Field(primary_key=True)
    artifact_id: UUID | None = Field(
        None, sa_column=Column(ForeignKey("execution_artifacts.id", ondelete="SET NULL"), index=True)
    )
    """None while it is on its way, and again when its artifact is gone."""
    keep_until: datetime
    """A file without an artifact is deleted from the storage after this."""


class TaskExecution(SQLModel, table=True):
    """One run of a task by an agent."""

    __tablename__ = "task_executions"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("status in ('running','succeeded','failed','cancelled','lost')", name="status"),
        CheckConstraint("progress between 0 and 100", name="progress"),
        Index("uq_task_executions_run", "task_id", "run", unique=True),
        Index("uq_task_executions_running", "task_id", unique=True, postgresql_where=text("status = 'running'")),
        Index("ix_task_executions_agent", "agent_id", "started_at"),
        Index("ix_task_executions_started", "started_at", "id"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    task_id: UUID = Field(sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False))
    project_id: UUID
    agent_id: UUID = Field(foreign_key="agents.id")
    run: int
    """1 for the first run of its task."""
    fence: int = Field(sa_column=Column(BigInteger, nullable=False))
    status: str = ExecutionStatus.RUNNING
    progress: int = Field(0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    note: str = ""
    """What it is doing now, in a line."""
    failure: str | None = None
    failure_detail: str | None = None
    output: str | None = None
    input_tokens: int | None = Field(None, sa_column=Column(BigInteger))
    output_tokens: int | None = Field(None, sa_column=Column(BigInteger))
    reported_cost_usd: Decimal | None = Field(None, sa_column=Column(Numeric(24, 12)))
    """What the agent says the whole run cost; the ledger's sum stands beside it."""
    seen_at: datetime | None = None
    """Its last report, log line or artifact."""
    log_seq: int = Field(0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """The number of its last line of log."""
    log_bytes: int = Field(0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    duration_ms: int | None = Field(None, sa_column=Column(BigInteger))
    """As reported; else the time between start and end."""
    started_at: datetime = Field(default_factory=clock.now)
    ended_at: datetime | None = None
    version: int = 1
