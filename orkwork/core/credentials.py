"""What a caller shows at a door, and who that makes it.

Each domain that hands out credentials registers how they are read, so that every door reads all of them the same way.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from orkwork.core.actor import Actor
from orkwork.core.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class Credential:
    """A bearer token (`bearer`) or a session cookie's value (`session`), and where the call comes from."""

    kind: str
    token: str
    ip: str | None = None
    request_id: str | None = None


Reader = Callable[[psycopg.Connection, Credential], Actor | None]
_READERS: dict[str, Reader] = {}


def reads(kind: str) -> Callable[[Reader], Reader]:
    """Register the reader of one kind of credential."""

    def wrap(fn: Reader) -> Reader:
        _READERS[kind] = fn
        return fn

    return wrap


def identify(credential: Credential | None) -> Callable[[psycopg.Connection], Actor]:
    """What a door hands to `door.run`: finds the actor on the Work's own connection, afresh at every call."""

    def find(connection: psycopg.Connection) -> Actor:
        reader = _READERS.get(credential.kind) if credential else None
        actor = reader(connection, credential) if reader and credential else None
        if actor is None:
            raise Unauthenticated(
                "auth.unauthenticated",
                "The key or session is missing, expired or revoked" if credential else "Nobody is signed in",
                "Send `Authorization: Bearer ork_…` with a live key, or sign in.",
            )
        return actor

    return find


def digest(token: str) -> bytes:
    """How tokens are kept: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
