"""Idempotency-Key: one effect, and the same answer byte for byte."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core import clock, db, door
from orkwork.core.actor import system
from orkwork.core.settings import settings
from orkwork.domains.auth import service as auth_service
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


SECRETS = [("agents/{agent}/keys", "api_keys", "key"), ("invites", "invites", "url")]


@pytest.mark.parametrize(("path", "table", "field"), SECRETS)
def test_an_answer_with_a_secret_is_given_again_and_lies_nowhere_readable(
    http: TestClient, company: Company, path: str, table: str, field: str
) -> None:
    headers = company.owner.headers | {"Idempotency-Key": "secret"}
    path = f"{BASE}/{path.format(agent=company.agent().id)}"
    before = count(table)
    made, again = (http.post(path, json={"name": "ci"}, headers=headers) for _ in range(2))
    assert made.status_code == 201, made.text
    assert seen(again) == seen(made)
    assert again.headers["idempotent-replayed"] == "true"
    assert http.post(path, json={"name": "other"}, headers=headers).status_code == 409
    assert count(table) == before + 1
    secret = made.json()[field].rpartition("=")[2]
    assert not found_in_database(secret)
    assert found_in_database(made.json()["id"]), "the search finds what is there"


def found_in_database(text: str) -> list[str]:
    """The tables in which a text stands, as text or as bytes."""
    with db.engine().connect() as connection:
        names = connection.exec_driver_sql("select tablename from pg_tables where schemaname = 'public'").scalars()
        return [
            name
            for name in list(names)
            if connection.exec_driver_sql(
                f'select exists (select from "{name}" t where strpos(t::text, %(text)s) > 0 or strpos(t::text, %(hex)s) > 0)',
                {"text": text, "hex": text.encode().hex()},
            ).scalar_one()
        ]


def test_a_secret_kept_under_another_installations_secret_is_refused_and_made_once(
    http: TestClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = company.owner.headers | {"Idempotency-Key": "secret"}
    assert http.post(f"{BASE}/invites", json={"name": "ci"}, headers=headers).status_code == 201
    monkeypatch.setattr(settings(), "secret", "another")
    again = http.post(f"{BASE}/invites", json={"name": "ci"}, headers=headers)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/request.idempotency_secret")
    assert count("invites") == 1


def test_the_clock_forgets_keys_after_two_days_and_no_sooner(http: TestClient, company: Company) -> None:
    body = {"project_id": str(company.project().id), "title": "Once"}
    headers = company.owner.headers | {"Idempotency-Key": "k1"}
    assert http.post(f"{BASE}/tasks", json=body, headers=headers).status_code == 201
    now = clock.now()
    for hours, left in ((47, 1), (49, 0)):
        with time_machine.travel(now + timedelta(hours=hours)):
            door.run(system("test"), auth_service.forget_expired, write=True)
        assert count("idempotency_keys") == left
    assert http.post(f"{BASE}/tasks", json=body, headers=headers).json()["key"] == "HAL-2"


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
    race(servers, path, body, agent.headers)
    assert count(table) == rows


@pytest.mark.parametrize(("path", "table", "field"), SECRETS)
def test_twenty_racing_retries_make_one_secret(
    servers: list[str], company: Company, path: str, table: str, field: str
) -> None:
    path, before = f"/{path.format(agent=company.agent().id)}", count(table)
    answers = race(servers, path, {"name": "ci"}, company.owner.headers)
    assert count(table) == before + 1
    assert answers[0].json()[field]


def race(servers: list[str], path: str, body: Any, headers: dict[str, str]) -> list[httpx.Response]:
    """The answers to twenty equal requests at once, which have to be one and the same."""
    headers = headers | {"Idempotency-Key": "race"}

    def send(n: int) -> httpx.Response:
        server = servers[n % 2]
        return httpx.post(f"{server}{BASE}{path}", json=body, headers=headers | {"Origin": server}, timeout=30)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert {a.status_code for a in answers} <= {200, 201}, answers[0].text
    assert len({seen(a) for a in answers}) == 1
    assert sum("idempotent-replayed" in a.headers for a in answers) == 19
    return answers
