"""The home folder: who uses it, and the ports and passwords its services keep from start to start."""

import errno
import fcntl
import json
import os
import random
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
_PORTS = range(20_000, 32_000)
"""Below what the kernel hands out to outgoing connections, so a kept port stays free."""


class EmbeddedError(Exception):
    """A start that cannot go on; the message is one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Endpoint:
    """Where an embedded service listens, and the password it asks for."""

    port: int
    password: str


class HomeLock:
    """Held while a supervisor uses a home; the kernel lets go of it when the supervisor ends, however it ends."""

    def __init__(self, home: Path) -> None:
        self._path = home / "lock"
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the home, or say who has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise EmbeddedError(
                f"{self._path.parent} is already in use by orkwork process {owner or 'unknown'}: "
                "stop that one, or set ORKWORK_HOME to another folder."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._file = descriptor

    def release(self) -> None:
        """Give the home back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def open_home(home: Path) -> None:
    """Make the home, readable by its user alone, or say why it cannot be used."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = home / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EmbeddedError(
            f"{home} cannot be written ({error.strerror}): set ORKWORK_HOME to another folder."
        ) from None


def port_is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now; raises OSError where none ever could."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def _free_port() -> int:
    for port in random.sample(_PORTS, 200):
        if port_is_free(port):
            return port
    raise EmbeddedError("No free port was found between 20000 and 32000 on 127.0.0.1.")


def _wait_until_free(port: int, seconds: float) -> bool:
    """A predecessor that was killed may need a moment to let go of its port."""
    deadline = time.monotonic() + seconds
    while not port_is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def kept_endpoint(folder: Path) -> Endpoint | None:
    """Where the service of this folder listened last."""
    path = folder / "endpoint.json"
    return Endpoint(**json.loads(path.read_text())) if path.exists() else None


def endpoint(folder: Path) -> Endpoint:
    """The kept port and password of the service in `folder`; another port when somebody else took it meanwhile."""
    path = folder / "endpoint.json"
    kept = kept_endpoint(folder)
    if kept and _wait_until_free(kept.port, seconds=2):
        return kept
    fresh = Endpoint(port=_free_port(), password=kept.password if kept else secrets.token_urlsafe(24))
    draft = folder / "endpoint.json.new"
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"port": fresh.port, "password": fresh.password}))
    draft.replace(path)
    return fresh


def last_line(log: Path, marks: tuple[str, ...]) -> str:
    """The newest line of a log that carries one of the marks, without what stands before it."""
    if not log.exists():
        return "no log was written"
    lines = log.read_bytes()[-20_000:].decode(errors="replace").splitlines()
    for line in reversed(lines):
        for mark in marks:
            if mark in line:
                return line.split(mark, 1)[1].strip(" :#")
    return lines[-1].strip() if lines else "the log is empty"
