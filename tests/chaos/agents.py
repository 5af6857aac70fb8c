"""Eight agents and an owner who work through the public API, and write down what was acknowledged."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

TRANSIENT = frozenset({429, 500, 502, 503, 504})
LEASE_SECONDS = 10
ABANDONED_SECONDS = 40
READY_WANTED = 24
MODEL = {"provider": "openai", "model": "gpt-4o-mini", "input_tokens": 1000, "output_tokens": 50, "amount_usd": "0.01"}


@dataclass
class Record:
    """What the agents were told, to be held against the database afterwards."""

    created: set[str] = field(default_factory=set)
    claims: list[tuple[str, int, int]] = field(default_factory=list)
    """Task, fence, number of the agent."""
    ended: dict[str, str] = field(default_factory=dict)
    """Execution and how it ended."""
    moved: list[tuple[str, str]] = field(default_factory=list)
    """Task and the state that the owner moved it to."""
    costs: set[str] = field(default_factory=set)
    stale_refused: int = 0
    stale_accepted: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    """Answers of 500, and refusals that nobody should meet."""
    retries: int = 0
    last_answer: float = 0.0
    """When a request last succeeded that had been sent then or later: monotonic seconds."""
    calls: int = 0


class Stopped(Exception):
    """The run is over while a request is still without an answer: nothing is known of it."""


class Caller:
    """Sends a request until it is answered."""

    def __init__(self, url: str, headers: dict[str, str], record: Record) -> None:
        self.http = httpx.AsyncClient(base_url=f"{url}/api/v2", headers=headers, timeout=15)
        self.record = record
        self.stopping = False

    async def send(self, method: str, path: str, body: dict | None = None, **params: Any) -> tuple[int, Any]:
        """The status and the answer; the same Idempotency-Key at every try, so that a POST happens once."""
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        while True:
            began = time.monotonic()
            try:
                answer = await self.http.request(method, path, json=body, params=params, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in TRANSIENT:
                self.record.last_answer = max(self.record.last_answer, began)
                self.record.calls += 1
                return answer.status_code, answer.json() if answer.content else None
            if answer is not None and answer.status_code == 500:
                self.record.faults[f"500 {method} {path.split('/')[1]}: {answer.text[:200]}"] += 1
            self.record.retries += 1
            if self.stopping:
                raise Stopped
            await asyncio.sleep(0.05 + random.random() * 0.1)


class Worker:
    """One agent: makes tasks, claims, reports, pays, ends, and sometimes falls silent and comes back too late."""

    def __init__(self, number: int, caller: Caller, project_id: str, seed: int) -> None:
        self.number, self.caller, self.project_id = number, caller, project_id
        self.record = caller.record
        self.random = random.Random(seed * 100 + number)
        self.abandoned: list[tuple[float, str, str, int]] = []
        self.me = ""

    async def run(self) -> None:
        """Work until told to stop."""
        _, me = await self.caller.send("GET", "/agents/me")
        self.me = me["id"]
        while not self.caller.stopping:
            await self._turn()
            await self._come_back()

    async def _turn(self) -> None:
        body = {"limit": self.random.randint(1, 3), "start": True, "lease_seconds": LEASE_SECONDS}
        _, got = await self.caller.send("POST", "/tasks/claim", body)
        for claim in got["claims"]:
            self.record.claims.append((claim["task"]["id"], claim["fence"], self.number))
        if len(got["claims"]) < body["limit"]:
            await self._create()
        for claim in got["claims"]:
            await self._work(claim)

    async def _create(self) -> None:
        """A small graph in one request."""
        tasks: list[dict[str, Any]] = []
        for n in range(self.random.randint(2, 6)):
            needs = [f"t{self.random.randrange(n)}"] if n and self.random.random() < 0.6 else []
            review = self.random.random() < 0.25
            tasks.append({"ref": f"t{n}", "title": f"Task {n}", "depends_on": needs, "review_required": review})
        body = {"project_id": self.project_id, "ready": True, "tasks": tasks}
        status, made = await self.caller.send("POST", "/tasks/bulk", body)
        self._expect(status, 201, made)
        self.record.created |= {task["id"] for task in made["tasks"]}

    async def _work(self, claim: dict[str, Any]) -> None:
        run, fence = claim["execution"]["id"], claim["fence"]
        if self.random.random() < 0.06:
            self.abandoned.append((time.monotonic(), claim["task"]["id"], run, fence))
            return
        await self.caller.send("PATCH", f"/executions/{run}", {"progress": 50, "note": "half", "fence": fence})
        external = f"{run}:1"
        status, paid = await self.caller.send("POST", "/costs", MODEL | {"execution_id": run, "external_id": external})
        self._expect(status, 201, paid)
        self.record.costs.add(external)
        wanted = "failed" if self.random.random() < 0.05 else "succeeded"
        status, ended = await self.caller.send("PATCH", f"/executions/{run}", {"status": wanted, "fence": fence})
        if status == 409:  # its lease lapsed, or the answer to an earlier try was lost: the run says which
            _, ended = await self.caller.send("GET", f"/executions/{run}")
        if ended["status"] in ("succeeded", "failed"):
            self.record.ended[run] = ended["status"]

    async def _come_back(self) -> None:
        """Write under a lease that another has now: it must be refused."""
        for silent in list(self.abandoned):
            since, task_id, run, fence = silent
            _, task = await self.caller.send("GET", f"/tasks/{task_id}")
            if task["assignee_id"] == self.me and time.monotonic() - since < ABANDONED_SECONDS:
                continue
            self.abandoned.remove(silent)
            if task["assignee_id"] != self.me:
                await self._too_late(run, fence)

    async def _too_late(self, run: str, fence: int) -> None:
        status, _ = await self.caller.send("PATCH", f"/executions/{run}", {"progress": 90, "fence": fence})
        if status in (403, 409):
            self.record.stale_refused += 1
        else:
            self.record.stale_accepted.append(f"{run} under fence {fence}: {status}")

    def _expect(self, status: int, wanted: int, answer: Any) -> None:
        if status != wanted:
            self.record.faults[f"{status} instead of {wanted}: {answer}"] += 1


async def review(caller: Caller, project_id: str) -> None:
    """The owner approves what is in review."""
    while not caller.stopping:
        _, page = await caller.send("GET", "/tasks", project=project_id, status="REVIEW", limit=20)
        for task in page["items"]:
            status, _ = await caller.send("POST", f"/tasks/{task['id']}/transition", {"to": "COMPLETED"})
            if status == 200:
                caller.record.moved.append((task["id"], "COMPLETED"))
        await asyncio.sleep(0.5)
