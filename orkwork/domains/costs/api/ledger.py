"""`/costs`: the ledger."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from orkwork.core.operation import entry_of
from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, PageOut, Str
from orkwork.core.work import Work
from orkwork.domains.costs.models import Basis
from orkwork.domains.costs.queries import ledger as queries
from orkwork.domains.costs.schemas.ledger import CorrectionIn, CostBatchIn, CostBatchOut, CostIn, CostOut, RecordedOut
from orkwork.domains.costs.service import correcting
from orkwork.domains.costs.service import recording as service
from orkwork.domains.projects import queries as project_queries
from orkwork.web.caller import Caller, shape
from orkwork.web.routes import Routes

routes = Routes(tags=["costs"])
Cursor = Annotated[str | None, Query(max_length=2000)]


class CostWanted(Asked):
    """Which rows."""

    agent_id: UUID | None = None
    project: Annotated[str | None, Query(max_length=40)] = None
    task_id: UUID | None = None
    execution_id: UUID | None = None
    provider: Annotated[Str | None, Query(max_length=120)] = None
    model: Annotated[Str | None, Query(max_length=120)] = None
    basis: Basis | None = None
    """`unpriced` lists the calls without a price."""
    corrects_id: UUID | None = None
    """The corrections of one row."""
    day_from: date | None = None
    """The first of the company's days."""
    day_to: date | None = None
    """The last of the company's days."""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class CostFilters(CostWanted):
    """What to list."""

    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Cursor = None


@routes.post(
    "/costs",
    operation_id="costs.record",
    summary="Record a call",
    status_code=201,
    response_model=RecordedOut,
    responses={200: {"model": RecordedOut, "description": "It was recorded before"}},
)
def record(body: CostIn, door: Caller) -> Response:
    """Priced from the catalogue when no amount is given; recorded once for each external_id. `budgets` names those that are
    spent or nearly."""

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
    return queries.costs(work, _filter(work, filters), cursor=filters.cursor, limit=filters.limit)


def _filter(work: Work, wanted: CostWanted) -> queries.CostFilter:
    project_id = project_queries.project(work, wanted.project).id if wanted.project else None
    named = wanted.model_dump(exclude={"project", "limit", "cursor"})
    return queries.CostFilter(**named, project_id=project_id)


@routes.get(
    "/costs/export",
    operation_id="costs.export",
    summary="Export the ledger",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "The rows as CSV, the latest first"}},
)
def export(filters: Annotated[CostWanted, Query()], door: Caller) -> Response:
    """Exactly the rows that the same filters list, without pages."""

    def rows(work: Work) -> Iterator[str]:
        return queries.costs_csv(work, _filter(work, filters))

    return door.stream(rows, write=iter, media_type="text/csv; charset=utf-8", filename="costs.csv")


@routes.get("/costs/{cost_id}", operation_id="costs.get", summary="A row of the ledger", response_model=CostOut)
def get_cost(cost_id: UUID, door: Caller) -> Response:
    """With the price at the time of use; `GET /costs?corrects_id=…` lists its corrections."""
    return door.ask(queries.cost, cost_id)


@routes.post(
    "/costs/{cost_id}/corrections",
    operation_id="costs.correct",
    summary="Correct a row",
    status_code=201,
    response_model=CostOut,
)
def correct(cost_id: UUID, body: CorrectionIn, door: Caller) -> Response:
    """The ledger keeps the row; a further one holds the difference to what it should have said. For admins."""
    return door.create(correcting.correct_cost, cost_id, body)


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
