"""When a morning's brief is due. Pure."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

MORNING: Final = time(9)
USUAL: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=31)
"""How far back a morning's brief goes when none was made before."""


def due_day(now: datetime, time_zone: str) -> date | None:
    """The day whose brief should be there by now: today from nine on by the clocks of a zone, whatever they were turned by."""
    local = now.astimezone(ZoneInfo(time_zone))
    return local.date() if local.time() >= MORNING else None


def told_since(now: datetime, last_made_at: datetime | None) -> datetime:
    """From when a morning's brief tells: the last one's, so that nothing is told twice or never; at most a month."""
    return now - USUAL if last_made_at is None else max(last_made_at, now - LONGEST)
