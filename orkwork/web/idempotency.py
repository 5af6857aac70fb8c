"""Idempotency-Key: the first answer is kept in the transaction of its change and given again, byte for byte.

An answer that holds a secret is kept encrypted. The clock removes keys after two days.
"""

import json
from typing import Any

from starlette.responses import Response

from orkwork.core import clock, encryption
from orkwork.core.errors import Conflict, invalid
from orkwork.core.work import Work

MAX_KEY = 200
REPLAYED = "Idempotent-Replayed"
PURPOSE = "idempotency"


def check_key(key: str) -> str:
    """The key, if it is one."""
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        raise invalid("Idempotency-Key", f"must be 1 to {MAX_KEY} printable characters")
    return key


def recall(work: Work, key: str, request_hash: bytes) -> Response | None:
    """The kept answer; None when this caller is the first, who then holds the key until commit."""
    params = {"actor": work.actor.id, "key": key, "hash": request_hash, "now": clock.now()}
    mine = work.one(
        "insert into idempotency_keys (actor_id, key, request_hash, headers, created_at) "
        "values (%(actor)s, %(key)s, %(hash)s, '', %(now)s) on conflict do nothing returning true as mine",
        params,
    )
    if mine:
        return None
    kept = work.one("select * from idempotency_keys where actor_id = %(actor)s and key = %(key)s", params)
    if kept is None or kept["request_hash"] != request_hash or kept["status"] is None:
        raise Conflict(
            "request.idempotency",
            "This Idempotency-Key was used for another request",
            "Use a fresh key for a new request.",
        )
    headers = json.loads(kept["headers"]) | {REPLAYED: "true"}
    return Response(_body(kept), status_code=kept["status"], headers=headers)


def _body(kept: dict[str, Any]) -> bytes:
    body = encryption.decrypt(kept["body"], PURPOSE) if kept["encrypted"] else kept["body"]
    if body is None:
        raise Conflict(
            "request.idempotency_secret",
            "The request was carried out, but its answer was kept under another secret of this installation",
            "Look for what it made and take it back, then send it again with a fresh key.",
        )
    return body


def keep(work: Work, key: str, response: Response, *, secret: bool = False) -> None:
    """Keep the answer with the change, encrypted when it holds a secret."""
    body = bytes(response.body)
    names = ("content-type", "etag", "location")
    headers = {name: response.headers[name] for name in names if name in response.headers}
    work.sql(
        "update idempotency_keys set status = %(status)s, headers = %(headers)s, body = %(body)s, encrypted = %(secret)s "
        "where actor_id = %(actor)s and key = %(key)s",
        {
            "status": response.status_code,
            "headers": json.dumps(headers),
            "body": encryption.encrypt(body, PURPOSE) if secret else body,
            "secret": secret,
            "actor": work.actor.id,
            "key": key,
        },
    )
