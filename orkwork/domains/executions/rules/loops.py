"""When an agent goes in circles at a task."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ended:
    """How one run of an agent at a task ended."""

    failure: str | None
    """None when it did not fail."""
    progress: int


def is_loop(runs: Sequence[Ended], limit: int) -> bool:
    """Whether the last `limit` runs (oldest first) all failed for one reason and none got further than the first of
    them."""
    last = runs[-limit:]
    if len(last) < limit or last[0].failure is None:
        return False
    return all(run.failure == last[0].failure and run.progress <= last[0].progress for run in last)
