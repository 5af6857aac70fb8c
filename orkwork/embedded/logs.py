"""Bounds what the embedded services say: a log that has grown is put aside, and only the last few are kept.

The services append, so a log can be emptied under them; a line written between copy and cut is lost.
"""

import os
import shutil
from pathlib import Path

MAX_BYTES = 5_000_000
KEPT = 3
"""How many full logs are kept beside the one that is written."""


def bound(log: Path, *, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> bool:
    """Put the log aside as `.1`, the older ones one further, when it is larger than `max_bytes`; whether it was."""
    if not log.exists() or log.stat().st_size <= max_bytes:
        return False
    for number in range(kept, 1, -1):
        older = log.with_name(f"{log.name}.{number - 1}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number}"))
    aside = log.with_name(f"{log.name}.1")
    shutil.copyfile(log, aside)
    aside.chmod(0o600)
    os.truncate(log, 0)
    return True
