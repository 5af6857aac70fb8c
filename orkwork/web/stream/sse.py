"""Server-sent events: one long answer that a client resumes by Last-Event-ID."""

from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from orkwork.core.actor import Actor
from orkwork.core.credentials import Credential
from orkwork.web.stream.hub import hub
from orkwork.web.stream.listener import Listener, Wanted

MEDIA_TYPE = "text/event-stream"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
RETRY_MS = 1000
"""How long a client waits before it comes back."""


def response(credential: Credential, actor: Actor, wanted: Wanted, after: int | None) -> StreamingResponse:
    """The stream of a caller who has been let in."""
    return StreamingResponse(_frames(credential, actor, wanted, after), media_type=MEDIA_TYPE, headers=_HEADERS)


async def _frames(credential: Credential, actor: Actor, wanted: Wanted, after: int | None) -> AsyncIterator[bytes]:
    listener, here = Listener(credential, actor, wanted), hub()
    start = await here.join(listener)
    try:
        begin = start if after is None else after
        yield f'retry: {RETRY_MS}\nid: {begin}\nevent: ready\ndata: {{"position":{begin}}}\n\n'.encode()
        async for burst in listener.backlog(begin, start):
            if burst.events or burst.gap:
                yield burst.frames
        while True:
            burst = await listener.next()
            if burst is None:
                return
            yield burst.frames
    finally:
        here.leave(listener)
