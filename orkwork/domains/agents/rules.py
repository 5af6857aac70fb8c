"""Keys and levels. Pure."""

import binascii
import secrets
import string
from decimal import Decimal
from functools import lru_cache
from typing import Final

from orkwork.core.actor import Level
from orkwork.domains.agents.models import State

KEY_PREFIX: Final = "ork_"
_ALPHABET: Final = string.digits + string.ascii_letters
SECRET_LENGTH: Final = 43
"""Base 62 digits for 256 bits."""
CHECKSUM_LENGTH: Final = 6
SHOWN_LENGTH: Final = 12
HEARTBEAT_LEVEL: Final = Level.TOOL


def state_of(status: str, running: int, spent_today: Decimal, daily_budget: Decimal | None) -> State:
    """What an agent is doing now; blocked is one that would work but has spent its day's budget."""
    if status == "retired":
        return "retired"
    if status == "paused":
        return "paused"
    if daily_budget is not None and spent_today >= daily_budget:
        return "blocked"
    return "working" if running else "idle"


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _checksum(secret: str) -> str:
    return _base62(binascii.crc32(secret.encode()), CHECKSUM_LENGTH)


def new_key() -> str:
    """A key: `ork_`, 256 random bits in base 62, and a CRC-32 of them, so that a scanner knows a leaked one offline."""
    secret = _base62(secrets.randbits(256), SECRET_LENGTH)
    return f"{KEY_PREFIX}{secret}{_checksum(secret)}"


@lru_cache(maxsize=1024)
def looks_like_key(text: str) -> bool:
    """Whether prefix, length and checksum are right; a mistyped key is refused before the database is asked."""
    secret, checksum = text[len(KEY_PREFIX) : -CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    return (
        text.startswith(KEY_PREFIX)
        and len(secret) == SECRET_LENGTH
        and secret.isascii()
        and secret.isalnum()
        and _checksum(secret) == checksum
    )
