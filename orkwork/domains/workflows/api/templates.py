"""`/workflows`: templates and their versions."""

from typing import Annotated

from fastapi import Path, Query, Response

from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, PageOut
from orkwork.core.work import Work
from orkwork.domains.projects import queries as project_queries
from orkwork.domains.workflows.models import WorkflowState
from orkwork.domains.workflows.queries import templates as queries
from orkwork.domains.workflows.schemas.templates import (
    ImportIn,
    VersionItem,
    VersionOut,
    WorkflowIn,
    WorkflowItem,
    WorkflowOut,
    WorkflowPatch,
)
from orkwork.domains.workflows.service import editing
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(tags=["workflows"])
WorkflowRef = Annotated[str, Path(max_length=80, description="Id or key", examples=["nightly-report"])]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class WorkflowFilters(Asked):
    """What to list."""

    project: Annotated[str | None, Query(max_length=40)] = None
    """Id or key prefix."""
    state: Annotated[list[WorkflowState], Query()] = []
    """Active and paused ones unless said."""
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str | None, Query(max_length=2000)] = None


@routes.get("/workflows", operation_id="workflows.list", summary="Workflows", response_model=PageOut[WorkflowItem])
def list_workflows(filters: Annotated[WorkflowFilters, Query()], door: Caller) -> Response:
    """By name, each with its last run and when it runs next."""

    def page(work: Work) -> object:
        project_id = project_queries.project(work, filters.project).id if filters.project else None
        return queries.workflows(
            work, project_id=project_id, states=filters.state, cursor=filters.cursor, limit=filters.limit
        )

    return door.ask(page)


@routes.post(
    "/workflows",
    operation_id="workflows.create",
    summary="Make a workflow",
    status_code=201,
    response_model=WorkflowOut,
)
def create_workflow(body: WorkflowIn, door: Caller) -> Response:
    """Steps with dependencies, conditions and inputs. A cycle, an unknown reference or a step that waits for itself is refused
    with the reason."""
    return door.create(editing.create_workflow, body)


@routes.post(
    "/workflows/import",
    operation_id="workflows.import",
    summary="Import a recorded workflow",
    status_code=201,
    response_model=WorkflowOut,
)
def import_workflow(body: ImportIn, door: Caller) -> Response:
    """WfFormat 1.4 or 1.5, as WfCommons publishes them: every task is a step, with its parents and its runtime."""
    return door.create(editing.import_workflow, body)


@routes.get("/workflows/{ref}", operation_id="workflows.get", summary="One workflow", response_model=WorkflowOut)
def get_workflow(ref: WorkflowRef, door: Caller) -> Response:
    """With the version that new runs take."""
    return door.ask(queries.workflow, ref)


@routes.patch(
    "/workflows/{ref}", operation_id="workflows.update", summary="Change a workflow", response_model=WorkflowOut
)
def update_workflow(ref: WorkflowRef, patch: WorkflowPatch, door: Caller) -> Response:
    """What is absent stays. Other inputs or steps make a new version; runs keep the one that they began with."""
    return door.do(editing.update_workflow, ref, patch, door.if_match)


@routes.delete("/workflows/{ref}", operation_id="workflows.delete", summary="Delete a workflow", status_code=204)
def delete_workflow(ref: WorkflowRef, door: Caller) -> Response:
    """Only one that never ran; any other is archived."""
    return door.remove(editing.delete_workflow, ref, door.if_match)


@routes.get(
    "/workflows/{ref}/versions",
    operation_id="workflows.versions",
    summary="A workflow's versions",
    response_model=PageOut[VersionItem],
)
def list_versions(ref: WorkflowRef, door: Caller) -> Response:
    """The newest first."""
    return door.ask(lambda work: PageOut(items=queries.versions(work, ref)))


@routes.get(
    "/workflows/{ref}/versions/{number}",
    operation_id="workflows.version",
    summary="One version",
    response_model=VersionOut,
)
def get_version(ref: WorkflowRef, number: Number, door: Caller) -> Response:
    """Its inputs and steps."""
    return door.ask(queries.version, ref, number)


@routes.post(
    "/workflows/{ref}/versions/{number}/restore",
    operation_id="workflows.restore_version",
    summary="Go back to a version",
    response_model=WorkflowOut,
)
def restore_version(ref: WorkflowRef, number: Number, door: Caller) -> Response:
    """As a new version, so that the history stays."""
    return door.do(editing.restore_version, ref, number)
