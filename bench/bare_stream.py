"""The yardstick of the streams: what one process is told, it says to all who listen. No login, database or order.

Served by granian as orkwork is. POST /tell hands a frame of the size of ours to a queue for each listener.
"""

import asyncio
from collections.abc import AsyncIterator

from fastapi import FastAPI, Response
from starlette.responses import StreamingResponse

app = FastAPI()
queues: set[asyncio.Queue[bytes]] = set()
FRAME = b"id: 1\nevent: task.moved\ndata: {" + b"x" * 380 + b"}\n\n"


@app.get("/events")
async def events() -> StreamingResponse:
    """One listener."""
    return StreamingResponse(_frames(), media_type="text/event-stream")


async def _frames() -> AsyncIterator[bytes]:
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    queues.add(queue)
    try:
        yield b"event: ready\ndata: {}\n\n"
        while True:
            yield await queue.get()
    finally:
        queues.discard(queue)


@app.post("/tell")
async def tell() -> Response:
    """Say it to all."""
    for queue in queues:
        queue.put_nowait(FRAME)
    return Response(status_code=204)
