"""The run: agents work, parts die, and everything has to come back."""

import asyncio
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg

from bench.replay.client import Client
from bench.replay.setup import make_agent_key
from jobs.beat import SCHEDULE
from orkwork.core import failpoints
from tests.chaos.agents import Caller, Record, Stopped, Worker, review
from tests.chaos.checks import broken
from tests.chaos.stack import SERVICES, Stack, until

Say = Callable[[str], Any]
AGENTS = 8
BACK_SECONDS = 10.0
"""How long anything may be away after a kill."""
LOST_SECONDS = 40.0
"""What is away for so long is taken for lost."""
OPERATIONS = (
    "tasks.claim",
    "tasks.create_tasks",
    "tasks.update_execution",
    "tasks.transition",
    "costs.record_cost",
    "tasks.give_back_lapsed",
    "audit.seal",
    "jobs.claim_due",
    "jobs.finish",
    "projects.fold_tallies",
    "tasks.count_means",
    "sla.follow",
    "sla.check",
    "tasks.assign_ready",
)
FAILPOINTS = (*failpoints.NAMES, *OPERATIONS)
JOBS = {job.operation for job in SCHEDULE}
REACH_SECONDS = 8.0
"""How long a failpoint is waited for; one that nothing comes to is told as not reached."""
YOUNG_SECONDS = 9.0
"""A service is not killed again before it is this old: what dies sooner is restarted ever later, on purpose."""


@dataclass
class Report:
    """What happened."""

    kills: Counter[str] = field(default_factory=Counter)
    unreached: Counter[str] = field(default_factory=Counter)
    back_seconds: list[tuple[float, str]] = field(default_factory=list)
    record: Record = field(default_factory=Record)
    broken: dict[str, list] = field(default_factory=dict)

    @property
    def slow(self) -> list[tuple[float, str]]:
        """Kills after which something was away for too long."""
        return [(seconds, what) for seconds, what in self.back_seconds if seconds > BACK_SECONDS]

    def lines(self) -> list[str]:
        """The report in words."""
        seconds = sorted(seconds for seconds, _ in self.back_seconds) or [0.0]
        record = self.record
        return [
            f"{sum(self.kills.values())} kills: " + ", ".join(f"{what} {n}" for what, n in sorted(self.kills.items())),
            f"back after: median {statistics.median(seconds):.1f} s, longest {seconds[-1]:.1f} s (at most {BACK_SECONDS:g} s)",
            f"{record.calls} calls answered, {record.retries} tried again; acknowledged: {len(record.created)} tasks, "
            f"{len(record.claims)} claims, {len(record.ended)} ends, {len(record.costs)} costs, {len(record.moved)} reviews",
            f"writes under an old fence: {record.stale_refused} refused, {len(record.stale_accepted)} let through",
            *(f"not reached: {what} ({n} times)" for what, n in sorted(self.unreached.items())),
            *(f"TOO SLOW: {what} was back after {seconds:.1f} s" for seconds, what in self.slow),
            *(f"BROKEN: {what}: {len(rows)}, such as {rows[:3]}" for what, rows in self.broken.items()),
        ]


def plan(kills: int, seed: int) -> list[tuple[str, str]]:
    """Who dies: half of the time at a failpoint, each in turn, else a service; the order, and with few kills the choice of
    the failpoints, are drawn from the seed."""
    draw = random.Random(seed)
    half = kills // 2
    names = draw.sample(FAILPOINTS, len(FAILPOINTS))
    points = [("at", names[n % len(names)]) for n in range(half)]
    services = [("kill", SERVICES[n % len(SERVICES)]) for n in range(kills - half)]
    return draw.sample(points + services, kills)


def run(kills: int, seed: int, longest_seconds: float, say: Say = print) -> Report:
    """Start an orkwork, let the agents work, kill by the plan until it is through or the time is over, and check."""
    report = Report()
    with Stack() as stack:
        since = _prepare(stack)
        agents = Load(stack, report.record, seed)
        try:
            _kill_by_plan(
                stack, report, plan(kills, seed), random.Random(seed), time.monotonic() + longest_seconds, say
            )
        finally:
            agents.stop()
        if not until(lambda: _quiet(stack), 90):
            report.broken["it does not come to rest"] = stack.rows(_REST)
        report.broken |= broken(stack, report.record, since)
        report.broken |= _verified(stack)
    return report


_REST = """
select 'deliveries', count(*) from event_deliveries union all
select 'unsealed', count(*) from events e where not exists (select from event_log l where l.seq = e.seq) union all
select 'leased', count(*) from tasks where lease_until is not null and status in ('ASSIGNED', 'IN_PROGRESS')
"""


