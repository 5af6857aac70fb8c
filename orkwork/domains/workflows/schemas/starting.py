"""What starts runs: schedules, triggers, webhooks."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from orkwork.core.schema import In, Int, Moment, Name, Out, Str
from orkwork.domains.workflows.models import Overlap, SwitchState
from orkwork.domains.workflows.schemas.templates import InputName

MAX_CATCH_UP = 50
CronText = Annotated[Str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
"""Five fields in the company's zone: `0 9 * * 1-5`."""
Mapped = dict[InputName, Any]
"""A value for each input; a text may refer to what started the run."""


class ScheduleFields(In):
    """What a schedule says."""

    name: Name = "Schedule"
    cron: CronText
    inputs: Mapped = {}
    """A value for each input. `{{schedule.at}}` is the moment of the tick, `{{schedule.day}}` its day in the company's zone."""
    overlap: Overlap = Overlap.SKIP
    catch_up: Annotated[Int, Field(ge=1, le=MAX_CATCH_UP)] = 1
    """How many of the ticks that passed unseen are made up for, the latest ones."""
    pause_after: Annotated[Int, Field(ge=0, le=100)] = 5
    """It pauses after so many failures in a row, and a person is asked; 0 never."""


class ScheduleIn(ScheduleFields):
    """A new schedule."""


class SchedulePatch(ScheduleFields):
    """What to change; what is absent stays."""

    cron: CronText = ""
    state: SwitchState = SwitchState.ACTIVE


class ScheduleOut(Out):
    """A schedule."""

    id: UUID
    workflow_id: UUID
    name: str
    cron: str
    inputs: dict[str, Any]
    overlap: Overlap
    catch_up: int
    pause_after: int
    state: SwitchState
    failures: int
    """In a row."""
    next_at: datetime | None
    next_ticks: list[datetime]
    """The next five; empty while it is paused."""
    time_zone: str
    """The company's, in which it counts."""
    last_at: datetime | None
    version: int


class CronIn(In):
    """A cron to try."""

    cron: CronText


class CronOut(Out):
    """When it would fire."""

    cron: str
    time_zone: str
    next_ticks: list[datetime]
    """The next five."""


class BackfillIn(In):
    """A period to make up for; both ends included."""

    since: Moment
    until: Moment
    overlap: Overlap = Overlap.QUEUE


class BackfillOut(Out):
    """What came of it."""

    ticks: int
    started: int
    queued: int
    known: int
    """Ticks that had their run already."""


class TriggerFields(In):
    """What a trigger says."""

    name: Name = "Trigger"
    pattern: Annotated[Str, StringConstraints(pattern=r"^[a-z_]+\.(\*|[a-z_]+)$", max_length=100)]
    """An event's name, or a group: `task.*`."""
    filter: Annotated[Str, StringConstraints(max_length=1000, strip_whitespace=True)] = ""
    """A condition over the event: `event.after.status == "FAILED"`; empty lets all through."""
    inputs: Mapped = {}
    """A value for each input; `{{event.subject_label}}` and the like are filled in."""
    max_per_hour: Annotated[Int, Field(ge=1, le=1000)] = 60
    """It pauses when it would start more."""


class TriggerIn(TriggerFields):
    """A new trigger."""


class TriggerPatch(TriggerFields):
    """What to change; what is absent stays."""

    pattern: Annotated[Str, StringConstraints(pattern=r"^[a-z_]+\.(\*|[a-z_]+)$", max_length=100)] = ""
    state: SwitchState = SwitchState.ACTIVE


class TriggerOut(Out):
    """A trigger."""

    id: UUID
    workflow_id: UUID
    name: str
    pattern: str
    filter: str
    inputs: dict[str, Any]
    max_per_hour: int
    state: SwitchState
    runs: int
    """How many it started."""
    last_at: datetime | None
    version: int


class HookFields(In):
    """What a webhook says."""

    name: Name = "Webhook"
    inputs: Mapped = {}
    """A value for each input; `{{payload.repository.name}}` and the like are filled in from the body."""


class HookIn(HookFields):
    """A new webhook."""


class HookPatch(HookFields):
    """What to change; what is absent stays."""

    state: SwitchState = SwitchState.ACTIVE


class HookOut(Out):
    """A webhook."""

    id: UUID
    workflow_id: UUID
    name: str
    url: str
    """Where to send to, signed by Standard Webhooks."""
    inputs: dict[str, Any]
    state: SwitchState
    runs: int
    """How many it started."""
    last_at: datetime | None
    version: int


class HookMade(HookOut):
    """A webhook with its secret, which is shown once."""

    secret: str


class HookTaken(Out):
    """What came of a request."""

    run_id: UUID | None
    number: int | None
    repeated: bool
    """Whether this very request had been taken before."""
