"""A made-up agent that plans: it writes each project's first graph, and more when the work runs low."""

from uuid import uuid4

from orkwork.demo import script
from orkwork.demo.api import Refused
from orkwork.demo.cast import Scene, Venture

ENOUGH = 8
"""Tasks that may still be taken, or wait for others; below this a project gets its next feature."""
STARTED_FEATURE = len(script.STEPS)


async def plan(scene: Scene) -> None:
    """Keep every project in work, for ever."""
    while True:
        for venture in scene.ventures:
            try:
                await _look_after(scene, venture)
            except Refused as refused:  # a person archived it
                scene.news.tell(f"{scene.player.name} leaves {venture.name} alone: {refused}")
        await scene.api.pause(scene.chance.uniform(6, 10))


async def _look_after(scene: Scene, venture: Venture) -> None:
    project = await scene.api.get(f"/projects/{venture.id}")
    counts: dict[str, int] = project["tasks"]
    if project["status"] != "active" or project["hold"]:
        return
    if not counts:
        tasks = script.beginning(venture.name, scene.chance)
    elif counts.get("READY", 0) + counts.get("PLANNING", 0) < ENOUGH:
        had = max(0, sum(counts.values()) - len(script.GROUND)) // STARTED_FEATURE
        tasks = script.more(venture.name, had, scene.chance)
    else:
        return
    used = script.call(scene.player.model, scene.chance) | {"project_id": venture.id, "external_id": uuid4().hex}
    cost = await scene.api.post("/costs", used)
    scene.news.count(spent=float(cost["amount_usd"] or 0))
    made = await scene.api.post("/tasks/bulk", {"project_id": venture.id, "ready": True, "tasks": tasks})
    scene.news.count(added=made["created"])
    scene.news.tell(f"{scene.player.name} plans {made['created']} tasks for {venture.name}")
