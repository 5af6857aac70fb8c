"""`/projects`."""

from typing import Annotated

from fastapi import Path, Query, Response

from orkwork.core.paging import MAX_LIMIT, decode_cursor, encode_cursor
from orkwork.core.schema import Asked, PageOut
from orkwork.core.work import Work
from orkwork.domains.projects import queries, service
from orkwork.domains.projects.models import ProjectStatus
from orkwork.domains.projects.schemas import ProjectIn, ProjectOut, ProjectPatch
from orkwork.domains.settings.schemas import HoldIn
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(prefix="/projects", tags=["projects"])
ProjectRef = Annotated[str, Path(max_length=40, description="Id or key prefix", examples=["ORK"])]


class ProjectFilters(Asked):
    """What to list."""

    status: Annotated[list[ProjectStatus], Query()] = [
        ProjectStatus.ACTIVE,
        ProjectStatus.PAUSED,
        ProjectStatus.COMPLETED,
    ]
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str | None, Query(max_length=2000)] = None


@routes.get("", operation_id="projects.list", summary="Projects", response_model=PageOut[ProjectOut])
def list_projects(filters: Annotated[ProjectFilters, Query()], door: Caller) -> Response:
    """By name; archived ones only when asked for."""

    def page(work: Work) -> PageOut[ProjectOut]:
        after = decode_cursor(filters.cursor, ["text", "uuid"]) if filters.cursor else None
        pair = (after[0], after[1]) if after else None
        items = queries.projects(work, status=filters.status, after=pair, limit=filters.limit + 1)
        more = len(items) > filters.limit
        items = items[: filters.limit]
        return PageOut(items=items, next_cursor=encode_cursor([items[-1].name, items[-1].id]) if more else None)

    return door.ask(page)


@routes.post("", operation_id="projects.create", summary="Begin a project", status_code=201, response_model=ProjectOut)
def create_project(body: ProjectIn, door: Caller) -> Response:
    """The key prefix is made from the name when absent."""
    return door.create(service.create_project, body)


@routes.get("/{ref}", operation_id="projects.get", summary="One project", response_model=ProjectOut)
def get_project(ref: ProjectRef, door: Caller) -> Response:
    """With its tasks by status and what it spent."""
    return door.ask(queries.project, ref)


@routes.patch("/{ref}", operation_id="projects.update", summary="Change a project", response_model=ProjectOut)
def update_project(ref: ProjectRef, patch: ProjectPatch, door: Caller) -> Response:
    """What is absent stays. Pausing keeps its tasks from being claimed."""
    return door.do(service.update_project, ref, patch, door.if_match)


@routes.post("/{ref}/hold", operation_id="projects.hold", summary="Put a project on hold", response_model=ProjectOut)
def hold_project(ref: ProjectRef, body: HoldIn, door: Caller) -> Response:
    """Nothing is claimed, assigned or started there until it is resumed; running agents are told at their next call,
    and may hand in what is under way."""
    return door.do(service.hold_project, ref, body)


@routes.post("/{ref}/resume", operation_id="projects.resume", summary="Resume a project", response_model=ProjectOut)
def resume_project(ref: ProjectRef, door: Caller) -> Response:
    """Its tasks are offered again as they stood."""
    return door.do(service.resume_project, ref)


@routes.delete(
    "/{ref}", operation_id="projects.delete", summary="Delete or archive a project", response_model=ProjectOut
)
def delete_project(ref: ProjectRef, door: Caller) -> Response:
    """The owner's. A project with history is archived; an empty one goes."""
    return door.do(service.delete_project, ref)
