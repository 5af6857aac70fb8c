"""What every contender is: a process that gets ready, waits for the word, works for a while and says what it did.

Imports nothing of orkwork, since the other queues run in an environment of their own.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

BUCKET_SECONDS = 5.0


@dataclass(frozen=True)
class Asked:
    """How to compete."""

    dsn: str
    client: int
    """Which of the clients, from 0."""
    batch: int
    seconds: float


def asked() -> Asked:
    """Out of the command line."""
    return Asked(**json.loads(sys.argv[1]))


@dataclass
class Tally:
    """What was done when."""

    began: float
    seconds: float
    ids: list[str]
    at: list[float]
    calls: int = 0

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.perf_counter() - self.began >= self.seconds

    def add(self, ids: list[Any]) -> None:
        """These are done."""
        now = time.perf_counter() - self.began
        self.calls += 1
        self.ids += [str(one) for one in ids]
        self.at += [now] * len(ids)


def begin(seconds: float) -> Tally:
    """Say that this process is ready, and start at the word."""
    print("ready", flush=True)
    sys.stdin.readline()
    return Tally(time.perf_counter(), seconds, [], [])


def say(tally: Tally) -> None:
    """Tell the figures as the last line."""
    took = time.perf_counter() - tally.began
    buckets = [0] * max(1, round(tally.seconds / BUCKET_SECONDS))
    for at in tally.at:
        buckets[min(int(at / BUCKET_SECONDS), len(buckets) - 1)] += 1
    print(json.dumps({"ids": tally.ids, "calls": tally.calls, "seconds": took, "buckets": buckets}), flush=True)


def compete(once: Callable[[], list[Any]], seconds: float) -> None:
    """Call again and again; each call gives what it did. Nothing to do is an error: the queue was to be full."""
    tally = begin(seconds)
    while not tally.is_over:
        done = once()
        if not done:
            raise RuntimeError("nothing was left to do")
        tally.add(done)
    say(tally)


def compete_async(setting_up: Callable[[], Awaitable[Callable[[], Awaitable[list[Any]]]]], seconds: float) -> None:
    """The same for a client of asyncio."""

    async def run() -> None:
        once = await setting_up()
        tally = begin(seconds)
        while not tally.is_over:
            done = await once()
            if not done:
                raise RuntimeError("nothing was left to do")
            tally.add(done)
        say(tally)

    asyncio.run(run())
