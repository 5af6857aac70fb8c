"""Identifiers: UUIDv7 (RFC 9562, section 5.7), which sort by the millisecond of their making."""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A new UUIDv7; within one process each is greater than the one before."""
    global _last  # noqa: PLW0603 - the monotonic counter is the process's
    stamp = time.time_ns() // 1_000_000 << 12 | int.from_bytes(os.urandom(2), "big") >> 5
    with _lock:
        stamp = _last = max(stamp, _last + 1)
    return UUID(
        int=(stamp >> 12) << 80 | 7 << 76 | (stamp & 0xFFF) << 64 | 2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    )


def is_uuid(ref: str | UUID) -> bool:
    """Whether a reference is an id rather than a key."""
    if isinstance(ref, UUID):
        return True
    try:
        UUID(ref)
    except ValueError:
        return False
    return True
