"""`/agents/me/next`: work without polling for it."""

from typing import Annotated

from fastapi import Query, Response

from orkwork.core.schema import Json
from orkwork.core.work import Work
from orkwork.domains.tasks.queries import next_work as queries
from orkwork.domains.tasks.queries.noticed import NextOut
from orkwork.domains.tasks.service import noticing
from orkwork.web.caller import Caller
from orkwork.web.routes import Routes
from orkwork.web.stream.waiting import ask_until

routes = Routes(tags=["tasks"])
NEWS = ("task.*", "project.*", "agent.*", "company.*")
NOTHING = '{"reason":null'


After = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,18}\.[0-9]{1,18}$",
        description="The cursor of the last thing that was noticed; `0.0` for all that is kept",
        examples=["752.3"],
    ),
]


@routes.get("/agents/me/next", operation_id="tasks.next", summary="Wait for work", response_model=NextOut)
async def next_work(
    door: Caller,
    wait: Annotated[int, Query(ge=0, le=60, description="Seconds to wait while there is nothing", examples=[30])] = 0,
    after: After = None,
) -> Response:
    """Answers at once when there is something for the calling agent, with the reason; else as soon as there is.

    What the agent is to notice (`unblocked`, `mentioned`, `decision_resolved`) comes first, one thing at a time, each
    told once. A client that keeps the `cursor` and sends it as `after` hears everything behind it, also what an answer
    that was lost on its way had told: at least once. `on_hold` says where nothing begins now."""

    def ask(work: Work) -> Json[NextOut]:
        return queries.next_work(work, after)

    def told(found: Json[NextOut]) -> None:
        notice_id = queries.notice_of(found)
        if notice_id is not None:
            door.write_again(noticing.mark_delivered, notice_id)

    return await ask_until(door, ask, _is_something, seconds=wait, names=NEWS, told=told)


def _is_something(found: Json[NextOut]) -> bool:
    return not found.body.startswith(NOTHING)
