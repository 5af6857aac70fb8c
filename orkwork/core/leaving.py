"""That this web process is about to stop: told by a signal of its own, before the server waits for its connections."""

import asyncio
import signal
from collections.abc import Callable

SIGNAL = signal.SIGUSR1


def ignore() -> None:
    """Until somebody listens, the signal does nothing; a process that is started from here inherits that."""
    signal.signal(SIGNAL, signal.SIG_IGN)


def listen(told: Callable[[], None]) -> None:
    """Call back in this loop when the process is about to stop."""
    asyncio.get_running_loop().add_signal_handler(SIGNAL, told)
