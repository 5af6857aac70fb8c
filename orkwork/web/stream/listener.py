"""Someone who listens: what they may and want to hear, and the bounded queue between them and the hub."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from orkwork.core import door
from orkwork.core.actor import Actor
from orkwork.core.credentials import Credential, identify
from orkwork.core.errors import OrkworkError, Unauthenticated
from orkwork.core.events import may_hear
from orkwork.domains.audit import queries
from orkwork.domains.audit.schemas import Gap, Heard, HeardEvent
from orkwork.web.stream.wanted import Wanted

HEARTBEAT_SECONDS = 15.0
CHECK_SECONDS = 30.0
"""How often a listener's key or session is looked at although nothing is said to have changed: they expire."""
MOST_WAITING = 5_000
"""The most messages that wait for one listener; who is slower is let go."""


@dataclass(frozen=True)
class Burst:
    """What is told at once: events up to a position. Written once for all who hear the same."""

    events: list[HeardEvent]
    position: int
    gap: Gap | None = None

    @cached_property
    def messages(self) -> list[tuple[str, int | None, str]]:
        """Name, position and JSON of each message; a burst of nothing is a heartbeat."""
        made: list[tuple[str, int | None, str]] = []
        if self.gap is not None:
            made.append(("gap", None if self.events else self.position, self.gap.model_dump_json()))
        made += [(event.name, event.pos, event.model_dump_json()) for event in self.events]
        return made or [("heartbeat", self.position, f'{{"position":{self.position}}}')]

    @cached_property
    def frames(self) -> bytes:
        """As server-sent events (WHATWG HTML, 9.2)."""
        return "".join(
            f"{f'id: {pos}' if pos is not None else ':'}\nevent: {name}\ndata: {data}\n\n"
            for name, pos, data in self.messages
        ).encode()

    @cached_property
    def lines(self) -> list[str]:
        """As messages of a web socket."""
        return [f'{{"type":"{name}","data":{data}}}' for name, _, data in self.messages]


class Listener:
    """One open stream."""

    def __init__(self, credential: Credential, actor: Actor, wanted: Wanted) -> None:
        """Listen to nothing until the hub is joined."""
        self.credential, self.actor, self.wanted = credential, actor, wanted
        self.task = asyncio.current_task()
        self.over: OrkworkError | None = None
        """Why it ended, where it was not the listener who left."""
        self._queue: asyncio.Queue[Burst | None] = asyncio.Queue()
        self._waiting = 0
        self._check: asyncio.Task[None] | None = None
        self._checked_at = self._told_at = time.monotonic()

    def audience(self) -> object:
        """Equal for all who hear the same."""
        actor = self.actor
        return actor.kind, actor.role, actor.scopes, actor.project_ids, self.wanted

    def hears(self, event: HeardEvent) -> bool:
        """Whether it may and wants to."""
        return self.wanted.takes(event) and may_hear(self.actor, event.name, event.project_id)

    def is_about(self, subject_id: UUID | None) -> bool:
        """Whether a subject is this listener: its agent, person, key or session."""
        return subject_id is not None and subject_id in (self.actor.id, self.actor.key_id, self.actor.session_id)

    def put(self, burst: Burst) -> None:
        """Queue a burst; when too much waits the stream ends, and its client resumes from the table."""
        self._told_at = time.monotonic()
        self._waiting += len(burst.messages)
        self._queue.put_nowait(burst)
        if self._waiting > MOST_WAITING and self.task is not None:
            self._empty()
            self.task.cancel()

    def _empty(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()

    def wake(self) -> None:
        """End what waits for the next burst."""
        self._queue.put_nowait(None)

    def check_soon(self) -> None:
        """Look at its key or session again."""
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._still_there())

    async def _still_there(self) -> None:
        self._checked_at = time.monotonic()
        try:
            self.actor = await asyncio.to_thread(
                door.run, identify(self.credential), lambda work: work.actor, write=False
            )
        except Unauthenticated as gone:
            self.over = gone
            self._empty()
            self.wake()
        except OrkworkError:
            self._checked_at = 0.0  # the database is away: again at the next heartbeat

    async def backlog(self, after: int, upto: int) -> AsyncIterator[Burst]:
        """What happened from one position to another, out of the table."""
        while after < upto:
            found = await asyncio.to_thread(self._read, after)
            yield Burst([e for e in found.items if e.pos <= upto and self.wanted.takes(e)], found.position, found.gap)
            if found.position <= after:
                return
            after = found.position

    def _read(self, after: int) -> Heard:
        return door.run(identify(self.credential), lambda work: queries.heard(work, after), write=False)

    def beat(self, now: float, quiet: Burst) -> None:
        """Give a sign of life when nothing happened for long, and look at the key or session when that is due."""
        if now - self._told_at > HEARTBEAT_SECONDS:
            self.put(quiet)
        if now - self._checked_at > CHECK_SECONDS:
            self.check_soon()

    async def next(self) -> Burst | None:
        """What happens next, be it a heartbeat; None when the stream is over."""
        burst = await self._queue.get()
        self._waiting -= len(burst.messages) if burst else 0
        return burst
