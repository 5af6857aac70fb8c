"""orkwork: claim and start, then finish, through the operations, with events, deliveries and the seal's numbers."""

import os
from uuid import UUID

from bench.queues.contender import asked, compete
from orkwork.core import door
from orkwork.core.actor import SCOPES, Actor, ActorKind, Level, system
from orkwork.core.work import Work
from orkwork.domains import registry
from orkwork.domains.executions.schemas import ExecutionPatch, FinishBatchIn, FinishIn
from orkwork.domains.tasks.models import ExecutionStatus
from orkwork.domains.tasks.schemas import ClaimIn
from orkwork.domains.tasks.service import claims, finishing, runs


def actor(client: int) -> Actor:
    """The client's agent, as a door sees it."""

    def find(work: Work) -> UUID:
        row = work.one("select id from agents where name = %(name)s", {"name": f"worker-{client}"})
        assert row is not None
        return row["id"]

    agent_id = door.run(system("bench"), find, write=False)
    scopes = frozenset(SCOPES)
    return Actor(ActorKind.AGENT, agent_id, f"worker-{client}", scopes=scopes, level=Level.SUPERVISED)


def main() -> None:
    """Compete."""
    told = asked()
    os.environ["DATABASE_URL"] = told.dsn
    registry.load_operations()
    who, body = actor(told.client), ClaimIn(limit=told.batch, start=True)

    def once() -> list[UUID]:
        claimed = door.run(who, lambda work: claims.claim(work, body), write=True, atomic=True).parse().claims
        items = []
        for claim in claimed:
            assert claim.execution is not None
            items.append(FinishIn(execution_id=claim.execution.id, fence=claim.fence))
        if told.batch == 1:
            for item in items:
                patch = ExecutionPatch(status=ExecutionStatus.SUCCEEDED, fence=item.fence)
                run = item.execution_id
                door.run(
                    who,
                    lambda work, run=run, patch=patch: runs.update_execution(work, run, patch),
                    write=True,
                    atomic=True,
                )
        elif items:
            finish = FinishBatchIn(items=items)
            door.run(who, lambda work: finishing.finish_executions(work, finish), write=True, atomic=True)
        return [claim.task.id for claim in claimed]

    once()  # statements are prepared from the third time on
    once()
    once()
    compete(once, told.seconds)


if __name__ == "__main__":
    main()
