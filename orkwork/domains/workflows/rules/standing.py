"""How a run stands, out of how its tasks stand."""

from collections import Counter
from typing import Final

from orkwork.domains.tasks.models import Status
from orkwork.domains.workflows.models import RunState
from orkwork.domains.workflows.rules.outcomes import WAITING

_UNDER_WAY: Final = (Status.READY, Status.ASSIGNED, Status.IN_PROGRESS, Status.REVIEW)


def state_of(counts: Counter[str], before: RunState) -> RunState:
    """The state that follows from how many steps stand where, those that were left out not counted; one that was cancelled
    whole stays so until it goes on, also with steps that had no task yet."""
    broken = counts[Status.FAILED] + counts[Status.CANCELLED] + (counts[WAITING] if before is RunState.CANCELLED else 0)
    if not broken and counts[Status.COMPLETED] == counts.total():
        return RunState.COMPLETED
    if not broken or any(counts[status] for status in _UNDER_WAY):
        return RunState.RUNNING
    return RunState.CANCELLED if before is RunState.CANCELLED else RunState.FAILED


def numbers_of(counts: Counter[str]) -> dict[str, int]:
    """How many there are, and are done, failed and cancelled."""
    return {
        "tasks": counts.total(),
        "completed": counts[Status.COMPLETED],
        "failed": counts[Status.FAILED],
        "cancelled": counts[Status.CANCELLED],
    }
