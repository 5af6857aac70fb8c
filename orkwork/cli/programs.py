"""The three processes of the product: what runs them, and when they are ready."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import orkwork
from orkwork.embedded.process import spawn

ROOT = Path(orkwork.__file__).parent.parent
_PYTHON = sys.executable
_AS_ROOT = "ignore:You're running the worker with superuser privileges,ignore:An entry for the specified gid or egid"
"""Celery's warnings; a container's only user is root or has no name, and tasks arrive as JSON."""


@dataclass
class Program:
    """One Python process of the product, its output on a pipe."""

    name: str
    argv: list[str]
    env: dict[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    patience: float = 10.0
    started: float = field(default=0.0, init=False)

    def start(self) -> subprocess.Popen[bytes]:
        """Start it from the folder that holds the packages."""
        self.started = time.monotonic()
        return spawn([_PYTHON, *self.argv], output=subprocess.PIPE, env={**os.environ, **self.env}, cwd=ROOT)

    def is_ready(self) -> bool:
        """A process without a door is ready when it has not ended at once."""
        return time.monotonic() - self.started > 1.0

    def complaint(self) -> str:
        """The process prints its reason itself."""
        return "its lines above say why"


@dataclass
class Web(Program):
    """The web server, asked over HTTP whether it is ready."""

    host: str = "127.0.0.1"
    port: int = 8000

    def is_ready(self) -> bool:
        """Whether GET /readyz answers 200."""
        return answers(self.host, self.port, "/readyz")


def web(host: str, port: int, workers: int, env: dict[str, str]) -> Web:
    """Page, API and sockets on one port, from the pages built before."""
    argv = ["-m", "orkwork.cli.serve", "--host", host, "--port", str(port), "--workers", str(workers)]
    served = {
        "REFLEX_ENV_MODE": "prod",
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
    }
    return Web("web", argv, {**env, **served}, host=host, port=port)


def worker(processes: int, env: dict[str, str]) -> Program:
    """Celery's worker; its pool may be killed without the worker noticing more than a lost process."""
    argv = [
        "-m",
        "celery",
        "--quiet",
        "-A",
        "jobs.app",
        "worker",
        "--concurrency",
        str(processes),
        "--loglevel",
        "warning",
    ]
    argv += ["--without-gossip", "--without-mingle"]
    return Program("worker", argv, {**env, "PYTHONWARNINGS": _AS_ROOT}, patience=20.0)


def beat(home: Path, env: dict[str, str]) -> Program:
    """Celery's clock; what it remembers lies in the home."""
    folder = home / "beat"
    folder.mkdir(exist_ok=True, mode=0o700)
    argv = [
        "-m",
        "celery",
        "--quiet",
        "-A",
        "jobs.tick",
        "beat",
        "--schedule",
        str(folder / "schedule"),
        "--pidfile",
        "",
    ]
    return Program("beat", [*argv, "--loglevel", "warning"], env, patience=5.0)


def answers(host: str, port: int, path: str) -> bool:
    """Whether a GET of the path is answered with 200."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    try:
        with socket.create_connection((reachable, port), timeout=0.5) as connection:
            request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            return connection.recv(64).split(b" ", 2)[1:2] == [b"200"]
    except OSError:
        return False
