"""A whole graph in one request: all of it or nothing."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from orkwork.core import db
from tests.domains.tasks.plans import many_tasks, nodes, plans_of
from tests.domains.tasks.racing import faults
from tests.factories import Company

BASE = "/api/v2"


def kept() -> tuple[int, int, int]:
    with db.engine().connect() as connection:
        tables = ("tasks", "task_dependencies", "events where name = 'task.created'")
        counts = [connection.exec_driver_sql(f"select count(*) from {t}").scalar_one() for t in tables]
    return counts[0], counts[1], counts[2]


def graph(*edges: tuple[str, list[str]]) -> list[dict[str, Any]]:
    return [{"ref": ref, "title": f"Task {ref}", "depends_on": needs} for ref, needs in edges]


@pytest.mark.parametrize(
    ("tasks", "status", "field"),
    [
        (graph(("a", ["b"]), ("b", ["c"]), ("c", ["a"])), 409, None),
        (graph(("a", ["a"])), 409, None),
        (graph(("a", []), ("b", ["a", "nowhere"])), 422, "tasks.1.depends_on"),
        (graph(("a", []), ("a", [])), 422, "tasks"),
        ([*graph(("a", [])), {"ref": "b", "title": ""}], 422, "tasks.1.title"),
        ([], 422, "tasks"),
    ],
)
def test_one_fault_refuses_the_whole_and_is_named(
    http: TestClient, company: Company, tasks: list[Any], status: int, field: str | None
) -> None:
    body = {"project_id": str(company.project().id), "tasks": tasks}
    answer = http.post(f"{BASE}/tasks/bulk", json=body, headers=company.owner.headers)
    assert answer.status_code == status, answer.text
    assert [e["field"] for e in answer.json()["errors"]] == ([field] if field else [])
    assert kept() == (0, 0, 0)
    made = http.post(
        f"{BASE}/tasks", json={"project_id": body["project_id"], "title": "Next"}, headers=company.owner.headers
    )
    assert made.json()["key"] == "HAL-1", "no number was used up"


def test_refs_keys_and_ids_are_taken_and_a_repeated_one_counts_once(http: TestClient, company: Company) -> None:
    project = company.project()
    old = company.task(project)
    tasks = graph(("HAL-1x", []), ("b", ["HAL-1x", "HAL-1x", "hal-1", str(old.id).upper()]))
    body = {"project_id": str(project.id), "ready": True, "tasks": tasks}
    answer = http.post(f"{BASE}/tasks/bulk", json=body, headers=company.owner.headers)
    assert answer.status_code == 201, answer.text
    assert [(t["ref"], t["key"], t["status"]) for t in answer.json()["tasks"]] == [
        ("HAL-1x", "HAL-2", "READY"),
        ("b", "HAL-3", "PLANNING"),
    ]
    assert answer.json()["dependencies"] == 2
    assert faults() == {}


def test_two_thousand_tasks_with_eight_thousand_edges_work(http: TestClient, company: Company) -> None:
    tasks = [
        {
            "ref": f"t{n}",
            "title": f"T{n}",
            "depends_on": [f"t{m}" for m in {n // 2, n - 1, n // 3, n - 7} if 0 <= m < n],
        }
        for n in range(2000)
    ]
    edges = sum(len(t["depends_on"]) for t in tasks)
    body = {"project_id": str(company.project().id), "ready": True, "tasks": tasks}
    answer = http.post(f"{BASE}/tasks/bulk", json=body, headers=company.owner.headers)
    assert answer.status_code == 201, answer.text[:500]
    assert kept() == (2000, edges, 2000)
    seen = http.get(f"{BASE}/tasks/graph?project=HAL", headers=company.owner.headers).json()
    assert (len(seen["nodes"]), len(seen["edges"]), seen["critical_tasks"]) == (2000, edges, 2000)


def test_references_to_tasks_that_exist_are_found_by_the_index(
    http: TestClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, big = company.project(), company.project("Big", key_prefix="BIG")
    known = [company.task(project) for _ in range(3)]
    many_tasks(big.id, 5_000, ["CREATED"])
    refs = [known[0].key.lower(), str(known[1].id).upper(), known[2].id.hex, known[2].key]
    body = {"project_id": str(project.id), "tasks": graph(("a", refs), ("b", ["BIG-9"]))}

    def call() -> None:
        made = http.post(f"{BASE}/tasks/bulk", json=body, headers=company.owner.headers)
        assert made.status_code == 201, made.text
        assert made.json()["dependencies"] == 4

    steps = [step for plan in plans_of(monkeypatch, call, "tasks") for step in nodes(plan)]
    assert any(step.get("Relation Name") == "tasks" for step in steps)
    assert not [step for step in steps if step["Node Type"] == "Seq Scan" and step["Relation Name"] == "tasks"]
