"""Keyset pages: a cursor holds the sort values of the last row, so page 1,000 costs what page 1 does."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from orkwork.core.errors import invalid

T = TypeVar("T")
MAX_LIMIT = 200


@dataclass(frozen=True)
class Order:
    """One sort key: the SQL expression, its type for the cursor's cast, and the direction."""

    expression: str
    cast: str
    descending: bool = False


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page and the way to the next."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(values: list[Any]) -> str:
    """Sort values as an opaque, URL-safe string."""
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, casts: Sequence[str]) -> list[str]:
    """The sort values as texts of these types; Invalid when the cursor is not one of ours for this sort."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list):
            raise ValueError("no list")
        return [_READ[cast](value) for cast, value in zip(casts, values, strict=True)]
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise invalid("cursor", "is not a cursor of this list; take next_cursor from the page before") from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("no text")
    value.encode()  # halves of surrogate pairs are no text either
    return value


def _uuid(value: Any) -> str:
    return str(UUID(_text(value)))


def _timestamptz(value: Any) -> str:
    if value == "infinity":
        return value
    at = datetime.fromisoformat(_text(value))
    if at.tzinfo is None:
        raise ValueError("no zone")
    return str(at)


def _date(value: Any) -> str:
    return date.fromisoformat(_text(value)).isoformat()


def _integer(bits: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        number = int(value) if isinstance(value, str) else value
        if (
            not isinstance(number, int)
            or isinstance(number, bool)
            or not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1)
        ):
            raise ValueError("no integer of this size")
        return str(number)

    return read


def _boolean(value: Any) -> str:
    if not isinstance(value, bool):
        raise TypeError("no boolean")
    return str(value)


_READ: dict[str, Callable[[Any], str]] = {
    "text": _text,
    "date": _date,
    "uuid": _uuid,
    "timestamptz": _timestamptz,
    "smallint": _integer(16),
    "int": _integer(32),
    "bigint": _integer(64),
    "boolean": _boolean,
}
"""How a cursor's value is read for each type, so that none reaches the database that it would refuse."""


def after(orders: list[Order], cursor: str | None) -> tuple[str, dict[str, Any]]:
    """The condition 'behind the cursor' for mixed directions, and its parameters. No sort key may be null."""
    if cursor is None:
        return "true", {}
    params = {f"k{i}": value for i, value in enumerate(decode_cursor(cursor, [o.cast for o in orders]))}
    if len({o.descending for o in orders}) == 1:
        sign = "<" if orders[0].descending else ">"
        left = ", ".join(o.expression for o in orders)
        right = ", ".join(f"%(k{i})s::{o.cast}" for i, o in enumerate(orders))
        return f"({left}) {sign} ({right})", params
    parts = []
    for i, order in enumerate(orders):
        equal = [f"{o.expression} = %(k{j})s::{o.cast}" for j, o in enumerate(orders[:i])]
        sign = "<" if order.descending else ">"
        parts.append("(" + " and ".join([*equal, f"{order.expression} {sign} %(k{i})s::{order.cast}"]) + ")")
    return "(" + " or ".join(parts) + ")", params


def order_by(orders: list[Order]) -> str:
    """The ORDER BY list."""
    return ", ".join(f"{o.expression} {'desc' if o.descending else 'asc'}" for o in orders)


def page_of(rows: list[dict[str, Any]], limit: int, keys: list[str]) -> tuple[list[dict[str, Any]], str | None]:
    """Cut rows that were fetched with limit + 1, and the cursor behind the last one kept."""
    if len(rows) <= limit:
        return rows, None
    kept = rows[:limit]
    return kept, encode_cursor([kept[-1][key] for key in keys])
