"""Idempotency-Key: one effect, and the same answer byte for byte."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from orkwork.core import db
from tests.factories import Company

BASE = "/api/v2"


def count(table: str) -> int:
    with db.engine().connect() as connection:
        return connection.exec_driver_sql(f"select count(*) from {table}").scalar_one()


def seen(answer: Any) -> tuple[int, str, bytes, str | None]:
    return answer.status_code, answer.headers["content-type"], answer.content, answer.headers.get("etag")


def test_a_retry_gets_the_same_answer_byte_for_byte_and_does_nothing(http: TestClient, company: Company) -> None:
    body = {"project_id": str(company.project().id), "title": "Once"}
    headers = company.owner.headers | {"Idempotency-Key": "k1"}
    first = http.post(f"{BASE}/tasks", json=body, headers=headers)
    http.patch(f"{BASE}/tasks/HAL-1", json={"title": "Changed since"}, headers=company.owner.headers)
    events = count("events")
    again = http.post(f"{BASE}/tasks", json=body, headers=headers)
    assert first.status_code == 201
    assert seen(again) == seen(first)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert (count("tasks"), count("events")) == (1, events)


def test_another_body_or_path_under_the_same_key_is_409(http: TestClient, company: Company) -> None:
    project = str(company.project().id)
    headers = company.owner.headers | {"Idempotency-Key": "k1"}
    assert http.post(f"{BASE}/tasks", json={"project_id": project, "title": "A"}, headers=headers).status_code == 201
    other = http.post(f"{BASE}/tasks", json={"project_id": project, "title": "B"}, headers=headers)
    assert other.status_code == 409
    assert other.json()["type"] == "/problems/request.idempotency"
    assert http.post(f"{BASE}/tasks/HAL-1/comments", json={"body": "x"}, headers=headers).status_code == 409
    assert (count("tasks"), count("task_comments")) == (1, 0)


def test_another_actors_same_key_is_its_own(http: TestClient, company: Company) -> None:
    body = {"project_id": str(company.project().id), "title": "Mine"}
    keys = [
        http.post(f"{BASE}/tasks", json=body, headers=who | {"Idempotency-Key": "same"}).json()["key"]
        for who in (company.owner.headers, company.agent().headers, company.agent().headers)
    ]
    assert keys == ["HAL-1", "HAL-2", "HAL-3"]


def test_a_refused_request_keeps_no_key(http: TestClient, company: Company) -> None:
    project = company.project()
    headers = company.owner.headers | {"Idempotency-Key": "k1"}
    for body in ({"title": "x"}, {"project_id": str(project.id), "title": "x", "depends_on": ["HAL-99"]}):
        assert http.post(f"{BASE}/tasks", json=body, headers=headers).status_code == 422
    viewer = company.person(company.owner.actor.role.VIEWER)  # pyright: ignore[reportOptionalMemberAccess]
    good = {"project_id": str(project.id), "title": "x"}
    refused = http.post(f"{BASE}/tasks", json=good, headers=viewer.headers | {"Idempotency-Key": "k1"})
    assert refused.status_code == 403
    assert (count("idempotency_keys"), count("tasks")) == (0, 0)
    assert http.post(f"{BASE}/tasks", json=good, headers=headers).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "é\x80"])
def test_a_bad_key_is_named(http: TestClient, company: Company, key: str) -> None:
    headers = [*company.owner.headers.items(), ("Idempotency-Key", key.encode("latin-1"))]
    response = http.post(f"{BASE}/projects", json={"name": "X"}, headers=headers)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize("path", ["agents/{agent}/keys", "invites"])
def test_an_answer_with_a_secret_is_never_kept(http: TestClient, company: Company, path: str) -> None:
    headers = company.owner.headers | {"Idempotency-Key": "secret"}
    path = f"{BASE}/{path.format(agent=company.agent().id)}"
    body = {"name": "ci"}
    made = http.post(path, json=body, headers=headers)
    assert made.status_code == 201, made.text
    assert count("idempotency_keys") == 0


MANY: list[tuple[str, Any, str, int]] = [
    ("/tasks", {"title": "Once", "ready": True}, "tasks", 1),
    (
        "/tasks/bulk",
        {"tasks": [{"ref": "a", "title": "A"}, {"ref": "b", "title": "B", "depends_on": ["a"]}]},
        "tasks",
        2,
    ),
    ("/tasks/claim", {"limit": 2, "start": True}, "task_executions", 2),
    ("/costs", {"provider": "openai", "model": "gpt-4o", "input_tokens": 9}, "costs", 1),
    ("/tasks/HAL-1/comments", {"body": "hello"}, "task_comments", 1),
]


@pytest.mark.parametrize(("path", "body", "table", "rows"), MANY)
def test_twenty_racing_retries_have_one_effect_and_twenty_equal_answers(
    servers: list[str], company: Company, path: str, body: Any, table: str, rows: int
) -> None:
    agent, project = company.agent(), company.project()
    if "HAL-1" in path or "claim" in path:
        for _ in range(5):
            company.task(project, ready=True)
    if path in ("/tasks", "/tasks/bulk"):
        body = body | {"project_id": str(project.id)}
    headers = agent.headers | {"Idempotency-Key": "race"}

    def send(n: int) -> httpx.Response:
        return httpx.post(f"{servers[n % 2]}{BASE}{path}", json=body, headers=headers, timeout=30)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert {a.status_code for a in answers} <= {200, 201}, answers[0].text
    assert len({seen(a) for a in answers}) == 1
    assert sum("idempotent-replayed" in a.headers for a in answers) == 19
    assert count(table) == rows
