"""What waits behind a decision, held against its plain definition on random graphs."""

import random
from typing import Any
from uuid import UUID

import networkx as nx
import pytest

from orkwork.core import db
from orkwork.domains.decisions import queries, service
from orkwork.domains.decisions.queries import DecisionFilter
from orkwork.domains.decisions.schemas import DecisionIn
from orkwork.domains.tasks.schemas import BulkIn
from orkwork.domains.tasks.service import bulk
from tests.factories import Company

TASKS = 60
ASKED = 14
ENDED = "update tasks set status = case blocked_count when 0 then 'COMPLETED' else 'CANCELLED' end where key = %(key)s"


def grown(company: Company, choice: random.Random) -> dict[str, UUID]:
    """Two projects with random edges within and between them, some of the tasks done or cancelled since."""
    projects = [company.project("Halyard", key_prefix="HAL").id, company.project("Mast", key_prefix="MAS").id]
    known: list[str] = []
    for n in range(TASKS):
        project = choice.choice(projects)
        needs = sorted(choice.sample(known, min(len(known), choice.choice((0, 0, 1, 1, 2, 3)))))
        item = {"ref": f"t{n}", "title": f"Task {n}", "depends_on": needs}
        made = company.do(bulk.create_tasks, BulkIn.model_validate({"project_id": project, "tasks": [item]}))
        known.append(made.tasks[0].key)
    with db.engine().begin() as connection:
        for key in choice.sample(known, TASKS // 6):
            connection.exec_driver_sql(ENDED, {"key": key})
        found = connection.exec_driver_sql("select key, id from tasks").all()
    return dict(tuple(row) for row in found)


def plainly(asked: dict[UUID, UUID]) -> tuple[dict[UUID, int], nx.DiGraph]:
    """By decision: its task, if that is unfinished, and every unfinished task behind it over unfinished ones."""
    graph: nx.DiGraph = nx.DiGraph()
    with db.engine().connect() as connection:
        unfinished = connection.exec_driver_sql("select id from tasks where status not in ('COMPLETED', 'CANCELLED')")
        graph.add_nodes_from(row[0] for row in unfinished)
        edges = connection.exec_driver_sql("select depends_on_id, task_id from task_dependencies where kind = 'blocks'")
        graph.add_edges_from((a, b) for a, b in edges if a in graph and b in graph)
    return {
        decision: 1 + len(nx.descendants(graph, task)) if task in graph else 0 for decision, task in asked.items()
    }, graph


@pytest.mark.parametrize(("seed", "most"), [(0, 4000), (1, 4000), (0, 0), (2, 5)])
def test_the_figures_of_what_waits_are_those_of_their_definition(
    company: Company, monkeypatch: pytest.MonkeyPatch, seed: int, most: int
) -> None:
    monkeypatch.setattr(queries, "MOST_PAIRS", most)  # with few, all edges are read
    choice = random.Random(seed)
    tasks = grown(company, choice)
    asked: dict[UUID, UUID] = {}
    for key in choice.sample(sorted(tasks), ASKED):
        body: dict[str, Any] = {"category": "approve", "title": f"Go on with {key}?", "task": key}
        asked[company.do(service.create_decision, DecisionIn.model_validate(body | {"kind": "approve"})).id] = tasks[
            key
        ]
    for _ in range(2):  # the second time with some edges and states changed meanwhile
        expected, graph = plainly(asked)
        page = company.do(queries.pending, DecisionFilter(), limit=100)
        assert {one.id: one.delay.blocked_tasks for one in page.items} == expected
        first = [asked[one.id] for one in page.items[:3] if asked[one.id] in graph]
        behind = {node for task in first for node in (task, *nx.descendants(graph, task))}
        assert page.first_three.tasks == len(behind)
        _change(choice, tasks)


def _change(choice: random.Random, tasks: dict[str, UUID]) -> None:
    with db.engine().begin() as connection:
        for key in choice.sample(sorted(tasks), 5):
            connection.exec_driver_sql(ENDED, {"key": key})
        connection.exec_driver_sql(
            "delete from task_dependencies where task_id in (select id from tasks order by key limit 5)"
        )
