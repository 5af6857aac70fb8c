"""`/costs` and `/intelligence/costs`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import AwareDatetime, Field

from orkwork.core.errors import invalid
from orkwork.core.operation import entry_of
from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, PageOut, Str
from orkwork.core.work import Work
from orkwork.domains.costs import queries, service
from orkwork.domains.costs.schemas import CostBatchIn, CostBatchOut, CostIn, CostOut, CostReport, GroupBy
from orkwork.domains.projects import queries as project_queries
from orkwork.web.caller import Caller, shape
from orkwork.web.routes import Routes

routes = Routes(tags=["costs"])
Cursor = Annotated[str | None, Query(max_length=2000)]


class CostFilters(Asked):
    """What to list."""

    agent_id: UUID | None = None
    project: Annotated[str | None, Query(max_length=40)] = None
    task_id: UUID | None = None
    execution_id: UUID | None = None
    model: Annotated[Str | None, Query(max_length=120)] = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Cursor = None


class ReportFilters(Asked):
    """What to sum."""

    group_by: GroupBy = "agent"
    from_: Annotated[date | None, Field(alias="from")] = None
    """The first day."""
    to: date | None = None
    """The last day."""
    project: Annotated[str | None, Query(max_length=40)] = None
    """Only with project, task and execution."""
    limit: Annotated[int, Query(ge=1, le=1000)] = 200
    cursor: Cursor = None


@routes.post(
    "/costs",
    operation_id="costs.record",
    summary="Record a call",
    status_code=201,
    response_model=CostOut,
    responses={200: {"model": CostOut, "description": "It was recorded before"}},
)
def record(body: CostIn, door: Caller) -> Response:
    """Priced from the catalogue when no amount is given; recorded once for each external_id."""

    def recorded(work: Work) -> Response:
        row, new = service.record_cost(work, body)
        return shape(row, 201 if new else 200)

    return door.perform(recorded, atomic=entry_of(service.record_cost).atomic)


@routes.post(
    "/costs/batch",
    operation_id="costs.record_batch",
    summary="Record many calls",
    status_code=201,
    response_model=CostBatchOut,
)
def record_batch(body: CostBatchIn, door: Caller) -> Response:
    """All of them or none."""
    return door.create(service.record_costs, body)


@routes.get("/costs", operation_id="costs.list", summary="The ledger", response_model=PageOut[CostOut])
def list_costs(filters: Annotated[CostFilters, Query()], door: Caller) -> Response:
    """The latest first."""
    return door.ask(_page, filters)


def _page(work: Work, filters: CostFilters) -> PageOut[CostOut]:
    project_id = project_queries.project(work, filters.project).id if filters.project else None
    wanted = queries.CostFilter(
        agent_id=filters.agent_id,
        project_id=project_id,
        task_id=filters.task_id,
        execution_id=filters.execution_id,
        model=filters.model,
        since=filters.since,
        until=filters.until,
    )
    return queries.costs(work, wanted, cursor=filters.cursor, limit=filters.limit)


@routes.get(
    "/projects/{ref}/costs",
    operation_id="projects.costs",
    summary="A project's costs",
    response_model=PageOut[CostOut],
    tags=["projects"],
)
def list_project_costs(
    ref: Annotated[str, Path(max_length=40)], filters: Annotated[CostFilters, Query()], door: Caller
) -> Response:
    """The same filters as /costs."""
    return door.ask(_page, filters.model_copy(update={"project": ref}))


@routes.get("/intelligence/costs", operation_id="costs.report", summary="Costs summed up", response_model=CostReport)
def report(filters: Annotated[ReportFilters, Query()], door: Caller) -> Response:
    """By agent, project, task, execution, model or day of the company's zone."""

    def summed(work: Work) -> CostReport:
        if filters.project and filters.group_by not in ("project", "task", "execution"):
            raise invalid("project", "goes with group_by project, task or execution")
        project_id = project_queries.project(work, filters.project).id if filters.project else None
        return queries.report(
            work,
            filters.group_by,
            since=filters.from_,
            until=filters.to,
            project_id=project_id,
            cursor=filters.cursor,
            limit=filters.limit,
        )

    return door.ask(summed)
