"""The web socket: the same events, with a wish that can be changed while it is open."""

import asyncio
import json
from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import FastAPI
from pydantic import Field, TypeAdapter, ValidationError
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect

from orkwork.core import door
from orkwork.core.actor import Actor
from orkwork.core.credentials import Credential, identify
from orkwork.core.errors import Invalid, OrkworkError, Unauthenticated
from orkwork.core.schema import In
from orkwork.core.work import Work
from orkwork.domains.audit import queries
from orkwork.domains.audit.schemas import WantedIn
from orkwork.web import limits
from orkwork.web.caller import caller_of, check_socket_origin, credential_of
from orkwork.web.problems import of_errors
from orkwork.web.stream.hub import hub
from orkwork.web.stream.listener import Burst, Listener
from orkwork.web.stream.wanted import Wanted, read_wanted

UNAUTHENTICATED, REFUSED = 4401, 4403
MAX_MESSAGE = 16_000


class Subscribe(WantedIn):
    """Hear something else from now on."""

    type: Literal["subscribe"]


class Ping(In):
    """Answered with a pong."""

    type: Literal["ping"]


Said: TypeAdapter[Subscribe | Ping] = TypeAdapter(Annotated[Subscribe | Ping, Field(discriminator="type")])


def add_to(app: FastAPI, path: str) -> None:
    """Add the socket."""
    app.add_api_websocket_route(path, converse)


async def converse(socket: WebSocket) -> None:
    """One connection from its greeting to its end."""
    await socket.accept()
    try:
        credential = credential_of(socket)
        check_socket_origin(socket, credential)
        asked = _parsed(WantedIn, _asked(socket))
        actor, wanted = await asyncio.to_thread(_admit, credential, asked)
        assert credential is not None
        await _converse(socket, Listener(credential, actor, wanted), asked.after)
    except OrkworkError as refusal:
        with suppress(WebSocketDisconnect, RuntimeError):
            await socket.send_json(_problem(refusal))
            code = UNAUTHENTICATED if isinstance(refusal, Unauthenticated) else REFUSED
            await socket.close(code, refusal.code)
    except WebSocketDisconnect:
        pass


def _asked(connection: HTTPConnection) -> dict[str, Any]:
    query = connection.query_params
    asked: dict[str, Any] = {name: query.getlist(name) for name in query if name != "after"}
    after = query.get("after", connection.headers.get("last-event-id"))
    return asked if after is None else asked | {"after": after}


def _parsed(schema: type[WantedIn], values: dict[str, Any]) -> WantedIn:
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise of_errors(error.errors()) from error


def _admit(credential: Credential | None, asked: WantedIn) -> tuple[Actor, Wanted]:
    def body(work: Work) -> tuple[Actor, Wanted]:
        queries.heard(work, None)
        return work.actor, read_wanted(work, asked)

    return door.run(identify(credential), body, write=False)


async def _converse(socket: WebSocket, listener: Listener, after: int | None) -> None:
    here = hub()
    start = await here.join(listener)
    hearing = asyncio.create_task(_hear(socket, listener))
    try:
        begin = start if after is None else after
        await socket.send_text(f'{{"type":"ready","data":{{"position":{begin}}}}}')
        async for burst in listener.backlog(begin, start):
            if burst.events or burst.gap:
                await _send(socket, burst)
        while not hearing.done():
            burst = await listener.next()
            if burst is None:
                raise listener.over or Unauthenticated("auth.unauthenticated", "The key or session was revoked")
            await _send(socket, burst)
        hearing.result()
    finally:
        here.leave(listener)
        hearing.cancel()


async def _send(socket: WebSocket, burst: Burst) -> None:
    for line in burst.lines:
        await socket.send_text(line)


async def _hear(socket: WebSocket, listener: Listener) -> None:
    """Take what the client says until it leaves."""
    try:
        while True:
            text = await socket.receive_text()
            try:
                await _answer(socket, listener, text)
            except OrkworkError as refusal:
                await socket.send_json(_problem(refusal))
    finally:
        listener.wake()


async def _answer(socket: WebSocket, listener: Listener, text: str) -> None:
    await asyncio.to_thread(limits.take, caller_of(listener.credential) or "?")
    if len(text) > MAX_MESSAGE:
        raise Invalid("request.too_large", f"A message is larger than {MAX_MESSAGE} characters", "Say less at once.")
    try:
        said = Said.validate_json(text)
    except ValidationError as error:
        raise of_errors(error.errors()) from error
    if isinstance(said, Ping):
        await socket.send_text('{"type":"pong","data":{}}')
        return
    _, listener.wanted = await asyncio.to_thread(_admit, listener.credential, said)
    await socket.send_text(json.dumps({"type": "subscribed", "data": {"name": list(listener.wanted.names)}}))


def _problem(error: OrkworkError) -> dict[str, Any]:
    errors = [{"field": e.field, "message": e.message} for e in error.errors]
    data = {"type": f"/problems/{error.code}", "title": error.title, "status": error.status}
    return {"type": "problem", "data": data | {"detail": error.message, "hint": error.hint, "errors": errors}}
