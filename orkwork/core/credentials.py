"""What a caller shows at a door, and who that makes it.

Each domain that hands out credentials registers how they are read, so that every door reads all of them the same way.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

from orkwork.core import clock
from orkwork.core.actor import Actor
from orkwork.core.errors import Unauthenticated
from orkwork.core.lookup import Lookup


@dataclass(frozen=True, slots=True)
class Credential:
    """A bearer token (`bearer`) or a session cookie's value (`session`), and where the call comes from."""

    kind: str
    token: str
    ip: str | None = None
    request_id: str | None = None


class Found(NamedTuple):
    """Who calls, and the row that was looked up with it."""

    actor: Actor
    row: dict[str, Any] | None


Identify = Callable[[psycopg.Connection, Lookup | None], Found]
"""Finds out who calls, on the connection that the Work then uses; raises Unauthenticated."""

MakeActor = Callable[[psycopg.Connection, dict[str, Any], Credential], Actor]


@dataclass(frozen=True, slots=True)
class Reader:
    """How one kind of credential is read."""

    statement: str
    """Selects at most one row by `hash` and `now`; its columns begin with `caller_`, and `caller_projects` is one."""
    accepts: Callable[[str], bool]
    actor: MakeActor


_READERS: dict[str, Reader] = {}


def reads(
    kind: str, statement: str, accepts: Callable[[str], bool] = lambda token: True
) -> Callable[[MakeActor], MakeActor]:
    """Register how one kind of credential is read; the function makes the actor out of the row."""

    def wrap(fn: MakeActor) -> MakeActor:
        _READERS[kind] = Reader(statement, accepts, fn)
        return fn

    return wrap


def identify(credential: Credential | None) -> Identify:
    """What a door hands to `door.run`: finds the actor on the Work's own connection, afresh at every call."""

    def find(connection: psycopg.Connection, lookup: Lookup | None = None) -> Found:
        reader = _READERS.get(credential.kind) if credential else None
        if credential and reader and reader.accepts(credential.token):
            params: dict[str, Any] = {"hash": digest(credential.token), "now": clock.now()}
            statement = reader.statement
            if lookup is not None:
                statement, params = lookup.beside(statement), {**params, **lookup.params}
            row = connection.cursor(row_factory=dict_row).execute(statement.encode(), params).fetchone()
            if row is not None:
                return Found(reader.actor(connection, row, credential), row if row.get("is_found") else None)
        raise Unauthenticated(
            "auth.unauthenticated",
            "The key or session is missing, expired or revoked" if credential else "Nobody is signed in",
            "Send `Authorization: Bearer ork_…` with a live key, or sign in.",
        )

    return find


def digest(token: str) -> bytes:
    """How tokens are kept: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
