"""Keeps a handful of processes alive: starts, prefixes what they print, restarts with backoff, stops in order.

One thread and one loop, and only the standard library: this process stays as long as the product runs, and is small.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from orkwork.cli.terminal import Terminal
from orkwork.embedded.guard import Guard

_TICK = 0.05
_LONGEST_BACKOFF = 30.0
_HEALTHY = 8.0
_LONGEST_LINE = 64 * 1024
_CHORE_SECONDS = 10.0


class Program(Protocol):
    """What the supervisor keeps alive."""

    name: str
    stop_signal: signal.Signals
    death_signal: signal.Signals
    patience: float
    """Seconds between asking it to stop and ending it."""

    def start(self) -> subprocess.Popen[bytes]:
        """Start one process in a group of its own."""
        ...

    def is_ready(self) -> bool:
        """Whether it does its work; must answer within half a second."""
        ...

    def complaint(self) -> str:
        """Why it ended, as far as it can be known."""
        ...


@dataclass
class Step:
    """A program that is meant to end, such as a migration."""

    name: str
    launch: Callable[[], subprocess.Popen[bytes]]
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    patience: float = 5.0

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, its output on a pipe."""
        return self.launch()

    def is_ready(self) -> bool:
        """Never: it ends instead."""
        return False

    def complaint(self) -> str:
        """Its own lines say it."""
        return "see its lines above"


class StartFailed(Exception):
    """Something that has to run did not start; the message is one sentence."""


class Stopped(Exception):
    """Somebody asked to stop while something was still being waited for."""


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    due: float | None = None
    """When to start it again; None while it runs."""
    unfinished: bytes = b""


