"""The REST door: finds out who calls, runs one operation or query, and shapes the answer."""

import contextlib
import hashlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

import psycopg
from asgi_correlation_id import correlation_id
from fastapi import Depends, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.requests import HTTPConnection
from starlette.responses import Response, StreamingResponse

from orkwork.core import door, failpoints
from orkwork.core.credentials import Credential, Found, identify
from orkwork.core.errors import FieldError, Forbidden, Invalid, OrkworkError, invalid
from orkwork.core.lookup import Lookup
from orkwork.core.operation import Operation, entry_of
from orkwork.core.schema import Json
from orkwork.core.settings import settings
from orkwork.core.work import Work
from orkwork.web import idempotency, limits

P = ParamSpec("P")
R = TypeVar("R")
JSON = "application/json"
SAFE = ("GET", "HEAD", "OPTIONS")
STALLED_SECONDS = 30
Parts = queue.Queue[str | Exception | None]


def session_cookie() -> str:
    """The session cookie's name; `__Host-` ties it to this host where https allows it."""
    return "__Host-orkwork_session" if settings().https else "orkwork_session"


class Door:
    """One request at the REST door."""

    __slots__ = ("_body", "_key", "credential", "if_match", "request")

    def __init__(self, request: Request, body: bytes) -> None:
        """Read the headers; nothing is looked up yet."""
        self.request = request
        self.credential = credential_of(request)
        self.if_match = _if_match(request)
        self._key = request.headers.get("idempotency-key")
        self._body = body

    @property
    def body(self) -> bytes:
        """The body as it came, for what is signed over its bytes."""
        return self._body

    def ask(self, fn: Callable[Concatenate[Work, P], R], *args: P.args, **kwargs: P.kwargs) -> Response:
        """Run a query and answer with what it gives."""
        return self.answer(shape(self.read(fn, *args, **kwargs)))

    def read(self, fn: Callable[Concatenate[Work, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Let the caller in and run a query."""
        self._admit()
        return self.read_again(fn, *args, **kwargs)

    def read_again(self, fn: Callable[Concatenate[Work, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a query for a caller who is in already."""
        return door.run(
            self._identify, lambda work: fn(work, *args, **kwargs), write=False, begins_with=first_row(fn, args)
        )

    def write_again(self, fn: Callable[Concatenate[Work, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an operation for a caller who is in already: what a read leaves behind."""
        return door.run(self._identify, lambda work: fn(work, *args, **kwargs), write=True, atomic=entry_of(fn).atomic)

    def prepare(self, fn: Callable[Concatenate[Work, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an operation that a later one completes; no Idempotency-Key keeps what it gives."""
        self._admit()
        return door.run(self._identify, lambda work: fn(work, *args, **kwargs), write=True)

    def stream(
        self,
        fn: Callable[..., Iterator[Any]],
        *args: Any,
        write: Callable[[Iterator[Any]], Iterator[str]],
        media_type: str,
        filename: str,
    ) -> Response:
        """Run a query that yields rows and answer with them as they come; refusals come before the first byte."""
        self._admit()
        parts: Parts = queue.Queue(maxsize=64)

        def produce() -> None:
            def body(work: Work) -> None:
                for part in write(fn(work, *args)):
                    parts.put(part, timeout=STALLED_SECONDS)  # a reader who left lets go of the connection

            with contextlib.suppress(queue.Full):
                try:
                    door.run(self._identify, body, write=False)
                    parts.put(None, timeout=STALLED_SECONDS)
                except Exception as error:
                    parts.put(error, timeout=STALLED_SECONDS)

        threading.Thread(target=produce, name="stream", daemon=True).start()
        first = _next(parts)
        headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
        return self.answer(StreamingResponse(_rest(first, parts), media_type=media_type, headers=headers))

    def do(
        self,
        fn: Callable[Concatenate[Work, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Response:
        """Run an operation and answer 200 with what it gives."""
        return self.perform(
            lambda work: shape(fn(work, *args, **kwargs)), atomic=entry_of(fn).atomic, begins_with=first_row(fn, args)
        )

    def create(self, fn: Callable[Concatenate[Work, P], R], *args: P.args, **kwargs: P.kwargs) -> Response:
        """Run an operation and answer 201 with what it made."""
        return self.perform(lambda work: shape(fn(work, *args, **kwargs), 201), atomic=entry_of(fn).atomic)

    def create_secret(self, fn: Callable[Concatenate[Work, P], R], *args: P.args, **kwargs: P.kwargs) -> Response:
        """The same for an answer that holds a secret, which an Idempotency-Key keeps encrypted."""
        return self.perform(lambda work: shape(fn(work, *args, **kwargs), 201), secret=True)

    def remove(self, fn: Callable[Concatenate[Work, P], object], *args: P.args, **kwargs: P.kwargs) -> Response:
        """Run an operation and answer 204."""

        def body(work: Work) -> Response:
            fn(work, *args, **kwargs)
            return Response(status_code=204)

        return self.perform(body, atomic=entry_of(fn).atomic)

    def perform(
        self,
        body: Callable[[Work], Response],
        *,
        atomic: bool = False,
        secret: bool = False,
        begins_with: Lookup | None = None,
    ) -> Response:
        """Run a write in one Work, once for each Idempotency-Key."""
        self._admit()
        key = idempotency.check_key(self._key) if self._key is not None and self.request.method == "POST" else None
        if key is None:
            return self.answer(door.run(self._identify, body, write=True, atomic=atomic, begins_with=begins_with))

        def once(work: Work) -> Response:
            kept = idempotency.recall(work, key, self._request_hash())
            if kept is not None:
                return kept
            failpoints.hit("idempotency.held")
            response = body(work)
            idempotency.keep(work, key, response, secret=secret)
            failpoints.hit("idempotency.kept")
            return response

        answer = self.answer(door.run(self._identify, once, write=True))
        failpoints.hit("web.answering")
        return answer

    def _admit(self) -> None:
        caller = caller_of(self.credential)
        if caller is None:
            _count(self.request, ip_of(self.request))
        elif limits.known(caller):
            _count(self.request, caller)
        check_origin(self.request, self.credential)

    def _identify(self, connection: psycopg.Connection, lookup: Lookup | None = None) -> Found:
        """Who calls; a credential that is new here is counted once it has proved good, so that a made-up one never
        gets a window of its own."""
        found = identify(self.credential)(connection, lookup)
        if not is_counted(self.request):
            _count(self.request, caller_of(self.credential))
        return found

    def answer(self, response: Response) -> Response:
        """The answer with what every answer of this door carries."""
        response.headers.update(limit_headers(self.request))
        return response

    def _request_hash(self) -> bytes:
        request = self.request
        head = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
        return hashlib.sha256(head + self._body).digest()


def first_row(fn: Callable[..., Any], args: tuple[Any, ...]) -> Lookup | None:
    """What an operation or query says that it begins with."""
    entry = getattr(fn, "operation", None)
    return entry.begins_with(*args) if isinstance(entry, Operation) and entry.begins_with else None


def caller_of(credential: Credential | None) -> str | None:
    """The name under which a credential's requests are counted."""
    return hashlib.sha256(credential.token.encode("utf-8", "surrogatepass")).hexdigest()[:32] if credential else None


def _count(request: Request, caller: str | None) -> None:
    request.state.limit_headers = limits.take(caller or "?")


def is_counted(request: Request) -> bool:
    """Whether a request was counted against a limit already."""
    return hasattr(request.state, "limit_headers")


def limit_headers(request: Request) -> dict[str, str]:
    """What the answer says of its caller's limit; empty while it is not counted, or where there is none."""
    return getattr(request.state, "limit_headers", {})


def count_refused(request: Request) -> None:
    """Count a request that was refused before a door let it in: against its key or session when that is good, else
    against the address that it comes from. LimitReached when that was one too many.

    It may ask the database and Redis, so it belongs into a thread.
    """
    credential = credential_of(request)
    caller = caller_of(credential)
    if caller is not None and not limits.known(caller) and not _is_good(credential):
        caller = None
    _count(request, caller or ip_of(request))


def _is_good(credential: Credential | None) -> bool:
    try:
        return door.run(identify(credential), lambda _work: True, write=False)
    except OrkworkError:
        return False


def _next(parts: Parts) -> str | None:
    part = parts.get()
    if isinstance(part, Exception):
        raise part
    return part


def _rest(first: str | None, parts: Parts) -> Iterator[str]:
    part = first
    while part is not None:
        yield part
        part = _next(parts)


def shape(result: Any, status: int = 200) -> Response:
    """An answer out of what an operation or query gave: a schema, JSON that PostgreSQL wrote, or a page."""
    if isinstance(result, Response):
        return result
    if isinstance(result, Json):
        return _json(result.body.encode(), status, result.version)
    if isinstance(result, BaseModel):
        return _json(result.model_dump_json().encode(), status, getattr(result, "version", None))
    return _json(to_json(result), status, None)


def _json(body: bytes, status: int, version: int | None) -> Response:
    headers = {"ETag": f'"{version}"'} if version is not None else None
    return Response(body, status_code=status, media_type=JSON, headers=headers)


def credential_of(request: HTTPConnection) -> Credential | None:
    """The bearer token, else the session cookie, else None."""
    ip, request_id = ip_of(request), correlation_id.get()
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return Credential("bearer", token.strip(), ip, request_id)
    cookie = request.cookies.get(session_cookie())
    return Credential("session", cookie, ip, request_id) if cookie else None


def ip_of(request: HTTPConnection) -> str | None:
    """Where the call comes from; the proxy's word only where the proxy is trusted."""
    if settings().trust_proxy and (forwarded := request.headers.get("x-forwarded-for")):
        return forwarded.rpartition(",")[2].strip()[:45]
    return request.client.host if request.client else None


def own_origins() -> set[str]:
    """The origins that pages of this installation have."""
    port = settings().port
    return {settings().address, f"http://localhost:{port}", f"http://127.0.0.1:{port}"}


def check_origin(request: Request, credential: Credential | None) -> None:
    """Refuse a write with a cookie that another site's page could have sent (CSRF)."""
    if request.method in SAFE or credential is None or credential.kind != "session":
        return
    if request.headers.get("origin") not in own_origins():
        raise Forbidden(
            "auth.origin",
            "This request does not come from our own pages",
            f"Send the header Origin: {settings().address}",
        )


def check_socket_origin(socket: HTTPConnection, credential: Credential | None) -> None:
    """Refuse a socket with a cookie that another site's page could have opened."""
    if credential is not None and credential.kind == "session" and socket.headers.get("origin") not in own_origins():
        raise Forbidden("auth.origin", "This socket does not come from our own pages", "Use an API key.")


def _if_match(request: Request) -> int | None:
    value = request.headers.get("if-match")
    if value is None or value.strip() == "*":
        return None
    text = value.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise invalid("If-Match", "must be the version in quotes, as the ETag gives it")
    return int(text)


_query_names: dict[Callable[..., Any], frozenset[str] | None] = {}


def check_query(request: Request) -> None:
    """Refuse query parameters that the route does not know, as unknown fields of a body are."""
    endpoint = request.scope["endpoint"]
    if endpoint not in _query_names:
        _query_names[endpoint] = _names_of(request.scope["route"])
    known = _query_names[endpoint]
    unknown = [] if known is None else [name for name in request.query_params if name not in known]
    if unknown:
        errors = [FieldError(name[:100], "is not a known parameter") for name in unknown[:50]]
        raise Invalid("request.invalid", f"{errors[0].field}: is not a known parameter", "Leave it out.", errors)


def _names_of(route: APIRoute) -> frozenset[str] | None:
    """The names that a route takes; None where a schema of its own refuses the others."""
    fields = route.dependant.query_params
    if any(
        isinstance(field.field_info.annotation, type) and issubclass(field.field_info.annotation, BaseModel)
        for field in fields
    ):
        return None
    return frozenset(field.alias for field in fields)


async def body_of(request: Request) -> bytes:
    """The body of a write. That a read has none needn't be asked, which would take one more turn of the event loop."""
    return b"" if request.method in SAFE else await request.body()


async def door_of(request: Request) -> Door:
    """The dependency of every route."""
    check_query(request)
    return Door(request, await body_of(request))


Caller = Annotated[Door, Depends(door_of)]
