"""The Celery application."""

from celery import Celery
from celery.signals import worker_process_init

from jobs.beat import SCHEDULE
from orkwork.core import db, live, logging
from orkwork.core.settings import settings
from orkwork.domains import registry

celery = Celery("orkwork", broker=settings().redis_url, include=["jobs.run"])
celery.conf.update(
    beat_schedule={
        job.operation: {
            "task": "jobs.run.run",
            "schedule": job.every_seconds,
            "args": (job.operation,),
            "options": {"expires": job.every_seconds * 3},
        }
        for job in SCHEDULE
    },
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_time_limit=300,
    task_soft_time_limit=270,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=20_000,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 600,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_keepalive": True,
    },
    broker_pool_limit=2,
    timezone="UTC",
    task_serializer="json",
    accept_content=["json"],
)
logging.configure()
registry.load_operations()


@worker_process_init.connect
def _fresh_pools(**_: object) -> None:
    """A forked process makes its own connections."""
    db.dispose()
    live.client.cache_clear()
