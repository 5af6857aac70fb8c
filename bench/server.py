"""An orkwork of the suite's own: started with `orkwork up` in a temporary home on a free port, and stopped again."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

import httpx

from bench.replay.setup import cookie_of

LINK = re.compile(r"https?://\S*owner\S*token=[\w.~-]+")
LONGEST_START = 300.0


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running orkwork."""

    def __init__(self, extra: dict[str, str] | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="orkwork-bench-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.home / "up.log"
        self.environment = os.environ | {
            "ORKWORK_HOME": str(self.home),
            "ORKWORK_PORT": str(self.port),
            "ORKWORK_PUBLIC_URL": self.url,
            "ORKWORK_RATE_LIMIT_PER_MINUTE": "100000000",
            **(extra or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.first_seconds = 0.0
        self.cookie = ""

    def __enter__(self) -> Self:
        began = time.perf_counter()
        self._start()
        self.first_seconds = time.perf_counter() - began
        try:
            self.cookie = cookie_of(self._link())
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def restart(self) -> float:
        """Stop and start again; gives the seconds until /readyz answers."""
        self.stop()
        began = time.perf_counter()
        self._start()
        return time.perf_counter() - began

    def _start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "orkwork.cli", "up"], env=self.environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + LONGEST_START
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace").splitlines()[-15:]
                self.stop()
                raise RuntimeError("orkwork did not start:\n" + "\n".join(tail))
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def _link(self) -> str:
        deadline = time.monotonic() + LONGEST_START
        while not (found := LINK.findall(self.log.read_text(errors="replace"))):
            if time.monotonic() > deadline:
                raise RuntimeError("orkwork printed no owner link")
            time.sleep(0.1)
        return found[-1]

    @property
    def pid(self) -> int:
        """The supervisor."""
        assert self.process is not None
        return self.process.pid

    @property
    def database_url(self) -> str:
        """The database it uses: the one named by the environment, else the embedded one."""
        if named := self.environment.get("DATABASE_URL"):
            return named
        kept = json.loads((self.home / "postgres" / "endpoint.json").read_text())
        return f"postgresql://orkwork:{kept['password']}@127.0.0.1:{kept['port']}/orkwork"

    def stop(self) -> None:
        """As Ctrl-C does; harder when that does not help."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
