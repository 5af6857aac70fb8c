"""`python -m bench.listeners`: many listeners of a stream in a process of its own; prints how soon they heard.

The first line of its input is the spec: {"port", "path", "headers", "listeners", "rounds", "mark", "tell": [{"method",
"path", "headers", "body"}, …]}. When all are open it says `open` and waits for another line. Then one request after the
other is sent; a listener has heard it when the line `mark` of the spec came that often. Times run from the sending of the
request to the arrival at each listener, by one clock.
"""

import asyncio
import json
import sys
import time
from typing import Any

from bench.load import complete, percentile, request_bytes


class Listener(asyncio.Protocol):
    """One open stream that notes when its marks arrive."""

    def __init__(self, wire: bytes, mark: bytes) -> None:
        self.wire, self.mark = wire, mark
        self.heard: list[float] = []
        self.tail = b""
        self.open = asyncio.get_running_loop().create_future()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self.transport = transport
        self.transport.write(self.wire)

    def data_received(self, data: bytes) -> None:
        """Count the marks."""
        now = time.perf_counter()
        if not self.open.done() and b"event: ready" in data:
            self.open.set_result(None)
        data = self.tail + data
        self.heard += [now] * data.count(self.mark)
        self.tail = data[-len(self.mark) + 1 :] if not data.endswith(self.mark) else b""

    def connection_lost(self, exc: Exception | None) -> None:
        """A stream that breaks spoils the measurement."""
        if not self.open.done():
            self.open.set_exception(exc or ConnectionError("the stream was closed"))


async def measure(spec: dict[str, Any]) -> dict[str, Any]:
    """Open all streams, tell one thing after the other, wait until all have heard it."""
    loop = asyncio.get_running_loop()
    place = {"host": "127.0.0.1", "port": spec["port"]}
    wire = request_bytes(place, {"method": "GET", "path": spec["path"], "headers": spec["headers"]})
    listeners: list[Listener] = []
    for start in range(0, spec["listeners"], 50):
        made = [
            loop.create_connection(lambda: Listener(wire, spec["mark"].encode()), "127.0.0.1", spec["port"])
            for _ in range(min(50, spec["listeners"] - start))
        ]
        part = [protocol for _, protocol in await asyncio.gather(*made)]
        await asyncio.gather(*(asyncio.wait_for(one.open, 60) for one in part))
        listeners += part
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    reader, writer = await asyncio.open_connection("127.0.0.1", spec["port"])
    delays: list[float] = []
    for number, request in enumerate(spec["tell"]):
        await asyncio.sleep(0.3)
        began = time.perf_counter()
        writer.write(request_bytes(place, request))
        answer = bytearray()
        while not complete(answer):
            answer += await reader.read(65536)
        if not answer.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"the request was refused: {bytes(answer[:300])!r}")
        while any(len(one.heard) <= number for one in listeners):
            await asyncio.sleep(0.005)
            if time.perf_counter() - began > 30:
                raise RuntimeError(f"{sum(len(one.heard) <= number for one in listeners)} listeners heard nothing")
        delays += [one.heard[number] - began for one in listeners]
    for one in listeners:
        one.transport.close()
    delays.sort()
    return {"p50_ms": percentile(delays, 0.5) * 1000, "p99_ms": percentile(delays, 0.99) * 1000, "heard": len(delays)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(json.loads(sys.stdin.readline())))))
