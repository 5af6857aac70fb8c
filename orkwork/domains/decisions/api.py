"""`/decisions`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, PageOut
from orkwork.domains.decisions import queries, service
from orkwork.domains.decisions.models import Category, DecisionStatus
from orkwork.domains.decisions.schemas import DecisionItem, DecisionOut, ResolveIn
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(prefix="/decisions", tags=["decisions"])
DECIDED = [DecisionStatus.RESOLVED, DecisionStatus.EXPIRED, DecisionStatus.RECORDED]


class DecisionsAbout(Asked):
    """What to list; a name may be given more than once."""

    category: Annotated[list[Category], Query()] = []
    task: Annotated[list[UUID], Query(max_length=50)] = []
    """Ids of tasks."""
    agent: Annotated[list[UUID], Query(max_length=50)] = []
    """Ids of agents."""
    project: Annotated[list[UUID], Query(max_length=50)] = []
    """Ids of projects."""
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str | None, Query(max_length=2000)] = None

    def read(self, statuses: list[DecisionStatus]) -> queries.DecisionFilter:
        """As the query takes it."""
        return queries.DecisionFilter(
            statuses=statuses,
            categories=self.category,
            task_ids=self.task,
            agent_ids=self.agent,
            project_ids=self.project,
        )


class DecisionFilters(DecisionsAbout):
    """What to list; a name may be given more than once."""

    status: Annotated[list[DecisionStatus], Query()] = []


@routes.get("", operation_id="decisions.list", summary="Decisions", response_model=PageOut[DecisionItem])
def list_decisions(filters: Annotated[DecisionFilters, Query()], door: Caller) -> Response:
    """The newest first."""
    return door.ask(queries.decisions, filters.read(filters.status), cursor=filters.cursor, limit=filters.limit)


@routes.get(
    "/pending", operation_id="decisions.pending", summary="What waits for a person", response_model=PageOut[DecisionOut]
)
def list_pending(filters: Annotated[DecisionsAbout, Query()], door: Caller) -> Response:
    """The longest waiting first, each with its options and what it rests on."""
    wanted = filters.read([DecisionStatus.PENDING])
    return door.ask(queries.pending, wanted, cursor=filters.cursor, limit=filters.limit)


@routes.get("/log", operation_id="decisions.log", summary="What was decided", response_model=PageOut[DecisionItem])
def list_decided(filters: Annotated[DecisionsAbout, Query()], door: Caller) -> Response:
    """The newest first: by whom, what and why."""
    return door.ask(queries.decisions, filters.read(DECIDED), cursor=filters.cursor, limit=filters.limit)


@routes.get("/{decision_id}", operation_id="decisions.get", summary="One decision", response_model=DecisionOut)
def get_decision(decision_id: UUID, door: Caller) -> Response:
    """With what it rests on."""
    return door.ask(queries.decision, decision_id)


@routes.post("/{decision_id}/resolve", operation_id="decisions.resolve", summary="Decide", response_model=DecisionOut)
def resolve(decision_id: UUID, body: ResolveIn, door: Caller) -> Response:
    """Chooses an option and carries it out in the same transaction, exactly once; 409 when it is decided already."""
    return door.do(service.resolve, decision_id, body)
