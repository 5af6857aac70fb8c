"""One tail of the company's events in each web process, told to all who listen there."""

import asyncio
import logging
import time
from contextlib import suppress
from weakref import WeakKeyDictionary

from orkwork.core import door, live
from orkwork.core.actor import system
from orkwork.core.errors import OrkworkError
from orkwork.domains.audit import queries, service
from orkwork.domains.audit.schemas import Heard
from orkwork.web.stream.listener import Burst, Listener

log = logging.getLogger(__name__)
LOOK_SECONDS = 5.0
"""How often the tail looks without a hint."""
BEHIND_SECONDS = 0.02
"""How soon it looks again while a transaction that is still open holds back what came after it; doubled each time."""
AWAY_SECONDS = 0.5
"""How soon it looks again while the database is away, and at most while a transaction stays open."""
BEAT_SECONDS = 1.0
"""How often it looks who has heard nothing for long."""
PAGE = 500
IDENTITIES = ("key", "session", "user", "agent")
"""Kinds of subjects whose change may end a listener or what it hears."""


class Hub:
    """The listeners of one event loop, and the task that tells them."""

    def __init__(self) -> None:
        """Nobody listens yet; the tail starts with the first listener."""
        self.listeners: set[Listener] = set()
        self.position = 0
        self._task: asyncio.Task[None] | None = None
        self._started = asyncio.Event()
        self._stirred = asyncio.Event()
        self._reading = asyncio.Lock()

    async def join(self, listener: Listener) -> int:
        """Tell it everything behind the position that is returned."""
        if self._task is None or self._task.done():
            self._started.clear()
            self._task = asyncio.create_task(self._run(), name="stream")
        await self._started.wait()
        await self._advance(LOOK_SECONDS)
        self.listeners.add(listener)
        return self.position

    def leave(self, listener: Listener) -> None:
        """Tell it nothing more; the tail ends with the last listener."""
        self.listeners.discard(listener)
        if not self.listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    def end(self) -> None:
        """End every stream: the process is about to stop, and its clients resume elsewhere."""
        for listener in self.listeners:
            listener.wake()

    async def _run(self) -> None:
        hints = asyncio.create_task(self._hear_hints(), name="stream-hints")
        beats = asyncio.create_task(self._beat(), name="stream-beats")
        try:
            await self._start()
            pause = LOOK_SECONDS
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stirred.wait(), pause)
                self._stirred.clear()
                pause = await self._advance(pause)
        finally:
            hints.cancel()
            beats.cancel()

    async def _start(self) -> None:
        while True:
            try:
                self.position = (await asyncio.to_thread(_read, None)).position
                self._started.set()
                return
            except OrkworkError as away:
                log.warning("the stream waits for the database: %s", away)
                await asyncio.sleep(AWAY_SECONDS)

    async def _beat(self) -> None:
        """One timer for all: a timer for each listener would cost as much as what it is told."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            now, quiet = time.monotonic(), Burst([], self.position)
            for listener in list(self.listeners):
                listener.beat(now, quiet)

    async def _hear_hints(self) -> None:
        async for _ in live.listen(live.EventTail()):
            self._stirred.set()

    async def _advance(self, pause: float) -> float:
        """Read and tell what is new; the seconds until the next look, which followed a pause of so many."""
        async with self._reading:
            try:
                found = await asyncio.to_thread(_read, self.position)
            except OrkworkError as away:
                log.warning("the stream waits for the database: %s", away)
                return AWAY_SECONDS
            moved, self.position = found.position > self.position, found.position
            self.tell(found)
        if not found.more:
            return LOOK_SECONDS
        return 0.0 if moved else min(AWAY_SECONDS, max(BEHIND_SECONDS, pause * 2 if pause < AWAY_SECONDS else 0.0))

    def tell(self, found: Heard) -> None:
        """Hand every listener what it may hear; those that hear alike share the work."""
        if not found.items and found.gap is None:
            return
        alike: dict[object, Burst] = {}
        for listener in list(self.listeners):
            key = listener.audience()
            if key not in alike:
                alike[key] = Burst([e for e in found.items if listener.hears(e)], found.position, found.gap)
            if alike[key].events or found.gap is not None:
                listener.put(alike[key])
        for event in found.items:
            if event.subject_kind in IDENTITIES:
                for listener in [one for one in self.listeners if one.is_about(event.subject_id)]:
                    listener.check_soon()


def _read(after: int | None) -> Heard:
    """Seal what is committed, so that it has its place, and read it."""
    who = system("stream")
    while door.run(who, service.seal, write=True) == service.BATCH:
        pass
    return door.run(who, lambda work: queries.heard(work, after, limit=PAGE), write=False)


_HUBS: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    return _HUBS.setdefault(asyncio.get_running_loop(), Hub())
