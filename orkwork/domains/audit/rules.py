"""The hash chain. Pure.

Each link is SHA-256 over the hash before it, its position, and the leaf: SHA-256 of the event's canonical text. A
changed, removed, inserted or moved event breaks every link behind it; a cut-off end is seen against a checkpoint.
"""

import hashlib
from typing import Any, Final

from orkwork.domains.audit.schemas import Gap

GENESIS: Final = bytes(32)

CANONICAL: Final = """
jsonb_build_object('seq', e.seq, 'occurred_at', extract(epoch from e.occurred_at)::text, 'name', e.name,
  'actor_kind', e.actor_kind, 'actor_id', e.actor_id, 'actor_name', e.actor_name, 'ip', e.ip, 'request_id', e.request_id,
  'subject_kind', e.subject_kind, 'subject_id', e.subject_id, 'subject_label', e.subject_label,
  'project_id', e.project_id, 'before', e.before, 'after', e.after)::text
"""
"""An event's canonical text, as PostgreSQL writes jsonb: keys in one order, independent of the session."""


def gap_in(after: int, rows: list[dict[str, Any]]) -> Gap | None:
    """From the first to the last position behind `after` whose event is no longer kept; None when all are."""
    first = last = None
    expected = after + 1
    for row in rows:
        if row["pos"] > expected:
            first, last = first or expected, row["pos"] - 1
        if row["erased"]:
            first, last = first or row["pos"], row["pos"]
        expected = row["pos"] + 1
    return Gap(first=first, last=last) if first and last else None


def leaf_of(canonical: str) -> bytes:
    """The hash of one event."""
    return hashlib.sha256(canonical.encode()).digest()


def link(previous: bytes, pos: int, leaf: bytes) -> bytes:
    """The hash of one link."""
    return hashlib.sha256(previous + pos.to_bytes(8, "big") + leaf).digest()
