"""`/intelligence/costs`: what the ledger adds up to."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from orkwork.core.errors import invalid
from orkwork.core.schema import Asked, PageOut, Str
from orkwork.core.work import Work
from orkwork.domains.costs.queries import figures, reports
from orkwork.domains.costs.schemas.reports import (
    CheckOut,
    CostReport,
    CrossReport,
    Dimension,
    ForecastOut,
    GroupBy,
    Outcomes,
    Spending,
)
from orkwork.domains.projects import queries as project_queries
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(prefix="/intelligence/costs", tags=["costs"])


class Stretch(Asked):
    """Which days of the company's zone, both included."""

    from_: Annotated[date | None, Field(alias="from")] = None
    """The first day."""
    to: date | None = None
    """The last day."""


class ReportFilters(Stretch):
    """What to sum."""

    by: Dimension | None = None
    """Together with `across`: what to break down by."""
    across: Dimension | None = None
    """What to cross it with: another dimension, or day, week or month."""
    group_by: GroupBy | None = None
    """A breakdown by one thing, in pages, with all that is known of it; `agent` when nothing is said."""
    agent_id: UUID | None = None
    """With `across`."""
    project: Annotated[str | None, Query(max_length=40)] = None
    """With `across`, or with project, task and execution."""
    provider: Annotated[Str | None, Query(max_length=120)] = None
    """With `across`."""
    model: Annotated[Str | None, Query(max_length=120)] = None
    """With `across`."""
    limit: Annotated[int, Query(ge=1, le=1000)] = 200
    cursor: Annotated[str | None, Query(max_length=2000)] = None


@routes.get("", operation_id="costs.report", summary="Costs summed up", response_model=CostReport | CrossReport)
def report(filters: Annotated[ReportFilters, Query()], door: Caller) -> Response:
    """By agent, project, task, execution, model, provider, day, week or month; any two of them crossed with `across`."""

    def summed(work: Work) -> CostReport | CrossReport:
        part = reports.Part(
            since=filters.from_,
            until=filters.to,
            agent_id=filters.agent_id,
            project_id=project_queries.project(work, filters.project).id if filters.project else None,
            provider=filters.provider,
            model=filters.model,
        )
        if filters.across is not None:
            if filters.by is None or filters.group_by is not None:
                raise invalid("by", "goes with across, in place of group_by")
            return reports.crossed(work, filters.by, filters.across, part)
        if filters.by is not None and filters.group_by is not None:
            raise invalid("group_by", "says the same as by: give one of the two")
        wanted = filters.group_by or filters.by or "agent"
        return reports.report(work, wanted, part, cursor=filters.cursor, limit=filters.limit)

    return door.ask(summed)


@routes.get(
    "/totals", operation_id="costs.totals", summary="Spent today, this week, this month", response_model=Spending
)
def totals(door: Caller) -> Response:
    """Each against the same stretch of the period before, and the last 90 days."""
    return door.ask(figures.spending)


@routes.get("/forecast", operation_id="costs.forecast", summary="The month's end", response_model=ForecastOut)
def forecast(door: Caller) -> Response:
    """P50 and P85 of what the month will have cost, and the share that is certain; no band with less than a week of history."""
    return door.ask(figures.forecast)


@routes.get("/outcomes", operation_id="costs.outcomes", summary="What outcomes cost", response_model=Outcomes)
def outcomes(filters: Annotated[Stretch, Query()], door: Caller) -> Response:
    """Cost per completed task and per verified outcome (accepted by a review, not opened again), and the spread over tasks."""
    return door.ask(figures.outcomes, filters.from_, filters.to)


@routes.get("/checks", operation_id="costs.checks", summary="Sums against rows", response_model=PageOut[CheckOut])
def checks(door: Caller) -> Response:
    """The latest comparisons of all sums with the rows of the ledger."""
    return door.ask(lambda work: PageOut[CheckOut](items=figures.checks(work)))
