"""What the supervisor and its children say, one prefixed line at a time."""

import contextlib
import os
import sys
from typing import TextIO

_WIDTH = 8
_COLOURS = {"orkwork": "1;34", "web": "36", "worker": "35", "beat": "33", "postgres": "32", "valkey": "31"}


class Terminal:
    """Writes lines with the name of who speaks; colours them for a person, never for a file."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._colours = self._stream.isatty() and "NO_COLOR" not in os.environ

    def say(self, text: str, name: str = "orkwork") -> None:
        """Print a line, or several; a terminal that is gone is no reason to stop."""
        prefix = f"{name:<{_WIDTH}} |"
        if self._colours:
            prefix = f"\x1b[{_COLOURS.get(name, '0')}m{prefix}\x1b[0m"
        with contextlib.suppress(OSError, ValueError):
            for line in text.splitlines() or [""]:
                self._stream.write(f"{prefix} {line}\n")
            self._stream.flush()
