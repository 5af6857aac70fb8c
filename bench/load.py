"""`python -m bench.load` < spec: a load client in a process of its own; prints latencies and throughput as JSON.

The spec: {"host", "port", "kind": "raw"|"httpx", "seconds", "stride", "clients": [[{"method", "path", "headers",
"body"}, …], …]}. Each client sends its own list round and round on one kept-alive connection, one request at a time,
and stops after `seconds` at a multiple of `stride` requests.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any

import httpx


def request_bytes(spec: dict[str, Any], request: dict[str, Any]) -> bytes:
    """The request as it goes over the wire."""
    body = b"" if request.get("body") is None else json.dumps(request["body"]).encode()
    lines = [f"{request['method']} {request['path']} HTTP/1.1", f"Host: {spec['host']}:{spec['port']}"]
    lines += [f"{name}: {value}" for name, value in request.get("headers", {}).items()]
    if body:
        lines.append("Content-Type: application/json")
    if body or request["method"] != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Connection(asyncio.Protocol):
    """One kept-alive connection that sends the next request when the answer to the last one is complete."""

    def __init__(self, requests: list[bytes], until: float, stride: int) -> None:
        self.requests, self.until, self.stride = requests, until, stride
        self.number = self.bytes = 0
        self.times: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = bytearray()
        self.began = 0.0
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        self._send()

    def _send(self) -> None:
        self.began = time.perf_counter()
        self.transport.write(self.requests[self.number % len(self.requests)])

    def data_received(self, data: bytes) -> None:
        """Collect the answer; when it is complete, note its time and go on."""
        self.buffer += data
        if not complete(self.buffer):
            return
        now = time.perf_counter()
        self.times.append(now - self.began)
        self.statuses[int(self.buffer[9:12])] += 1
        self.bytes += len(self.buffer)
        self.buffer.clear()
        self.number += 1
        if now >= self.until and self.number % self.stride == 0:
            self.transport.close()
            self.done.set_result(None)
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that breaks early spoils the measurement."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))


def complete(buffer: bytearray) -> bool:
    """Whether a whole answer is there."""
    head = buffer.find(b"\r\n\r\n")
    if head < 0:
        return False
    headers = bytes(buffer[:head]).lower()
    at = headers.find(b"\r\ncontent-length:")
    if at >= 0:
        end = headers.find(b"\r\n", at + 17)
        length = int(headers[at + 17 : end if end > 0 else None])
        return len(buffer) >= head + 4 + length
    if b"transfer-encoding: chunked" in headers:
        return buffer.endswith(b"0\r\n\r\n")
    return True


async def raw(spec: dict[str, Any]) -> list[Connection]:
    """All clients at once, each on a bare socket."""
    loop = asyncio.get_running_loop()
    until = time.perf_counter() + spec["seconds"]
    made = []
    for requests in spec["clients"]:
        wire = [request_bytes(spec, request) for request in requests]
        _, protocol = await loop.create_connection(
            lambda wire=wire: Connection(wire, until, spec.get("stride", 1)), spec["host"], spec["port"]
        )
        made.append(protocol)
    await asyncio.gather(*(protocol.done for protocol in made))
    return made


async def with_httpx(spec: dict[str, Any]) -> list[Any]:
    """All clients at once, each an httpx client, as an ordinary program would be."""
    until = time.perf_counter() + spec["seconds"]
    return await asyncio.gather(*(_httpx_client(spec, requests, until) for requests in spec["clients"]))


class Tally:
    """What one httpx client saw."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.bytes = 0


async def _httpx_client(spec: dict[str, Any], requests: list[dict[str, Any]], until: float) -> Tally:
    tally, number = Tally(), 0
    async with httpx.AsyncClient(base_url=f"http://{spec['host']}:{spec['port']}", timeout=60) as client:
        while time.perf_counter() < until or number % spec.get("stride", 1):
            request = requests[number % len(requests)]
            began = time.perf_counter()
            answer = await client.request(
                request["method"], request["path"], headers=request.get("headers"), json=request.get("body")
            )
            tally.times.append(time.perf_counter() - began)
            tally.statuses[answer.status_code] += 1
            tally.bytes += len(answer.content)
            number += 1
    return tally


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the sorted values lies."""
    return values[min(len(values) - 1, int(len(values) * share))]


def main() -> None:
    """Read the spec, run it, print the result."""
    spec = json.load(sys.stdin)
    began = time.perf_counter()
    clients = asyncio.run(with_httpx(spec) if spec.get("kind") == "httpx" else raw(spec))
    seconds = time.perf_counter() - began
    times = sorted(second for client in clients for second in client.times)
    statuses = sum((client.statuses for client in clients), Counter())
    print(
        json.dumps(
            {
                "requests": len(times),
                "per_second": len(times) / seconds,
                "p50_ms": percentile(times, 0.5) * 1000,
                "p99_ms": percentile(times, 0.99) * 1000,
                "bytes": sum(client.bytes for client in clients) / len(times),
                "statuses": {str(status): count for status, count in statuses.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
