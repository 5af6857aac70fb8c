"""The time: aware, UTC, and travelled by tests."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)


def day_of(moment: datetime, time_zone: str) -> date:
    """The calendar day of a moment in a zone (IANA name)."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def later(moment: datetime, seconds: float | None) -> datetime | None:
    """That many seconds later, or None for None."""
    return None if seconds is None else moment + timedelta(seconds=seconds)


def start_of(day: date, time_zone: str) -> datetime:
    """The moment at which a calendar day of a zone (IANA name) begins, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)
