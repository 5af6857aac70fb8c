"""The clock's hand: a Celery application that does nothing but send the tick, and so loads none of the domains."""

from celery import Celery

from jobs.beat import TICK_SECONDS
from orkwork.core import logging
from orkwork.core.settings import settings

celery = Celery("orkwork", broker=settings().redis_url)
celery.conf.update(
    beat_schedule={
        "tick": {"task": "jobs.run.tick", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS * 3}}
    },
    task_ignore_result=True,
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
