"""A made-up agent that works: claims, reports as it goes, pays for its calls, hands in or fails."""

import time
from typing import Any
from uuid import uuid4

from orkwork.demo import script
from orkwork.demo.api import Refused
from orkwork.demo.cast import Scene

LEASE_SECONDS = 120
FAILS = 0.07
COMMENTS = 0.12


async def work(scene: Scene) -> None:
    """Take task after task, for ever."""
    await scene.api.pause(scene.chance.uniform(0.5, 2))
    while True:
        try:
            body = {"limit": 1, "start": True, "lease_seconds": LEASE_SECONDS}
            found = await scene.api.post("/tasks/claim", body)
            if found["claims"]:
                await _do(scene, found["claims"][0])
            else:
                await scene.api.post("/agents/me/heartbeat", {"note": "waiting for work"})
                await scene.api.pause(scene.chance.uniform(3, 6))
        except Refused as refused:  # the task was cancelled or given on: a real agent would stop as well
            scene.news.tell(f"{scene.player.name} stops: {refused}")
            await scene.api.pause(3)


async def _do(scene: Scene, claim: dict[str, Any]) -> None:
    task, run, fence = claim["task"], claim["execution"], claim["fence"]
    scene.news.tell(f"{scene.player.name} starts {task['key']} {task['title']}")
    steps, began = scene.chance.randint(2, 5), time.monotonic()
    tokens = {"input_tokens": 0, "output_tokens": 0}
    for step in range(1, steps + 1):
        await scene.api.pause(scene.chance.uniform(2.5, 6.5))
        await _pay(scene, run["id"], tokens)
        report = {
            "fence": fence,
            "progress": round(100 * step / (steps + 1)),
            "note": scene.chance.choice(script.NOTES),
            "lease_seconds": LEASE_SECONDS,
        }
        lines = {
            "fence": fence,
            "lines": script.log_lines(report["note"], scene.chance),
            "lease_seconds": LEASE_SECONDS,
        }
        await scene.api.post(f"/executions/{run['id']}/logs", lines)
        reported = await scene.api.patch(f"/executions/{run['id']}", report)
        if reported["hold"]:
            await _stand_by(scene, task, reported["hold"])
        scene.news.mention(f"{scene.player.name} is at {report['progress']} % of {task['key']}: {report['note']}")
        if scene.chance.random() < COMMENTS:
            await scene.api.post(f"/tasks/{task['key']}/comments", {"body": scene.chance.choice(script.REMARKS)})
    await _show(scene, task, fence)
    took = {"fence": fence, "duration_ms": round(1000 * (time.monotonic() - began))} | tokens
    await _end(scene, task, run["id"], took)


async def _stand_by(scene: Scene, task: dict[str, Any], hold: dict[str, Any]) -> None:
    """Come to a stop and wait until the hold ends; a heartbeat asks."""
    why = f": {hold['reason']}" if hold["reason"] else ""
    scene.news.tell(
        f"{scene.player.name} stands by with {task['key']}, {hold['by_name']} holds the {hold['scope']}{why}"
    )
    while (await scene.api.post("/agents/me/heartbeat", {"note": "standing by"}))["on_hold"]:
        await scene.api.pause(scene.chance.uniform(2, 4))
    scene.news.tell(f"{scene.player.name} goes on with {task['key']}")


async def _show(scene: Scene, task: dict[str, Any], fence: int) -> None:
    """Say for each criterion what shows that it is met."""
    for criterion in task["acceptance_criteria"]:
        if criterion["state"] != "met":
            body = {"fence": fence, "evidence": scene.chance.choice(script.EVIDENCE)}
            await scene.api.post(f"/tasks/{task['key']}/criteria/{criterion['id']}/evidence", body)


async def _pay(scene: Scene, run_id: str, tokens: dict[str, int]) -> None:
    used = script.call(scene.player.model, scene.chance)
    cost = await scene.api.post("/costs", used | {"execution_id": run_id, "external_id": uuid4().hex})
    scene.news.count(spent=float(cost["amount_usd"] or 0))
    for name in tokens:
        tokens[name] += used[name]


async def _end(scene: Scene, task: dict[str, Any], run_id: str, report: dict[str, Any]) -> None:
    if scene.chance.random() < FAILS:
        failure, detail = scene.chance.choice(script.FAILURES)
        failed = {"status": "failed", "failure": failure, "failure_detail": detail}
        await scene.api.patch(f"/executions/{run_id}", report | failed)
        scene.news.count(failed=1)
        scene.news.tell(f"{scene.player.name} fails at {task['key']}: {failure}")
        return
    output = scene.chance.choice(script.OUTPUTS)
    await scene.api.patch(f"/executions/{run_id}", report | {"status": "succeeded", "output": output})
    if task["review_required"]:
        scene.news.tell(f"{scene.player.name} hands in {task['key']} {task['title']}")
    else:
        scene.news.count(done=1)
        scene.news.tell(f"{scene.player.name} finishes {task['key']} {task['title']}")
