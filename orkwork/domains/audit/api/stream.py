"""`/events`: what happens, as it happens."""

from typing import Annotated

from fastapi import Header, Query, Response

from orkwork.core.errors import invalid
from orkwork.core.work import Work
from orkwork.domains.audit import queries
from orkwork.domains.audit.schemas import Heard, WantedIn
from orkwork.web.caller import Caller, Door, shape
from orkwork.web.routes import Routes
from orkwork.web.stream import sse
from orkwork.web.stream.wanted import read_wanted

routes = Routes(prefix="/events", tags=["events"])


class EventsAsked(WantedIn):
    """What to hear, and how much at once."""

    limit: Annotated[int, Query(ge=1, le=500)] = 100
    """Of a page; a stream has no end."""


@routes.get(
    "",
    operation_id="events.list",
    summary="What happens, as it happens",
    response_model=Heard,
    responses={200: {"content": {sse.MEDIA_TYPE: {}}, "description": "A page, or a stream without an end"}},
)
def events(
    asked: Annotated[EventsAsked, Query()],
    door: Caller,
    accept: Annotated[str, Header(max_length=1000)] = "*/*",
    last_event_id: Annotated[str | None, Header(max_length=30)] = None,
) -> Response:
    """With `Accept: text/event-stream` a stream (WHATWG server-sent events) of `ready`, the named events, `gap` where
    history is no longer kept, and `heartbeat`; it resumes behind Last-Event-ID. Else one page behind `after`."""
    after = _position(last_event_id) if asked.after is None else asked.after
    if sse.MEDIA_TYPE in accept:
        return door.ask(lambda work: _stream(work, door, asked, after))
    return door.ask(lambda work: _page(work, asked, after))


def _stream(work: Work, door: Door, asked: WantedIn, after: int | None) -> Response:
    queries.heard(work, None)
    assert door.credential is not None
    return sse.response(door.credential, work.actor, read_wanted(work, asked), after)


def _page(work: Work, asked: EventsAsked, after: int | None) -> Response:
    wanted, found = read_wanted(work, asked), queries.heard(work, after, limit=asked.limit)
    return shape(found.model_copy(update={"items": [event for event in found.items if wanted.takes(event)]}))


def _position(last_event_id: str | None) -> int | None:
    if not last_event_id:
        return None
    if not last_event_id.isascii() or not last_event_id.isdigit() or len(last_event_id) > 18:
        raise invalid("Last-Event-ID", "must be the id of an event of this stream")
    return int(last_event_id)
