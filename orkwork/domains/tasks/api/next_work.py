"""`/agents/me/next`: work without polling for it."""

from typing import Annotated

from fastapi import Query, Response

from orkwork.core.schema import Json
from orkwork.domains.tasks.queries import next_work as queries
from orkwork.domains.tasks.schemas import NextOut
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes
from orkwork.web.stream.waiting import ask_until

routes = Routes(tags=["tasks"])
NOTHING = '{"reason":null'


@routes.get("/agents/me/next", operation_id="tasks.next", summary="Wait for work", response_model=NextOut)
async def next_work(
    door: Caller,
    wait: Annotated[int, Query(ge=0, le=60, description="Seconds to wait while there is nothing", examples=[30])] = 0,
) -> Response:
    """Answers at once when there is something for the calling agent, with the reason; else as soon as there is."""
    return await ask_until(
        door, queries.next_work, _is_something, seconds=wait, names=("task.*", "project.*", "agent.*")
    )


def _is_something(found: Json[NextOut]) -> bool:
    return not found.body.startswith(NOTHING)
