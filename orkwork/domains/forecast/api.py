"""`/intelligence/forecast` and a project's forecasts."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from orkwork.domains.forecast.queries import deciding, forecasts
from orkwork.domains.forecast.schemas import ChangeSetOut, DecisionDates, ForecastOut, WhatIfIn, WhatIfOut
from orkwork.domains.forecast.service import changing, keeping
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(tags=["forecast"])
ProjectRef = Annotated[str, Path(max_length=40, description="Id or key prefix", examples=["ORK"])]


@routes.get(
    "/intelligence/forecast",
    operation_id="forecast.get",
    summary="When a project will be done",
    response_model=ForecastOut,
)
def get_forecast(
    project: Annotated[str, Query(min_length=1, max_length=40, description="Id or key prefix", examples=["ORK"])],
    door: Caller,
) -> Response:
    """The kept forecast of the last 36 hours, else one made now. `empty` says why there is nothing to say; `held` says how
    often the P80 of such forecasts held."""
    return door.ask(forecasts.forecast, project)


@routes.post(
    "/intelligence/forecast/what-if",
    operation_id="forecast.what_if",
    summary="What would be if",
    response_model=WhatIfOut,
)
def what_if(body: WhatIfIn, door: Caller) -> Response:
    """The bands before and after the changes; nothing is written."""
    return door.ask(forecasts.what_if, body)


@routes.post(
    "/intelligence/forecast/changes",
    operation_id="forecast.make_changes",
    summary="Make tried changes",
    status_code=201,
    response_model=ChangeSetOut,
)
def make_changes(body: WhatIfIn, door: Caller) -> Response:
    """All of them or none, through the operations that exist for them: agent_removed, concurrency, budget, priority, scope_cut,
    estimate."""
    return door.create(changing.make_changes, body)


@routes.get(
    "/intelligence/forecast/changes/{set_id}",
    operation_id="forecast.change_set",
    summary="Changes made as one",
    response_model=ChangeSetOut,
)
def get_change_set(set_id: UUID, door: Caller) -> Response:
    """What each changed, and whether it was undone."""
    return door.ask(forecasts.change_set, set_id)


@routes.post(
    "/intelligence/forecast/changes/{set_id}/undo",
    operation_id="forecast.undo_changes",
    summary="Undo changes",
    response_model=ChangeSetOut,
)
def undo_changes(set_id: UUID, door: Caller) -> Response:
    """What has not changed since is as before again; the rest is named by `restored: false`."""
    return door.do(changing.undo_changes, set_id)


@routes.post(
    "/projects/{ref}/forecasts",
    operation_id="forecast.take",
    summary="Forecast a project now",
    status_code=201,
    response_model=ForecastOut,
)
def take_forecast(ref: ProjectRef, door: Caller) -> Response:
    """It is kept, and held against the truth when that comes."""
    return door.create(keeping.take_forecast, ref)


@routes.get(
    "/decisions/{decision_id}/dates",
    operation_id="decisions.dates",
    summary="What a decision does to dates",
    response_model=DecisionDates,
    tags=["decisions"],
)
def get_decision_dates(decision_id: UUID, door: Caller) -> Response:
    """By option, the day by which its project is done in 80 of 100 cases, and what one day of waiting does to it; simulated
    when asked, so that the list of what waits stays fast. `why_not` says why nothing can be said."""
    return door.ask(deciding.dates, decision_id)
