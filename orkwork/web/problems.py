"""Errors as RFC 9457 problem details."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from orkwork.core.errors import FieldError, Invalid, LimitReached, OrkworkError
from orkwork.web import caller

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What went wrong and what to do (RFC 9457)."""

    type: str
    """Stable: `/problems/` and the error's dotted code."""
    title: str
    status: int
    detail: str
    hint: str = ""
    errors: list[FieldError] = []
    request_id: str | None = None


def problem(error: OrkworkError) -> Response:
    """The answer for an error."""
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.message,
        "hint": error.hint,
        "errors": [{"field": e.field, "message": e.message} for e in error.errors],
        "request_id": correlation_id.get(),
    } | error.extra
    headers = {}
    if "retry_after_seconds" in error.extra:
        headers["Retry-After"] = str(error.extra["retry_after_seconds"])
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="orkwork"'
    return Response(to_json(body), status_code=error.status, media_type=MEDIA_TYPE, headers=headers)


_HTTP = {
    400: ("request.malformed", "Malformed request"),
    404: ("request.no_route", "Not found"),
    405: ("request.method", "Method not allowed"),
    413: ("request.too_large", "Too large"),
    415: ("request.media_type", "Unsupported media type"),
}


def of_validation(error: RequestValidationError) -> Invalid:
    """What a request's validation found, each place without the part of the request that it is in."""
    return of_errors(
        [
            item
            | {"loc": item["loc"][1:] if item["type"] != "json_invalid" and len(item["loc"]) > 1 else item["loc"][:1]}
            for item in error.errors()
        ]
    )


def of_errors(errors: Sequence[Mapping[str, Any]]) -> Invalid:
    """What a validation found, as one error that names each field."""
    fields = [FieldError(".".join(str(part) for part in item["loc"]) or "body", _message(item)) for item in errors]
    named = "; ".join(f"{e.field}: {e.message}" for e in fields[:3])
    return Invalid("request.invalid", named, "Correct the named fields and send it again.", errors=fields[:50])


def _message(item: Mapping[str, Any]) -> str:
    if item["type"] == "extra_forbidden":
        return "is not a known field"
    return str(item["msg"])[:500]


def _headers_of(error: OrkworkError) -> dict[str, str]:
    """What a caller over the limit is told beside Retry-After."""
    if not isinstance(error, LimitReached):
        return {}
    limit, reset = error.extra["limit"], error.extra["retry_after_seconds"]
    return {"RateLimit-Limit": str(limit), "RateLimit-Remaining": "0", "RateLimit-Reset": str(reset)}


async def refused(request: Request, error: OrkworkError) -> Response:
    """The answer to a refused request, which counts against its caller's limit as a granted one does."""
    if not isinstance(error, LimitReached) and not caller.is_counted(request):
        try:
            await run_in_threadpool(caller.count_refused, request)
        except LimitReached as reached:
            error = reached
    response = problem(error)
    response.headers.update(caller.limit_headers(request) | _headers_of(error))
    return response


def install(app: FastAPI) -> None:
    """Answer every error of the API as a problem."""

    @app.exception_handler(OrkworkError)
    async def orkwork(request: Request, error: OrkworkError) -> Response:
        return await refused(request, error)

    @app.exception_handler(RequestValidationError)
    async def validation(request: Request, error: RequestValidationError) -> Response:
        return await refused(request, of_validation(error))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        code, title = _HTTP.get(error.status_code, ("request.refused", "Refused"))
        answer = OrkworkError(code, str(error.detail), "See /api/v2/docs.")
        answer.status, answer.title = error.status_code, title
        response = await refused(request, answer)
        if response.status_code == error.status_code:
            response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(OrkworkError("internal", "This is our fault; it is logged under the request id", "Try again."))