@dataclass
class Supervisor:
    """Owns the children. Use as a context manager: leaving it leaves no process."""

    terminal: Terminal
    first_backoff: float = 0.5
    chore: Callable[[], None] | None = None
    """What is done now and then beside; must be quick."""
    _chore_due: float = 0.0
    _children: dict[str, _Child] = field(default_factory=dict)
    _stops: int = 0
    _reason: str = ""
    _told: bool = False

    def __enter__(self) -> "Supervisor":
        self._guard = Guard()
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_stop)
        return self

    def __exit__(self, *_: object) -> None:
        self._end(list(self._children), hard=True)
        self._guard.close()
        signal.set_wakeup_fd(-1)

    @property
    def stopping(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stops > 0

    def add(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        self._children[program.name] = self._launch(program, failures=0)

    def wait_ready(self, names: Iterable[str], seconds: float) -> None:
        """Run until all of them are ready; a program that ends before that fails the start."""
        waiting = dict.fromkeys(names)
        deadline = time.monotonic() + seconds
        while waiting:
            self._turn(restart=False)
            for name in list(waiting):
                child = self._children[name]
                if child.due is not None:
                    raise StartFailed(f"{name} did not start: {child.program.complaint()}")
                if child.program.is_ready():
                    del waiting[name]
            if waiting and time.monotonic() > deadline:
                raise StartFailed(f"{', '.join(waiting)} was not ready within {seconds:.0f} s.")

    def run_steps(self, steps: Sequence[Step], *, restart: bool = False) -> dict[str, int]:
        """Run what ends by itself, all at once, printing what it says; exit codes by name. One failure ends all."""
        running = {step.name: self._launch(step, failures=0) for step in steps}
        codes: dict[str, int] = {}
        try:
            while len(codes) < len(running) and not any(codes.values()):
                self._turn(restart=restart)
                for name, child in running.items():
                    if name not in codes and child.process.poll() is not None:
                        self._drain(child)
                        codes[name] = child.process.returncode
        finally:
            for child in running.values():
                self._bury(child)
        return codes

    def run(self) -> None:
        """Keep everything running until somebody asks to stop."""
        with contextlib.suppress(Stopped):
            while True:
                self._turn(restart=True)

    def stop(self, stages: Sequence[Sequence[str]]) -> None:
        """Stop stage by stage, the members of one together; a further Ctrl-C ends all at once."""
        asked = self._stops
        for stage in stages:
            present = [name for name in stage if name in self._children]
            self._end(present, hard=self._stops > max(asked, 1))

    def _launch(self, program: Program, *, failures: int) -> _Child:
        process = program.start()
        self._guard.watch(process.pid, program.death_signal)
        child = _Child(program, process, time.monotonic(), failures)
        if process.stdout is not None:
            os.set_blocking(process.stdout.fileno(), False)
            self._selector.register(process.stdout, selectors.EVENT_READ, child)
        return child

    def _turn(self, *, restart: bool) -> None:
        self._hear(self._pause() if restart else _TICK)
        for child in self._children.values():
            if child.due is None and child.process.poll() is not None:
                self._on_death(child, restart=restart)
        if self.stopping:
            raise Stopped
        if restart:
            self._restart_due()
            self._do_chore()

    def _do_chore(self) -> None:
        if self.chore is None or time.monotonic() < self._chore_due:
            return
        self._chore_due = time.monotonic() + _CHORE_SECONDS
        try:
            self.chore()
        except OSError as error:
            self.terminal.say(f"The logs could not be bounded: {error}.")

    def _pause(self) -> float:
        """Until the next restart is due, or a second."""
        now = time.monotonic()
        return max(0.0, min([1.0, *(child.due - now for child in self._children.values() if child.due is not None)]))

    def _on_death(self, child: _Child, *, restart: bool) -> None:
        self._drain(child)
        self._bury(child)
        now = time.monotonic()
        failures = 0 if now - child.started >= _HEALTHY else child.failures
        pause = min(self.first_backoff * 2**failures, _LONGEST_BACKOFF)
        child.failures, child.due = failures + 1, now + pause
        if restart and not self.stopping:
            how = ending(child.process.returncode)
            self.terminal.say(f"{child.program.name} ended ({how}); starting it again in {pause:g} s.")

    def _restart_due(self) -> None:
        for name, child in self._children.items():
            if child.due is None or time.monotonic() < child.due:
                continue
            try:
                self._children[name] = self._launch(child.program, failures=child.failures)
            except Exception as error:
                pause = min(self.first_backoff * 2**child.failures, _LONGEST_BACKOFF)
                child.failures, child.due = child.failures + 1, time.monotonic() + pause
                self.terminal.say(f"{name} could not be started ({error}); trying again in {pause:g} s.")

    def _read(self, child: _Child) -> bool:
        """Print the whole lines that have arrived; whether there may be more."""
        stream = child.process.stdout
        assert stream is not None
        try:
            chunk = os.read(stream.fileno(), 64 * 1024)
        except BlockingIOError:
            return False
        *lines, child.unfinished = (child.unfinished + chunk).split(b"\n")
        if not chunk or len(child.unfinished) > _LONGEST_LINE:
            lines.append(child.unfinished)
            child.unfinished = b""
        for line in lines:
            if line.strip():
                self.terminal.say(line.decode(errors="replace").rstrip(), child.program.name)
        if not chunk:
            self._selector.unregister(stream)
            stream.close()
        return bool(chunk)

    def _drain(self, child: _Child) -> None:
        stream = child.process.stdout
        while stream is not None and not stream.closed and self._read(child):
            pass

    def _bury(self, child: _Child) -> None:
        """End what is left of its group: the workers of a master that was killed would hold its port."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        if child.process.returncode is None:
            child.process.wait()
        self._guard.forget(child.process.pid)
        stream = child.process.stdout
        if stream is not None and not stream.closed:
            self._selector.unregister(stream)
            stream.close()

    def _end(self, names: Sequence[str], *, hard: bool) -> None:
        asked = self._stops
        alive = [self._children.pop(name) for name in names]
        for child in alive:
            if child.due is None and not hard:
                child.process.send_signal(child.program.stop_signal)
        started = time.monotonic()
        while alive and not hard:
            for child in list(alive):
                overdue = time.monotonic() - started > child.program.patience
                if child.due is not None or child.process.poll() is not None or overdue:
                    if overdue:
                        self.terminal.say(f"{child.program.name} did not stop in time and is ended.")
                    self._finish(child)
                    alive.remove(child)
            hard = self._stops > asked
            if alive and not hard:
                self._hear(_TICK)
        for child in alive:
            self._finish(child)

    def _finish(self, child: _Child) -> None:
        if child.due is None:
            self._drain(child)
            self._bury(child)

    def _on_stop(self, number: int, _frame: object) -> None:
        """Only counts: what it interrupted may be printing."""
        self._stops += 1
        self._reason = signal.Signals(number).name

    def _hear(self, timeout: float) -> None:
        """Wait for lines, deaths and signals, at most so long."""
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 512)
            else:
                self._read(key.data)
        if self.stopping and not self._told:
            self._told = True
            self.terminal.say(f"Stopping ({self._reason}); once more to stop at once.")


def ending(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
