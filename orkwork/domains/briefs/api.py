"""`/intelligence/brief` and the mornings' briefs."""

from datetime import date
from typing import Annotated

from fastapi import Query, Response

from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Moment, PageOut
from orkwork.core.words import Language
from orkwork.domains.briefs.queries import briefs
from orkwork.domains.briefs.schemas import BriefItem, BriefOut
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(tags=["intelligence"])
In = Annotated[Language | None, Query(description="Of the texts; the company's unless said", examples=["uk"])]


@routes.get(
    "/intelligence/brief", operation_id="briefs.brief", summary="What happened, what matters", response_model=BriefOut
)
def get_brief(
    door: Caller,
    since: Annotated[
        Moment | None,
        Query(
            description="From when it tells; a day ago unless said, a year ago at most",
            examples=["2026-03-01T18:00:00Z"],
        ),
    ] = None,
    language: In = None,
) -> Response:
    """As things stand now, each sentence with its rows, the gravest first; written by rule, so that the same rows give the
    same words."""
    return door.ask(briefs.brief, since, language)


@routes.get(
    "/intelligence/briefs",
    operation_id="briefs.list",
    summary="The mornings' briefs",
    response_model=PageOut[BriefItem],
)
def list_briefs(
    door: Caller,
    language: In = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """The latest first: one for each day, made at nine in the morning of the company's zone."""
    return door.ask(briefs.briefs, language=language, cursor=cursor, limit=limit)


@routes.get(
    "/intelligence/briefs/{day}", operation_id="briefs.get", summary="One morning's brief", response_model=BriefOut
)
def get_kept(day: date, door: Caller, language: In = None) -> Response:
    """As it was read that day. `summary` says who wrote it and, where a model's words were refused, why."""
    return door.ask(briefs.kept, day, language)
