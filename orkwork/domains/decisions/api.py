"""`/decisions`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import StringConstraints

from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Asked, Moment, PageOut, Str
from orkwork.domains.decisions import queries, service
from orkwork.domains.decisions.models import Category, DecisionStatus, Outcome
from orkwork.domains.decisions.schemas import (
    DecisionIn,
    DecisionItem,
    DecisionOut,
    DecisionStats,
    OutcomeIn,
    PendingPage,
    RecommendIn,
    ResolveIn,
)
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(prefix="/decisions", tags=["decisions"])
DecidedBy = Annotated[Str, StringConstraints(pattern="^(user|agent|rule|system)$")]


class DecisionsAbout(Asked):
    """What to list; a name may be given more than once."""

    category: Annotated[list[Category], Query()] = []
    task: Annotated[list[UUID], Query(max_length=50)] = []
    """Ids of tasks."""
    agent: Annotated[list[UUID], Query(max_length=50)] = []
    """Ids of agents that it is about, or that asked."""
    project: Annotated[list[UUID], Query(max_length=50)] = []
    """Ids of projects."""
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str | None, Query(max_length=2000)] = None

    def named(self) -> dict[str, Any]:
        """What the query takes of it."""
        return {
            "categories": self.category,
            "task_ids": self.task,
            "agent_ids": self.agent,
            "project_ids": self.project,
        }


class DecisionFilters(DecisionsAbout):
    """What to list; a name may be given more than once."""

    status: Annotated[list[DecisionStatus], Query()] = []


class LogFilters(DecisionsAbout):
    """What to list; a name may be given more than once."""

    decided_by: Annotated[list[DecidedBy], Query(max_length=4)] = []
    """`user`, `agent`, `rule` or `system`."""
    decided_by_id: Annotated[list[UUID], Query(max_length=50)] = []
    """Ids of people, agents or rules."""
    outcome: Annotated[list[Outcome], Query()] = []
    since: Annotated[Moment | None, Query(alias="from")] = None
    """Decided from then on."""
    until: Annotated[Moment | None, Query(alias="to")] = None
    """Decided before."""
    text: Annotated[Str, Query(max_length=200)] = ""
    """In the title, the reasoning or the answer."""

    def read(self) -> queries.DecisionFilter:
        """As the query takes it."""
        return queries.DecisionFilter(
            statuses=queries.DECIDED,
            decided_by=self.decided_by,
            decided_by_ids=self.decided_by_id,
            outcomes=self.outcome,
            since=self.since,
            until=self.until,
            text=self.text,
            **self.named(),
        )


@routes.get("", operation_id="decisions.list", summary="Decisions", response_model=PageOut[DecisionItem])
def list_decisions(filters: Annotated[DecisionFilters, Query()], door: Caller) -> Response:
    """The newest first."""
    wanted = queries.DecisionFilter(statuses=filters.status, **filters.named())
    return door.ask(queries.decisions, wanted, cursor=filters.cursor, limit=filters.limit)


@routes.post("", operation_id="decisions.create", summary="Ask", status_code=201, response_model=DecisionOut)
def create_decision(body: DecisionIn, door: Caller) -> Response:
    """Asks people to decide. The same question of the same asker that already waits is answered instead of a new one."""
    return door.create(service.create_decision, body)


@routes.get("/pending", operation_id="decisions.pending", summary="What waits for a person", response_model=PendingPage)
def list_pending(filters: Annotated[DecisionsAbout, Query()], door: Caller) -> Response:
    """The dearest to wait for first, each with what waiting costs, what each option means, and how its like went."""
    wanted = queries.DecisionFilter(**filters.named())
    return door.ask(queries.pending, wanted, cursor=filters.cursor, limit=filters.limit)


@routes.get("/log", operation_id="decisions.log", summary="What was decided", response_model=PageOut[DecisionItem])
def list_decided(filters: Annotated[LogFilters, Query()], door: Caller) -> Response:
    """The latest first: by whom, what, why, and how it turned out."""
    return door.ask(queries.log, filters.read(), cursor=filters.cursor, limit=filters.limit)


@routes.get("/stats", operation_id="decisions.stats", summary="How deciding goes", response_model=DecisionStats)
def get_stats(door: Caller) -> Response:
    """How many wait, how soon people answer, and how often they turn out right."""
    return door.ask(queries.stats)


@routes.get("/{decision_id}", operation_id="decisions.get", summary="One decision", response_model=DecisionOut)
def get_decision(decision_id: UUID, door: Caller) -> Response:
    """With what it rests on."""
    return door.ask(queries.decision, decision_id)


@routes.post("/{decision_id}/resolve", operation_id="decisions.resolve", summary="Decide", response_model=DecisionOut)
def resolve(decision_id: UUID, body: ResolveIn, door: Caller) -> Response:
    """Chooses and carries out what was chosen in the same transaction, exactly once; 409 when it is decided already, or
    when what it is about has changed: then it is asked again within seconds."""
    return door.do(service.resolve, decision_id, body)


@routes.post(
    "/{decision_id}/recommendation",
    operation_id="decisions.recommend",
    summary="Recommend an option",
    response_model=DecisionOut,
)
def recommend(decision_id: UUID, body: RecommendIn, door: Caller) -> Response:
    """In the place of what one recommended before."""
    return door.do(service.recommend, decision_id, body)


@routes.put(
    "/{decision_id}/outcome", operation_id="decisions.judge", summary="Was it right?", response_model=DecisionOut
)
def judge(decision_id: UUID, body: OutcomeIn, door: Caller) -> Response:
    """Records how a decision turned out, in the place of an earlier judgement."""
    return door.do(service.judge, decision_id, body)
