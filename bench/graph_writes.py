"""Writes in a graph of 10,000 tasks: a completion with all that it unblocks, and an edge with its cycle check."""

import asyncio
import os
import random
import statistics
from collections.abc import Callable
from typing import Any
from uuid import UUID

from bench.assigning import timed
from bench.bulk import debian
from bench.company import Company
from bench.graphs.work import create_graph
from bench.quiet import wait_until_quiet
from bench.replay.client import Client
from bench.result import Table
from orkwork.core import db, door
from orkwork.core.actor import system
from orkwork.core.errors import Conflict
from orkwork.core.settings import settings
from orkwork.domains import registry
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import DependencyIn, MoveIn
from orkwork.domains.tasks.service import dependencies, lifecycle

FANS = ((1, 40, 8.0), (10, 40, 10.0), (1_000, 8, 300.0))
"""How many tasks wait for one, how often it is completed, and at most how many reads by primary key that may take."""
EDGES = 1_000
EDGE_P50, EDGE_P99 = 10.0, 100.0
WHO = system("bench")


def measure_graph_writes(company: Company, table: Table) -> None:
    """Each write alternates with a read by primary key through the same door; the median of all reads is the measure."""
    os.environ["DATABASE_URL"] = company.server.database_url
    settings.cache_clear()
    registry.load_operations()
    fans = []
    for fan, times, most in FANS:
        heads = asyncio.run(_fan(company, fan, times))
        wait_until_quiet(company.server.pid)
        fans.append((fan, most, *_pairs([(lambda task=task: _complete(task), task) for task in heads])))
    bare = statistics.median(read for *_, reads in fans for read in reads)
    for fan, most, writes, _ in fans:
        ours = statistics.median(writes)
        said = f"{ours:.2f} ms, {ours / bare:.0f} × a read by primary key ({bare:.3f} ms)"
        table.add(
            f"complete a task that {fan:,} wait for ({len(writes)} times)",
            said,
            f"≤ {most:g} ×",
            ok=ours <= most * bare,
        )
    _edges(asyncio.run(_graph(company)), table)
    db.dispose()
    table.notes.append("One client, with lock, events, deliveries and commit, without HTTP.")


def _edges(ids: list[UUID], table: Table) -> None:
    draw, cycles = random.Random(7), 0

    def insert(task: UUID, need: UUID) -> None:
        nonlocal cycles
        try:
            door.run(
                WHO, lambda w: dependencies.add_dependency(w, task, DependencyIn(depends_on=str(need))), write=True
            )
        except Conflict:
            cycles += 1

    pairs = [draw.sample(ids, 2) for _ in range(EDGES)]
    writes, reads = _pairs([(lambda pair=pair: insert(*pair), pair[0]) for pair in pairs])
    bare = statistics.median(reads)
    p50, p99 = statistics.median(writes), statistics.quantiles(writes, n=100)[98]
    ok = p50 <= EDGE_P50 * bare and p99 <= EDGE_P99 * bare
    said = f"p50 {p50:.2f} ms = {p50 / bare:.0f} ×, p99 {p99:.2f} ms = {p99 / bare:.0f} × a read by primary key ({bare:.3f} ms)"
    table.add(
        f"an edge in a graph of {len(ids):,} tasks ({EDGES:,}, {cycles} of them refused as cycles)", said,
        f"p50 ≤ {EDGE_P50:g} ×, p99 ≤ {EDGE_P99:g} ×", ok=ok,
    )  # fmt: skip


def _pairs(calls: list[tuple[Callable[[], None], UUID]]) -> tuple[list[float], list[float]]:
    writes, reads = [], []
    for call, task_id in calls:
        reads.append(timed(lambda task_id=task_id: _read(task_id)))
        writes.append(timed(call))
    return writes, reads


def _read(task_id: UUID) -> None:
    door.run(WHO, lambda work: work.one("select * from tasks where id = %(id)s", {"id": task_id}), write=False)


def _complete(task_id: UUID) -> None:
    door.run(WHO, lambda w: lifecycle.transition(w, task_id, MoveIn(to=Status.COMPLETED)), write=True, atomic=True)


async def _graph(company: Company) -> list[UUID]:
    owner, agent = _callers(company)
    project = await owner.send("POST", "/projects", body={"name": "Graph writes", "key_prefix": "GWG"})
    worked = await create_graph(debian("10k"), project["id"], agent, "graph-writes")
    await owner.close()
    await agent.close()
    return [UUID(task_id) for task_id in worked.ids.values()]


async def _fan(company: Company, fan: int, times: int) -> list[UUID]:
    """Tasks under way, each with so many waiting for it alone."""
    owner, agent = _callers(company)
    project = await owner.send("POST", "/projects", body={"name": f"Fan-out {fan}", "key_prefix": f"GWF{fan}"})
    for number in range(times):
        tasks: list[dict[str, Any]] = [{"ref": "head", "title": f"Head {number}", "review_required": False}]
        tasks += [{"ref": f"t{n}", "title": f"Waits {n}", "depends_on": ["head"]} for n in range(fan)]
        body = {"project_id": project["id"], "ready": True, "tasks": tasks}
        await agent.post("/tasks/bulk", body, f"bench-fan-{fan}-{number}")
    body = {"limit": times, "start": True, "project_id": project["id"], "lease_seconds": 3600}
    claims = (await agent.post("/tasks/claim", body, f"bench-fan-{fan}-claim"))["claims"]
    await owner.close()
    await agent.close()
    if len(claims) < times:
        raise RuntimeError(f"{len(claims)} of {times} tasks could be claimed")
    return [UUID(claim["task"]["id"]) for claim in claims]


def _callers(company: Company) -> tuple[Client, Client]:
    server = company.server
    return Client(server.url, cookie=server.cookie), Client(server.url, key=company.key)
