"""Questions that wait for their answer: asked again as things happen, holding neither a thread nor a connection."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from starlette.responses import Response

from orkwork.core.actor import Actor
from orkwork.core.work import Work
from orkwork.web.caller import Door, shape
from orkwork.web.stream.hub import hub
from orkwork.web.stream.listener import Listener
from orkwork.web.stream.wanted import Wanted

R = TypeVar("R")
PAUSE_SECONDS = 0.25
"""The shortest time between two readings for one caller, however much happens."""


async def ask_until(
    door: Door,
    query: Callable[[Work], R],
    enough: Callable[[R], bool],
    *,
    seconds: float,
    names: tuple[str, ...],
    told: Callable[[R], None] | None = None,
) -> Response:
    """Answer with what a query gives once it is enough, or when the time is over, whatever it gives then.

    `names`: the events, as patterns, after which the answer may be another. `told` is given the answer before it leaves.
    """
    found = await _found(door, query, enough, seconds, names)
    if told is not None:
        await asyncio.to_thread(told, found)
    return door.answer(shape(found))


async def _found(
    door: Door, query: Callable[[Work], R], enough: Callable[[R], bool], seconds: float, names: tuple[str, ...]
) -> R:
    until = time.monotonic() + seconds
    actor, found = await asyncio.to_thread(door.read, _with_actor(query))
    if enough(found) or seconds <= 0 or door.credential is None:
        return found
    listener, here = Listener(door.credential, actor, Wanted(names)), hub()
    await here.join(listener)
    try:
        while True:
            _, found = await asyncio.to_thread(door.read_again, _with_actor(query))
            if enough(found) or not await _something_happened(listener, until):
                return found
    finally:
        here.leave(listener)


def _with_actor(query: Callable[[Work], R]) -> Callable[[Work], tuple[Actor, R]]:
    return lambda work: (work.actor, query(work))


async def _something_happened(listener: Listener, until: float) -> bool:
    """Wait for the next burst; False when the time or the stream is over."""
    await asyncio.sleep(min(PAUSE_SECONDS, max(0.0, until - time.monotonic())))
    while (left := until - time.monotonic()) > 0:
        try:
            burst = await asyncio.wait_for(listener.next(), left)
        except TimeoutError:
            return False
        if burst is None or burst.events or burst.gap:
            return burst is not None
    return False
