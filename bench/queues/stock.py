"""Keeps orkwork's queue stocked: agents, a project, and as many ready tasks as asked."""

import os
from decimal import Decimal
from uuid import UUID

import psycopg

from orkwork.core import db, door
from orkwork.core.actor import system
from orkwork.core.settings import settings
from orkwork.domains import registry
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.schemas import AgentIn
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.schemas import ProjectIn
from orkwork.domains.tasks.models import Priority
from orkwork.domains.tasks.schemas import BulkIn, BulkTask
from orkwork.domains.tasks.service import bulk

PORTION = 10_000
WHO = system("bench")


class Stock:
    """A company of this many agents on a database of its own."""

    def __init__(self, dsn: str, clients: int) -> None:
        self._dsn = dsn
        os.environ["DATABASE_URL"] = dsn
        settings.cache_clear()
        db.dispose()
        registry.load_operations()
        for client in range(clients):
            body = AgentIn(name=f"worker-{client}", capabilities={"queue:do": Decimal(1)}, max_concurrent_tasks=1000)
            door.run(WHO, lambda work, body=body: agents.create_agent(work, body), write=True)
        made = door.run(WHO, lambda work: projects.create_project(work, ProjectIn(name="Queue")), write=True)
        self._project: UUID = made.id

    def fill(self, count: int) -> None:
        """So many tasks that the agents can do stand ready."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            row = connection.execute("select count(*) from ready_tasks where priority > 0").fetchone()
            assert row is not None
            self._add(count - row[0], "queue:do", Priority.MEDIUM)
            connection.execute("vacuum analyze ready_tasks")
            connection.execute("vacuum analyze tasks")
            connection.execute("analyze")

    def block(self, count: int) -> None:
        """So many urgent ones that nobody here can do stand before them."""
        self._add(count, "queue:fly", Priority.URGENT)

    def _add(self, count: int, capability: str, priority: Priority) -> None:
        while count > 0:
            now = min(PORTION, count)
            tasks = [
                BulkTask(
                    ref=str(n),
                    title=f"Task {n}",
                    required_capabilities=[capability],
                    priority=priority,
                    review_required=False,
                )
                for n in range(now)
            ]
            body = BulkIn(project_id=self._project, ready=True, tasks=tasks)
            door.run(WHO, lambda work, body=body: bulk.create_tasks(work, body), write=True)
            count -= now
