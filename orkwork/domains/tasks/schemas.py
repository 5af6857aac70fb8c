"""Tasks and the work on them as they enter and leave."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from orkwork.core.money import Usd
from orkwork.core.schema import Body, Bool, In, Int, Moment, Out, Short, Str, Title
from orkwork.domains.agents.schemas import CapabilityName
from orkwork.domains.settings.schemas import HoldOut, Limits
from orkwork.domains.tasks.models import DependencyKind, ExecutionStatus, Failure, Priority, Status

LabelName = Annotated[Str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
RefText = Annotated[Str, StringConstraints(min_length=1, max_length=200)]
Fence = Annotated[Int, Field(ge=0, le=2**62)]
LeaseSeconds = Annotated[Int, Field(ge=10, le=86_400)]
Tokens = Annotated[Int, Field(ge=0, le=10**12)]
CriterionState = Literal["open", "met", "failed"]
CommentText = Annotated[Str, StringConstraints(min_length=1, max_length=50_000)]
TaskSort = Literal["created_at", "-created_at", "updated_at", "-updated_at", "priority", "due_at", "key"]


class Criterion(In):
    """One thing that has to be true for the task to be done."""

    id: UUID | None = None
    """Of one that the task has, which keeps its evidence, and its verification while the text stays; else a new one."""
    text: Annotated[Str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]


class CriterionOut(Out):
    """One acceptance criterion with its evidence, in Markdown, and its verification with the verifier's note."""

    id: UUID
    text: str
    state: CriterionState
    evidence: str
    evidence_at: datetime | None
    evidence_by_kind: str | None
    evidence_by_id: UUID | None
    evidence_by_name: str | None
    verified_at: datetime | None
    verified_by_kind: str | None
    verified_by_id: UUID | None
    verified_by_name: str | None
    note: str


