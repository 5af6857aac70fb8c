"""What starts runs: schedules, triggers, webhooks, and the address that webhooks are sent to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from asgi_correlation_id import correlation_id
from fastapi import Response

from orkwork.core import door as doors
from orkwork.core.actor import system
from orkwork.core.errors import TooLarge
from orkwork.core.schema import In, Out, PageOut
from orkwork.domains.workflows.api.templates import WorkflowRef
from orkwork.domains.workflows.queries import starting as queries
from orkwork.domains.workflows.schemas.starting import (
    BackfillIn,
    BackfillOut,
    CronIn,
    CronOut,
    HookIn,
    HookMade,
    HookOut,
    HookPatch,
    HookTaken,
    ScheduleIn,
    ScheduleOut,
    SchedulePatch,
    TriggerIn,
    TriggerOut,
    TriggerPatch,
)
from orkwork.domains.workflows.service import hooking, scheduling, triggering
from orkwork.web import limits
from orkwork.web.caller import Caller, ip_of, shape
from orkwork.web.routes import Routes

routes = Routes(tags=["workflows"])
MAX_HOOK_BYTES = 256 * 1024
PER_HOOK_A_MINUTE = 120
PER_ADDRESS_A_MINUTE = 600


@dataclass(frozen=True, kw_only=True)
class Starter:
    """A kind of what starts runs: its words, what its routes take and give, and what each of them calls."""

    kind: str
    word: str
    out: type[Out]
    listed: Callable[..., Sequence[Out]]
    read: Callable[..., Out]
    new: type[In]
    create: Callable[..., Out]
    made: type[Out]
    """What a creation answers."""
    patch: type[In]
    update: Callable[..., Out]
    delete: Callable[..., None]
    texts: tuple[str, str, str]
    """What the documentation says of the list, of creating one, and of reading one."""


STARTERS = (
    Starter(
        kind="schedule",
        word="schedule",
        out=ScheduleOut,
        listed=queries.schedules,
        read=queries.schedule,
        new=ScheduleIn,
        create=scheduling.create_schedule,
        made=ScheduleOut,
        patch=SchedulePatch,
        update=scheduling.update_schedule,
        delete=scheduling.delete_schedule,
        texts=(
            "Each with its next five ticks.",
            "A cron of five fields in the company's time zone, right across its changes of the clock.",
            "With its next five ticks.",
        ),
    ),
    Starter(
        kind="trigger",
        word="trigger",
        out=TriggerOut,
        listed=queries.triggers,
        read=queries.trigger,
        new=TriggerIn,
        create=triggering.create_trigger,
        made=TriggerOut,
        patch=TriggerPatch,
        update=triggering.update_trigger,
        delete=triggering.delete_trigger,
        texts=(
            "What events start it.",
            "Runs the workflow for every event that matches, except those that its own runs led to.",
            "With how many runs it started.",
        ),
    ),
    Starter(
        kind="hook",
        word="webhook",
        out=HookOut,
        listed=queries.hooks,
        read=queries.hook,
        new=HookIn,
        create=hooking.create_hook,
        made=HookMade,
        patch=HookPatch,
        update=hooking.update_hook,
        delete=hooking.delete_hook,
        texts=(
            "Their addresses, without secrets.",
            "The secret is in this answer and nowhere else.",
            "Without its secret.",
        ),
    ),
)


def _collection(one: Starter) -> None:
    """The routes below the workflow: what there is, and one more."""
    path, kind = f"/workflows/{{ref}}/{one.kind}s", one.kind
    listing = {"summary": f"A workflow's {one.word}s", "description": one.texts[0]}
    adding = {"summary": f"Add a {one.word}", "description": one.texts[1], "status_code": 201}

    @routes.get(path, operation_id=f"workflows.{kind}s", response_model=PageOut[one.out], **listing)
    def list_all(ref: WorkflowRef, door: Caller) -> Response:
        return door.ask(lambda work: PageOut(items=list(one.listed(work, ref))))

    def create(ref: WorkflowRef, body: In, door: Caller) -> Response:
        make = door.create if one.made is one.out else door.create_secret
        return make(one.create, ref, body)

    create.__annotations__["body"] = one.new  # FastAPI reads there what the body has to be
    routes.post(path, operation_id=f"workflows.create_{kind}", response_model=one.made, **adding)(create)


def _members(one: Starter) -> None:
    """The routes of a single one."""
    path, name = f"/workflow-{one.kind}s/{{starter_id}}", f"workflow_{one.kind}s"
    reading = {"summary": f"One {one.word}", "description": one.texts[2]}
    changing = {"summary": f"Change a {one.word}", "description": "What is absent stays; `state` pauses and resumes."}
    deleting = {"summary": f"Delete a {one.word}", "description": "Its runs stay.", "status_code": 204}

    @routes.get(path, operation_id=f"{name}.get", response_model=one.out, **reading)
    def get_one(starter_id: UUID, door: Caller) -> Response:
        return door.ask(one.read, starter_id)

    def update(starter_id: UUID, patch: In, door: Caller) -> Response:
        return door.do(one.update, starter_id, patch, door.if_match)

    update.__annotations__["patch"] = one.patch
    routes.patch(path, operation_id=f"{name}.update", response_model=one.out, **changing)(update)

    @routes.delete(path, operation_id=f"{name}.delete", **deleting)
    def delete(starter_id: UUID, door: Caller) -> Response:
        return door.remove(one.delete, starter_id, door.if_match)


for _one in STARTERS:
    _collection(_one)
    _members(_one)


@routes.post(
    "/workflow-schedules/try", operation_id="workflow_schedules.try", summary="Try a cron", response_model=CronOut
)
def try_cron(body: CronIn, door: Caller) -> Response:
    """When it would fire next; nothing is kept."""
    return door.ask(queries.try_cron, body)


@routes.post(
    "/workflow-schedules/{schedule_id}/backfill",
    operation_id="workflow_schedules.backfill",
    summary="Make up for a period",
    response_model=BackfillOut,
)
def backfill(schedule_id: UUID, body: BackfillIn, door: Caller) -> Response:
    """One run for each tick of it that has none, one after the other unless said."""
    return door.do(scheduling.backfill, schedule_id, body)


@routes.post(
    "/workflow-hooks/{hook_id}/secret",
    operation_id="workflow_hooks.renew_secret",
    summary="Renew a webhook's secret",
    status_code=201,
    response_model=HookMade,
)
def renew_secret(hook_id: UUID, door: Caller) -> Response:
    """The old one is of no use from now on."""
    return door.create_secret(hooking.renew_secret, hook_id)


_SIGNED = {
    "parameters": [
        {"in": "header", "name": name, "required": True, "schema": {"type": "string"}, "description": text}
        for name, text in (
            ("webhook-id", "The request's own id: the same one is taken once"),
            ("webhook-timestamp", "Seconds since 1970, at most five minutes off"),
            ("webhook-signature", "`v1,` and the signature in base64; more than one with spaces between"),
        )
    ],
    "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
    "security": [],
}


@routes.post(
    "/hooks/{hook_id}",
    operation_id="hooks.take",
    summary="Start a workflow by a signed request",
    status_code=202,
    response_model=HookTaken,
    openapi_extra=_SIGNED,
)
def take(hook_id: UUID, door: Caller) -> Response:
    """Signed by Standard Webhooks with the webhook's secret. Sent again, it starts nothing again."""
    ip = ip_of(door.request)
    limits.take(f"hooks:{ip}", PER_ADDRESS_A_MINUTE)
    limits.take(f"hook:{hook_id}", PER_HOOK_A_MINUTE)
    if len(door.body) > MAX_HOOK_BYTES:
        raise TooLarge("request.too_large", f"The body is larger than {MAX_HOOK_BYTES} bytes", "Send less, or a link.")
    who = replace(system("webhook", correlation_id.get()), ip=ip)
    headers = dict(door.request.headers)
    return shape(doors.run(who, lambda work: hooking.take_request(work, hook_id, headers, door.body), write=True), 202)
