"""Keyset pages: every row once under each sort, with ties and while rows are added."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from orkwork.core import clock
from orkwork.domains.agents import service as agents
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


def test_agents_of_one_name_are_all_listed(http: TestClient, company: Company) -> None:
    for _ in range(17):
        agent = company.agent("SAME")
        company.do(agents.retire_agent, agent.id)
    path = "/agents?status=retired&status=active"
    assert len({row["id"] for row in walk(http, path, company.owner.headers)}) == 17
