"""Procrastinate's worker, ten jobs at once, whose task does nothing."""

import asyncio
import contextlib
import logging

import procrastinate
from procrastinate import jobs

from bench.queues.contender import asked, begin, say

CONCURRENCY = 10


async def main() -> None:
    """Compete."""
    logging.disable(logging.CRITICAL)
    told = asked()
    connector = procrastinate.PsycopgConnector(conninfo=told.dsn, min_size=2, max_size=CONCURRENCY + 2)
    app = procrastinate.App(connector=connector)
    done: list[int] = []

    @app.task(name="nothing", pass_context=True)
    async def nothing(context: procrastinate.JobContext) -> None:
        assert context.job.id is not None
        done.append(context.job.id)

    async with app.open_async():
        tally = begin(told.seconds)
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=CONCURRENCY,
                install_signal_handlers=False,
                delete_jobs=jobs.DeleteJobCondition.NEVER,
                shutdown_graceful_timeout=5,
            )
        )
        while not tally.is_over:
            await asyncio.sleep(0.05)
            tally.add(done.copy())
            done.clear()
        say(tally)
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


if __name__ == "__main__":
    asyncio.run(main())
