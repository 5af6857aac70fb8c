"""Fills the other queues; run in their environment: `python -m bench.queues.theirs.filling procrastinate|pgqueuer DSN COUNT`."""

import asyncio
import sys

import procrastinate
import psycopg
from pgqueuer.db import PsycopgDriver
from pgqueuer.queries import Queries

_JOBS = """
insert into procrastinate_jobs (queue_name, task_name, priority, args)
select 'default', 'nothing', 0, '{}' from generate_series(1, %s)
"""


async def _procrastinate(dsn: str, count: int) -> None:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=dsn))
    async with app.open_async():
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(_JOBS, (count,))
        await connection.execute("vacuum analyze procrastinate_jobs")


async def _pgqueuer(dsn: str, count: int) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        queries = Queries(PsycopgDriver(connection))
        if not await queries.schema_is_installed():
            await queries.install()
        await queries.enqueue(["nothing"] * count, [None] * count, [0] * count)
        await connection.execute("vacuum analyze pgqueuer")


if __name__ == "__main__":
    fill = {"procrastinate": _procrastinate, "pgqueuer": _pgqueuer}[sys.argv[1]]
    asyncio.run(fill(sys.argv[2], int(sys.argv[3])))
