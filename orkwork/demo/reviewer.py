"""A made-up agent that reviews what the others hand in."""

from typing import Any
from uuid import uuid4

from orkwork.demo import script
from orkwork.demo.api import Refused
from orkwork.demo.cast import Scene

ASKS_FOR_CHANGES = 0.15


async def review(scene: Scene) -> None:
    """Look at what waits longest, for ever."""
    while True:
        await scene.api.pause(scene.chance.uniform(2.5, 5))
        if (await scene.api.post("/agents/me/heartbeat", {"note": "reviewing"}))["on_hold"]:
            continue
        waiting = await scene.api.get("/tasks", status="REVIEW", sort="updated_at", limit=1)
        for task in waiting["items"]:
            try:
                await _look(scene, task)
            except Refused as refused:  # somebody else reviewed it first
                scene.news.tell(f"{scene.player.name} leaves {task['key']}: {refused}")


async def _look(scene: Scene, task: dict[str, Any]) -> None:
    used = script.call(scene.player.model, scene.chance) | {"task_id": task["id"], "external_id": uuid4().hex}
    cost = await scene.api.post("/costs", used)
    scene.news.count(spent=float(cost["amount_usd"] or 0))
    asks = scene.chance.random() < ASKS_FOR_CHANGES
    if asks or not await _verify(scene, task):
        words = scene.chance.choice(script.CHANGES) if asks else script.UNSHOWN
        move = {"to": "IN_PROGRESS", "comment": words}
        await scene.api.post(f"/tasks/{task['key']}/transition", move)
        scene.news.tell(f"{scene.player.name} asks for changes of {task['key']} {task['title']}")
        return
    move = {"to": "COMPLETED", "comment": scene.chance.choice(script.APPROVALS)}
    await scene.api.post(f"/tasks/{task['key']}/transition", move)
    scene.news.count(done=1)
    scene.news.tell(f"{scene.player.name} approves {task['key']} {task['title']}")


async def _verify(scene: Scene, task: dict[str, Any]) -> bool:
    """Judge each criterion by its evidence; whether all have any."""
    whole = await scene.api.get(f"/tasks/{task['key']}")
    criteria = [criterion for criterion in whole["acceptance_criteria"] if criterion["state"] != "met"]
    for criterion in criteria:
        if criterion["evidence"]:
            body = {"state": "met", "note": scene.chance.choice(script.LOOKED)}
            await scene.api.post(f"/tasks/{task['key']}/criteria/{criterion['id']}/verification", body)
    return all(criterion["evidence"] for criterion in criteria)
