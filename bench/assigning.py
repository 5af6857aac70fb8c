"""Assignment by score over 1,000 agents, with the table that explains it, beside a read by primary key."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from uuid import UUID

import psycopg

from bench.company import Company
from bench.replay.client import Client
from bench.result import Table
from orkwork.core import db, door
from orkwork.core.actor import system
from orkwork.core.settings import settings
from orkwork.core.work import Work
from orkwork.domains import registry
from orkwork.domains.tasks.service import assignment

AGENTS, TASKS = 1_000, 200
MOST_MS, MOST_RATIO = 5.0, 60.0
_AGENTS = f"""
with made as (
  insert into agents (id, name, role, adapter, model, description, config, status, autonomy_level, daily_budget_usd,
    max_concurrent_tasks, demo, created_at, updated_at, version)
  select gen_random_uuid(), 'bench-' || n, '', 'api', '', '', '{{}}', 'active', 2, case when n % 2 = 0 then 100 end,
    1 + n % 5, false, now(), now(), 1 from generate_series(1, {AGENTS}) n returning id, max_concurrent_tasks),
loaded as (
  insert into agent_load (agent_id, running, max_concurrent) select id, 0, max_concurrent_tasks from made),
able as (
  insert into capabilities (name) values ('bench:work') on conflict (name) do update set name = excluded.name returning id)
insert into agent_capabilities (agent_id, capability_id, proficiency)
select made.id, able.id, round(random()::numeric, 3) from made cross join able
"""


def measure_assigning(company: Company, table: Table) -> None:
    """Give tasks one by one, each beside a read; the median of each."""
    with psycopg.connect(company.server.database_url, autocommit=True) as connection:
        connection.execute(_AGENTS.encode())
        connection.execute("analyze")
    ids = asyncio.run(_ready_tasks(company))
    os.environ["DATABASE_URL"] = company.server.database_url
    settings.cache_clear()
    registry.load_operations()
    given, read = [], []
    for task_id in ids:
        read.append(timed(lambda task_id=task_id: _read(task_id)))
        given.append(timed(lambda task_id=task_id: _give(task_id)))
    db.dispose()
    ours, bare = statistics.median(given[10:]), statistics.median(read[10:])
    ok = ours <= MOST_MS and ours <= MOST_RATIO * bare
    said = f"{ours:.2f} ms, {ours / bare:.0f} × a read by primary key ({bare:.3f} ms)"
    table.add(
        f"auto-assign over {AGENTS:,} agents with the explained table", said,
        f"≤ {MOST_MS:g} ms and ≤ {MOST_RATIO:g} ×", ok=ok,
    )  # fmt: skip
    table.notes.append(f"Median of {len(given) - 10} tasks, one client: lock, statement and commit, without HTTP.")


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _read(task_id: UUID) -> None:
    door.run(
        system("bench"), lambda work: work.one("select * from tasks where id = %(id)s", {"id": task_id}), write=False
    )


def _give(task_id: UUID) -> None:
    def body(work: Work) -> None:
        work.sql(assignment.LOCK)
        if not assignment.give_best(work, task_id).is_given:
            raise RuntimeError(f"{task_id} was not given")

    door.run(system("bench"), body, write=True)


async def _ready_tasks(company: Company) -> list[UUID]:
    client = Client(company.server.url, key=company.key)
    try:
        tasks = [{"ref": str(n), "title": f"T{n}", "required_capabilities": ["bench:work"]} for n in range(TASKS)]
        body = {"project_id": company.project_id, "ready": True, "tasks": tasks}
        made = await client.post("/tasks/bulk", body, "bench-assign")
        return [UUID(row["id"]) for row in made["tasks"]]
    finally:
        await client.close()
