"""PgQueuer on psycopg: dequeue a batch, log it as done."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta

import psycopg
from pgqueuer.db import PsycopgDriver
from pgqueuer.models import Job
from pgqueuer.queries import EntrypointExecutionParameter, Queries

from bench.queues.contender import Asked, asked, compete_async

NAME = "nothing"


def prepared(told: Asked) -> Callable[[], Awaitable[Callable[[], Awaitable[list[int]]]]]:
    """Connects, and gives the call that handles one batch."""

    async def set_up() -> Callable[[], Awaitable[list[int]]]:
        connection = await psycopg.AsyncConnection.connect(told.dsn, autocommit=True, prepare_threshold=0)
        queries, manager = Queries(PsycopgDriver(connection)), uuid.uuid4()
        entrypoints = {NAME: EntrypointExecutionParameter(concurrency_limit=0)}

        async def once() -> list[int]:
            jobs: list[Job] = await queries.dequeue(
                batch_size=told.batch,
                entrypoints=entrypoints,
                queue_manager_id=manager,
                global_concurrency_limit=None,
                heartbeat_timeout=timedelta(seconds=30),
            )
            if jobs:
                await queries.log_jobs([(job, "successful", None) for job in jobs])
            return [job.id for job in jobs]

        return once

    return set_up


if __name__ == "__main__":
    compete_async(prepared(asked()), asked().seconds)
