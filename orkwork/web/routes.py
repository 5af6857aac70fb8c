"""Routes as the domains declare them, added to one flat application.

FastAPI's own included routers look through every level of nesting at each request, which took two fifths of a simple
read's time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import FastAPI

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


def _place(route: Route) -> tuple[bool, bool, bool]:
    head, *rest = route.path.removeprefix("/").split("/")
    is_read_of_one = route.method == "GET" and len(rest) == 1
    return head not in ("tasks", "executions", "costs"), not is_read_of_one, "{" in route.path


def add_all(app: FastAPI, base: str, responses: dict[int | str, dict[str, Any]]) -> None:
    """Add every declared route below `base`, each with the error responses that all share.

    What is asked for most comes first, and a fixed path before one with a parameter in its place.
    """
    app.router.route_class = PlainRoute
    routes = [route for routes in Routes.made for route in routes.routes]
    for route in sorted(routes, key=_place):
        options = route.options | {"responses": responses | route.options.get("responses", {})}
        app.add_api_route(base + route.path, route.endpoint, methods=[route.method], **options)
