"""The state of a job. Pure."""

from datetime import datetime
from typing import Final

from orkwork.domains.jobs.models import State

LEASE_SECONDS: Final = 8
"""How long a run is believed to go on without a sign from whoever runs it."""
PROLONG_SECONDS: Final = 2
"""How often a run gives that sign."""
FAILING: Final = 3
"""A job that failed so often in a row keeps failing, and is told of."""


def state_of(*, paused: bool, failures: int, lease_until: datetime | None, now: datetime) -> State:
    """How a job stands."""
    if lease_until is not None and lease_until > now:
        return "running"
    if failures >= FAILING:
        return "failing"
    return "paused" if paused else "waiting"
