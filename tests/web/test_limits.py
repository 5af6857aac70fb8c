"""Rate limits: told in headers, held over processes, harmless without Redis."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from redis.exceptions import TimeoutError as RedisTimeout

from orkwork.core import live
from orkwork.core.settings import settings
from orkwork.domains.agents import rules as agent_rules
from orkwork.web import limits
from orkwork.web.app import create_api
from tests.factories import Company
from tests.web.servers import LIMIT

BASE = "/api/v2"


@pytest.fixture
def ten(environment: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ten requests a minute."""
    monkeypatch.setenv("ORKWORK_RATE_LIMIT_PER_MINUTE", "10")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_every_answer_says_what_is_left_and_the_last_says_when_to_return(
    http: TestClient, company: Company, ten: None
) -> None:
    answers = [http.get(f"{BASE}/me", headers=company.owner.headers) for _ in range(12)]
    assert [a.status_code for a in answers] == [200] * 10 + [429] * 2
    assert [int(a.headers["ratelimit-remaining"]) for a in answers] == [*range(9, -1, -1), 0, 0]
    assert {a.headers["ratelimit-limit"] for a in answers} == {"10"}
    refused = answers[-1]
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit-reset"] == refused.headers["retry-after"]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "/problems/request.rate"
    assert http.get(f"{BASE}/me", headers=company.agent().headers).status_code == 200, "another caller has its own"


def test_refusals_count_and_carry_the_headers_too(http: TestClient, company: Company, ten: None) -> None:
    answer = http.get(f"{BASE}/tasks/NO-1", headers=company.owner.headers)
    assert answer.status_code == 404
    assert answer.headers["ratelimit-remaining"] == "9"


def made_up(n: int) -> dict[str, str]:
    """A key with the right shape and checksum that nobody has."""
    return {"Authorization": f"Bearer {agent_rules.new_key()}"} if n % 2 else {"Authorization": f"Bearer guess-{n}"}


@pytest.mark.parametrize(
    ("path", "body"), [("/tasks", {"title": 7, "nonsense": 1}), ("/tasks?nonsense=1", {"title": "x"})]
)
def test_requests_that_fail_validation_count_against_their_caller(
    http: TestClient, company: Company, ten: None, path: str, body: Any
) -> None:
    headers = company.owner.headers
    answers = [http.post(BASE + path, json=body, headers=headers) for _ in range(12)]
    assert [a.status_code for a in answers] == [422] * 10 + [429] * 2
    assert [int(a.headers["ratelimit-remaining"]) for a in answers] == [*range(9, -1, -1), 0, 0]
    assert http.get(f"{BASE}/me", headers=headers).status_code == 429
    assert http.get(f"{BASE}/me", headers=company.agent().headers).status_code == 200


def test_a_bad_header_and_a_route_that_is_not_there_count_too(http: TestClient, company: Company, ten: None) -> None:
    headers = company.owner.headers
    for n in range(5):
        assert http.get(f"{BASE}/nowhere", headers=headers).headers["ratelimit-remaining"] == str(9 - 2 * n)
        refused = http.patch(f"{BASE}/me", json={}, headers=headers | {"If-Match": "x"})
        assert (refused.status_code, refused.headers["ratelimit-remaining"]) == (422, str(8 - 2 * n))
    assert http.get(f"{BASE}/nowhere", headers=headers).status_code == 429


def test_an_address_that_tries_many_made_up_keys_is_limited_and_good_keys_from_it_are_not(
    http: TestClient, company: Company, ten: None
) -> None:
    good = company.agent()
    answers = [http.get(f"{BASE}/me", headers=made_up(n)) for n in range(12)]
    assert [a.status_code for a in answers] == [401] * 10 + [429] * 2
    assert http.post(f"{BASE}/tasks", json={"bad": 1}, headers=made_up(99)).status_code == 429
    assert http.get(f"{BASE}/me").status_code == 429, "nobody at all counts against the address too"
    assert http.get(f"{BASE}/me", headers=good.headers).status_code == 200
    assert len(list(live.client().scan_iter("LIMITS*"))) == 2, "a made-up key has no window of its own"


def test_bad_requests_with_made_up_keys_count_against_the_address(
    http: TestClient, company: Company, ten: None
) -> None:
    answers = [http.post(f"{BASE}/tasks", json={"bad": 1}, headers=made_up(n)).status_code for n in range(12)]
    assert answers == [422] * 10 + [429] * 2


def test_a_good_request_asks_redis_once_at_most(
    http: TestClient, company: Company, ten: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, asked = company.agent(), []
    hit = limits.FixedWindowRateLimiter.hit
    monkeypatch.setattr(
        limits.FixedWindowRateLimiter, "hit", lambda *args, **kwargs: asked.append(args) or hit(*args, **kwargs)
    )
    for n in range(1, 6):
        assert http.get(f"{BASE}/me", headers=agent.headers).status_code == 200
        assert len(asked) == n  # the handful is one where ten are allowed


def test_redis_that_does_not_answer_stops_no_other_request(
    company: Company, ten: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, leave = threading.Event(), threading.Event()

    def silent(*_: Any, **__: Any) -> bool:
        reached.set()
        assert leave.wait(20)
        raise RedisTimeout

    monkeypatch.setattr(limits.FixedWindowRateLimiter, "hit", silent)

    async def both() -> tuple[int, int]:
        transport = httpx.ASGITransport(create_api(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=settings().address) as client:
            refused = asyncio.create_task(client.post(f"{BASE}/tasks", json={"bad": 1}))
            assert await asyncio.to_thread(reached.wait, 20)
            alive = await client.get("/healthz")
            monkeypatch.undo()
            leave.set()
            return (await refused).status_code, alive.status_code

    assert asyncio.run(both()) == (422, 200)


def test_a_new_window_lets_in_again(
    http: TestClient, company: Company, ten: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [http.get(f"{BASE}/me", headers=company.owner.headers).status_code for _ in range(11)][-1] == 429
    live.client().flushdb()  # what Redis does when the window ends
    monkeypatch.setattr(limits.time, "time", lambda later=time.time() + 61: later)
    assert http.get(f"{BASE}/me", headers=company.owner.headers).status_code == 200


def test_the_limit_holds_over_two_processes(servers: list[str], company: Company) -> None:
    agent = company.agent()

    def ask(n: int) -> int:
        return httpx.get(f"{servers[n % 2]}{BASE}/agents/me", headers=agent.headers, timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(LIMIT + 80)))
    granted = found.count(200)
    assert granted + found.count(429) == LIMIT + 80
    assert LIMIT - 2 * limits.LEASE <= granted <= LIMIT


def test_without_redis_it_still_answers_and_still_counts(
    http: TestClient, company: Company, ten: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    for cached in (settings, limits._limiters, live.client):
        cached.cache_clear()
    try:
        answers = [http.get(f"{BASE}/me", headers=company.owner.headers).status_code for _ in range(12)]
        made = http.post(f"{BASE}/projects", json={"name": "Halyard"}, headers=company.agent().headers)
        ready = http.get("/readyz")
    finally:
        monkeypatch.undo()
        for cached in (settings, limits._limiters, live.client):
            cached.cache_clear()
    assert answers == [200] * 10 + [429] * 2
    assert made.status_code == 201
    assert ready.status_code == 200
    assert ready.json() == {"status": "degraded", "dependencies": {"database": "ok", "redis": "unavailable"}}
