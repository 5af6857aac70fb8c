"""The one task of the clock: runs, as the system, whatever PostgreSQL says is due."""

import logging
import time
from functools import cache
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from jobs import outbox, rewriting
from jobs.alive import signs
from jobs.app import celery
from jobs.beat import SCHEDULE
from orkwork.core import door, failpoints
from orkwork.core.actor import system
from orkwork.core.errors import Unavailable
from orkwork.core.ids import uuid7
from orkwork.core.operation import OPERATIONS
from orkwork.core.work import Work
from orkwork.domains.jobs import service
from orkwork.domains.jobs.queries import OUTBOX

log = logging.getLogger(__name__)
ROUNDS = 20
"""The most batches of one run; the next run goes on."""
RUNS = 50
"""The most runs of one tick; the next tick goes on."""
WHO = system("clock")
_JOBS = {job.operation: job for job in SCHEDULE}
_BESIDE = {OUTBOX: outbox.drain, rewriting.TAKE: rewriting.begin}
"""Jobs that are more than one operation in one transaction."""


@celery.task(ignore_result=True)
def tick() -> None:
    """Run what is due; a database that is away is the next tick's matter."""
    try:
        _register()
        for _ in range(RUNS):
            if not run_due():
                return
    except Unavailable as away:
        log.warning("the clock waits: %s", away)


@cache
def _register() -> None:
    schedule = {job.operation: job.every_seconds for job in SCHEDULE}
    door.run(WHO, lambda work: service.register(work, schedule), write=True)


def run_due() -> bool:
    """Run the job that is due longest and report how it went; whether there was one."""
    token = uuid7()
    name = door.run(WHO, lambda work: service.claim_due(work, token), write=True, atomic=True)
    if name is None:
        return False
    began, done, error = time.monotonic(), None, None
    try:
        with signs.held(name, lambda: _prolong(name, token)):
            done = _run(name)
    except SoftTimeLimitExceeded:
        error = "It took too long; the next run goes on"
    except Exception as fault:  # one job's fault is not the others'
        log.warning("%s failed", name, exc_info=fault)
        error = f"{type(fault).__name__}: {fault}"[:2000].replace("\x00", "")
    duration_ms = round((time.monotonic() - began) * 1000)
    door.run(
        WHO,
        lambda work: service.finish(work, name, token, duration_ms=duration_ms, done=done, error=error),
        write=True,
    )
    return True


def _prolong(name: str, token: UUID) -> None:
    door.run(WHO, lambda work: service.prolong(work, name, token), write=True, atomic=True)


def _run(name: str) -> int:
    job = _JOBS.get(name)
    if job is None:
        return 0  # another version of the clock has it
    done = 0
    for _ in range(ROUNDS):
        part = _BESIDE[name]() if name in _BESIDE else _operate(name)
        done += part
        if job.batch is None or part < job.batch:
            break
    return done


def _operate(name: str) -> int:
    def body(work: Work) -> int:
        done = OPERATIONS[name].fn(work) or 0
        if done:
            failpoints.hit(name)
        return done

    return door.run(system(name, uuid7().hex), body, write=True)
