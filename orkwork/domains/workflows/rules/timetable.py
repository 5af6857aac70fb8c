"""When a schedule is due: five-field crons in a zone, right across its changes of the clock."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from orkwork.core.errors import invalid

FIELDS: Final = ("minute", "hour", "day of the month", "month", "day of the week")
SHOWN: Final = 5
_TOO_FAR: Final = timedelta(days=366 * 30)
_WINDOWS: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=31), timedelta(days=366), None)
_MOST: Final = 100_000
_SPACE: Final = re.compile(r"\s+")


def check(cron: str, now: datetime, zone: str) -> str:
    """The expression with single spaces; Invalid when it can't be read, or never fires."""
    text = _SPACE.sub(" ", cron.strip())
    if len(text.split(" ")) != len(FIELDS):
        raise invalid("cron", f"must have five fields: {', '.join(FIELDS)}. 0 9 * * 1-5 is 09:00 from Monday to Friday")
    try:
        due = next(_ticks(text, now, zone), None)
    except CronSimError as error:
        raise invalid("cron", f"can't be read: {str(error).lower()}") from error
    if due is None or due - now > _TOO_FAR:
        raise invalid("cron", "never fires: no such day comes")
    return text


def following(cron: str, after: datetime, zone: str) -> datetime:
    """The first tick after a moment."""
    return next(_ticks(cron, after, zone))


def next_ticks(cron: str, after: datetime, zone: str, count: int = SHOWN) -> list[datetime]:
    """The next ticks after a moment, in UTC."""
    return list(islice(_ticks(cron, after, zone), count))


def between(cron: str, first: datetime, last: datetime, zone: str, limit: int) -> list[datetime]:
    """The ticks from `first` to `last`, both included, but for those beyond `limit`."""
    found = []
    for tick in _ticks(cron, first - timedelta(microseconds=1), zone):
        if tick > last or len(found) >= limit:
            break
        if tick >= first:
            found.append(tick)
    return found


def missed(cron: str, due: datetime, now: datetime, zone: str, keep: int) -> tuple[list[datetime], int]:
    """Of the ticks from `due` to now the last `keep`, and how many others were seen.

    What fires every minute and slept for years is not counted from its beginning: the shortest window that holds enough.
    """
    found: list[datetime] = []
    for window in _WINDOWS:
        since = due if window is None else max(due, now - window)
        found = between(cron, since, now, zone, _MOST)
        if len(found) > keep or since == due:
            break
    return found[-keep:], max(0, len(found) - keep)


def _ticks(cron: str, after: datetime, zone: str) -> Iterator[datetime]:
    last = None
    for tick in CronSim(cron, after.astimezone(ZoneInfo(zone))):
        at = tick.astimezone(UTC)
        if at <= after or (last is not None and at <= last):
            continue  # the hour that comes twice in autumn
        last = at
        yield at
