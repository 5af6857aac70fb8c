"""`/audit`."""

import csv
import io
from collections.abc import Iterator
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import AwareDatetime, Field
from starlette.responses import StreamingResponse

from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, PageOut, Str
from orkwork.domains.audit import queries
from orkwork.domains.audit.schemas import Checkpoint, CheckpointIn, EventOut, VerifyOut
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(prefix="/audit", tags=["audit"])
Text = Annotated[Str | None, Query(max_length=200)]


class AuditFilters(Asked):
    """Which events."""

    actor: Text = None
    """An id, or the beginning of a name."""
    actor_kind: Literal["user", "agent", "system"] | None = None
    resource: Text = None
    """A kind (`task`), an id, or a label (`ORK-12`)."""
    action: Text = None
    """An event's name: `task.moved`, or `task.*`."""
    project_id: UUID | None = None
    request_id: Text = None
    from_: Annotated[AwareDatetime | None, Field(alias="from")] = None
    to: AwareDatetime | None = None

    def read(self) -> queries.EventFilter:
        """As the query takes it."""
        actor_id, resource_id = _uuid(self.actor), _uuid(self.resource)
        kind = self.resource if self.resource and self.resource.isalpha() and self.resource.islower() else None
        return queries.EventFilter(
            actor_id=actor_id,
            actor=None if actor_id else self.actor or None,
            actor_kind=self.actor_kind,
            subject_id=resource_id,
            subject_kind=kind,
            subject=None if resource_id or kind else self.resource or None,
            name=self.action or None,
            project_id=self.project_id,
            request_id=self.request_id or None,
            since=self.from_,
            until=self.to,
        )


class AuditPage(AuditFilters):
    """Which events, and how many."""

    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str | None, Query(max_length=2000)] = None


class AuditExport(AuditFilters):
    """Which events, and in which form."""

    format: Literal["csv", "jsonl"] = "jsonl"


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


@routes.get("", operation_id="audit.list", summary="Every change", response_model=PageOut[EventOut])
def list_events(filters: Annotated[AuditPage, Query()], door: Caller) -> Response:
    """By anyone or anything, the latest first. For owners and admins."""
    return door.ask(queries.events, filters.read(), cursor=filters.cursor, limit=filters.limit)


@routes.get(
    "/export",
    operation_id="audit.export",
    summary="Export every change",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {}, "application/x-ndjson": {}}, "description": "The events, the oldest first"}
    },
)
def export(filters: Annotated[AuditExport, Query()], door: Caller) -> Response:
    """The same filters as the list, without pages."""
    kind = "text/csv; charset=utf-8" if filters.format == "csv" else "application/x-ndjson"
    write = as_csv if filters.format == "csv" else as_lines
    return door.stream(queries.export, filters.read(), write=write, media_type=kind, filename=f"audit.{filters.format}")


def as_lines(events: Iterator[EventOut]) -> Iterator[str]:
    """One JSON object a line."""
    for event in events:
        yield event.model_dump_json() + "\n"


def as_csv(events: Iterator[EventOut]) -> Iterator[str]:
    """RFC 4180; a cell that a spreadsheet would run as a formula gets an apostrophe in front."""
    yield ",".join(EventOut.model_fields) + "\r\n"
    for event in events:
        line = io.StringIO()
        csv.writer(line).writerow([_cell(value) for value in event.model_dump(mode="json").values()])
        yield line.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@routes.get("/verify", operation_id="audit.verify", summary="Check the chain", response_model=VerifyOut)
def verify(
    door: Caller,
    pos: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    head: Annotated[Str | None, Query(pattern=r"^[0-9a-f]{64}$", alias="hash")] = None,
) -> Response:
    """Recomputes it from the first event; with `pos` and `hash` of a kept checkpoint also sees a cut-off end."""
    kept = CheckpointIn(pos=pos, hash=head) if pos is not None and head else None
    return door.ask(queries.verify, kept)


@routes.get("/checkpoint", operation_id="audit.checkpoint", summary="The end of the chain", response_model=Checkpoint)
def checkpoint(door: Caller) -> Response:
    """Keep it elsewhere; verify takes it."""
    return door.ask(queries.checkpoint)
