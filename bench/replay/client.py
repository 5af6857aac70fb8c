"""A small client of the public API: keys, idempotency keys, and patience with a server that is away or busy."""

import asyncio
import hashlib
import random
from collections import Counter
from decimal import Decimal
from typing import Any

import httpx

BASE = "/api/v2"
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
PATIENCE = 12
PATIENCE_WITH_FAULTS = 3
"""A 500 is a fault of the server's that seldom goes away by itself."""
LONGEST_WAIT = 10.0


class Refused(Exception):
    """The API said no: the status and its problem document."""

    def __init__(self, method: str, path: str, response: httpx.Response) -> None:
        self.status = response.status_code
        try:
            self.problem = response.json()
        except ValueError:
            self.problem = {"detail": response.text[:300]}
        super().__init__(f"{method} {path}: {self.status} {self.problem}")


class Client:
    """One caller of the API."""

    def __init__(
        self,
        url: str,
        *,
        key: str = "",
        cookie: str = "",
        name: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = name
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        if cookie:
            self.headers |= {"Cookie": cookie, "Origin": url.rstrip("/")}
        limits = httpx.Limits(max_connections=8, max_keepalive_connections=8)
        self.http = httpx.AsyncClient(
            base_url=url.rstrip("/"), headers=self.headers, limits=limits, timeout=120, transport=transport
        )
        self.statuses: Counter[int] = Counter()
        self.retries = 0
        self.shortest_wait = 0.05
        self.replays = 0

    async def get(self, path: str, **params: Any) -> Any:
        """GET a document."""
        return await self.send("GET", path, params=params)

    async def post(self, path: str, body: dict | None, key: str) -> Any:
        """POST with an idempotency key, the same one at every retry."""
        return await self.send("POST", path, body=body, key=key)

    async def patch(self, path: str, body: dict, key: str) -> Any:
        """PATCH with an idempotency key."""
        return await self.send("PATCH", path, body=body, key=key)

    async def every(self, path: str, limit: int = 200, **params: Any) -> list[dict]:
        """All rows of a list, page by page."""
        rows: list[dict] = []
        cursor = None
        while True:
            page = await self.get(path, **params, limit=limit, **({"cursor": cursor} if cursor else {}))
            rows += page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return rows

    async def send(
        self, method: str, path: str, *, body: dict | None = None, params: dict | None = None, key: str = ""
    ) -> Any:
        """Send until there is an answer; a refusal raises `Refused`. Numbers with a point arrive as Decimal."""
        headers = {"Idempotency-Key": key} if key else {}
        for attempt in range(PATIENCE + 1):
            try:
                response = await self.http.request(method, BASE + path, json=body, params=params, headers=headers)
            except httpx.TransportError:
                if attempt == PATIENCE:
                    raise
                await self._wait(attempt, None)
                continue
            patience = PATIENCE_WITH_FAULTS if response.status_code == 500 else PATIENCE
            if response.status_code in AGAIN and attempt < patience:
                await self._wait(attempt, response.headers.get("Retry-After"))
                continue
            return self._read(method, path, response)
        raise AssertionError("unreachable")

    def _read(self, method: str, path: str, response: httpx.Response) -> Any:
        self.statuses[response.status_code] += 1
        self.replays += "Idempotent-Replayed" in response.headers or "Idempotency-Replayed" in response.headers
        if response.status_code >= 300:
            raise Refused(method, path, response)
        return response.json(parse_float=Decimal) if response.content else None

    async def _wait(self, attempt: int, asked: str | None) -> None:
        self.retries += 1
        seconds = min(LONGEST_WAIT, self.shortest_wait * 2**attempt) * random.uniform(0.5, 1)
        if asked and asked.isdigit():
            seconds = max(seconds, min(60.0, float(asked)))
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()


def stable_key(*parts: object) -> str:
    """An idempotency key or outside id that is the same whenever the same step is taken."""
    text = ":".join(map(str, parts))
    return text if len(text) <= 100 else f"{text[:60]}~{hashlib.sha256(text.encode()).hexdigest()[:32]}"
