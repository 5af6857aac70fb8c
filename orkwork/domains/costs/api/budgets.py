"""`/budgets` and the money that is set aside."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response

from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, PageOut
from orkwork.core.work import Work
from orkwork.domains.costs.models import ReservationStatus, Scope
from orkwork.domains.costs.queries import budgets as queries
from orkwork.domains.costs.schemas.budgets import (
    AgentBudgetIn,
    BudgetOut,
    CompanyBudgetIn,
    ProjectBudgetIn,
    ReservationIn,
    ReservationOut,
    ReservedOut,
    SettledOut,
    SettleIn,
)
from orkwork.domains.costs.service import budgeting, reserving
from orkwork.domains.projects import queries as project_queries
from orkwork.web.caller import Caller, Door, shape
from orkwork.web.routes import Routes

routes = Routes(prefix="/budgets", tags=["budgets"])


class BudgetFilters(Asked):
    """What to list."""

    scope: Scope | None = None
    agent_id: UUID | None = None
    project: Annotated[str | None, Query(max_length=40)] = None


@routes.get("", operation_id="budgets.list", summary="Budgets", response_model=PageOut[BudgetOut])
def list_budgets(filters: Annotated[BudgetFilters, Query()], door: Caller) -> Response:
    """What is spent, set aside and left of each in its present period, and whether it stops work. An agent sees its own
    and its projects'."""

    def found(work: Work) -> PageOut[BudgetOut]:
        project_id = project_queries.project(work, filters.project).id if filters.project else None
        return PageOut(
            items=queries.budgets(work, scope=filters.scope, agent_id=filters.agent_id, project_id=project_id)
        )

    return door.ask(found)


def _set(door: Door, operation: Callable[..., list[BudgetOut]], *args: Any) -> Response:
    return door.perform(lambda work: shape(PageOut[BudgetOut](items=operation(work, *args))))


@routes.put(
    "/company", operation_id="budgets.set_company", summary="The company's month", response_model=PageOut[BudgetOut]
)
def set_company(body: CompanyBudgetIn, door: Caller) -> Response:
    """The owner's."""
    return _set(door, budgeting.set_company_budget, body)


@routes.put(
    "/agents/{agent_id}",
    operation_id="budgets.set_agent",
    summary="An agent's day and month",
    response_model=PageOut[BudgetOut],
)
def set_agent(agent_id: UUID, body: AgentBudgetIn, door: Caller) -> Response:
    """What is absent stays, null takes a limit away."""
    return _set(door, budgeting.set_agent_budget, agent_id, body)


@routes.put(
    "/projects/{ref}",
    operation_id="budgets.set_project",
    summary="A project's total",
    response_model=PageOut[BudgetOut],
)
def set_project(ref: Annotated[str, Path(max_length=40)], body: ProjectBudgetIn, door: Caller) -> Response:
    """By id or key prefix; null takes the limit away."""
    return _set(door, budgeting.set_project_budget, ref, body)


class ReservationFilters(Asked):
    """What to list."""

    status: ReservationStatus | None = None
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str | None, Query(max_length=2000)] = None


@routes.get(
    "/reservations", operation_id="reservations.list", summary="Reservations", response_model=PageOut[ReservationOut]
)
def list_reservations(filters: Annotated[ReservationFilters, Query()], door: Caller) -> Response:
    """The newest first. An agent sees its own."""
    return door.ask(queries.reservations, status=filters.status, cursor=filters.cursor, limit=filters.limit)


@routes.post(
    "/reservations",
    operation_id="reservations.create",
    summary="Set money aside",
    status_code=201,
    response_model=ReservedOut,
    responses={200: {"model": ReservedOut, "description": "It was set aside before, under the same external_id"}},
)
def reserve(body: ReservationIn, door: Caller) -> Response:
    """Before a call: its estimate counts as spent until it is settled, released or expires. 402 when a budget has no room:
    the answer names it, and says when and how it ends."""

    def reserved(work: Work) -> Response:
        row, new = reserving.reserve(work, body)
        return shape(row, 201 if new else 200)

    return door.perform(reserved)


@routes.get(
    "/reservations/{reservation_id}",
    operation_id="reservations.get",
    summary="A reservation",
    response_model=ReservationOut,
)
def get_reservation(reservation_id: UUID, door: Caller) -> Response:
    """One's own."""
    return door.ask(queries.reservation, reservation_id)


@routes.post(
    "/reservations/{reservation_id}/settle",
    operation_id="reservations.settle",
    summary="Settle a reservation",
    response_model=SettledOut,
)
def settle(reservation_id: UUID, body: SettleIn, door: Caller) -> Response:
    """After the call: what it used. Never refused for money: what is spent is recorded, dearer or late as it may be."""
    return door.do(reserving.settle, reservation_id, body)


@routes.post(
    "/reservations/{reservation_id}/release",
    operation_id="reservations.release",
    summary="Release a reservation",
    response_model=ReservationOut,
)
def release(reservation_id: UUID, door: Caller) -> Response:
    """The call was not made."""
    return door.do(reserving.release, reservation_id)
