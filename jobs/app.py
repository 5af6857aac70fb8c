"""The Celery application of the workers: the clock's, with everything that its tick may run."""

import os
import threading
import time

from celery.signals import worker_process_init, worker_shutting_down
from celery.worker import state

from jobs.tick import celery
from orkwork.core import db, live
from orkwork.domains import registry

_IDLE_POLL_SECONDS = 0.05

celery.conf.update(
    include=["jobs.run"],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=300,
    task_soft_time_limit=270,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=20_000,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=True,
)
registry.load_operations()


@worker_process_init.connect
def _fresh_pools(**_: object) -> None:
    """A forked process makes its own connections."""
    db.dispose()
    live.client.cache_clear()


@worker_shutting_down.connect
def _leave(**_: object) -> None:
    threading.Thread(target=_leave_when_idle, name="leave", daemon=True).start()


def _leave_when_idle() -> None:
    """End as soon as no task is under way. Celery's own farewell takes seconds, and there is nothing left to say: truth
    is in PostgreSQL, and a message that was not acknowledged expires or comes again."""
    while state.reserved_requests:
        time.sleep(_IDLE_POLL_SECONDS)
    time.sleep(_IDLE_POLL_SECONDS)  # the last acknowledgement is on its way
    os._exit(0)
