"""`/intelligence/anomalies`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, PageOut
from orkwork.domains.anomalies.models import AnomalyRule, AnomalyState, Severity
from orkwork.domains.anomalies.queries import listing
from orkwork.domains.anomalies.schemas import AnomalyOut, CloseIn, SnoozeIn
from orkwork.domains.anomalies.service import acting, seeing
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(prefix="/intelligence/anomalies", tags=["intelligence"])


class AnomalyFilters(Asked):
    """What to list; a name may be given more than once."""

    state: Annotated[list[AnomalyState], Query()] = []
    rule: Annotated[list[AnomalyRule], Query()] = []
    severity: Annotated[list[Severity], Query()] = []
    agent: Annotated[list[UUID], Query(max_length=50)] = []
    """Ids of agents."""
    project: Annotated[list[UUID], Query(max_length=50)] = []
    """Ids of projects."""
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str | None, Query(max_length=2000)] = None


@routes.get("", operation_id="anomalies.list", summary="Anomalies", response_model=PageOut[AnomalyOut])
def list_anomalies(filters: Annotated[AnomalyFilters, Query()], door: Caller) -> Response:
    """The gravest first, then the latest, each with its evidence."""
    wanted = listing.AnomalyFilter(
        states=filters.state,
        rules=filters.rule,
        severities=filters.severity,
        agent_ids=filters.agent,
        project_ids=filters.project,
    )
    return door.ask(listing.anomalies, wanted, cursor=filters.cursor, limit=filters.limit)


@routes.get("/{anomaly_id}", operation_id="anomalies.get", summary="One anomaly", response_model=AnomalyOut)
def get_anomaly(anomaly_id: UUID, door: Caller) -> Response:
    """With its evidence."""
    return door.ask(listing.anomaly, anomaly_id)


@routes.post(
    "/{anomaly_id}/acknowledge",
    operation_id="anomalies.acknowledge",
    summary="Say it was seen",
    response_model=AnomalyOut,
)
def acknowledge(anomaly_id: UUID, door: Caller) -> Response:
    """It stays in the list while it lasts."""
    return door.do(seeing.acknowledge, anomaly_id, door.if_match)


@routes.post(
    "/{anomaly_id}/snooze", operation_id="anomalies.snooze", summary="Hear of it later", response_model=AnomalyOut
)
def snooze(anomaly_id: UUID, body: SnoozeIn, door: Caller) -> Response:
    """Within 90 days; sooner when it becomes graver."""
    return door.do(seeing.snooze, anomaly_id, body, door.if_match)


@routes.post(
    "/{anomaly_id}/close", operation_id="anomalies.close", summary="Hear no more of it", response_model=AnomalyOut
)
def close(anomaly_id: UUID, body: CloseIn, door: Caller) -> Response:
    """Until it becomes graver, or is over and comes again."""
    return door.do(seeing.close, anomaly_id, body, door.if_match)


@routes.post(
    "/{anomaly_id}/undo", operation_id="anomalies.undo", summary="Take back what was done", response_model=AnomalyOut
)
def undo(anomaly_id: UUID, door: Caller) -> Response:
    """What the system did by policy: the agent works again, or gets its tasks back. 409 when there is nothing."""
    return door.do(acting.undo, anomaly_id)
