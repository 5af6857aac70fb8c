"""`/settings`."""

from fastapi import Response

from orkwork.domains.settings import queries, service
from orkwork.domains.settings.schemas import CompanyOut, CompanyPatch, HoldIn
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


@routes.post("/hold", operation_id="settings.hold", summary="Put the company on hold", response_model=CompanyOut)
def hold_company(body: HoldIn, door: Caller) -> Response:
    """The owner's. Nothing is claimed, assigned or started until it is resumed; running agents are told at their next
    call, and may hand in what is under way."""
    return door.do(service.hold_company, body)


@routes.post("/resume", operation_id="settings.resume", summary="Resume the company", response_model=CompanyOut)
def resume_company(door: Caller) -> Response:
    """The owner's. Everything goes on as it stood; a project that is on hold by itself stays so."""
    return door.do(service.resume_company)
