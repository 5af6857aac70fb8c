"""The public API as a made-up agent calls it: patient with a server that is away, once-only for what it sends."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from orkwork.demo.news import News

BASE = "/api/v2"
LONGEST_WAIT = 5.0


class Dismissed(Exception):
    """The key does not work any more: the demo was removed, or another one took over."""


class Refused(Exception):
    """The server says no; the player goes on with something else."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep what the server said."""
        super().__init__(message)
        self.status, self.code = status, code


class Api:
    """One agent's calls."""

    def __init__(self, http: httpx.AsyncClient, key: str, news: News, pace: float = 1.0) -> None:
        """Call through a shared client with a key of one's own; `pace` 2 waits half as long everywhere."""
        self._http, self._news, self._pace = http, news, pace
        self._headers = {"Authorization": f"Bearer {key}"}

    async def pause(self, seconds: float) -> None:
        """Do nothing for a while."""
        await asyncio.sleep(seconds / self._pace)

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        """Read."""
        return await self._call("GET", path, params=params)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Write; what is sent again after a lost answer happens once."""
        return await self._call("POST", path, json=body, headers={"Idempotency-Key": uuid4().hex})

    async def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change."""
        return await self._call("PATCH", path, json=body)

    async def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        headers = self._headers | request.pop("headers", {})
        wait = 0.5
        while True:
            try:
                answer = await self._http.request(method, BASE + path, headers=headers, **request)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                self._news.here()
                return _read(answer)
            self._news.away()
            await asyncio.sleep(_seconds(answer) or wait)
            wait = min(wait * 2, LONGEST_WAIT)


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code == 401:
        raise Dismissed
    if answer.is_success:
        return answer.json() if answer.content else {}
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    raise Refused(answer.status_code, str(problem.get("type", "")), str(problem.get("detail", answer.status_code)))


def _seconds(answer: httpx.Response | None) -> float | None:
    """How long the server asks to be left alone."""
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    return min(float(asked), 60.0) if asked.isdigit() else None
