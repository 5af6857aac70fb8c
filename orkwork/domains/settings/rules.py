"""What keeps work from beginning: holds, and budgets that are used up. Pure."""

from datetime import datetime
from typing import Any

from orkwork.core.actor import Actor
from orkwork.core.errors import BudgetExceeded


def hold_of(actor: Actor, reason: str, now: datetime) -> dict[str, Any]:
    """A hold as it is kept: why, since when and by whom."""
    return {
        "reason": reason,
        "since": now.isoformat().replace("+00:00", "Z"),
        "by_kind": actor.kind.value,
        "by_id": str(actor.id) if actor.id else None,
        "by_name": actor.name,
    }


_SPENT_IN = {"day": "today", "month": "this month", "total": "altogether"}
_RAISED_BY = {"agent": "an admin can raise it", "project": "an admin can raise it", "company": "an owner can raise it"}


def stop_words(stop: dict[str, Any]) -> tuple[str, str, str]:
    """The code, the sentence and the way out of a budget that is used up, out of how it stands (`limit_usd`, …)."""
    message = f"{stop['name']} has spent {stop['spent_usd']} of its {stop['limit_usd']} USD {_SPENT_IN[stop['period']]}"
    if stop.get("reserved_usd", "0") != "0":
        message += f", and {stop['reserved_usd']} USD are set aside for calls under way"
    ends = stop["ends_at"]
    until = f"Wait until {ends}, when it begins anew by itself, or ask" if ends else "Ask"
    return f"{stop['scope']}.over_budget", message, f"{until} for more: {_RAISED_BY[stop['scope']]}."


def over_budget(stop: dict[str, Any], now: datetime) -> BudgetExceeded:
    """The refusal of new work or a call; it says which budget, when it ends, and how."""
    code, message, way_out = stop_words(stop)
    extra: dict[str, Any] = {"budget": stop, "ends_at": stop["ends_at"]}
    if stop["ends_at"]:
        left = datetime.fromisoformat(stop["ends_at"]) - now
        extra["retry_after_seconds"] = max(1, round(left.total_seconds()))
    return BudgetExceeded(code, message, way_out, extra=extra)
