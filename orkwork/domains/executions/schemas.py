"""What runs leave, and what holds for them, as it enters and leaves."""

from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from orkwork.core.money import UsdIn
from orkwork.core.schema import Body, In, Int, Moment, Name, Out, Short, Str
from orkwork.domains.executions.models import LogLevel
from orkwork.domains.tasks.models import ExecutionStatus, Failure
from orkwork.domains.tasks.schemas import Fence, LeaseSeconds, Tokens

MAX_LINES = 1000
LineText = Annotated[Str, StringConstraints(max_length=8000)]
"""At most 8,000 characters; it may hold several lines."""
Sequence = Annotated[Int, Field(ge=1, le=2**53)]


class FailureOut(Out):
    """A name of the list of failures."""

    name: Failure
    summary: str
    passing: bool
    """Whether it may pass by itself: only then it is tried again by itself."""
    advice: str
    """What to do about it."""


class FailuresOut(Out):
    """The list of failures."""

    items: list[FailureOut]


class LogLineIn(In):
    """One line of log."""

    text: LineText
    level: LogLevel = LogLevel.INFO
    at: Moment | None = None
    """When it was said; now when absent."""
    sequence: Sequence | None = None
    """Its number in the run's log, so that what is sent again is written once; the next one when absent."""


class LogIn(In):
    """Lines of log, the oldest first."""

    fence: Fence | None = None
    lines: Annotated[list[LogLineIn], Field(min_length=1, max_length=MAX_LINES)]
    lease_seconds: LeaseSeconds = 600

    @field_validator("lines")
    @classmethod
    def _in_order(cls, lines: list[LogLineIn]) -> list[LogLineIn]:
        numbers = [line.sequence for line in lines if line.sequence is not None]
        if numbers and len(numbers) < len(lines):
            raise ValueError("name the sequence of all lines or of none")
        if any(after <= before for before, after in pairwise(numbers)):
            raise ValueError("must be in the order of their sequence, each one once")
        return lines


class LogWrittenOut(Out):
    """What was written."""

    written: int
    """Lines that were new."""
    last: int
    """The number of the log's last line."""


class LogLineOut(Out):
    """One line of log."""

    sequence: int
    level: LogLevel
    at: datetime
    text: str


class LogOut(Out):
    """Lines of log, the oldest first."""

    items: list[LogLineOut]
    next_cursor: str | None
    """For the lines that follow; null when there are none yet: ask again with `after`."""
    last: int
    """The number of the log's last line."""
    running: bool
    """Whether more may come."""


class LinkIn(In):
    """Something that a run leaves elsewhere."""

    fence: Fence | None = None
    name: Name
    url: Annotated[Str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s]+$")]


class ArtifactOut(Out):
    """Something that a run left."""

    id: UUID
    execution_id: UUID
    name: str
    kind: Literal["link", "file"]
    url: str | None
    """Of a link."""
    media_type: str | None
    size_bytes: int | None
    sha256: str | None
    """Of a file's content, as 64 hexadecimal digits."""
    created_at: datetime


class ClockOut(Out):
    """One of the four clocks as it stands."""

    clock: Literal["waiting", "running", "total", "silence"]
    limit_seconds: int
    origin: Literal["task", "project", "agent", "company"]
    """Who says so."""
    since: datetime | None
    """Null while it does not run."""
    over_at: datetime | None


class RetryOut(Out):
    """The retry policy that holds."""

    initial_seconds: int
    factor: float
    cap_seconds: int
    attempts: int
    non_retryable: list[Failure]
    origins: dict[str, str]
    """Who decides each of them: task, project, agent, company or default."""


class BarOut(Out):
    """An agent from which the loop breaker keeps the task."""

    agent_id: UUID
    agent_name: str
    failure: Failure
    runs: int
    """How often it failed so, one time after the other."""
    tripped_at: datetime


class LimitsOut(Out):
    """What holds for a task."""

    clocks: list[ClockOut]
    """Those that somebody set."""
    retry: RetryOut
    attempt: int
    """Runs that count towards the attempts, the present or next one included."""
    retry_at: datetime | None
    """When it is offered again after a failure."""
    barred: list[BarOut]
    asked: dict[str, Any] | None = None
    """The decision about it that waits for a person: its id, title, context and options."""


class StartIn(In):
    """Start a run."""

    fence: Fence | None = None
    lease_seconds: LeaseSeconds = 600


class ExecutionPatch(In):
    """What a run reports; `succeeded` and `failed` end it and move its task."""

    fence: Fence | None = None
    status: Literal[ExecutionStatus.RUNNING, ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED] | None = None
    progress: Annotated[Int, Field(ge=0, le=100)] | None = None
    note: Short | None = None
    failure: Failure | None = None
    """Why it failed, by its name in GET /failures; `other` when nobody says."""
    failure_detail: Body | None = None
    output: Body | None = None
    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    reported_cost_usd: UsdIn | None = None
    duration_ms: Annotated[Int, Field(ge=0, le=10**12)] | None = None
    lease_seconds: LeaseSeconds = 600

    @field_validator("failure")
    @classmethod
    def _failure_of_failed(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("status") is not ExecutionStatus.FAILED:
            raise ValueError("is told with status failed")
        return value


class FinishIn(In):
    """The last report of a run that succeeded."""

    execution_id: UUID
    fence: Fence | None = None
    note: Short | None = None
    output: Body | None = None
    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    reported_cost_usd: UsdIn | None = None
    duration_ms: Annotated[Int, Field(ge=0, le=10**12)] | None = None


class FinishBatchIn(In):
    """Runs that succeeded: all of them end, or none."""

    items: Annotated[list[FinishIn], Field(min_length=1, max_length=50)]

    @field_validator("items")
    @classmethod
    def _once(cls, items: list[FinishIn]) -> list[FinishIn]:
        if len({item.execution_id for item in items}) < len(items):
            raise ValueError("names an execution twice")
        return items
