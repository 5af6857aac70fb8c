"""Signs of life: one thread of each process prolongs every lease that the process holds.

When the process is killed, so are its signs, and what it held is taken over a lease later.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orkwork.core.errors import OrkworkError
from orkwork.domains.jobs.rules import PROLONG_SECONDS

log = logging.getLogger(__name__)
Sign = Callable[[], object]


class Signs:
    """The leases that this process holds, each with what prolongs it."""

    def __init__(self, every_seconds: float = PROLONG_SECONDS) -> None:
        """Hold nothing yet; the thread starts with the first lease, and sleeps while there is none."""
        self._every_seconds = every_seconds
        self._held: dict[object, tuple[str, Sign]] = {}
        self._some = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def held(self, name: str, prolong: Sign) -> Iterator[None]:
        """Prolong a lease as long as the body goes on. A sign that is under way when the body ends may still be given:
        `prolong` must do nothing once the lease was given up."""
        key = object()
        with self._lock:
            self._held[key] = (name, prolong)
            self._some.set()
            if self._thread is None or not self._thread.is_alive():  # none, or this is a fork
                self._thread = threading.Thread(target=self._run, name="alive", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._held[key]
                if not self._held:
                    self._some.clear()

    def _run(self) -> None:
        pause = threading.Event()
        while self._some.wait():
            pause.wait(self._every_seconds)
            with self._lock:
                held = list(self._held.values())
            for name, prolong in held:
                _give(name, prolong)


def _give(name: str, prolong: Sign) -> None:
    try:
        prolong()
    except OrkworkError as away:
        log.warning("%s could not be prolonged: %s", name, away)
    except Exception:  # the other leases go on
        log.exception("%s could not be prolonged", name)


signs = Signs()
"""Of this process."""
