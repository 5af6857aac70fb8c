"""Routes that take only what stands in the path, one JSON body and the door, read without FastAPI's solver.

The solver costs two fifths of what a read spends in the event loop. Whatever is not as a plain route expects goes the
solver's way, which names each bad field.
"""

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from orkwork.web.caller import JSON, Door, body_of, check_query, door_of


@dataclass(frozen=True)
class Plan:
    """How the arguments of one route are read."""

    path: list[Any]
    """FastAPI's fields of the path."""
    body: tuple[str, type[BaseModel]] | None
    door: str

    async def read(self, request: Request) -> dict[str, Any] | None:
        """The arguments, or None when something is not as expected."""
        arguments: dict[str, Any] = {}
        for field in self.path:
            value, faults = field.validate(request.path_params[field.alias], {}, loc=("path", field.alias))
            if faults:
                return None
            arguments[field.name] = value
        raw = await body_of(request)
        if self.body is not None:
            name, schema = self.body
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
                return None
            try:
                arguments[name] = schema.model_validate_json(raw)
            except ValidationError:
                return None
        check_query(request)
        arguments[self.door] = Door(request, raw)
        return arguments


def plan_of(dependant: Dependant, *, is_embedded: bool) -> Plan | None:
    """How a route can be read plainly; None when it takes more than that."""
    others = (dependant.query_params, dependant.header_params, dependant.cookie_params)
    special = (dependant.request_param_name, dependant.response_param_name, dependant.background_tasks_param_name)
    doors = [part.name for part in dependant.dependencies if part.call is door_of]
    if any(others) or any(special) or len(doors) != 1 or len(dependant.dependencies) != 1 or doors[0] is None:
        return None
    if not dependant.body_params:
        return Plan(dependant.path_params, None, doors[0])
    [field, *more] = dependant.body_params
    schema = field.field_info.annotation
    is_plain = not more and not is_embedded and field.field_info.is_required()
    if not is_plain or not isinstance(schema, type) or not issubclass(schema, BaseModel):
        return None
    return Plan(dependant.path_params, (field.name, schema), doors[0])


class PlainRoute(APIRoute):
    """A route that reads its arguments plainly where it can."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's hook: what answers a request."""
        solve = super().get_route_handler()
        plan = plan_of(self.dependant, is_embedded=self._embed_body_fields)
        if plan is None or inspect.iscoroutinefunction(self.endpoint):
            return solve

        async def handle(request: Request) -> Response:
            arguments = await plan.read(request)
            if arguments is None:
                return await solve(request)
            return await run_in_threadpool(self.endpoint, **arguments)

        return handle
