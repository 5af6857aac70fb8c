"""What changes anywhere is on the screens that show it: hints come in, pages that look at them are told to read again.

A page says what it looks at by its `topics`; the browser then calls its `changed` (or `load`) handler, so that reading
takes the same way and the same checks as always.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import reflex as rx
from reflex.event import Event
from reflex.state import StateUpdate

from orkwork.core import live as core
from orkwork.core.live import Hint

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.08
"""How long a burst is gathered before screens hear of it."""
PAUSE_SECONDS = 0.4
"""The shortest time between two readings of the same screens."""


def topics_of(hint: Hint) -> set[str]:
    """The topics under which one change is found."""
    found = {hint.subject_kind, f"{hint.subject_kind}:{hint.subject_id}"}
    if hint.project_id:
        found.add(f"project:{hint.project_id}")
    return found


@dataclass
class Watchers:
    """Which browsers of this process look at what."""

    by_token: dict[str, dict[type, frozenset[str]]] = field(default_factory=dict)

    def watch(self, token: str, screen: type, topics: frozenset[str]) -> None:
        """Note what a screen of this browser shows."""
        if topics:
            self.by_token.setdefault(token, {})[screen] = topics

    def leave(self, token: str) -> None:
        """Forget what this browser showed: it went to another page, or away."""
        self.by_token.pop(token, None)

    def keep(self, tokens: Iterable[str]) -> None:
        """Forget every browser that is no longer connected."""
        connected = set(tokens)
        for token in [token for token in self.by_token if token not in connected]:
            del self.by_token[token]

    def touched(self, changed: set[str]) -> list[tuple[str, type]]:
        """The screens that show something of what changed."""
        return [
            (token, screen)
            for token, screens in self.by_token.items()
            for screen, topics in screens.items()
            if not topics.isdisjoint(changed)
        ]


watchers = Watchers()
TOPICS: dict[type, frozenset[str]] = {}
"""What each page's state looks at, as its page declared it."""


async def _gathered(source: AsyncIterator[list[Hint]]) -> AsyncIterator[set[str]]:
    """Bursts as one: everything that came within a moment."""
    queue: asyncio.Queue[list[Hint]] = asyncio.Queue()

    async def fill() -> None:
        async for hints in source:
            queue.put_nowait(hints)

    reader = asyncio.create_task(fill())
    try:
        while True:
            hints = await queue.get()
            await asyncio.sleep(GATHER_SECONDS)
            while not queue.empty():
                hints = hints + queue.get_nowait()
            yield set().union(*map(topics_of, hints))
            await asyncio.sleep(PAUSE_SECONDS)
    finally:
        reader.cancel()


async def follow(app: rx.App, source: AsyncIterator[list[Hint]]) -> None:
    """Tell screens for as long as the process runs."""
    async for changed in _gathered(source):
        namespace: Any = app.event_namespace
        watchers.keep(namespace.token_to_sid)
        for token, screen in watchers.touched(changed):
            await poke(namespace, token, screen)


async def poke(namespace: Any, token: str, screen: Any) -> None:
    """Ask one browser to read one screen again."""
    name = "changed" if "changed" in screen.event_handlers else "load"
    event = Event(name=f"{screen.get_full_name()}.{name}", payload={})
    with suppress(ConnectionError):
        await namespace.emit_update(StateUpdate(events=[event]), token)


def subscriber(app: rx.App) -> Any:
    """The one subscription of a web process, as a lifespan task."""

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        task = asyncio.create_task(_forever(app), name="live")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return running


async def _forever(app: rx.App) -> None:
    while True:
        try:
            await follow(app, core.listen(core.EventTail()))
        except Exception:
            log.exception("live updates stopped; starting again")
        await asyncio.sleep(1)
