"""An orkwork of its own, its processes by name, and the ways to kill them."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

import httpx
import psycopg

from bench.server import Server
from tests.cli.running import alive, command, descendants

SITE = Path(__file__).parent / "site"
MARKS = {
    "web": "orkwork.cli.serve",
    "worker": " worker ",
    "beat": " beat ",
    "valkey": "valkey-server",
    "postgres": "postgres",
}
"""What tells a process by its command line; the first of its kind below the supervisor is the one that is killed."""
SERVICES = tuple(MARKS)


class Stack(Server):
    """`orkwork up` with failpoints that can be armed and a reaction that counts."""

    def __init__(self) -> None:
        self.failpoints = Path(mkdtemp(prefix="orkwork-failpoints-"))
        path = os.pathsep.join(filter(None, (str(SITE), os.environ.get("PYTHONPATH"))))
        super().__init__({"ORKWORK_FAILPOINTS": str(self.failpoints), "PYTHONPATH": path})
        for given in ("DATABASE_URL", "REDIS_URL"):  # the database and the queue are to be its own, and killed
            self.environment.pop(given, None)
        self.killed_at = dict.fromkeys(SERVICES, 0.0)

    def pid_of(self, service: str) -> int | None:
        """The process of a service, None while it is not there."""
        found = [(pid, command(pid).replace(b"\0", b" ")) for pid in sorted(descendants(self.pid)) if alive(pid)]
        return next((pid for pid, words in found if MARKS[service].encode() in words), None)

    def kill(self, service: str) -> float | None:
        """Kill a service as the system would, without warning; the moment, or None when it is not there."""
        pid = self.pid_of(service)
        if pid is None:
            return None
        os.kill(pid, signal.SIGKILL)
        self.killed_at[service] = time.monotonic()
        return self.killed_at[service]

    def kill_at(self, failpoint: str, seconds: float) -> float | None:
        """Let the next process die that comes to a failpoint; the moment, or None when none came in time."""
        armed = self.failpoints / failpoint
        armed.touch()
        if until(lambda: not armed.exists(), seconds):
            return time.monotonic()
        armed.unlink(missing_ok=True)
        return None

    def is_up(self) -> bool:
        """Whether every service runs and the door is open."""
        return all(self.pid_of(service) for service in SERVICES) and self._ready()

    def ticks_after(self, owner: httpx.Client, moment: str) -> bool:
        """Whether the clock began a job after a moment, given as the API gives times."""
        try:
            answer = owner.get("/api/v2/jobs")
        except httpx.TransportError:
            return False
        return answer.status_code == 200 and any((job["started_at"] or "") > moment for job in answer.json()["items"])

    def rows(self, statement: str) -> list[tuple]:
        """Read the database itself."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement.encode()).fetchall()


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait for something; whether it came in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
