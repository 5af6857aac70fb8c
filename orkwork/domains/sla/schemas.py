"""Service levels as they enter and leave."""

from datetime import date, datetime
from itertools import pairwise
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from orkwork.core.money import Usd
from orkwork.core.schema import In, Int, Name, Out, Str
from orkwork.domains.sla.models import MAY_PAUSE, Clock, State, Whom
from orkwork.domains.tasks.models import Priority, Status

MOST_MINUTES = 5 * 366 * 24 * 60
Minutes = Annotated[Int, Field(ge=1, le=MOST_MINUTES)]
"""1 minute to 5 years."""
Word = Annotated[Str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Trend = Literal["day", "week"]


class StepIn(In):
    """One level of an escalation."""

    to: Whom
    after_minutes: Annotated[Int, Field(ge=0, le=MOST_MINUTES)]
    """After the breach. The first level is the breach itself: 0."""


def usual_escalation() -> list[StepIn]:
    """Agent at once, its manager after half an hour, the CEO after two hours."""
    return [
        StepIn(to=Whom.AGENT, after_minutes=0),
        StepIn(to=Whom.MANAGER, after_minutes=30),
        StepIn(to=Whom.CEO, after_minutes=120),
    ]


class RuleFields(In):
    """What a rule says. A target that is null names all tasks."""

    project_id: UUID | None = None
    priority: Priority | None = None
    label: Word | None = None
    kind: Word | None = None
    response_minutes: Minutes | None = None
    """At most from first READY to first IN_PROGRESS."""
    resolution_minutes: Minutes | None = None
    """At most from first READY to COMPLETED or CANCELLED."""
    pauses_in: Annotated[list[Status], Field(max_length=9)] = [Status.PLANNING]
    """The states whose time does not count."""
    escalation: Annotated[list[StepIn], Field(min_length=1, max_length=5)] = Field(default_factory=usual_escalation)
    """Level 1, 2, …, each later than the one before."""

    @field_validator("pauses_in")
    @classmethod
    def _pausable(cls, value: list[Status]) -> list[Status]:
        if wrong := [status for status in value if status not in MAY_PAUSE]:
            raise PydanticCustomError(
                "sla_pause", "{status} ends the clocks, so none can pause in it", {"status": wrong[0]}
            )
        return sorted(set(value), key=list(Status).index)

    @field_validator("escalation")
    @classmethod
    def _rising(cls, value: list[StepIn]) -> list[StepIn]:
        delays = [step.after_minutes for step in value]
        if delays[0] != 0:
            raise PydanticCustomError("sla_first", "must begin with after_minutes 0: level 1 is the breach itself")
        if any(later <= earlier for earlier, later in pairwise(delays)):
            raise PydanticCustomError("sla_order", "must rise in after_minutes from level to level")
        return value


class RuleIn(RuleFields):
    """A new rule."""

    name: Name


class RulePatch(RuleFields):
    """What to change; what is absent stays."""

    name: Name = ""


class StepOut(Out):
    """One level of an escalation."""

    to: Whom
    after_minutes: int


class RuleOut(Out):
    """A rule."""

    id: UUID
    name: str
    project_id: UUID | None
    project_key: str | None
    """The project's key prefix."""
    priority: Priority | None
    label: str | None
    kind: str | None
    response_minutes: int | None
    resolution_minutes: int | None
    pauses_in: list[Status]
    escalation: list[StepOut]
    open_tasks: int
    """Unfinished tasks whose clocks run by it."""
    created_at: datetime
    updated_at: datetime
    version: int


class ClockOut(Out):
    """How one clock of a task stands."""

    clock: Clock
    limit_seconds: int
    elapsed_seconds: float
    left_seconds: float
    """Below zero when it is late."""
    due_at: datetime | None
    """When the limit is or was passed; null while paused in time, and when it ended in time."""
    runs_out_at: datetime | None
    """While it runs, the moment at which no time is left."""
    ended_at: datetime | None
    paused: bool
    state: State


class TimeLeft(Out):
    """The time left of a task's tighter clock, as cards show it."""

    clock: Clock
    state: State
    limit_seconds: int
    left_seconds: float
    runs_out_at: datetime | None
    """Null while paused, and at the end: then `left_seconds` stands still."""
    paused: bool


class BreachOut(Out):
    """One level that was told."""

    clock: Clock
    level: int
    """0 is the warning, 1 the breach, 2 and more its escalation."""
    concerns: Whom
    agent_id: UUID | None
    agent_name: str | None
    at: datetime
    """When it was reached."""
    recorded_at: datetime


class TaskSla(Out):
    """How a task stands to what is promised."""

    task_key: str
    rule_id: UUID | None
    rule_name: str | None
    started_at: datetime | None
    clocks: list[ClockOut]
    """Empty when no rule applies, or the task was never READY."""
    breaches: list[BreachOut]
    next_level: int | None = None
    """The level to which a late task can be escalated by hand; null while it is not late, and when the CEO knows."""
    next_concerns: Whom | None = None
    """Whom that would concern."""


class EscalateIn(In):
    """An escalation by hand."""

    level: Annotated[Int, Field(ge=2, le=100)] | None = None
    """The level to raise it to, `next_level` of the task's SLA; one that was told already changes nothing. The next unless
    said."""


class Kept(Out):
    """What was promised and kept in a period."""

    met: int
    missed: int
    percent_within: int | None
    """Null with fewer than 5 of them: too little data."""


class KeptByClock(Kept):
    """Of one clock."""

    clock: Clock


class KeptByProject(Kept):
    """Of one project."""

    project_id: UUID
    project_key: str
    project_name: str


class KeptInPeriod(Kept):
    """Of one day or week of the company's zone."""

    begins: date


class SlaReport(Out):
    """How much of what was promised was kept: clocks that ended in time against clocks that were passed."""

    since: date
    until: date
    trend_by: Trend
    total: Kept
    by_clock: list[KeptByClock]
    by_project: list[KeptByProject]
    trend: list[KeptInPeriod]
    """Every period, also those in which nothing happened."""


class DueTask(Out):
    """A task that is late and waits on."""

    id: UUID
    key: str
    title: str
    clock: Clock
    level: int
    at: datetime
    """When its limit was passed."""
    worker: str | None
    behind: int
    """Unfinished tasks that wait for it."""
    cost_usd: Usd


class AtRisk(Out):
    """The task whose time runs out next."""

    key: str
    left: TimeLeft
