"""Tables of workflows: templates and their versions, runs, and what starts runs."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.ids import uuid7


class WorkflowState(StrEnum):
    """Whether a workflow may be started."""

    ACTIVE = "active"
    PAUSED = "paused"
    """Nothing starts it until it is resumed."""
    ARCHIVED = "archived"
    """Kept for its history."""


class RunState(StrEnum):
    """Where a run stands; it follows from its tasks."""

    QUEUED = "queued"
    """Waits until the run before it has ended; has no tasks yet."""
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    """A step failed or was cancelled, and nothing can go on without somebody."""
    CANCELLED = "cancelled"


class TriggerKind(StrEnum):
    """What started a run."""

    MANUAL = "manual"
    SCHEDULE = "schedule"
    EVENT = "event"
    WEBHOOK = "webhook"


class Overlap(StrEnum):
    """What a schedule does when its last run is not over."""

    SKIP = "skip"
    QUEUE = "queue"
    ALLOW = "allow"


class SwitchState(StrEnum):
    """Whether a schedule, trigger or webhook starts anything."""

    ACTIVE = "active"
    PAUSED = "paused"


_STATES = "state in ('active','paused')"


def _workflow() -> Column[UUID]:
    return Column(Uuid, ForeignKey("workflows.id", ondelete="CASCADE"), nullable=False)


class Workflow(SQLModel, table=True):
    """A template of tasks that is run again and again."""

    __tablename__ = "workflows"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("state in ('active','paused','archived')", name="state"),
        Index("ix_workflows_project", "project_id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    key: str = Field(unique=True)
    """What people call it in addresses: `nightly-report`."""
    name: str
    description: str = ""
    project_id: UUID = Field(sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), nullable=False))
    """Where its tasks are created."""
    state: str = WorkflowState.ACTIVE
    current: int = 1
    """The number of the version that new runs take."""
    next_run: int = 1
    """The number of the next run."""
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)
    version: int = 1


class WorkflowVersion(SQLModel, table=True):
    """What a workflow consists of; never changed once it is there."""

    __tablename__ = "workflow_versions"  # pyright: ignore[reportAssignmentType]

    workflow_id: UUID = Field(sa_column=Column(ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    inputs: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    steps: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    step_count: int
    created_by_name: str = ""
    created_at: datetime = Field(default_factory=clock.now)


class WorkflowDraft(SQLModel, table=True):
    """What somebody has typed into the builder and not saved."""

    __tablename__ = "workflow_drafts"  # pyright: ignore[reportAssignmentType]

    workflow_id: UUID = Field(sa_column=Column(ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True))
    user_id: UUID = Field(sa_column=Column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True))
    based_on: int
    """The version that it began with."""
    inputs: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    steps: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    kept_at: datetime = Field(default_factory=clock.now)


class WorkflowRun(SQLModel, table=True):
    """One run of one version."""

    __tablename__ = "workflow_runs"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("state in ('queued','running','completed','failed','cancelled')", name="state"),
        CheckConstraint("trigger in ('manual','schedule','event','webhook')", name="trigger"),
        ForeignKeyConstraint(
            ["workflow_id", "version_number"],
            ["workflow_versions.workflow_id", "workflow_versions.number"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("workflow_id", "number", name="uq_workflow_runs_number"),
        Index(
            "uq_workflow_runs_once", "trigger_id", "trigger_key", unique=True,
            postgresql_where=text("trigger_key is not null"),
        ),
        Index("ix_workflow_runs_newest", "workflow_id", "id"),
        Index("ix_workflow_runs_project", "project_id"),
        Index("ix_workflow_runs_open", "trigger_id", postgresql_where=text("state in ('queued','running')")),
        {"postgresql_with": {"fillfactor": "80"}},
    )  # fmt: skip

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    workflow_id: UUID
    project_id: UUID = Field(sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), nullable=False))
    number: int
    version_number: int
    """The version that it began with and keeps."""
    inputs: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    trigger: str = TriggerKind.MANUAL
    trigger_id: UUID | None = None
    """The schedule, trigger or webhook; null for a manual run."""
    trigger_key: str | None = None
    """The tick, the event's number or the delivery's id: each starts one run at most."""
    chain: list[UUID] = Field(default_factory=list, sa_column=Column(ARRAY(Uuid), nullable=False, server_default="{}"))
    """The workflows whose runs led to this one by events, itself last."""
    state: str = RunState.RUNNING
    attempt: int = 1
    """Grows with every retry."""
    tasks: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    started_by_kind: str
    started_by_name: str
    created_at: datetime = Field(default_factory=clock.now)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1


class WorkflowRunStep(SQLModel, table=True):
    """One step of a run, and the task that it became."""

    __tablename__ = "workflow_run_steps"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_workflow_run_steps_task", "task_id", unique=True, postgresql_where=text("task_id is not null")),
        Index(
            "ix_workflow_run_steps_lost", "run_id",
            postgresql_where=text("task_id is null and status not in ('SKIPPED', 'CANCELLED')"),
        ),
        {"postgresql_with": {"fillfactor": "80"}},
    )  # fmt: skip

    run_id: UUID = Field(sa_column=Column(ForeignKey("workflow_runs.id", ondelete="CASCADE"), primary_key=True))
    step: str = Field(primary_key=True)
    """Its key in the template."""
    position: int = Field(sa_column=Column(SmallInteger, nullable=False))
    task_id: UUID | None = Field(None, sa_column=Column(ForeignKey("tasks.id", ondelete="SET NULL")))
    status: str
    """The task's state when the run was last counted; SKIPPED where the step's condition did not hold, WAITING where it can't
    be judged yet, or waits for a step of which that is so."""


class WorkflowSchedule(SQLModel, table=True):
    """Starts a workflow by the clock."""

    __tablename__ = "workflow_schedules"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint(_STATES, name="state"),
        CheckConstraint("overlap in ('skip','queue','allow')", name="overlap"),
        Index("ix_workflow_schedules_workflow", "workflow_id"),
        Index("ix_workflow_schedules_next", "next_at", postgresql_where=text("state = 'active'")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    workflow_id: UUID = Field(sa_column=_workflow())
    name: str
    cron: str
    """Five fields, in the company's zone."""
    inputs: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    overlap: str = Overlap.SKIP
    catch_up: int = 1
    """How many of the ticks that passed unseen are made up for, the latest ones."""
    pause_after: int = 5
    """It pauses after so many failures in a row; 0 never."""
    state: str = SwitchState.ACTIVE
    failures: int = 0
    """In a row, up to the last run that ended."""
    next_at: datetime | None = None
    last_at: datetime | None = None
    """The last tick."""
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)
    version: int = 1


