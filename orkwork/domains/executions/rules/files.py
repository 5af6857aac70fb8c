"""Names and kinds of files."""

import re
from typing import Final
from urllib.parse import quote
from uuid import UUID

from orkwork.core.ids import uuid7

ANY_TYPE: Final = "application/octet-stream"
_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,90}")


def new_key(execution_id: UUID) -> str:
    """Where a new file of a run lies in the storage; it says nothing of what the file is."""
    return f"runs/{execution_id}/{uuid7()}"


def media_type(told: str | None) -> str:
    """The kind that a request names; bytes of any kind when it names none that is one."""
    named = (told or "").partition(";")[0].strip().lower()
    return named if _TYPE.fullmatch(named) else ANY_TYPE


def disposition(name: str) -> str:
    """The header that has a browser keep a file instead of showing it, under its own name."""
    last = name.replace("\\", "/").rpartition("/")[2] or "file"
    plain = "".join(ch if ch.isascii() and ch.isprintable() and ch not in '"\\;%' else "_" for ch in last)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(last, safe='')}"
