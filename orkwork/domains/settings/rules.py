"""What is kept of a hold. Pure."""

from datetime import datetime
from typing import Any

from orkwork.core.actor import Actor


def hold_of(actor: Actor, reason: str, now: datetime) -> dict[str, Any]:
    """A hold as it is kept: why, since when and by whom."""
    return {
        "reason": reason,
        "since": now.isoformat().replace("+00:00", "Z"),
        "by_kind": actor.kind.value,
        "by_id": str(actor.id) if actor.id else None,
        "by_name": actor.name,
    }
