"""`/failures`, `/tasks/{ref}/limits`, and what runs leave."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from starlette.responses import StreamingResponse

from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, Name, PageOut
from orkwork.domains.executions import clients
from orkwork.domains.executions.models import LogLevel
from orkwork.domains.executions.queries import holding, leavings
from orkwork.domains.executions.rules import files
from orkwork.domains.executions.schemas import (
    ArtifactOut,
    FailuresOut,
    LimitsOut,
    LinkIn,
    LogIn,
    LogOut,
    LogWrittenOut,
)
from orkwork.domains.executions.service import leaving
from orkwork.domains.tasks.service import deciding
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes
from orkwork.web.stream.waiting import ask_until

routes = Routes(tags=["executions"])
TaskRef = Annotated[str, Path(max_length=40, description="Id or key", examples=["ORK-12"])]
_CONTENT = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


class LogFilters(Asked):
    """Which lines."""

    after: Annotated[int, Query(ge=0, le=2**62, description="Lines that follow this sequence")] = 0
    cursor: Annotated[str | None, Query(max_length=2000)] = None
    level: Annotated[LogLevel, Query(description="This grave or graver")] = LogLevel.DEBUG
    limit: Annotated[int, Query(ge=1, le=1000)] = MAX_LIMIT
    wait: Annotated[int, Query(ge=0, le=60, description="Seconds to wait while there is nothing new")] = 0


@routes.get("/failures", operation_id="executions.failures", summary="The list of failures", response_model=FailuresOut)
def list_failures(door: Caller) -> Response:
    """Each name with what it means, whether it may pass by itself, and what to do about it."""
    return door.ask(holding.failures)


@routes.get("/tasks/{ref}/limits", operation_id="tasks.limits", summary="A task's limits", response_model=LimitsOut)
def get_limits(ref: TaskRef, door: Caller) -> Response:
    """Its clocks as they stand and the retry policy that holds, each value with who decided it; and who is kept from it."""
    return door.ask(holding.task_limits, ref)


@routes.delete(
    "/tasks/{ref}/bars/{agent_id}", operation_id="tasks.lift_bar", summary="Let an agent try again", status_code=204
)
def lift_bar(ref: TaskRef, agent_id: UUID, door: Caller) -> Response:
    """The loop breaker kept the task from the agent; its failures are counted anew."""
    return door.remove(deciding.lift_bar, ref, agent_id)


@routes.get("/executions/{execution_id}/logs", operation_id="executions.log", summary="A log", response_model=LogOut)
async def get_log(execution_id: UUID, filters: Annotated[LogFilters, Query()], door: Caller) -> Response:
    """Its lines from the beginning, or those after a sequence; with `wait` it answers as soon as there are any."""
    return await ask_until(
        door,
        lambda work: leavings.log(
            work,
            execution_id,
            after=filters.after,
            cursor=filters.cursor,
            level=filters.level,
            limit=filters.limit,
        ),
        lambda found: bool(found.items) or not found.running,
        seconds=filters.wait,
        names=("execution.*",),
    )


@routes.post(
    "/executions/{execution_id}/logs",
    operation_id="executions.write_log",
    summary="Write to a log",
    status_code=201,
    response_model=LogWrittenOut,
)
def write_log(execution_id: UUID, body: LogIn, door: Caller) -> Response:
    """Up to 1,000 lines at once; name their `sequence` and what is sent again is written once."""
    return door.create(leaving.write_log, execution_id, body)


@routes.get(
    "/executions/{execution_id}/artifacts",
    operation_id="executions.artifacts",
    summary="What a run left",
    response_model=PageOut[ArtifactOut],
)
def list_artifacts(execution_id: UUID, door: Caller) -> Response:
    """Files and links, the oldest first."""
    return door.ask(leavings.artifacts, execution_id)


@routes.post(
    "/executions/{execution_id}/artifacts",
    operation_id="executions.add_link",
    summary="Leave a link",
    status_code=201,
    response_model=ArtifactOut,
)
def add_link(execution_id: UUID, body: LinkIn, door: Caller) -> Response:
    """To a pull request, a preview, a report elsewhere."""
    return door.create(leaving.add_link, execution_id, body)


@routes.post(
    "/executions/{execution_id}/files",
    operation_id="executions.add_file",
    summary="Leave a file",
    status_code=201,
    response_model=ArtifactOut,
    openapi_extra={"requestBody": _CONTENT | {"required": True}},
)
def add_file(
    execution_id: UUID,
    name: Annotated[Name, Query(description="Its name", examples=["report.html"])],
    door: Caller,
    fence: Annotated[int | None, Query(ge=0, le=2**62, description="From the claim")] = None,
) -> Response:
    """The body is the content, as it is; Content-Type says of what kind."""
    content, told = door.body, door.request.headers.get("content-type")
    key = door.prepare(leaving.reserve_file, execution_id, len(content), fence)
    clients.put(key, content)
    return door.create(leaving.add_file, execution_id, key, content, name=name, media_type=told, fence=fence)


@routes.get(
    "/artifacts/{artifact_id}", operation_id="artifacts.get", summary="One artifact", response_model=ArtifactOut
)
def get_artifact(artifact_id: UUID, door: Caller) -> Response:
    """Its name, kind, size and hash."""
    return door.ask(leavings.artifact, artifact_id)


@routes.delete(
    "/artifacts/{artifact_id}", operation_id="artifacts.delete", summary="Take an artifact away", status_code=204
)
def delete_artifact(
    artifact_id: UUID,
    door: Caller,
    fence: Annotated[int | None, Query(ge=0, le=2**62, description="From the claim")] = None,
) -> Response:
    """As the agent whose run is under way, or as an admin or owner; a file's content is gone within a minute."""
    return door.remove(leaving.remove_artifact, artifact_id, fence)


@routes.get(
    "/artifacts/{artifact_id}/content",
    operation_id="artifacts.content",
    summary="A file's content",
    responses={200: _CONTENT | {"description": "The content as it was left"}},
    response_class=Response,
)
def get_content(artifact_id: UUID, door: Caller) -> Response:
    """To keep, never to show: a browser downloads it under its own name."""
    found, key = door.read(leavings.stored, artifact_id)
    headers = {
        "Content-Disposition": files.disposition(found.name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-cache",
        "Content-Length": str(found.size_bytes),
        "ETag": f'"{found.sha256}"',
    }
    content = StreamingResponse(clients.get(key), media_type=found.media_type or files.ANY_TYPE, headers=headers)
    return door.answer(content)
