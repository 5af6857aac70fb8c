"""Keyset pages: every row once under each sort, with ties and while rows are added."""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.schemas import KeyIn
from orkwork.domains.auth import service as auth
from orkwork.domains.auth.schemas import InviteIn
from tests.factories import Company

BASE = "/api/v2"
SORTS = ["created_at", "-created_at", "updated_at", "-updated_at", "priority", "due_at", "key"]


def walk(http: TestClient, path: str, headers: dict[str, str], between: Any = None) -> list[Any]:
    """All rows of a list, a few at a time; `between` runs after each page."""
    rows: list[Any] = []
    cursor: str | None = ""
    for _ in range(200):
        page = http.get(f"{BASE}{path}{'&' if '?' in path else '?'}limit=7{cursor}", headers=headers)
        assert page.status_code == 200, page.text
        rows += page.json()["items"]
        if page.json()["next_cursor"] is None:
            return rows
        cursor = f"&cursor={page.json()['next_cursor']}"
        if between:
            between()
    raise AssertionError("the pages never end")


def fill(company: Company) -> tuple[Any, set[str]]:
    """Forty tasks full of ties."""
    project, due = company.project(), clock.now() + timedelta(days=1)
    priorities = ("urgent", "high", "medium", "low", "none")
    keys = {
        company.task(project, f"T{n % 3}", priority=priorities[n % 5], due_at=due if n % 3 else None).key
        for n in range(40)
    }
    return project, keys


@pytest.mark.parametrize("sort", SORTS)
def test_tasks_come_once_each_in_order_while_others_are_added(http: TestClient, company: Company, sort: str) -> None:
    project, keys = fill(company)
    rows = walk(http, f"/tasks?sort={sort}", company.owner.headers, lambda: company.task(project, "New"))
    found = [row["key"] for row in rows]
    assert len(found) == len(set(found))
    assert keys <= set(found)
    name = sort.removeprefix("-")
    ranks = {"urgent": 0, "high": 1, "medium": 2, "low": 3, "none": 4}
    values = [
        ranks[row[name]] if name == "priority" else int(row["key"][4:]) if name == "key" else row[name] or "9"
        for row in rows
    ]
    assert values == sorted(values, reverse=sort.startswith("-"))


def test_the_other_lists_come_once_each_too(http: TestClient, company: Company) -> None:
    worker = company.agent("CODE")
    project, _ = fill(company)
    for n in range(20):
        company.project(f"P{n // 2}")
        http.post(f"{BASE}/tasks/HAL-1/comments", json={"body": f"c{n}"}, headers=company.owner.headers)
        company.task(project, ready=True)
    http.post(f"{BASE}/tasks/claim", json={"limit": 20, "start": True}, headers=worker.headers)
    owner = company.owner.headers
    for path, count in (
        ("/projects", 21),
        ("/tasks/HAL-1/comments", 20),
        ("/executions", 20),
        ("/projects/HAL/tasks", 60),
    ):
        ids = [row["id"] for row in walk(http, path, owner)]
        assert len(ids) == len(set(ids)) == count, path
    seqs = [row["seq"] for row in walk(http, "/audit", owner)]
    assert len(seqs) == len(set(seqs)) > 100
    assert seqs == sorted(seqs, reverse=True)


def test_people_sessions_invites_and_keys_come_once_each_and_all_of_them(http: TestClient, company: Company) -> None:
    worker, owner = company.agent(), company.owner.headers
    for n in range(11):
        for role in (Role.VIEWER, Role.ADMIN):
            company.person(role, f"Sam {n % 2}")
        made = [company.do(auth.invite, InviteIn(name=f"I{n}")) for _ in range(2)]
        company.do(auth.revoke_invite, made[0].id)
        keys = [company.do(agents.create_key, worker.id, KeyIn(name=f"K{n}")) for _ in range(2)]
        company.do(agents.revoke_key, worker.id, keys[0].id)
    found = {path: walk(http, path, owner) for path in ("/users", "/sessions", "/invites", f"/agents/{worker.id}/keys")}
    assert [len({row["id"] for row in rows}) for rows in found.values()] == [23, 23, 22, 23]
    assert [len(rows) for rows in found.values()] == [23, 23, 22, 23]
    users, sessions, invites, keys = found.values()
    ranks = {"owner": 0, "admin": 1, "member": 2, "viewer": 3}
    assert users == sorted(users, key=lambda row: (ranks[row["role"]], row["name"]))
    assert [row["current"] for row in sessions] == [True] + [False] * 22
    assert [row["revoked_at"] is None for row in invites] == [True] * 11 + [False] * 11
    assert [row["revoked_at"] is None for row in keys] == [True] * 12 + [False] * 11
    assert http.get(f"{BASE}/users?limit=201", headers=owner).status_code == 422


PAGED = [
    "/tasks", "/tasks?sort=priority", "/tasks?sort=due_at", "/tasks?sort=key", "/projects", "/agents", "/executions",
    "/tasks/HAL-1/comments", "/audit", "/users", "/sessions", "/invites", "/agents/{agent}/keys",
    "/costs", "/intelligence/costs?group_by=model",
]  # fmt: skip
FORGED: list[Any] = [
    None, {}, [], [None], [True], [1.5], [10**30], ["x"], ["\x00"], ["infinity"], [["x"]], [{}], ["x", "y"], [7, 7], [True, True],
    ["2026-01-01", "x"], ["2026-01-01T00:00:00Z", "x"], ["infinity", "{}"], [40_000, str(uuid4())], ["name", "urn:uuid:" + "1" * 32],
    ["name", 7], ["\ud800", str(uuid4())], [2**63], [-(2**63) - 1], ["9" * 5000],
    [str(uuid4()), 2**31, str(uuid4())], [str(uuid4()), "1", "x"], ["x", 1, 1],
]  # fmt: skip


@pytest.mark.parametrize("path", PAGED)
def test_a_forged_cursor_is_named_and_never_reaches_the_database(http: TestClient, company: Company, path: str) -> None:
    company.task(company.project())
    path = path.format(agent=company.agent().id)
    for values in FORGED:
        cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
        answer = http.get(f"{BASE}{path}{'&' if '?' in path else '?'}cursor={cursor}", headers=company.owner.headers)
        if answer.status_code == 200:  # it is what this list could have given
            continue
        assert answer.status_code == 422, (values, answer.text)
        assert [error["field"] for error in answer.json()["errors"]] == ["cursor"], (values, answer.text)


def test_agents_of_one_name_are_all_listed(http: TestClient, company: Company) -> None:
    for _ in range(17):
        agent = company.agent("SAME \u200d👩")  # a joiner is text too, if not a printable one
        company.do(agents.retire_agent, agent.id)
    path = "/agents?status=retired&status=active"
    assert len({row["id"] for row in walk(http, path, company.owner.headers)}) == 17
