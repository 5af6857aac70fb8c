"""What clocks and retry policy hold for a task, as its operations need them."""

from typing import Any

from orkwork.core import clock
from orkwork.core.errors import FieldError, Invalid
from orkwork.core.work import Work
from orkwork.domains.executions.rules import limits
from orkwork.domains.settings.schemas import Limits

_RUN = "select started_at, seen_at from task_executions where task_id = %(id)s and status = 'running'"


def check_not_over(work: Work, task: dict[str, Any], wanted: Limits | None) -> None:
    """Refuse clocks of a task's own that would have run out already: nobody means that, and it would end its run."""
    if wanted is None:
        return
    policy = limits.resolve([wanted.kept(), None, None, None])
    now, run = clock.now(), work.one(_RUN, task) or {"started_at": None, "seen_at": None}
    times = limits.times_of({**task, **run})
    errors = []
    for reading in limits.readings(policy, times):
        if reading.over_at and reading.over_at <= now and reading.since:
            used = int((now - reading.since).total_seconds())
            said = f"would have run out at {reading.over_at:%Y-%m-%d %H:%M:%S} UTC; give more than {used} seconds"
            errors.append(FieldError(f"limits.{reading.which}_seconds", said))
    if errors:
        raise Invalid("task.clock_over", f"{errors[0].field}: {errors[0].message}", "Give more time.", errors=errors)
