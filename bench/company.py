"""What the suite measures on: a project with as many tasks as asked, and an agent's key."""

import asyncio
from dataclasses import dataclass
from typing import Any

from bench.replay.client import Client
from bench.replay.setup import make_agent_key
from bench.server import Server

PORTION = 10_000
TEXT = (
    "The importer loses the time zone of dates that carry one. Keep it, and add a test with each of the three forms. "
)


@dataclass(slots=True)
class Company:
    """The project, the key, and the ids of all tasks made so far."""

    server: Server
    key: str
    project_id: str
    task_ids: list[str]

    @property
    def headers(self) -> dict[str, str]:
        """What an agent sends."""
        return {"Authorization": f"Bearer {self.key}"}

    def get(self, path: str, **params: Any) -> Any:
        """Ask as the agent."""
        return asyncio.run(self._get(path, params))

    async def _get(self, path: str, params: dict[str, Any]) -> Any:
        client = Client(self.server.url, key=self.key)
        try:
            return await client.get(path, **params)
        finally:
            await client.close()

    def grow(self, size: int) -> None:
        """Create tasks until there are this many."""
        asyncio.run(self._grow(size))

    async def _grow(self, size: int) -> None:
        client = Client(self.server.url, key=self.key)
        while (missing := size - len(self.task_ids)) > 0:
            first = len(self.task_ids)
            tasks = [_task(first + number) for number in range(min(PORTION, missing))]
            body = {"project_id": self.project_id, "ready": False, "tasks": tasks}
            made = await client.post("/tasks/bulk", body, f"bench-grow-{first}-{size}")
            self.task_ids += [row["id"] for row in made["tasks"]]
        await client.close()


def _task(number: int) -> dict[str, Any]:
    return {
        "ref": str(number),
        "title": f"Keep the time zone of imported dates, part {number}",
        "description": TEXT * (1 + number % 8),
        "priority": ("urgent", "high", "medium", "low", "none")[number % 5],
        "labels": ["bench", f"area-{number % 20}"],
    }


def found_company(server: Server) -> Company:
    """An agent with a key and an empty project."""
    return asyncio.run(_found(server))


async def _found(server: Server) -> Company:
    owner = Client(server.url, cookie=server.cookie)
    key = await make_agent_key(owner, "bench")
    project = await owner.send("POST", "/projects", body={"name": "Benchmark", "key_prefix": "BEN"})
    await owner.close()
    return Company(server, key, project["id"], [])
