"""How a run stands, out of how its tasks stand."""

from collections import Counter
from typing import Final

from orkwork.domains.tasks.models import Status
from orkwork.domains.workflows.models import RunState

SKIPPED: Final = "SKIPPED"
"""A step that its condition left out; it counts for nothing."""
_UNDER_WAY: Final = (Status.READY, Status.ASSIGNED, Status.IN_PROGRESS, Status.REVIEW)


def state_of(counts: Counter[str], before: RunState) -> RunState:
    """The state that follows from how many steps stand where; one that was cancelled whole stays so until it goes on."""
    broken = counts[Status.FAILED] + counts[Status.CANCELLED]
    if not broken and counts[Status.COMPLETED] == counts.total():
        return RunState.COMPLETED
    if not broken or any(counts[status] for status in _UNDER_WAY):
        return RunState.RUNNING
    return RunState.CANCELLED if before is RunState.CANCELLED else RunState.FAILED


def numbers_of(counts: Counter[str]) -> dict[str, int]:
    """How many are done, failed and cancelled."""
    return {
        "completed": counts[Status.COMPLETED],
        "failed": counts[Status.FAILED],
        "cancelled": counts[Status.CANCELLED],
    }