class TaskFields(In):
    """What people and agents say of a task."""

    title: Title
    description: Body = ""
    kind: Annotated[Str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = "task"
    priority: Priority = Priority.MEDIUM
    labels: Annotated[list[LabelName], Field(max_length=50)] = []
    acceptance_criteria: Annotated[list[Criterion], Field(max_length=100)] = []
    required_capabilities: Annotated[list[CapabilityName], Field(max_length=20)] = []
    review_required: Bool = True
    max_retries: Annotated[Int, Field(ge=0, le=20)] | None = None
    """One less than `limits.retry.attempts`; null leaves it to the project, the agent and the company."""
    limits: Limits | None = None
    """Its own clocks and retry policy."""
    estimate_minutes: Annotated[Int, Field(ge=1, le=1_000_000)] | None = None
    due_at: Moment | None = None
    source: Short | None = None
    """Where it came from: `github:owner/name`."""
    external_id: Short | None = None
    """Its id there; one source's id is taken once."""
    external_url: Annotated[Str, StringConstraints(max_length=2000, pattern=r"^https?://")] | None = None

    @field_validator("labels", "required_capabilities")
    @classmethod
    def _distinct(cls, names: list[str]) -> list[str]:
        return list(dict.fromkeys(names))

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        if self.limits and self.limits.retry.attempts is not None:
            self.max_retries = self.limits.retry.retries(self.max_retries)
        return self

    @field_validator("external_id")
    @classmethod
    def _sourced(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and "source" in info.data and not info.data["source"]:
            raise ValueError("needs a source beside it")
        return value


class TaskIn(TaskFields):
    """A new task."""

    project_id: UUID
    ready: Bool = False
    """Walk on to READY at once, or as soon as the dependencies are done."""
    depends_on: Annotated[list[RefText], Field(max_length=1000)] = []
    """Ids or keys of tasks that have to complete first."""


class BulkTask(TaskFields):
    """One task of a graph."""

    ref: RefText
    """The caller's own name for it in this request."""
    depends_on: Annotated[list[RefText], Field(max_length=5000)] = []
    """Refs of this request, or ids or keys of tasks that exist."""


class BulkIn(In):
    """A whole graph: all of it is created, or nothing."""

    project_id: UUID
    ready: Bool = False
    tasks: Annotated[list[BulkTask], Field(min_length=1, max_length=20_000)]

    @field_validator("tasks")
    @classmethod
    def _refs_once(cls, tasks: list[BulkTask]) -> list[BulkTask]:
        seen: set[str] = set()
        for task in tasks:
            if task.ref in seen:
                raise ValueError(f"the ref {task.ref[:60]!r} is there twice")
            seen.add(task.ref)
        return tasks


class BulkMade(Out):
    """One created task."""

    ref: str
    id: UUID
    key: str
    status: Status


class BulkOut(Out):
    """What was created."""

    created: int
    dependencies: int
    tasks: list[BulkMade]


class TaskPatch(TaskFields):
    """What to change; what is absent stays. The state changes by transition."""

    title: Title = ""


class TaskItem(Out):
    """A task in a list."""

    id: UUID
    key: str
    project_id: UUID
    title: str
    kind: str
    status: Status
    priority: Priority
    labels: list[str]
    required_capabilities: list[str]
    review_required: bool
    auto_assigned: bool
    assignee_id: UUID | None
    assignee_name: str | None
    worker_id: UUID | None
    lease_until: datetime | None
    blocked_count: int
    """Blocking dependencies that are not completed."""
    flagged: bool
    """A dependency was re-opened after this had started."""
    retry_count: int
    max_retries: int | None
    retry_at: datetime | None
    estimate_minutes: int | None
    due_at: datetime | None
    cost_usd: Usd
    progress: int | None
    """Percent of the running execution."""
    source: str | None
    external_id: str | None
    external_url: str | None
    created_by_kind: str
    created_by_id: UUID | None
    created_at: datetime
    updated_at: datetime
    ready_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    version: int


class TaskOut(TaskItem):
    """A task."""

    description: str
    acceptance_criteria: list[CriterionOut]
    limits: Limits | None


class TaskPage(Out):
    """One page of tasks."""

    items: list[TaskItem]
    next_cursor: str | None


class MoveIn(In):
    """Where to move a task."""

    to: Status
    fence: Fence | None = None
    """From the claim; required of the agent that holds the task."""
    reason: Short = ""
    comment: CommentText | None = None
    """Left on the task with the move."""


class MovesOut(Out):
    """Where a task can go."""

    status: Status
    allowed: list[Status]
    actions: dict[str, str]
    """What a person calls each allowed move."""


class AssignIn(In):
    """Who gets the task: an agent, or the best candidate by score. An agent may name only itself."""

    agent_id: UUID | None = None
    """Absent: the candidate with the best score."""
    auto: Bool = False
    """The same as leaving agent_id out."""

    @field_validator("auto")
    @classmethod
    def _one_way(cls, auto: bool, info: ValidationInfo) -> bool:
        if auto and info.data.get("agent_id") is not None:
            raise ValueError("can't be true beside an agent_id")
        return auto


class ClaimIn(In):
    """How much to claim."""

    limit: Annotated[Int, Field(ge=1, le=50)] = 1
    project_id: UUID | None = None
    start: Bool = False
    """Start an execution of each at once."""
    lease_seconds: LeaseSeconds = 600
    """Silence after which a task is given back."""


class ExecutionOut(Out):
    """One run."""

    id: UUID
    task_id: UUID
    task_key: str
    task_title: str
    project_id: UUID
    agent_id: UUID
    agent_name: str
    run: int
    status: ExecutionStatus
    progress: int
    note: str
    failure: Failure | None
    """GET /failures says what to do about it."""
    failure_detail: str | None
    output: str | None
    input_tokens: int | None
    output_tokens: int | None
    reported_cost_usd: Usd | None
    cost_usd: Usd
    """The ledger's sum over the run."""
    duration_ms: int | None
    hold: HoldOut | None
    """Of a run that goes on: come to a good point, then hand in, or wait."""
    started_at: datetime
    ended_at: datetime | None
    version: int


class FinishBatchOut(Out):
    """The runs that were handed in, in the order of the request."""

    items: list[ExecutionOut]


class ClaimedTask(Out):
    """One claimed task."""

    task: TaskOut
    fence: int
    """Send it with every later write on the task."""
    lease_until: datetime | None
    """Null when it was given to the agent, until it takes the task up."""
    execution: ExecutionOut | None


class ClaimOut(Out):
    """What was claimed; empty when there is nothing for the agent, with the reason."""

    claims: list[ClaimedTask]
    reason: Literal["nothing_ready", "at_capacity", "paused", "held", "over_budget"] | None = None


class DependencyIn(In):
    """What a task waits for."""

    depends_on: RefText
    """Id or key."""
    kind: DependencyKind = DependencyKind.BLOCKS


class DependencyOut(Out):
    """One edge, seen from one of its tasks."""

    direction: Literal["depends_on", "blocks"]
    kind: DependencyKind
    task_id: UUID
    key: str
    title: str
    status: Status
    assignee_name: str | None


class CommentIn(In):
    """What to say, in Markdown."""

    body: CommentText


class CommentOut(Out):
    """What someone said."""

    id: UUID
    task_id: UUID
    author_kind: str
    author_id: UUID | None
    author_name: str
    body: str
    created_at: datetime
    edited_at: datetime | None


class GraphNode(Out):
    """A task in the graph."""

    id: UUID
    key: str
    title: str
    status: Status
    priority: Priority
    assignee_name: str | None
    estimate_minutes: int | None
    blocked_count: int
    critical: bool


class GraphEdge(Out):
    """`task_id` waits for `depends_on_id`."""

    task_id: UUID
    depends_on_id: UUID
    kind: DependencyKind
    critical: bool


class GraphOut(Out):
    """A project's graph."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    critical_path: list[UUID]
    """From the first task to the last."""
    critical_tasks: int
    critical_minutes: Decimal | None
    """By the estimates, where there are any; a missing one counts as the median."""
