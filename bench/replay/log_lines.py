"""Finds the LLM calls in the text log of one execution."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

TIME = re.compile(r"^\s*(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:[.,](\d{1,6}))?\s*")
CALL = re.compile(r"^(?:\[?\w*\]?\s*)?Model API request cost info:\s*(.*)$")
FIELD = re.compile(r"(\w+)\s*=\s*([^\s,]+)")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One LLM call as the agent logged it; `at` is the log's own local time and may be missing."""

    at: datetime | None
    input_tokens: int
    output_tokens: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Log:
    """The calls of one log and the first and last time seen in it."""

    calls: list[LoggedCall]
    first: datetime | None
    last: datetime | None


def read_log(data: bytes) -> Log:
    """Parse a log; lines that are no call are skipped, and unreadable bytes are replaced."""
    calls: list[LoggedCall] = []
    first = last = None
    for line in data.decode("utf-8", "replace").splitlines():
        at, rest = _time(line)
        if at:
            first, last = first or at, at
        if "Model API request cost info" in rest and (call := _call(at, rest)):
            calls.append(call)
    return Log(calls, first, last)


def _time(line: str) -> tuple[datetime | None, str]:
    match = TIME.match(line)
    if not match:
        return None, line
    try:
        at = datetime.fromisoformat(match[1])
    except ValueError:
        return None, line
    return at.replace(microsecond=int((match[2] or "0").ljust(6, "0"))), line[match.end() :]


def _call(at: datetime | None, rest: str) -> LoggedCall | None:
    match = CALL.match(ESCAPE.sub("", rest).strip())
    if not match:
        return None
    fields = dict(FIELD.findall(match[1]))
    return LoggedCall(
        at=at,
        input_tokens=_whole(fields.get("input_tokens")),
        output_tokens=_whole(fields.get("output_tokens")),
        cost=decimal_or_none(fields.get("cost", "").lstrip("$")),
    )


def _whole(text: str | None) -> int:
    value = decimal_or_none(text)
    return int(value) if value and value > 0 else 0


def decimal_or_none(value: object) -> Decimal | None:
    """The exact decimal that was written down, or nothing when it is no finite number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
