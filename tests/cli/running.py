"""Processes under test: what they say, whom they started, and whether those are gone."""

import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


class Running:
    """One process and what it printed so far."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=env,
        )
        self.lines: list[str] = []
        self._said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(line.rstrip("\n"))
        self._said.put(None)

    def until(self, *wanted: str, seconds: float = 150) -> str:
        """Read on until a line holds all of these words."""
        deadline = time.monotonic() + seconds
        while (line := self._next(deadline)) is not None:
            if all(word in line for word in wanted):
                return line
        raise AssertionError(f"{wanted} was never said:\n" + "\n".join(self.lines))

    def rest(self, seconds: float = 60) -> str:
        """Everything until the end; the process has been waited for."""
        deadline = time.monotonic() + seconds
        rest = []
        while (line := self._next(deadline)) is not None:
            rest.append(line)
        self.process.wait(max(1.0, deadline - time.monotonic()))
        return "\n".join(rest)

    def _next(self, deadline: float) -> str | None:
        try:
            line = self._said.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise AssertionError("Nothing more was said in time:\n" + "\n".join(self.lines)) from None
        if line is not None:
            self.lines.append(line)
        return line

    def end(self) -> None:
        """Kill it, if it still runs, and let go of its output."""
        self.process.kill()
        self.process.wait()
        self._reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


def alive(pid: int) -> bool:
    """Whether the process runs; one that nobody has collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def command(pid: int) -> bytes:
    """Its command line, parted by NULs; nothing of a process that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def all_gone(pids: list[int], seconds: float = 5.0) -> bool:
    """Whether all of them end in time."""
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def descendants(pid: int) -> list[int]:
    """Children, grandchildren and so on."""
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(entry.parent.name)
            found += [child, *descendants(child)]
    return found
