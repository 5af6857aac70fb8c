"""How soon 1,000 listeners hear of a move, beside a bare broadcast, and what a listener costs."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from bench.company import Company
from bench.memory import settled
from bench.quiet import wait_until_quiet
from bench.result import Table
from bench.server import free_port

LISTENERS = 1_000
MOVES = 10
MOST = 3.0


def measure_streams(company: Company, table: Table, rounds: int) -> None:
    """Rounds in turn, ours and bare; the ratio is the median of the paired rounds."""
    wait_until_quiet(company.server.pid)
    before = _megabytes(company)
    ours: list[dict[str, Any]] = []
    bare: list[dict[str, Any]] = []
    with _bare_server() as port:
        for _ in range(rounds):
            ours.append(_listen(_our_spec(company), lambda: _megabytes(company)))
            bare.append(_listen(_bare_spec(port), lambda: 0.0))
    ratio = statistics.median(a["p99_ms"] / b["p99_ms"] for a, b in zip(ours, bare, strict=True))
    table.add(
        f"{LISTENERS:,} SSE listeners, request sent until heard, p50 / p99 ms",
        f"{_median(ours, 'p50_ms'):.0f} / {_median(ours, 'p99_ms'):.0f}",
        f"{_median(bare, 'p50_ms'):.0f} / {_median(bare, 'p99_ms'):.0f}",
        f"p99 {ratio:.1f} ×",
        f"≤ {MOST:.0f} ×",
        ok=ratio <= MOST,
    )
    while_open = max(0.0, _median(ours, "open_mb") - before) * 1024 / LISTENERS
    table.add(f"memory while {LISTENERS:,} listen", f"{while_open:.0f} kB each", "–", "–", "–")
    grown = max(0.0, _megabytes(company) - before) * 1024 / LISTENERS
    table.add(
        f"memory kept after {rounds} times {LISTENERS:,} listeners came and went", f"{grown:.0f} kB each", "–", "–", "–"
    )


def _median(rounds: list[dict[str, Any]], figure: str) -> float:
    return statistics.median(one[figure] for one in rounds)


def _megabytes(company: Company) -> float:
    return sum(process.pss_kb for process in settled(company.server.pid)) / 1024


def _our_spec(company: Company) -> dict[str, Any]:
    path, headers = f"/api/v2/tasks/{company.task_ids[0]}/transition", company.headers
    tell = [
        {"method": "POST", "path": path, "headers": headers, "body": {"to": to}}
        for _ in range(MOVES // 2)
        for to in ("PLANNING", "CREATED")
    ]
    stream = {"path": "/api/v2/events?name=task.moved", "headers": headers | {"Accept": "text/event-stream"}}
    return stream | {"port": company.server.port, "listeners": LISTENERS, "mark": "event: task.moved", "tell": tell}


def _bare_spec(port: int) -> dict[str, Any]:
    tell = [{"method": "POST", "path": "/tell", "headers": {}}] * MOVES
    stream: dict[str, Any] = {"path": "/events", "headers": {}, "mark": "event: task.moved", "tell": tell}
    return stream | {"port": port, "listeners": LISTENERS}


def _listen(spec: dict[str, Any], megabytes: Callable[[], float]) -> dict[str, Any]:
    """What the listeners found, with the server's memory while they were open."""
    command = [sys.executable, "-m", "bench.listeners"]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, **pipes) as listeners:
        assert listeners.stdin is not None
        assert listeners.stdout is not None
        listeners.stdin.write(json.dumps(spec) + "\n")
        listeners.stdin.flush()
        is_open = listeners.stdout.readline().strip() == "open"
        open_mb = megabytes() if is_open else 0.0
        said, faults = listeners.communicate("\n", timeout=600)
    if listeners.returncode:
        raise RuntimeError(f"the listeners failed: {faults.strip().splitlines()[-1]}")
    return json.loads(said) | {"open_mb": open_mb}


@contextmanager
def _bare_server() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen([*command, "--log-level", "warning", "bench.bare_stream:app"])
    try:
        for _ in range(100):
            try:
                httpx.post(f"http://127.0.0.1:{port}/tell")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()
