"""Routes as the domains declare them, added to one flat application.

FastAPI's own included routers look through every level of nesting at each request, which took two fifths of a simple
read's time. And it takes apart at once what each route takes and gives, which was a quarter of the API's start: here a
route is made when the first request comes for it, or the document is asked for.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, get_args

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.routing import Route as Placed
from starlette.types import Receive, Scope, Send

from orkwork.core.schema import Asked
from orkwork.web.plain import PlainRoute

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True)
class Route:
    """One route: method, path below the API's base, function, and FastAPI's options."""

    method: str
    path: str
    endpoint: Callable[..., Any]
    options: dict[str, Any]


class Routes:
    """The routes of one file."""

    made: list["Routes"] = []

    def __init__(self, *, prefix: str = "", tags: list[str]) -> None:
        """Register this file's routes."""
        self._prefix = prefix
        self._tags = tags
        self.routes: list[Route] = []
        Routes.made.append(self)

    def get(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare a read."""
        return self._declare("GET", path, options)

    def post(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare a creation or an action."""
        return self._declare("POST", path, options)

    def put(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare a replacement."""
        return self._declare("PUT", path, options)

    def patch(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare a change."""
        return self._declare("PATCH", path, options)

    def delete(self, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
        """Declare a removal."""
        return self._declare("DELETE", path, options)

    def _declare(self, method: str, path: str, options: dict[str, Any]) -> Callable[[Endpoint], Endpoint]:
        def wrap(endpoint: Endpoint) -> Endpoint:
            self.routes.append(Route(method, self._prefix + path, endpoint, {"tags": self._tags} | options))
            return endpoint

        return wrap


class Late(Placed):
    """One route at its place, which FastAPI makes when it is first needed."""

    def __init__(self, path: str, endpoint: Callable[..., Any], method: str, options: dict[str, Any]) -> None:
        """Take the place."""
        super().__init__(path, endpoint, methods=[method])
        self.methods = {method}
        self._options = options

    @cached_property
    def made(self) -> PlainRoute:
        """FastAPI's route."""
        for parameter in inspect.signature(self.endpoint).parameters.values():
            for annotation in get_args(parameter.annotation):
                if isinstance(annotation, type) and issubclass(annotation, Asked):
                    annotation.describe()
        return PlainRoute(self.path, self.endpoint, methods=self.methods, **self._options)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request as FastAPI's route, which others find in the scope."""
        scope["route"] = self.made
        await self.made.handle(scope, receive, send)


def _place(route: Route) -> tuple[bool, bool, bool]:
    head, *rest = route.path.removeprefix("/").split("/")
    is_read_of_one = route.method == "GET" and len(rest) == 1
    return head not in ("tasks", "executions", "costs"), not is_read_of_one, "{" in route.path


def add_all(app: FastAPI, base: str, responses: dict[int | str, dict[str, Any]]) -> None:
    """Add every declared route below `base`, each with the error responses that all share.

    What is asked for most comes first, and a fixed path before one with a parameter in its place.
    """
    routes = [route for routes in Routes.made for route in routes.routes]
    for route in sorted(routes, key=_place):
        options = route.options | {"responses": responses | route.options.get("responses", {})}
        app.router.routes.append(Late(base + route.path, route.endpoint, route.method, options))


def all_made(app: FastAPI) -> list[BaseRoute]:
    """The application's routes, each as FastAPI knows it."""
    return [route.made if isinstance(route, Late) else route for route in app.routes]
