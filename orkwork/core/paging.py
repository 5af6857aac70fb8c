"""Keyset pages: a cursor holds the sort values of the last row, so page 1,000 costs what page 1 does."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

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


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """The sort values; Invalid when the cursor is not one of ours for this sort."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or len(values) != length or not all(_is_scalar(v) for v in values):
        raise invalid("cursor", "is not a cursor of this list; take next_cursor from the page before")
    return values


def _is_scalar(value: Any) -> bool:
    """Whether it is a value that PostgreSQL takes as text."""
    if isinstance(value, str):
        return "\x00" not in value and value.isprintable()
    return isinstance(value, int)


def after(orders: list[Order], cursor: str | None) -> tuple[str, dict[str, Any]]:
    """The condition 'behind the cursor' for mixed directions, and its parameters. No sort key may be null."""
    if cursor is None:
        return "true", {}
    values = decode_cursor(cursor, len(orders))
    params = {f"k{i}": None if value is None else str(value) for i, value in enumerate(values)}
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
