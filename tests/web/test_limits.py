"""Rate limits: told in headers, held over processes, harmless without Redis."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi.testclient import TestClient

from orkwork.core import live
from orkwork.core.settings import settings
from orkwork.web import limits
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
