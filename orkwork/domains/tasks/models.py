"""Tables of tasks and of the work on them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.events import Xid8
from orkwork.core.ids import uuid7


class Status(StrEnum):
    """The states of a task; what leads where stands in `rules.TRANSITIONS`."""

    CREATED = "CREATED"
    PLANNING = "PLANNING"
    READY = "READY"
    ASSIGNED = "ASSIGNED"
    IN_PROGRESS = "IN_PROGRESS"
    REVIEW = "REVIEW"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Priority(StrEnum):
    """How urgent a task is; kept as its place in this list, so that it sorts."""

    URGENT = "urgent"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 is the most urgent."""
        return list(Priority).index(self)


class DependencyKind(StrEnum):
    """Whether an edge orders work."""

    BLOCKS = "blocks"
    RELATES = "relates"


class Failure(StrEnum):
    """The names of failures; what each means and what to do about it stands in `executions.rules.failures`."""

    RATE_LIMITED = "rate_limited"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    NETWORK = "network"
    LOST = "lost"
    TIMED_OUT_RUNNING = "timed_out_running"
    TIMED_OUT_SILENT = "timed_out_silent"
    TIMED_OUT_START = "timed_out_start"
    TIMED_OUT_TOTAL = "timed_out_total"
    INVALID_OUTPUT = "invalid_output"
    TOOL_FAILED = "tool_failed"
    TESTS_FAILED = "tests_failed"
    CONTEXT_TOO_LONG = "context_too_long"
    PERMISSION_DENIED = "permission_denied"
    BUDGET_EXHAUSTED = "budget_exhausted"
    BAD_REQUEST = "bad_request"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    OTHER = "other"


