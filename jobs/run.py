"""The one task that runs an operation as the system."""

import logging

from celery.exceptions import SoftTimeLimitExceeded

from jobs import outbox
from jobs.app import celery
from jobs.beat import SCHEDULE
from orkwork.core import door
from orkwork.core.actor import system
from orkwork.core.errors import Unavailable
from orkwork.core.ids import uuid7
from orkwork.core.operation import OPERATIONS

log = logging.getLogger(__name__)
ROUNDS = 20
"""The most batches of one tick; the next tick goes on."""


@celery.task(ignore_result=True)
def run(operation: str) -> None:
    """Run one line of the clock; a database that is away is the next tick's matter."""
    job = next(job for job in SCHEDULE if job.operation == operation)
    try:
        for _ in range(ROUNDS):
            done = outbox.drain() if operation == "outbox.drain" else _operate(operation)
            if job.batch is None or done < job.batch:
                return
    except Unavailable as away:
        log.warning("%s: %s", operation, away)
    except SoftTimeLimitExceeded:
        log.warning("%s took too long; the next tick goes on", operation)


def _operate(name: str) -> int:
    entry = OPERATIONS[name]
    actor = system(name, uuid7().hex)
    return door.run(actor, entry.fn, write=True) or 0
