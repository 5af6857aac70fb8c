"""What goes where, and how files leave: hashed ones for ever, pages fresh each time, framed by nobody else's page."""

import re
from typing import Any

_LASTING = re.compile(rb"^/(assets|i18n|fonts)/")
_API = ("/api/", "/healthz", "/readyz")
_KEEP = b"public, max-age=31536000, immutable"
_ASK = b"no-cache"
_SAFE = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
]


def beside(api: Any, pages: Any) -> Any:
    """The API and the pages as one app: what is the API's goes to it straight away."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        is_api = scope["type"] != "lifespan" and scope["path"].startswith(_API)
        await (api if is_api else pages)(scope, receive, send)

    return serve


def outside(app: Any) -> Any:
    """Wrap the whole app: headers for what is served from the build."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/api/", "/_")):
            return await app(scope, receive, send)
        keep = _KEEP if _LASTING.match(scope["path"].encode()) else _ASK

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                lasting = keep if message["status"] in (200, 206, 304) else _ASK
                known = {name.lower() for name, _ in message["headers"]}
                extra = [(b"cache-control", lasting), *_SAFE]
                message["headers"] = [*message["headers"], *(pair for pair in extra if pair[0] not in known)]
            await send(message)

        return await app(scope, receive, with_headers)

    return serve