class ExecutionStatus(StrEnum):
    """The states of one run."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    """Its lease lapsed without a sign of life."""


_STATUSES = ",".join(f"'{s}'" for s in Status)


class CapabilitySet(SQLModel, table=True):
    """The distinct sets of capabilities that tasks ask for; claims look for the head of each set an agent covers."""

    __tablename__ = "capability_sets"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(None, sa_column=Column(Integer, Identity(), primary_key=True))
    capability_ids: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False, unique=True))
    """Sorted."""


class Task(SQLModel, table=True):
    """A piece of work."""

    __tablename__ = "tasks"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint(f"status in ({_STATUSES})", name="status"),
        CheckConstraint("priority between 0 and 4", name="priority"),
        CheckConstraint("blocked_count >= 0", name="blocked_count"),
        CheckConstraint(
            "blocked_count = 0 or status in ('CREATED','PLANNING','FAILED','CANCELLED') or flagged", name="blocked"
        ),
        Index("ix_tasks_created", "created_at", "id"),
        Index("ix_tasks_project_status", "project_id", "status", "priority", "id"),
        Index(
            "ix_tasks_ended",
            "project_id",
            "status",
            "updated_at",
            "id",
            postgresql_where=text("status in ('COMPLETED','FAILED','CANCELLED')"),
        ),
        Index("ix_tasks_status", "status", "id"),
        Index("ix_tasks_assignee", "assignee_id", "status"),
        Index("ix_tasks_lease", "lease_until", postgresql_where=text("lease_until is not null")),
        Index("ix_tasks_retry", "retry_at", postgresql_where=text("retry_at is not null")),
        Index(
            "uq_tasks_external", "source", "external_id", unique=True, postgresql_where=text("external_id is not null")
        ),
        Index(
            "ix_tasks_give_back",
            "give_back_at",
            postgresql_where=text("status = 'ASSIGNED' and lease_until is null and give_back_at is not null"),
        ),
        Index(
            "ix_tasks_waiting",
            "project_id",
            "waiting_since",
            postgresql_where=text("status in ('READY','ASSIGNED') and waiting_told_at is null"),
        ),
        Index(
            "ix_tasks_waiting_own",
            "waiting_since",
            postgresql_where=text("limits is not null and status in ('READY','ASSIGNED') and waiting_told_at is null"),
        ),
        Index("ix_tasks_completed", "completed_at", postgresql_where=text("status = 'COMPLETED'")),
        Index(
            "ix_tasks_due",
            "due_at",
            "id",
            postgresql_where=text("due_at is not null and status not in ('COMPLETED','CANCELLED')"),
        ),
        Index("ix_tasks_search", "search", postgresql_using="gin"),
        Index("ix_tasks_labels", "labels", postgresql_using="gin"),
        {"postgresql_with": {"fillfactor": "85"}},
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    project_id: UUID = Field(foreign_key="projects.id")
    number: int
    key: str = Field(unique=True)
    """`ORK-123`: the project's prefix and the number."""
    title: str
    description: str = ""
    kind: str = "task"
    status: str = Status.CREATED
    priority: int = Field(2, sa_column=Column(SmallInteger, nullable=False))
    labels: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    acceptance_criteria: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    """Each as `CriterionOut`. In the row, so that a completion and a verification can't pass each other."""
    required_capabilities: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}")
    )
    capset_id: int = Field(foreign_key="capability_sets.id")
    review_required: bool = True
    auto_assigned: bool = False
    assignee_id: UUID | None = Field(None, foreign_key="agents.id")
    worker_id: UUID | None = Field(None, foreign_key="agents.id")
    """Who ran it last: may not review it."""
    former_id: UUID | None = Field(None, sa_column=Column(ForeignKey("agents.id", ondelete="SET NULL")))
    """Who held it last, when nobody does: hears of it when nothing blocks it any more."""
    fence: int = Field(0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    """Grows with every assignment; a write that names an older one is refused."""
    lease_until: datetime | None = None
    give_back_at: datetime | None = None
    """When a task that the score gave is given back, unless the agent takes it up before."""
    blocked_count: int = 0
    """Blocking dependencies that are not completed."""
    flagged: bool = False
    """A dependency was re-opened after this had started."""
    crit: int = 0
    """The longest chain of tasks behind this one: what waits on it."""
    reopened_count: int = Field(0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    """How often it was opened again after it was completed."""
    retry_count: int = Field(0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    max_retries: int | None = Field(None, sa_column=Column(SmallInteger))
    """None leaves it to the project, the agent and the company."""
    retry_at: datetime | None = None
    """READY, but not offered before this moment."""
    limits: dict[str, Any] | None = Field(None, sa_column=Column(JSONB))
    """Its own clocks and retry policy, where it has any: `settings.schemas.Limits` without `attempts`."""
    waiting_since: datetime | None = None
    """Since when it waits to be started; a release does not begin it anew."""
    waiting_told_at: datetime | None = None
    """When somebody was told that it waits too long."""
    attempts_from: datetime | None = None
    """When a person had it done again: attempts and the total clock count from here."""
    estimate_minutes: int | None = None
    due_at: datetime | None = None
    source: str | None = None
    """Where it came from: `github:owner/name`."""
    external_id: str | None = None
    external_url: str | None = None
    created_by_kind: str = "system"
    created_by_id: UUID | None = None
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)
    ready_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    version: int = 1
    search: Any = Field(
        None,
        sa_column=Column(
            TSVECTOR,
            Computed("to_tsvector('simple', key || ' ' || title || ' ' || left(description, 4000))", persisted=True),
        ),
    )


class ReadyTask(SQLModel, table=True):
    """The queue of claims, kept narrow; a row exists while its task is READY and may be taken."""

    __tablename__ = "ready_tasks"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_ready_tasks_head", "capset_id", "priority", "due_at", text("crit desc"), "task_id"),)

    task_id: UUID = Field(sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True))
    project_id: UUID
    capset_id: int
    priority: int = Field(sa_column=Column(SmallInteger, nullable=False))
    due_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    """'infinity' for none."""
    crit: int


class TaskPass(SQLModel, table=True):
    """An agent was given a task by score and did not take it up: others come first when it is given again."""

    __tablename__ = "task_passes"  # pyright: ignore[reportAssignmentType]

    task_id: UUID = Field(sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True))
    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True))
    passed_at: datetime = Field(default_factory=clock.now)


