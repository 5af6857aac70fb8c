"""What this process still does for somebody when it is about to stop: answers end, sockets are closed.

The server waits for its connections. A browser opens its socket again elsewhere and by itself, so that is not waited
for; nor is somebody who connected and asks nothing, or is slow to read.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from orkwork.core import leaving
from orkwork.web.stream.hub import hub

RESTART = 1012
"""The close code of RFC 6455's registry for a service that starts again."""
_FAREWELL_SECONDS = 1.0
"""How long a process with nothing under way waits for clients that don't hang up."""
_POLL_SECONDS = 0.05

_sockets: set[Any] = set()
_under_way: set[Any] = set()
_tasks: set[asyncio.Task[None]] = set()


def noted(app: Any) -> Any:
    """Wrap the whole app: know its open sockets and how many requests are under way."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return await app(scope, receive, send)
        _under_way.add(send)
        if scope["type"] == "websocket":
            _sockets.add(send)
        try:
            return await app(scope, receive, send)
        finally:
            _under_way.discard(send)
            _sockets.discard(send)

    return serve


@asynccontextmanager
async def ended_on_leaving() -> AsyncIterator[None]:
    """A lifespan task: once the process is about to stop, end what would hold it up."""
    leaving.listen(lambda: _start(_leave()))
    yield


async def _leave() -> None:
    hub().end()
    for send in list(_sockets):
        _start(_close(send))
    await asyncio.sleep(_FAREWELL_SECONDS)
    while _under_way:
        await asyncio.sleep(_POLL_SECONDS)
    os._exit(0)


async def _close(send: Any) -> None:
    with suppress(Exception):  # it may be closing by itself
        await send({"type": "websocket.close", "code": RESTART})


def _start(work: Any) -> None:
    task = asyncio.create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
