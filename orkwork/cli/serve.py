"""The web server's process: granian around the app. Run as a module, never imported.

Two things that granian's own command does not do: it loads without the garbage collector, which would walk the quarter
of a million objects that stay anyway again and again; and it tells its workers of a stop before it waits for their
connections, so that open sockets are closed instead of waited for.
"""

import argparse
import gc
import os
import sys
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from orkwork.core.leaving import SIGNAL, ignore

KILL_SECONDS = 5
"""How long an answer under way may take once the server was told to stop."""


class Server(MPServer):
    """Granian, whose workers hear of a stop first."""

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        """Somebody wants the server to stop. A worker that still loads, having inherited this, goes at once."""
        if os.getpid() != self.pid:
            raise SystemExit(0)
        for worker in self.wrks:
            if worker.is_alive():
                os.kill(worker.inner.pid, SIGNAL)
        super().signal_handler_interrupt(*args, **kwargs)


def main(arguments: list[str]) -> None:
    """Serve until a signal says otherwise."""
    parser = argparse.ArgumentParser(prog="orkwork.cli.serve")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args(arguments)
    ignore()
    gc.disable()
    Server(
        "orkwork.orkwork:serve",
        factory=True,
        address=asked.host,
        port=asked.port,
        workers=asked.workers,
        interface=Interfaces.ASGI,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_SECONDS,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
