"""`/intelligence/health`."""

from typing import Annotated

from fastapi import Path, Response

from orkwork.domains.health import queries
from orkwork.domains.health.schemas import HealthReport, ProjectHealth
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(tags=["intelligence"])


@routes.get(
    "/intelligence/health", operation_id="health.get", summary="How well the company does", response_model=HealthReport
)
def get_health(door: Caller) -> Response:
    """0 to 100: 100 less the points of every cause, all of which are named with a link to their rows."""
    return door.ask(queries.report)


@routes.get(
    "/projects/{ref}/health",
    operation_id="projects.health",
    summary="How well a project does",
    response_model=ProjectHealth,
)
def get_project_health(
    ref: Annotated[str, Path(max_length=40, description="Id or key prefix", examples=["ORK"])], door: Caller
) -> Response:
    """By the same rule; null while it has no tasks or is not active."""
    return door.ask(queries.project, ref)
