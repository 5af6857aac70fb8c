"""Headers of every answer: request id, version, security."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.factories import Company

BASE = "/api/v2"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", f"{BASE}/me", f"{BASE}/nothing", f"{BASE}/openapi.json"])
def test_every_answer_carries_the_callers_request_id(http: TestClient, path: str) -> None:
    response = http.get(path, headers={"X-Request-ID": "trace-7.A_b"})
    assert response.headers["x-request-id"] == "trace-7.A_b"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("bad", ["", " ", "a b", "x" * 65, "a\tb", "<script>", "é".encode("latin-1"), "a;b"])
def test_a_request_id_that_is_none_is_replaced(http: TestClient, bad: str | bytes) -> None:
    sent: Any = [("X-Request-ID", bad)]
    given = http.get("/healthz", headers=sent).headers["x-request-id"]
    assert len(given) == 32
    assert given != bad


def test_the_request_id_stands_in_the_problem_and_in_the_event(http: TestClient, company: Company) -> None:
    headers = company.owner.headers | {"X-Request-ID": "req-42"}
    assert http.get(f"{BASE}/tasks/NO-1", headers=headers).json()["request_id"] == "req-42"
    http.post(f"{BASE}/projects", json={"name": "Halyard"}, headers=headers)
    [event] = http.get(f"{BASE}/audit?request_id=req-42", headers=company.owner.headers).json()["items"]
    assert event["name"] == "project.created"
    assert event["actor_id"] == str(company.owner.actor.id)
    assert event["ip"] == "testclient"


PATCHED = [
    ("/tasks/HAL-1", {"title": "New"}, {"title": "Newer"}),
    ("/projects/HAL", {"name": "New"}, {"name": "Newer"}),
    ("/agents/{agent}", {"role": "Tester"}, {"role": "Engineer"}),
    ("/settings", {"name": "Acme"}, {"name": "Acme 2"}),
    ("/users/{user}", {"role": "member"}, {"role": "viewer"}),
    ("/me", {"name": "Ann"}, {"name": "Anna"}),
]


@pytest.mark.parametrize(("path", "first", "second"), PATCHED)
def test_patch_takes_if_match_and_refuses_a_stale_version(
    http: TestClient, company: Company, path: str, first: dict, second: dict
) -> None:
    company.task(company.project())
    person = company.person(company.owner.actor.role.MEMBER)  # pyright: ignore[reportOptionalMemberAccess]
    path = BASE + path.format(agent=company.agent().id, user=person.actor.id)
    headers = company.owner.headers
    one = http.patch(path, json=first, headers=headers)
    assert one.status_code == 200, one.text
    etag = one.headers["etag"]
    assert etag == f'"{one.json()["version"]}"'
    two = http.patch(path, json=second, headers=headers | {"If-Match": etag})
    assert two.status_code == 200
    assert two.headers["etag"] != etag
    stale = http.patch(path, json=first, headers=headers | {"If-Match": etag})
    assert stale.status_code == 412
    assert stale.json()["current_version"] == two.json()["version"]
    weak = http.patch(path, json=first, headers=headers | {"If-Match": f"W/{two.headers['etag']}"})
    assert weak.status_code == 200


def test_an_executions_report_takes_if_match_too(http: TestClient, company: Company) -> None:
    agent = company.agent()
    company.task(company.project(), ready=True)
    [claim] = http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=agent.headers).json()["claims"]
    path, body = f"{BASE}/executions/{claim['execution']['id']}", {"fence": claim["fence"], "progress": 10}
    fresh = http.patch(path, json=body, headers=agent.headers | {"If-Match": '"1"'})
    assert fresh.status_code == 200, fresh.text
    assert http.patch(path, json=body, headers=agent.headers | {"If-Match": '"1"'}).status_code == 412


def test_a_patch_that_changes_nothing_keeps_the_version_and_writes_no_event(http: TestClient, company: Company) -> None:
    company.task(company.project(), title="Same")
    before = http.get(f"{BASE}/audit", headers=company.owner.headers).json()["items"][0]["seq"]
    answer = http.patch(f"{BASE}/tasks/HAL-1", json={"title": "Same"}, headers=company.owner.headers)
    assert answer.json()["version"] == 1
    assert http.get(f"{BASE}/audit", headers=company.owner.headers).json()["items"][0]["seq"] == before
