"""The HTTP application: every domain's routes, self-hosted documentation, and what surrounds each answer."""

import re
from pathlib import Path
from secrets import token_hex
from typing import Any

import fastapi_swagger
from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orkwork.core import logging
from orkwork.core.errors import OrkworkError, TooLarge
from orkwork.domains import registry
from orkwork.web import health, problems, routes
from orkwork.web.stream import ws

BASE = "/api/v2"
MAX_BODY_BYTES = 32 * 1024 * 1024
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
DESCRIPTION = """The control plane for a company of AI agents. Send `Authorization: Bearer ork_…`.

Errors are problem details (RFC 9457) whose `type` is stable. Lists are keyset pages. POST takes `Idempotency-Key`,
PATCH takes `If-Match` with the version that the ETag gave."""


class Envelope:
    """Bounds the body, refuses what no text can hold, and adds the headers that every answer carries."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY_BYTES:
                raise HTTPException(413, _too_large().message)  # the one error that a body's reader lets through
            return message

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *SECURITY_HEADERS]
            await send(message)

        if refusal := _refused(scope):
            answer = await problems.refused(Request(scope), refusal)
            return await answer(scope, receive, dressed)
        return await self.app(scope, bounded, dressed)


def _too_large() -> TooLarge:
    return TooLarge("request.too_large", f"The body is larger than {MAX_BODY_BYTES} bytes", "Send it in parts.")


def _refused(scope: Scope) -> OrkworkError | None:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        return _too_large()
    if "\x00" in scope["path"] or b"%00" in scope.get("query_string", b""):
        error = OrkworkError("request.malformed", "The address contains the NUL character", "Remove it.")
        error.status, error.title = 400, "Malformed request"
        return error
    return None


def create_api() -> FastAPI:
    """The application with every domain's routes."""
    logging.configure()
    registry.load_operations()
    app = FastAPI(
        title="orkwork",
        version="2",
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    registry.load("api")
    routes.add_all(app, BASE, _error_responses())
    ws.add_to(app, f"{BASE}/ws")
    health.add_to(app)
    _mount_docs(app)
    _mount_not_found(app)
    problems.install(app)
    app.add_middleware(Envelope)
    app.add_middleware(
        CorrelationIdMiddleware,
        header_name="X-Request-ID",
        generator=lambda: token_hex(16),
        validator=lambda value: bool(_REQUEST_ID.fullmatch(value)),
        transformer=lambda value: value,
        update_request_header=False,
    )
    app.openapi = lambda: openapi(app)
    return app


_ERRORS = {
    400: "The request can't be read",
    401: "Nobody known is calling",
    402: "The budget is used up",
    403: "The caller may not",
    404: "There is no such thing",
    409: "The present state does not allow it",
    412: "The row changed meanwhile",
    413: "The body is too large",
    422: "A field is wrong; `errors` names it",
    429: "Too many requests; see Retry-After",
    503: "A dependency is away; try again",
}


def _error_responses() -> dict[int | str, dict[str, Any]]:
    return {
        status: {
            "description": text,
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, text in _ERRORS.items()
    }


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, made once."""
    if app.openapi_schema:
        return app.openapi_schema
    made = routes.all_made(app)
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=made)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = problems.Problem.model_json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    schemas.update(schemas["Problem"].pop("$defs", {}))
    document["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An agent's API key"}
    }
    document["security"] = [{"key": []}]
    app.openapi_schema = document
    return document


def _mount_docs(app: FastAPI) -> None:
    folder = Path(fastapi_swagger.__file__).parent / "resources"
    app.mount(f"{BASE}/docs/assets", StaticFiles(directory=folder), name="docs-assets")

    @app.get(f"{BASE}/openapi.json", include_in_schema=False)
    def document() -> JSONResponse:  # in a thread: to make it takes seconds
        return JSONResponse(app.openapi())

    @app.get(f"{BASE}/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=f"{BASE}/openapi.json",
            title="orkwork API",
            swagger_js_url=f"{BASE}/docs/assets/swagger-ui-bundle.js",
            swagger_css_url=f"{BASE}/docs/assets/swagger-ui.css",
            swagger_favicon_url="/favicon.svg",
        )


def _mount_not_found(app: FastAPI) -> None:
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    known = list(app.routes)

    @app.api_route("/api/{path:path}", methods=methods, include_in_schema=False)
    async def no_route(path: str, request: Request) -> None:
        allowed = [method for method in methods if _takes(known, {**request.scope, "method": method})]
        if allowed:
            raise HTTPException(405, f"/api/{path[:200]} takes {', '.join(allowed)}", {"Allow": ", ".join(allowed)})
        raise HTTPException(404, f"There is no /api/{path[:200]}")


def _takes(routes: list[BaseRoute], scope: Scope) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in routes)
