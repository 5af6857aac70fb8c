"""Templates: inputs, steps, versions."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator

from orkwork.core.schema import Body, Bool, In, Int, Name, Out, Short, Str
from orkwork.domains.agents.schemas import CapabilityName
from orkwork.domains.tasks.models import Priority
from orkwork.domains.workflows.models import RunState, TriggerKind, WorkflowState

MAX_STEPS = 1000
MAX_INPUTS = 50
WorkflowKey = Annotated[Str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
"""Small letters, digits and hyphens: `nightly-report`."""
StepKey = Annotated[Str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$")]
InputName = Annotated[Str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Filled = Annotated[Str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]
"""A text that may hold `{{input.name}}`."""
Value = str | Bool | Int | float | None
"""What an input may hold."""


class InputType(StrEnum):
    """What an input holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


class InputDef(In):
    """One thing that a run is told."""

    name: InputName
    type: InputType = InputType.TEXT
    description: Short = ""
    required: Bool = False
    default: Value = None
    """Taken when a run doesn't say."""
    options: Annotated[list[str | Bool | Int | float], Field(max_length=100)] = []
    """The only values that it may have; empty for any."""


class StepDef(In):
    """One step: the task that it becomes. `{{input.name}}` is filled into title, description, labels and criteria."""

    key: StepKey
    """Its name in this template, for `depends_on`."""
    title: Filled
    description: Body = ""
    depends_on: Annotated[list[StepKey], Field(max_length=MAX_STEPS)] = []
    """Keys of the steps that have to complete first."""
    when: Annotated[Str, StringConstraints(max_length=1000, strip_whitespace=True)] = ""
    """A condition over the inputs (`input.region == "eu"`), and over what steps came to that it depends on
    (`steps.build.outcome == "failed"`; `steps.build.output` is the text that its last run left, `steps.build.result.name` a
    part of it where it is JSON). Where it does not hold, the step is left out, and what waits for it waits for what it waited
    for. What it names of steps is waited for to be over, completed or not."""
    kind: Annotated[Str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = "task"
    priority: Priority = Priority.MEDIUM
    labels: Annotated[list[Annotated[Str, StringConstraints(min_length=1, max_length=200)]], Field(max_length=50)] = []
    acceptance_criteria: Annotated[list[Filled], Field(max_length=100)] = []
    required_capabilities: Annotated[list[CapabilityName], Field(max_length=20)] = []
    review_required: Bool = True
    max_retries: Annotated[Int, Field(ge=0, le=20)] = 0
    estimate_minutes: Annotated[Int, Field(ge=1, le=1_000_000)] | None = None

    @field_validator("depends_on", "labels", "required_capabilities")
    @classmethod
    def _distinct(cls, names: list[str]) -> list[str]:
        return list(dict.fromkeys(names))


Inputs = Annotated[list[InputDef], Field(max_length=MAX_INPUTS)]
Steps = Annotated[list[StepDef], Field(min_length=1, max_length=MAX_STEPS)]


class TemplateIn(In):
    """What a run consists of."""

    inputs: Inputs = []
    steps: Steps


class WorkflowIn(TemplateIn):
    """A new workflow."""

    name: Name
    key: WorkflowKey | None = None
    """Made of the name when it is absent."""
    description: Body = ""
    project_id: UUID


class WorkflowPatch(In):
    """What to change; what is absent stays. Other inputs or steps make a new version, which new runs take."""

    name: Name = ""
    description: Body = ""
    state: WorkflowState = WorkflowState.ACTIVE
    inputs: Inputs = []
    steps: Annotated[list[StepDef], Field(max_length=MAX_STEPS)] = []


class ImportIn(In):
    """A recorded workflow in WfFormat 1.4 or 1.5, as WfCommons publishes them."""

    document: dict[str, Any]
    project_id: UUID
    name: Name | None = None
    """The document's own when it is absent."""
    key: WorkflowKey | None = None


class LastRun(Out):
    """The newest run, in short."""

    id: UUID
    number: int
    state: RunState
    created_at: datetime


class WorkflowItem(Out):
    """A workflow in a list."""

    id: UUID
    key: str
    name: str
    project_id: UUID
    project_key: str
    state: WorkflowState
    current_version: int
    steps: int
    runs: int
    """Of the last 30 days that ended."""
    succeeded: int
    """How many of them completed."""
    last_run: LastRun | None
    next_at: datetime | None
    """When a schedule starts it next."""
    updated_at: datetime
    version: int


class WorkflowName(Out):
    """A workflow by its name alone."""

    key: str
    name: str
    project_key: str


class VersionItem(Out):
    """A version in a list."""

    number: int
    steps: int
    runs: int
    created_by_name: str
    created_at: datetime


class VersionOut(Out):
    """A version whole."""

    number: int
    inputs: list[InputDef]
    steps: list[StepDef]
    created_by_name: str
    created_at: datetime


class WorkflowOut(WorkflowItem):
    """A workflow with the version that new runs take."""

    description: str
    created_at: datetime
    template: VersionOut


class StartIn(In):
    """How to run it."""

    inputs: dict[InputName, Any] = {}
    """By name; what is absent takes its default."""
    version: Annotated[Int, Field(ge=1, le=2**31 - 1)] | None = None
    """An earlier version; the current one when it is absent."""


class RunStepOut(Out):
    """A step of a run."""

    step: str
    title: str
    depends_on: list[str]
    """With the steps that were left out taken out."""
    status: str
    """The task's state now; SKIPPED where the condition did not hold, WAITING where it can't be judged yet."""
    task_id: UUID | None
    task_key: str | None
    assignee_name: str | None
    started_at: datetime | None
    completed_at: datetime | None


class RunItem(Out):
    """A run in a list."""

    id: UUID
    workflow_id: UUID
    workflow_key: str
    workflow_name: str
    project_id: UUID
    number: int
    version_number: int
    state: RunState
    trigger: TriggerKind
    trigger_name: str | None
    """Of the schedule, trigger or webhook."""
    trigger_key: str | None
    attempt: int
    tasks: int
    completed: int
    failed: int
    cancelled: int
    started_by_kind: str
    started_by_name: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    version: int


class RunOut(RunItem):
    """A run with its steps."""

    inputs: dict[str, Any]
    cost_usd: Decimal
    steps: list[RunStepOut]
