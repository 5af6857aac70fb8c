"""`/agents/{id}/performance` and the leaderboard."""

from uuid import UUID

from fastapi import Response

from orkwork.core.schema import PageOut
from orkwork.domains.performance import queries
from orkwork.domains.performance.schemas import PerformanceOut, Ranked
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(tags=["intelligence"])


@routes.get(
    "/agents/{agent_id}/performance",
    operation_id="agents.performance",
    summary="How well an agent does",
    response_model=PerformanceOut,
)
def get_performance(agent_id: UUID, door: Caller) -> Response:
    """Its score of 0 to 100 over 30 days with the interval and the parts, how it went, and what would raise it most."""
    return door.ask(queries.performance, agent_id)


@routes.get(
    "/intelligence/leaderboard",
    operation_id="performance.leaderboard",
    summary="The agents by score",
    response_model=PageOut[Ranked],
)
def get_leaderboard(door: Caller) -> Response:
    """Each with its sample size and interval; agents without a score come last."""
    return door.ask(lambda work: PageOut(items=queries.leaderboard(work)))
