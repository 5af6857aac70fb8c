"""Runs a recorded workflow over the public API: workers claim its tasks and take their recorded runtimes, scaled."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bench.flows.recording import Recording
from bench.replay.client import Client, stable_key

LEASE_SECONDS = 86_400
IDLE_SECONDS = 0.005
PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class Simulated:
    """What came of it."""

    tasks: int
    dependencies: int
    """That were compared."""
    broken: list[str]
    """Those that a task did not wait for."""
    makespan_seconds: float
    """At the recorded pace."""
    state: str


async def run(recording: Recording, project_id: str, owner: Client, agent: Client, scale: float) -> Simulated:
    """Import it, run it, and work the run off; `scale` is how long a recorded second takes."""
    namespace = f"{recording.name}:{project_id[-12:]}"
    body = {"document": recording.document, "project_id": project_id, "name": recording.name}
    workflow = await owner.post("/workflows/import", body, stable_key("flow", namespace))
    started = await owner.post(f"/workflows/{workflow['id']}/runs", {}, stable_key("run", namespace))
    seconds = {step["task_id"]: recording.seconds[step["step"]] * scale for step in started["steps"]}
    await _work_off(project_id, agent, seconds)
    return await _judge(recording, started["id"], owner, scale)


async def _work_off(project_id: str, agent: Client, seconds: dict[str, float]) -> None:
    body = {"limit": 50, "project_id": project_id, "start": True, "lease_seconds": LEASE_SECONDS}
    working: set[asyncio.Task[None]] = set()
    done, last = 0, time.monotonic()
    while done < len(seconds):
        claims = (await agent.send("POST", "/tasks/claim", body=body))["claims"]
        working |= {asyncio.create_task(_take(agent, claim, seconds[claim["task"]["id"]])) for claim in claims}
        if not working and time.monotonic() - last > PATIENCE_SECONDS:
            raise SystemExit(f"Nothing could be claimed for {PATIENCE_SECONDS:.0f} s: {done} of {len(seconds)} done.")
        over, working = await asyncio.wait(working, timeout=IDLE_SECONDS) if working else (set(), working)
        for one in over:
            await one
        if claims or over:
            last = time.monotonic()
        done += len(over)
        if not claims and working and not over:
            over, working = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
            for one in over:
                await one
            done, last = done + len(over), time.monotonic()


async def _take(agent: Client, claim: dict[str, Any], seconds: float) -> None:
    await asyncio.sleep(seconds)
    end = {"status": "succeeded", "fence": claim["fence"]}
    await agent.send("PATCH", f"/executions/{claim['execution']['id']}", body=end)


async def _judge(recording: Recording, run_id: str, owner: Client, scale: float) -> Simulated:
    """Compare starts and ends as the run's page shows them with the recording's own dependencies."""
    shown = await owner.get(f"/workflow-runs/{run_id}")
    for _ in range(600):  # the state follows within seconds
        if shown["state"] == "completed":
            break
        await asyncio.sleep(0.1)
        shown = await owner.get(f"/workflow-runs/{run_id}")
    starts = {step["step"]: datetime.fromisoformat(step["started_at"]) for step in shown["steps"]}
    ends = {step["step"]: datetime.fromisoformat(step["completed_at"]) for step in shown["steps"]}
    pairs = [(key, need) for key, found in recording.needs.items() for need in found]
    span = (max(ends.values()) - min(starts.values())).total_seconds()
    return Simulated(
        tasks=len(shown["steps"]),
        dependencies=len(pairs),
        broken=[f"{key} began before {need} had ended" for key, need in pairs if starts[key] < ends[need]],
        makespan_seconds=span / scale,
        state=shown["state"],
    )
