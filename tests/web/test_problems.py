"""Refusals: one shape, a stable type, and the name of each bad field."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from tests.factories import Company

BASE = "/api/v2"
MEDIA_TYPE = "application/problem+json"


def named(response: Any) -> list[str]:
    """The fields that a problem names."""
    assert response.headers["content-type"] == MEDIA_TYPE, response.text
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"].startswith("/problems/")
    assert body["detail"]
    return [error["field"] for error in body["errors"]]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1/tasks", f"{BASE}/nothing", f"{BASE}/tasks/a/b/c/d"])
def test_an_unknown_address_under_api_is_a_problem_and_not_a_page(http: TestClient, path: str) -> None:
    response = http.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert named(response) == []
    assert response.json()["type"] == "/problems/request.no_route"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/me", "GET, PATCH"),
        ("PUT", "/tasks", "GET, POST"),
        ("GET", "/tasks/HAL-1/transition", "POST"),
        ("POST", "/audit", "GET"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(http: TestClient, method: str, path: str, allowed: str) -> None:
    response = http.request(method, BASE + path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
    assert response.json()["type"] == "/problems/request.method"


def test_nobody_gets_401_with_the_way_in(http: TestClient) -> None:
    response = http.get(f"{BASE}/tasks")
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    named(response)


def test_what_is_not_there_is_404_and_says_where_to_look(http: TestClient, company: Company) -> None:
    for path in ("tasks/HAL-9", f"tasks/{uuid4()}", f"agents/{uuid4()}", "projects/NONE", f"executions/{uuid4()}"):
        response = http.get(f"{BASE}/{path}", headers=company.owner.headers)
        assert response.status_code == 404
        named(response)
        assert response.json()["hint"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["title", "project_id"]),
        ({"title": "x", "project_id": "no"}, ["project_id"]),
        ({"title": "x", "project_id": str(uuid4())}, ["project_id"]),
        ({"title": "x", "project_id": str(uuid4()), "colour": "red"}, ["colour"]),
        (
            {"title": "x", "project_id": str(uuid4()), "acceptance_criteria": [{"text": "a"}, {"text": ""}]},
            ["acceptance_criteria.1.text"],
        ),
        ({"title": "x", "project_id": str(uuid4()), "external_id": "7"}, ["external_id"]),
        ({"title": "x", "project_id": str(uuid4()), "due_at": "2026-01-01T00:00:00"}, ["due_at"]),
        ({"title": "x", "project_id": str(uuid4()), "due_at": "9999-12-31T23:59:59-14:00"}, ["due_at"]),
        ({"title": "x", "project_id": str(uuid4()), "due_at": "0001-01-01T00:00:00+14:00"}, ["due_at"]),
        ({"title": "x", "project_id": str(uuid4()), "labels": ["a", 7, "\x00"]}, ["labels.1", "labels.2"]),
        ([], ["body"]),
        ("x", ["body"]),
    ],
)
def test_each_bad_field_of_a_body_is_named(http: TestClient, company: Company, body: Any, fields: list[str]) -> None:
    response = http.post(f"{BASE}/tasks", json=body, headers=company.owner.headers)
    assert response.status_code == 422
    assert named(response) == fields


def test_a_bad_field_deep_in_a_bulk_is_named_with_its_place(http: TestClient, company: Company) -> None:
    project = company.project()
    tasks: list[dict[str, Any]] = [{"ref": str(n), "title": f"T{n}"} for n in range(4)]
    tasks[3]["acceptance_criteria"] = [{"text": "fine"}, {"txt": "not"}]
    response = http.post(
        f"{BASE}/tasks/bulk", json={"project_id": str(project.id), "tasks": tasks}, headers=company.owner.headers
    )
    assert response.status_code == 422
    assert named(response) == ["tasks.3.acceptance_criteria.1.text", "tasks.3.acceptance_criteria.1.txt"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/tasks?colour=red", "colour"),
        ("/tasks?status=DONE", "status.0"),
        ("/tasks?limit=0", "limit"),
        ("/tasks?limit=201", "limit"),
        ("/tasks?sort=title", "sort"),
        ("/tasks?assignee=you", "assignee"),
        ("/tasks/HAL-1?expand=all", "expand"),
        ("/tasks/HAL-1/comments?page=2", "page"),
        ("/tasks/graph?project=HAL&depth=3", "depth"),
        ("/me?x=1", "x"),
        ("/agents/me?x=1", "x"),
        ("/costs?agent=1", "agent"),
        ("/audit?from=yesterday", "from"),
        ("/audit/verify?position=3", "position"),
        ("/intelligence/costs?group_by=colour", "group_by"),
    ],
)
def test_a_bad_or_unknown_query_parameter_is_named(http: TestClient, company: Company, path: str, field: str) -> None:
    company.task(company.project())
    response = http.get(BASE + path, headers=company.owner.headers)
    assert response.status_code == 422, response.text
    assert named(response) == [field]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "bm90IGpzb24",
        "W10",  # []
        "WyJhIl0",  # ["a"]
        "WyJhIiwiYiJd",  # ["a","b"]
        "WyJcdWQ4MDAiLCAiXHVkODAwIl0",  # lone surrogates
        "WyJcdTAwMDAiLCAiXHUwMDAwIl0",  # NUL
        "WyLCsiJd",  # ["²"]
        "W05hTiwgTmFOXQ",  # [NaN, NaN]
        "W1tdLCB7fV0",
        "é",
        "5" * 1999,
    ],
)
@pytest.mark.parametrize("path", ["tasks", "agents", "projects", "executions", "costs", "audit", "intelligence/costs"])
def test_a_made_up_cursor_is_refused(http: TestClient, company: Company, path: str, cursor: str) -> None:
    response = http.get(f"{BASE}/{path}?cursor={cursor}", headers=company.owner.headers)
    if path == "intelligence/costs" and cursor in ("WyJhIl0", "WyLCsiJd"):
        assert response.status_code == 200  # any text is a place between its keys
        return
    assert response.status_code == (400 if cursor == "%00" else 422), response.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"", 422),
        (b'{"title": "\xff\xfe"}', 400),
        (b'{"title": NaN, "project_id": Infinity}', 422),
        (b"[" * 10_000, 400),
        (b'{"title":' * 10_000, 400),
        (b'{"title": ' + b"9" * 5000 + b"}", 400),
        (b'{"\\ud800": 1}', 422),
        (b'{"title": "\\ud800"}', 422),
        (b'{"a": "' + b"x" * 3_000_000 + b'"}', 422),
    ],
)
def test_a_body_that_is_not_json_is_refused(http: TestClient, company: Company, body: bytes, status: int) -> None:
    headers = company.owner.headers | {"Content-Type": "application/json"}
    response = http.post(f"{BASE}/tasks", content=body, headers=headers)
    assert response.status_code in (status, 422, 400), response.text
    named(response)
    assert response.status_code == status


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_body_of_another_media_type_is_refused(http: TestClient, company: Company, media_type: str) -> None:
    headers = company.owner.headers | {"Content-Type": media_type}
    response = http.post(f"{BASE}/projects", content=b'{"name": "X"}', headers=headers)
    assert response.status_code in (415, 422)
    named(response)


def test_a_body_beyond_the_bound_is_413_whether_its_length_is_told_or_not(http: TestClient, company: Company) -> None:
    headers = company.owner.headers | {"Content-Type": "application/json"}
    huge = b"x" * (33 * 1024 * 1024)
    told = http.post(f"{BASE}/tasks", content=huge, headers=headers)
    streamed = http.post(
        f"{BASE}/tasks", content=(huge[i : i + 1_048_576] for i in range(0, len(huge), 1_048_576)), headers=headers
    )
    assert (told.status_code, streamed.status_code) == (413, 413)
    assert named(told) == named(streamed) == []


def test_a_nul_in_the_address_is_400(http: TestClient, company: Company) -> None:
    for path in ("tasks/HAL%00", "tasks?text=%00"):
        assert http.get(f"{BASE}/{path}", headers=company.owner.headers).status_code == 400


@pytest.mark.parametrize("header", ["x", '"1.5"', "-1", '"1", "2"', "9" * 40])
def test_a_bad_if_match_is_named(http: TestClient, company: Company, header: str) -> None:
    company.task(company.project())
    headers = company.owner.headers | {"If-Match": header}
    response = http.patch(f"{BASE}/tasks/HAL-1", json={"title": "y"}, headers=headers)
    assert response.status_code == 422
    assert named(response) == ["If-Match"]


def test_a_comment_too_long_for_a_move_is_named_and_nothing_moves(http: TestClient, company: Company) -> None:
    company.task(company.project())
    body = {"to": "PLANNING", "comment": "x" * 50_001}
    response = http.post(f"{BASE}/tasks/HAL-1/transition", json=body, headers=company.owner.headers)
    assert response.status_code == 422
    assert named(response) == ["comment"]
    assert http.get(f"{BASE}/tasks/HAL-1", headers=company.owner.headers).json()["status"] == "CREATED"


def test_a_refused_move_names_the_legal_ones_beside_the_standard_members(http: TestClient, company: Company) -> None:
    company.task(company.project())
    response = http.post(f"{BASE}/tasks/HAL-1/transition", json={"to": "REVIEW"}, headers=company.owner.headers)
    assert response.status_code == 409
    named(response)
    assert response.json()["allowed"] == ["PLANNING", "CANCELLED"]
    assert response.json()["task_status"] == "CREATED"
