"""Named places at which a test makes the process die: what a kill at the worst moment does is tried, not reasoned.

`ORKWORK_FAILPOINTS` names a folder. A file in it with the name of a failpoint arms it: the first process that comes there
takes the file away and is gone, as by `kill -9`. Without the setting, which is the rule, a failpoint is one comparison.
Each operation is one (`tasks.claim`: it has written, and nothing is committed yet unless it is atomic); the others stand
in `NAMES`.
"""

import os
import signal
from pathlib import Path
from typing import Final

NAMES: Final = (
    "door.opened",
    "door.flushed",
    "door.committed",
    "door.told",
    "idempotency.held",
    "idempotency.kept",
    "web.answering",
    "outbox.claimed",
    "outbox.reacting",
    "outbox.reacted",
    "outbox.delivered",
)
_FOLDER: Final = Path(folder) if (folder := os.environ.get("ORKWORK_FAILPOINTS")) else None


def hit(name: str) -> None:
    """Die here, if a test armed this failpoint."""
    if _FOLDER is None:
        return
    try:
        (_FOLDER / name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
