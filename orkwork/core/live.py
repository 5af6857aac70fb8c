"""Hints: after a commit, tell every process what changed, never what it is now.

A hint that is lost costs a moment, not the truth: listeners also look at the events table now and then, and only at it
while Redis is away.
"""

import asyncio
import json
import logging
import queue
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from orkwork.core import db
from orkwork.core.settings import settings

log = logging.getLogger(__name__)

CHANNEL = "orkwork:hints"
POLL_SECONDS = 0.5
"""How often the events table is read while Redis is away."""
CATCH_UP_SECONDS = 5.0
"""How often it is read all the same, for hints that were lost."""


@dataclass(frozen=True, slots=True)
class Hint:
    """That something happened to something."""

    name: str
    subject_kind: str
    subject_id: UUID | None
    project_id: UUID | None


@cache
def client() -> redis.Redis:
    """The Redis client of this process; short timeouts, since nothing waits for Redis."""
    url = settings().redis_url or "redis://127.0.0.1:6379/0"
    return redis.Redis.from_url(
        url, socket_timeout=1, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0), health_check_interval=30
    )


class Publisher:
    """Publishes hints from a thread of its own, many at a time, so that no caller waits."""

    def __init__(self) -> None:
        """Start nothing yet; the thread starts with the first hint."""
        self._queue: queue.SimpleQueue[list[Hint]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def tell(self, hints: list[Hint]) -> None:
        """Hand over the hints of one committed transaction."""
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
                    self._thread.start()
        self._queue.put(hints)

    def _run(self) -> None:
        while True:
            batch = self._queue.get()
            while not self._queue.empty() and len(batch) < 500:
                batch = batch + self._queue.get()
            try:
                client().publish(CHANNEL, encode(batch))
            except RedisError:
                log.debug("hints not published; listeners read the events table")


_publisher = Publisher()
tell = _publisher.tell


def encode(hints: list[Hint]) -> bytes:
    """Hints as they travel, each once."""
    rows = [[h.name, h.subject_kind, _text(h.subject_id), _text(h.project_id)] for h in dict.fromkeys(hints)]
    return json.dumps(rows).encode()


def decode(message: bytes) -> list[Hint]:
    """Hints as they arrive."""
    return [Hint(name, kind, _uuid(subject), _uuid(project)) for name, kind, subject, project in json.loads(message)]


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None


async def listen(since: "EventTail") -> AsyncIterator[list[Hint]]:
    """Hints as they come, out of Redis or, while it is away, out of the events table through `since`."""
    await asyncio.to_thread(since.start)
    while True:
        try:
            async for hints in _subscribed(since):
                yield hints
        except (RedisError, OSError):
            log.info("Redis is away; reading changes from the database")
        found = await asyncio.to_thread(since.read)
        if found:
            yield found
        await asyncio.sleep(POLL_SECONDS)


async def _subscribed(since: "EventTail") -> AsyncIterator[list[Hint]]:
    url = settings().redis_url or "redis://127.0.0.1:6379/0"
    connection = redis.asyncio.Redis.from_url(url, socket_connect_timeout=0.5, health_check_interval=5)
    async with connection, connection.pubsub() as pubsub:
        await pubsub.subscribe(CHANNEL)
        while True:
            message: dict[str, Any] | None = await pubsub.get_message(
                ignore_subscribe_messages=True, timeout=CATCH_UP_SECONDS
            )
            if message is None:
                found = await asyncio.to_thread(since.read)
                if found:
                    yield found
            else:
                yield decode(message["data"])


class EventTail:
    """Reads the events table from where it last stood.

    Looks back a little each time, since a slow transaction may commit behind a quick one: a hint carries no truth, so
    one too many does no harm.
    """

    LOOK_BACK = 200

    def __init__(self) -> None:
        """Stand nowhere until `start`."""
        self._seen: set[int] = set()
        self._last = 0

    def start(self) -> None:
        """Stand at the end; stay where it is when the database is away."""
        try:
            with db.engine().connect() as connection:
                self._last = connection.execute(text("select coalesce(max(seq), 0) from events")).scalar_one()
        except SQLAlchemyError:
            log.info("the database is away; changes are read when it is back")

    def read(self) -> list[Hint]:
        """What came since, or nothing while the database is away."""
        statement = text(
            "select seq, name, subject_kind, subject_id, project_id from events "
            "where seq > :last order by seq desc limit 1000"
        )
        try:
            with db.engine().connect() as connection:
                rows = connection.execute(statement, {"last": self._last - self.LOOK_BACK}).all()
        except SQLAlchemyError:
            return []
        fresh = [row for row in rows if row.seq not in self._seen and row.seq > self._last - self.LOOK_BACK]
        self._seen = {row.seq for row in rows}
        self._last = max([self._last, *self._seen])
        return [Hint(row.name, row.subject_kind, row.subject_id, row.project_id) for row in fresh]