class WorkflowTrigger(SQLModel, table=True):
    """Starts a workflow when something happened."""

    __tablename__ = "workflow_triggers"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (CheckConstraint(_STATES, name="state"), Index("ix_workflow_triggers_workflow", "workflow_id"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    workflow_id: UUID = Field(sa_column=_workflow())
    name: str
    pattern: str
    """An event's name, or a group: `task.*`."""
    filter: str = ""
    """An expression over the event; empty lets all through."""
    inputs: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    max_per_hour: int = 60
    """It pauses when it would start more."""
    state: str = SwitchState.ACTIVE
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)
    version: int = 1


class WorkflowHook(SQLModel, table=True):
    """Starts a workflow when a signed request comes in; its id is its address."""

    __tablename__ = "workflow_hooks"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (CheckConstraint(_STATES, name="state"), Index("ix_workflow_hooks_workflow", "workflow_id"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    workflow_id: UUID = Field(sa_column=_workflow())
    name: str
    secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Encrypted."""
    inputs: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    state: str = SwitchState.ACTIVE
    last_at: datetime | None = None
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)
    version: int = 1


class WorkflowHookDelivery(SQLModel, table=True):
    """A request that was taken, so that the same one is not taken twice."""

    __tablename__ = "workflow_hook_deliveries"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_workflow_hook_deliveries_at", "received_at"),)

    hook_id: UUID = Field(sa_column=Column(ForeignKey("workflow_hooks.id", ondelete="CASCADE"), primary_key=True))
    webhook_id: str = Field(sa_column=Column(Text, primary_key=True))
    run_id: UUID | None = Field(None, sa_column=Column(ForeignKey("workflow_runs.id", ondelete="SET NULL"), index=True))
    received_at: datetime = Field(default_factory=clock.now)


class WorkflowFollower(SQLModel, table=True):
    """How far workflows have followed the record; at most one row."""

    __tablename__ = "workflow_follower"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(1, sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    pos: int = Field(0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """The last position of the record that was read."""
