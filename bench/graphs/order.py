"""Judges from the API's own records whether any task was started before all that it depends on was completed."""

from dataclasses import dataclass
from datetime import datetime

from bench.graphs.load import Graph
from bench.graphs.work import Worked
from bench.replay.client import Client


@dataclass(slots=True)
class Order:
    """What the records say."""

    completed: int
    executions: int
    compared: int
    early: list[str]
    unknown: int
    edges_shown: int


async def read_order(graph: Graph, worked: Worked, project_id: str, client: Client, shown: dict) -> Order:
    """Compare, for every dependency, the start of the task's first execution with the completion it waited for."""
    tasks = {row["id"]: row for row in await client.every("/tasks", project=project_id)}
    executions = await client.every("/executions", project=project_id)
    started: dict[str, datetime] = {}
    for row in executions:
        at = _time(row.get("started_at"))
        if at and (row["task_id"] not in started or at < started[row["task_id"]]):
            started[row["task_id"]] = at
    completed = {task_id: _time(row.get("completed_at")) for task_id, row in tasks.items()}
    order = Order(
        completed=sum(tasks[i]["status"] == "COMPLETED" for i in worked.ids.values() if i in tasks),
        executions=sum(row["task_id"] in set(worked.ids.values()) for row in executions),
        compared=0,
        early=[],
        unknown=0,
        edges_shown=len(shown["edges"]),
    )
    for node in graph.nodes:
        for dependency in node.depends_on:
            _compare(order, node.ref, dependency, started.get(worked.ids[node.ref]), completed[worked.ids[dependency]])
    return order


def _compare(order: Order, ref: str, dependency: str, start: datetime | None, end: datetime | None) -> None:
    if start is None or end is None:
        order.unknown += 1
        return
    order.compared += 1
    if start < end:
        order.early.append(f"{ref} started {start.isoformat()}, {dependency} completed {end.isoformat()}")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
