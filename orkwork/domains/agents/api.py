"""`/agents`, their keys and capabilities."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from orkwork.core.errors import Forbidden
from orkwork.core.paging import MAX_LIMIT, decode_cursor, encode_cursor
from orkwork.core.schema import Asked, Out, PageOut
from orkwork.core.work import Work
from orkwork.domains.agents import queries, service
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.schemas import (
    AgentIn,
    AgentOut,
    AgentPatch,
    AutonomyIn,
    HeartbeatIn,
    HeartbeatOut,
    KeyIn,
    KeyMade,
    KeyOut,
)
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(tags=["agents"])


class AgentFilters(Asked):
    """What to list."""

    status: Annotated[list[AgentStatus], Query()] = [AgentStatus.ACTIVE, AgentStatus.PAUSED]
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str | None, Query(max_length=2000)] = None


class CapabilityOut(Out):
    """A capability and how many agents have it."""

    name: str
    agents: int


Filters = Annotated[AgentFilters, Query()]


@routes.get("/agents", operation_id="agents.list", summary="Agents", response_model=PageOut[AgentOut])
def list_agents(filters: Filters, door: Caller) -> Response:
    """By name; retired ones only when asked for."""

    def page(work: Work) -> PageOut[AgentOut]:
        kept = decode_cursor(filters.cursor, ["text", "uuid"]) if filters.cursor else None
        after = (kept[0], kept[1]) if kept else None
        items = queries.agents(work, status=filters.status, after=after, limit=filters.limit + 1)
        more = len(items) > filters.limit
        items = items[: filters.limit]
        return PageOut(items=items, next_cursor=encode_cursor([items[-1].name, items[-1].id]) if more else None)

    return door.ask(page)


@routes.post("/agents", operation_id="agents.create", summary="Add an agent", status_code=201, response_model=AgentOut)
def create_agent(body: AgentIn, door: Caller) -> Response:
    """It can work as soon as it has a key."""
    return door.create(service.create_agent, body)


def _own_id(work: Work) -> UUID:
    if not work.actor.is_agent or work.actor.id is None:
        raise Forbidden("auth.agent_only", "Only an agent has an own page", "Call it with an agent's key.")
    return work.actor.id


@routes.get("/agents/me", operation_id="agents.me", summary="The calling agent", response_model=AgentOut)
def own_agent(door: Caller) -> Response:
    """The agent behind the key."""
    return door.ask(lambda work: queries.agent(work, _own_id(work)))


@routes.post(
    "/agents/me/heartbeat", operation_id="agents.heartbeat", summary="Give a sign of life", response_model=HeartbeatOut
)
def heartbeat(body: HeartbeatIn, door: Caller) -> Response:
    """Prolongs the leases of the tasks that the agent holds."""
    return door.do(service.heartbeat, body)


@routes.get("/agents/{agent_id}", operation_id="agents.get", summary="One agent", response_model=AgentOut)
def get_agent(agent_id: UUID, door: Caller) -> Response:
    """With its load and what it spent."""
    return door.ask(queries.agent, agent_id)


@routes.patch("/agents/{agent_id}", operation_id="agents.update", summary="Change an agent", response_model=AgentOut)
def update_agent(agent_id: UUID, patch: AgentPatch, door: Caller) -> Response:
    """What is absent stays."""
    return door.do(service.update_agent, agent_id, patch, door.if_match)


@routes.delete("/agents/{agent_id}", operation_id="agents.retire", summary="Retire an agent", response_model=AgentOut)
def retire_agent(agent_id: UUID, door: Caller) -> Response:
    """Its keys die, its work goes back, its history stays."""
    return door.do(service.retire_agent, agent_id)


@routes.put(
    "/agents/{agent_id}/autonomy",
    operation_id="agents.set_autonomy",
    summary="Set the autonomy level",
    response_model=AgentOut,
)
def set_autonomy(agent_id: UUID, body: AutonomyIn, door: Caller) -> Response:
    """The owner's alone."""
    return door.do(service.set_autonomy, agent_id, body.level, door.if_match)


@routes.get(
    "/agents/{agent_id}/keys", operation_id="agents.keys", summary="An agent's keys", response_model=PageOut[KeyOut]
)
def list_keys(
    agent_id: UUID,
    door: Caller,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> Response:
    """Live ones first; never the keys themselves."""
    return door.ask(queries.keys, agent_id, cursor=cursor, limit=limit)


@routes.post(
    "/agents/{agent_id}/keys",
    operation_id="agents.create_key",
    summary="Make a key",
    status_code=201,
    response_model=KeyMade,
)
def create_key(agent_id: UUID, body: KeyIn, door: Caller) -> Response:
    """The key is shown this once; a retry under the same Idempotency-Key shows it again for two days."""
    return door.create_secret(service.create_key, agent_id, body)


@routes.delete(
    "/agents/{agent_id}/keys/{key_id}", operation_id="agents.revoke_key", summary="Revoke a key", status_code=204
)
def revoke_key(agent_id: UUID, key_id: UUID, door: Caller) -> Response:
    """The next call with it is refused."""
    return door.remove(service.revoke_key, agent_id, key_id)


@routes.get(
    "/capabilities",
    operation_id="agents.capabilities",
    summary="Known capabilities",
    response_model=PageOut[CapabilityOut],
)
def list_capabilities(door: Caller) -> Response:
    """Each with how many living agents have it."""

    def page(work: Work) -> PageOut[CapabilityOut]:
        found = queries.capabilities(work)
        return PageOut(items=[CapabilityOut(name=name, agents=n) for name, n in found.items()])

    return door.ask(page)
