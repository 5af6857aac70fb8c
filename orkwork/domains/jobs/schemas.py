"""Jobs as they enter and leave."""

from datetime import datetime

from orkwork.core.schema import Bool, In, Out
from orkwork.domains.jobs.models import State


class JobOut(Out):
    """One job of the clock."""

    operation: str
    summary: str
    """What it does."""
    every_seconds: float
    paused: bool
    state: State
    next_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    duration_ms: int | None
    done: int | None
    """How much the last run did, as its operation counts."""
    error: str | None
    failures: int
    """Runs that failed one after the other, up to the last one."""


class JobPatch(In):
    """What can be changed."""

    paused: Bool
