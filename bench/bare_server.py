"""Starts and stops the yardstick (`bench.bare`) beside a running orkwork."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any, Self

import httpx

from bench.server import Server, free_port


class BareServer:
    """The yardstick on the same database, with one worker as orkwork has."""

    def __init__(self, server: Server, task: dict[str, Any], row: dict[str, Any]) -> None:
        self.port = free_port()
        self.environment = os.environ | {
            "BENCH_DATABASE_URL": server.database_url,
            "BENCH_TASK": json.dumps(task),
            "BENCH_ROW": json.dumps(row),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(self.port),
             "--workers", "1", "--no-access-log", "--log-level", "warning", "bench.bare:app"],
            env=self.environment,
            start_new_session=True,
        )  # fmt: skip
        for _ in range(200):
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/tasks?limit=1", timeout=2).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.1)
        self.__exit__()
        raise RuntimeError("the bare server did not start")

    @property
    def pid(self) -> int:
        """The yardstick's own process."""
        assert self.process is not None
        return self.process.pid

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
