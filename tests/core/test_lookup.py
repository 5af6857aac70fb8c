"""What an operation begins with is read together with who calls, and answers the same as apart."""

from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from orkwork.core import door
from orkwork.domains.tasks.queries import tasks as queries
from tests.factories import Company

BASE = "/api/v2"


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that go to the database from now on."""
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def noting(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(query.decode() if isinstance(query, bytes) else str(query))
        return execute(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", noting)
    return sent


def test_a_task_is_read_with_its_caller_in_one_statement(
    http: TestClient, company: Company, statements: list[str]
) -> None:
    agent, task = company.agent(), company.task(company.project())
    http.get(f"{BASE}/me", headers=agent.headers)  # notes that the key was used
    for ref in (task.id, task.key, task.key.lower()):
        statements.clear()
        answer = http.get(f"{BASE}/tasks/{ref}", headers=agent.headers)
        assert answer.status_code == 200
        assert answer.json()["id"] == str(task.id)
        assert len(statements) == 1


def test_a_move_takes_one_statement_to_look_and_one_to_move(
    http: TestClient, company: Company, statements: list[str]
) -> None:
    agent, task = company.agent(), company.task(company.project())
    http.get(f"{BASE}/me", headers=agent.headers)
    statements.clear()
    answer = http.post(f"{BASE}/tasks/{task.id}/transition", json={"to": "PLANNING"}, headers=agent.headers)
    assert answer.status_code == 200
    assert len(statements) == 2


def test_what_a_caller_may_not_see_is_not_found_either_way(http: TestClient, company: Company) -> None:
    hidden, open_to_it = company.project("Hidden"), company.project("Open")
    agent = company.agent(project_ids=[str(open_to_it.id)])
    secret, shown = company.task(hidden), company.task(open_to_it)
    assert http.get(f"{BASE}/tasks/{shown.id}", headers=agent.headers).status_code == 200
    for ref in (secret.id, secret.key):
        assert http.get(f"{BASE}/tasks/{ref}", headers=agent.headers).status_code == 404
        moved = http.post(f"{BASE}/tasks/{ref}/transition", json={"to": "PLANNING"}, headers=agent.headers)
        assert moved.status_code == 404
    assert http.get(f"{BASE}/tasks/{secret.id}", headers=company.owner.headers).status_code == 200


def test_a_row_that_was_read_ahead_is_used_once(company: Company) -> None:
    task = company.task(company.project())
    lookup = queries.task_lookup(task.id)

    def body(work: Any) -> None:
        first = work.look_up(lookup)
        work.sql("update tasks set title = 'changed', version = version + 1 where id = %(id)s", {"id": task.id})
        assert work.look_up(lookup)["version"] == first["version"] + 1

    door.run(company.owner.actor, body, write=True)