def _quiet(stack: Stack) -> bool:
    try:
        return all(n == 0 for _, n in stack.rows(_REST))
    except psycopg.OperationalError:  # the database may be on its way back
        return False


def _verified(stack: Stack) -> dict[str, list]:
    with httpx.Client(base_url=stack.url, headers=_owner(stack), timeout=60) as owner:
        found = owner.get("/api/v2/audit/verify").json()
    return {} if found.get("ok") else {"the record's chain does not verify": [found]}


def _owner(stack: Stack) -> dict[str, str]:
    return {"Cookie": stack.cookie, "Origin": stack.url}


def _prepare(stack: Stack) -> int:
    """The table that effects are counted in; the number of the last event from before it."""
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("create table if not exists chaos_effects (seq bigint not null)")
        row = connection.execute("select coalesce(max(seq), 0) from events").fetchone()
    assert row is not None
    return row[0]


class Load:
    """The agents, in a thread of their own."""

    def __init__(self, stack: Stack, record: Record, seed: int) -> None:
        self.callers: list[Caller] = []
        self.fault: BaseException | None = None
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work(stack, record, seed, ready)), daemon=True)
        self._thread.start()
        if not ready.wait(60):
            raise RuntimeError(f"the agents did not begin: {self.fault}")

    async def _work(self, stack: Stack, record: Record, seed: int, ready: threading.Event) -> None:
        owner = Client(stack.url, cookie=stack.cookie)
        body = {"name": "Chaos", "key_prefix": "CHS"}
        project = await owner.post("/projects", body, "chaos")
        keys = [await make_agent_key(owner, f"chaos-{n}") for n in range(AGENTS)]
        await owner.close()
        self.callers = [Caller(stack.url, {"Authorization": f"Bearer {key}"}, record) for key in keys]
        reviewer = Caller(stack.url, _owner(stack), record)
        jobs = [Worker(n, caller, project["id"], seed).run() for n, caller in enumerate(self.callers)]
        self.callers.append(reviewer)
        ready.set()
        found = await asyncio.gather(*jobs, review(reviewer, project["id"]), return_exceptions=True)
        self.fault = next((f for f in found if isinstance(f, BaseException) and not isinstance(f, Stopped)), None)
        for caller in self.callers:
            await caller.http.aclose()

    def stop(self) -> None:
        """Let each finish what it is at."""
        for caller in self.callers:
            caller.stopping = True
        self._thread.join(60)
        if self._thread.is_alive():
            raise RuntimeError("the agents do not end, so what they were told is not final")
        if self.fault is not None:
            raise self.fault


def _kill_by_plan(stack: Stack, report: Report, todo: list, draw: random.Random, deadline: float, say: Say) -> None:
    with httpx.Client(base_url=stack.url, headers=_owner(stack), timeout=5) as owner:
        for number, (how, what) in enumerate(todo, 1):
            if time.monotonic() > deadline:
                say(f"the time is over after {number - 1} of {len(todo)} kills")
                return
            time.sleep(draw.uniform(0.1, 1.0))
            moment = datetime.now(UTC).isoformat()
            died = _kill_at(stack, owner, what) if how == "at" else _kill(stack, what)
            if died is None:
                report.unreached[what] += 1
                continue
            report.kills[what] += 1
            seconds = _back(stack, report.record, owner, died, moment)
            report.back_seconds.append((seconds, what))
            if seconds >= LOST_SECONDS:
                report.broken.setdefault("it did not come back", []).append((what, seconds))
            say(f"{number}/{len(todo)} {what}: back after {seconds:.1f} s")


def _kill_at(stack: Stack, owner: httpx.Client, failpoint: str) -> float | None:
    """At a failpoint; a job of the clock is asked to run, since its turn may be far off."""
    if failpoint in JOBS:
        with suppress(httpx.TransportError):
            owner.post(f"/api/v2/jobs/{failpoint}/run")
    return stack.kill_at(failpoint, REACH_SECONDS)


def _kill(stack: Stack, service: str) -> float | None:
    wait = stack.killed_at[service] + YOUNG_SECONDS - time.monotonic()
    time.sleep(max(0.0, wait))
    return stack.kill(service)


def _back(stack: Stack, record: Record, owner: httpx.Client, died: float, moment: str) -> float:
    """Seconds until a request that was sent after the death is answered and the clock runs a job again."""
    is_back = lambda: record.last_answer > died and stack.ticks_after(owner, moment) and stack.is_up()  # noqa: E731
    until(is_back, LOST_SECONDS)
    return time.monotonic() - died
