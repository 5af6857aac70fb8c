"""Events as they leave."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from orkwork.core.actor import Actor, Role
from orkwork.core.schema import Asked, In, Int, Out, Str


class EventOut(Out):
    """One change by anyone or anything."""

    seq: int
    occurred_at: datetime
    name: str
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    ip: str | None
    request_id: str | None
    subject_kind: str
    subject_id: UUID | None
    subject_label: str
    project_id: UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @classmethod
    def seen_by(cls, actor: Actor, row: Mapping[str, Any]) -> Self:
        """The event as this actor may see it: where people were, only owners and admins know."""
        knows = actor.role is not None and actor.role.covers(Role.ADMIN)
        return cls.model_validate(row if knows else {**row, "ip": None})


Pattern = Annotated[Str, StringConstraints(pattern=r"^(\*|[a-z_]{1,40}\.(\*|[a-z_]{1,40}))$")]
"""An event's name, `task.moved`, or the beginning of some: `task.*`."""


class WantedIn(Asked):
    """What to hear; nothing named is everything that the caller may hear."""

    name: Annotated[list[Pattern], Field(max_length=50)] = []
    """`task.moved`, `task.*`; may be given more than once."""
    project: Annotated[list[Str], Field(max_length=50)] = []
    """Ids or key prefixes."""
    after: Annotated[int | None, Field(ge=0, le=2**62)] = None
    """The position behind which to begin; the header Last-Event-ID says the same. Without either, from now on."""


class HeardEvent(Out):
    """That something happened, never what it is now: read it again to know."""

    pos: int
    """Its place in the one order of all events."""
    occurred_at: datetime
    name: str
    """`task.moved`, `agent.paused` …"""
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    subject_kind: str
    subject_id: UUID | None
    subject_label: str
    """A task's key, an agent's name."""
    project_id: UUID | None


class Gap(Out):
    """Positions that are no longer kept, or not yet there: read again what you hold."""

    first: int
    last: int


class Heard(Out):
    """What happened behind a position."""

    items: list[HeardEvent]
    position: int
    """Ask again with `after` = this."""
    more: bool
    """Whether there is more already."""
    gap: Gap | None = None


class Checkpoint(Out):
    """The end of the chain at one moment. Kept elsewhere, it shows later whether the end was cut off or rewritten."""

    pos: int
    hash: str
    """Hexadecimal."""
    at: datetime


class CheckpointIn(In):
    """A checkpoint that was kept."""

    pos: Int
    hash: Str


class VerifyOut(Out):
    """Whether the chain holds."""

    ok: bool
    sealed: int
    """Links in the chain."""
    unsealed: int
    """Events that wait for the next sealing."""
    erased: int
    """Events of removed demos, whose hashes stay."""
    problem: str | None = None
    """The first fault, in words."""
    at_pos: int | None = None
    head: str
    """The last hash, hexadecimal."""