class TaskBar(SQLModel, table=True):
    """The loop breaker tripped: the task is not given to the agent by itself until a person lifts it."""

    __tablename__ = "task_bars"  # pyright: ignore[reportAssignmentType]

    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True))
    task_id: UUID = Field(sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True))
    failure: str
    runs: int
    """How often it failed so, one time after the other."""
    run: int
    """The last of them; what came before is not counted again."""
    tripped_at: datetime = Field(default_factory=clock.now)
    lifted_at: datetime | None = None


class AgentMean(SQLModel, table=True):
    """What the tasks cost that an agent completed in the last 30 days, counted by the clock."""

    __tablename__ = "agent_means"  # pyright: ignore[reportAssignmentType]

    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True))
    tasks: int
    amount_usd: Decimal = Field(sa_column=Column(Numeric(24, 12), nullable=False))


class TaskDependency(SQLModel, table=True):
    """`task_id` waits for `depends_on_id`."""

    __tablename__ = "task_dependencies"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("kind in ('blocks','relates')", name="kind"),
        CheckConstraint("task_id <> depends_on_id", name="itself"),
        Index("ix_task_dependencies_depends_on", "depends_on_id", "task_id"),
    )

    task_id: UUID = Field(sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True))
    depends_on_id: UUID = Field(sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True))
    kind: str = DependencyKind.BLOCKS
    created_at: datetime = Field(default_factory=clock.now)


class Label(SQLModel, table=True):
    """A label that a project's tasks may carry."""

    __tablename__ = "labels"  # pyright: ignore[reportAssignmentType]

    project_id: UUID = Field(sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True))
    name: str = Field(primary_key=True)
    color: str = ""
    description: str = ""


class TaskComment(SQLModel, table=True):
    """What someone said about a task, in Markdown."""

    __tablename__ = "task_comments"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_task_comments_task", "task_id", "created_at", "id"),
        Index(
            "uq_task_comments_external",
            "source",
            "external_id",
            unique=True,
            postgresql_where=text("external_id is not null"),
        ),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    task_id: UUID = Field(sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False))
    author_kind: str
    author_id: UUID | None = None
    author_name: str
    body: str
    source: str | None = None
    external_id: str | None = None
    created_at: datetime = Field(default_factory=clock.now)
    edited_at: datetime | None = None


class NoticeKind(StrEnum):
    """What an agent is to notice beside work for it."""

    UNBLOCKED = "unblocked"
    MENTIONED = "mentioned"
    DECISION_RESOLVED = "decision_resolved"


class AgentNotice(SQLModel, table=True):
    """Something that an agent hears of once, with its next work."""

    __tablename__ = "agent_notices"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("kind in ('unblocked','mentioned','decision_resolved')", name="kind"),
        Index("ix_agent_notices_agent", "agent_id", "xid", "id"),
        Index("ix_agent_notices_waiting", "agent_id", "id", postgresql_where=text("delivered_at is null")),
    )

    id: int | None = Field(None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    xid: int = Field(sa_column=Column(Xid8, nullable=False, server_default=text("pg_current_xact_id()")))
    """Lets a cursor stop before transactions that are still open."""
    agent_id: UUID = Field(sa_column=Column(ForeignKey("agents.id", ondelete="CASCADE"), nullable=False))
    kind: str
    task_id: UUID | None = Field(None, sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True))
    comment_id: UUID | None = Field(
        None, sa_column=Column(ForeignKey("task_comments.id", ondelete="CASCADE"), index=True)
    )
    decision_id: UUID | None = Field(None, sa_column=Column(ForeignKey("decisions.id", ondelete="CASCADE"), index=True))
    created_at: datetime = Field(default_factory=clock.now)
    delivered_at: datetime | None = None
    """When the agent was first told."""


class TaskContributor(SQLModel, table=True):
    """A person's part in an imported task: author, assignee or commenter."""

    __tablename__ = "task_contributors"  # pyright: ignore[reportAssignmentType]

    task_id: UUID = Field(sa_column=Column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True))
    user_id: UUID = Field(sa_column=Column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True))
    part: str = Field(primary_key=True)
