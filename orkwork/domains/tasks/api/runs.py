"""`/executions`."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, PageOut
from orkwork.core.work import Work
from orkwork.domains.executions.schemas import ExecutionPatch, FinishBatchIn, StartIn
from orkwork.domains.projects import queries as project_queries
from orkwork.domains.tasks.models import ExecutionStatus
from orkwork.domains.tasks.queries import runs
from orkwork.domains.tasks.schemas import ExecutionOut, FinishBatchOut
from orkwork.domains.tasks.service import finishing
from orkwork.domains.tasks.service import runs as service
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(tags=["executions"])
TaskRef = Annotated[str, Path(max_length=40, description="Id or key", examples=["ORK-12"])]


class ExecutionFilters(Asked):
    """What to list."""

    project: Annotated[str | None, Query(max_length=40)] = None
    agent_id: UUID | None = None
    status: ExecutionStatus | None = None
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str | None, Query(max_length=2000)] = None


@routes.get("/executions", operation_id="executions.list", summary="Executions", response_model=PageOut[ExecutionOut])
def list_executions(filters: Annotated[ExecutionFilters, Query()], door: Caller) -> Response:
    """The latest first."""

    def page(work: Work) -> object:
        project_id = project_queries.project(work, filters.project).id if filters.project else None
        return runs.executions(
            work,
            project_id=project_id,
            agent_id=filters.agent_id,
            status=filters.status,
            cursor=filters.cursor,
            limit=filters.limit,
        )

    return door.ask(page)


@routes.get(
    "/tasks/{ref}/executions",
    operation_id="tasks.executions",
    summary="A task's executions",
    response_model=PageOut[ExecutionOut],
)
def list_task_executions(
    ref: TaskRef,
    door: Caller,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """The latest first."""
    return door.ask(runs.executions, task_ref=ref, cursor=cursor, limit=limit)


@routes.post(
    "/tasks/{ref}/executions",
    operation_id="executions.start",
    summary="Start an execution",
    status_code=201,
    response_model=ExecutionOut,
)
def start_execution(ref: TaskRef, body: StartIn, door: Caller) -> Response:
    """An assigned task becomes IN_PROGRESS."""
    return door.create(service.start_execution, ref, body)


@routes.post(
    "/executions/finish",
    operation_id="executions.finish",
    summary="Hand in many executions at once",
    response_model=FinishBatchOut,
)
def finish_executions(body: FinishBatchIn, door: Caller) -> Response:
    """Each succeeded: its task goes to REVIEW, or COMPLETED where no review is required. All of them, or none."""
    return door.do(finishing.finish_executions, body)


@routes.get(
    "/executions/{execution_id}", operation_id="executions.get", summary="One execution", response_model=ExecutionOut
)
def get_execution(execution_id: UUID, door: Caller) -> Response:
    """With what it cost by the ledger."""
    return door.ask(runs.execution, execution_id)


@routes.patch(
    "/executions/{execution_id}",
    operation_id="executions.update",
    summary="Report from an execution",
    response_model=ExecutionOut,
)
def update_execution(execution_id: UUID, patch: ExecutionPatch, door: Caller) -> Response:
    """`succeeded` and `failed` end it and move its task."""
    return door.do(service.update_execution, execution_id, patch, door.if_match)
