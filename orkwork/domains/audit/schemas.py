"""Events as they leave."""

from datetime import datetime
from typing import Any
from uuid import UUID

from orkwork.core.schema import In, Int, Out, Str


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
