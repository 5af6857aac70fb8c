"""Runs: `/workflows/{ref}/runs` and `/workflow-runs`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, PageOut
from orkwork.domains.workflows.api.templates import WorkflowRef
from orkwork.domains.workflows.models import RunState
from orkwork.domains.workflows.queries import runs as queries
from orkwork.domains.workflows.schemas.templates import RunItem, RunOut, StartIn
from orkwork.domains.workflows.service import running
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(tags=["workflows"])


class RunFilters(Asked):
    """What to list."""

    state: Annotated[list[RunState], Query()] = []
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str | None, Query(max_length=2000)] = None


Filters = Annotated[RunFilters, Query()]


@routes.post(
    "/workflows/{ref}/runs",
    operation_id="workflows.run",
    summary="Run a workflow",
    status_code=201,
    response_model=RunOut,
)
def start_run(ref: WorkflowRef, body: StartIn, door: Caller) -> Response:
    """Its tasks are created with their dependencies in one transaction, or nothing is."""
    return door.create(running.start_run, ref, body)


@routes.get(
    "/workflows/{ref}/runs",
    operation_id="workflows.runs",
    summary="A workflow's runs",
    response_model=PageOut[RunItem],
)
def list_runs_of(ref: WorkflowRef, filters: Filters, door: Caller) -> Response:
    """The newest first."""
    return door.ask(
        lambda work: queries.runs(work, ref=ref, states=filters.state, cursor=filters.cursor, limit=filters.limit)
    )


@routes.get("/workflow-runs", operation_id="workflow_runs.list", summary="All runs", response_model=PageOut[RunItem])
def list_runs(filters: Filters, door: Caller) -> Response:
    """Of every workflow, the newest first."""
    return door.ask(lambda work: queries.runs(work, states=filters.state, cursor=filters.cursor, limit=filters.limit))


@routes.get("/workflow-runs/{run_id}", operation_id="workflow_runs.get", summary="One run", response_model=RunOut)
def get_run(run_id: UUID, door: Caller) -> Response:
    """With its steps, as their tasks stand now."""
    return door.ask(queries.run, run_id)


@routes.post(
    "/workflow-runs/{run_id}/cancel", operation_id="workflow_runs.cancel", summary="Cancel a run", response_model=RunOut
)
def cancel_run(run_id: UUID, door: Caller) -> Response:
    """And every task of it that is not done."""
    return door.do(running.cancel_run, run_id)


@routes.post(
    "/workflow-runs/{run_id}/retry", operation_id="workflow_runs.retry", summary="Retry a run", response_model=RunOut
)
def retry_run(run_id: UUID, door: Caller) -> Response:
    """From what failed or was cancelled; what is done stays done, and the version stays the same."""
    return door.do(running.retry_run, run_id)
