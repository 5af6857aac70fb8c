"""`/settings`."""

from fastapi import Response

from orkwork.domains.settings import queries, service
from orkwork.domains.settings.schemas import CompanyOut, CompanyPatch
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes

routes = Routes(prefix="/settings", tags=["settings"])


@routes.get("", operation_id="settings.get", summary="The company's settings", response_model=CompanyOut)
def get_settings(door: Caller) -> Response:
    """Name, time zone and language."""
    return door.ask(queries.company)


@routes.patch("", operation_id="settings.update", summary="Change the company's settings", response_model=CompanyOut)
def update_settings(patch: CompanyPatch, door: Caller) -> Response:
    """What is absent stays."""
    return door.do(service.update_company, patch, door.if_match)
