"""Creates a graph in one request and works it off with agents that claim, start and succeed."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from bench.graphs.load import Graph
from bench.replay.client import Client, stable_key

IDLE = 0.02


@dataclass(slots=True)
class Worked:
    """What came of it."""

    ids: dict[str, str] = field(default_factory=dict)
    dependencies: int = 0
    create_seconds: float = 0.0
    graph_seconds: float = 0.0
    work_seconds: float = 0.0
    critical_tasks: int = 0
    done: int = 0
    claims: int = 0
    stalled: bool = False


async def check_empty(prefix: str, project_id: str, client: Client) -> None:
    """Refuse a project with tasks: what is measured there would be of two graphs."""
    if (await client.get("/tasks/graph", project=project_id))["nodes"]:
        raise SystemExit(
            f"Project {prefix} already holds tasks: give another --prefix, each graph needs a new project."
        )


async def create_graph(graph: Graph, project_id: str, client: Client, namespace: str) -> Worked:
    """Create all tasks and dependencies at once, all or nothing."""
    worked = Worked()
    body = {"project_id": project_id, "ready": True, "tasks": [_task(node) for node in graph.nodes]}
    began = time.perf_counter()
    made = await client.post("/tasks/bulk", body, stable_key(namespace, "tasks"))
    worked.create_seconds = time.perf_counter() - began
    worked.ids = {row["ref"]: row["id"] for row in made["tasks"]}
    worked.dependencies = made["dependencies"]
    return worked


def _task(node: Any) -> dict[str, Any]:
    task: dict[str, Any] = {"ref": node.ref, "title": node.title[:200], "review_required": False}
    if node.description:
        task["description"] = node.description[:20_000]
    if node.minutes is not None:
        task["estimate_minutes"] = node.minutes
    if node.depends_on:
        task["depends_on"] = list(node.depends_on)
    return task


async def read_graph(worked: Worked, project_id: str, client: Client) -> dict[str, Any]:
    """The graph as the API shows it, timed."""
    began = time.perf_counter()
    shown = await client.get("/tasks/graph", project=project_id)
    worked.graph_seconds = time.perf_counter() - began
    worked.critical_tasks = len(shown["critical_path"])
    return shown


async def work_off(worked: Worked, project_id: str, agents: list[Client], batch: int, patience: float = 60) -> None:
    """Work until everything is done, or until nothing could be claimed for `patience` seconds."""
    began = time.perf_counter()
    await asyncio.gather(*(_work(worked, project_id, agent, batch, patience) for agent in agents))
    worked.work_seconds = time.perf_counter() - began


async def _work(worked: Worked, project_id: str, agent: Client, batch: int, patience: float) -> None:
    total, idle_since = len(worked.ids), time.perf_counter()
    while worked.done < total:
        body = {"limit": batch, "project_id": project_id, "start": True}
        claims = (await agent.send("POST", "/tasks/claim", body=body))["claims"]
        worked.claims += 1
        if not claims:
            if time.perf_counter() - idle_since > patience:
                worked.stalled = True
                return
            await asyncio.sleep(IDLE)
            continue
        for claim in claims:
            end = {"status": "succeeded", "fence": claim["fence"], "progress": 100}
            await agent.send("PATCH", f"/executions/{claim['execution']['id']}", body=end)
            worked.done += 1
        idle_since = time.perf_counter()
