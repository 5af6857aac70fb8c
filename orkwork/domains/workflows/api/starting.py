"""What starts runs: schedules, triggers, webhooks, and the address that webhooks are sent to."""

from dataclasses import replace
from uuid import UUID

from asgi_correlation_id import correlation_id
from fastapi import Response

from orkwork.core import door as doors
from orkwork.core.actor import system
from orkwork.core.errors import TooLarge
from orkwork.core.schema import PageOut
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


@routes.get(
    "/workflows/{ref}/schedules",
    operation_id="workflows.schedules",
    summary="A workflow's schedules",
    response_model=PageOut[ScheduleOut],
)
def list_schedules(ref: WorkflowRef, door: Caller) -> Response:
    """Each with its next five ticks."""
    return door.ask(lambda work: PageOut(items=queries.schedules(work, ref)))


@routes.post(
    "/workflows/{ref}/schedules",
    operation_id="workflows.create_schedule",
    summary="Add a schedule",
    status_code=201,
    response_model=ScheduleOut,
)
def create_schedule(ref: WorkflowRef, body: ScheduleIn, door: Caller) -> Response:
    """A cron of five fields in the company's time zone, right across its changes of the clock."""
    return door.create(scheduling.create_schedule, ref, body)


@routes.post(
    "/workflow-schedules/try", operation_id="workflow_schedules.try", summary="Try a cron", response_model=CronOut
)
def try_cron(body: CronIn, door: Caller) -> Response:
    """When it would fire next; nothing is kept."""
    return door.ask(queries.try_cron, body)


@routes.get(
    "/workflow-schedules/{schedule_id}",
    operation_id="workflow_schedules.get",
    summary="One schedule",
    response_model=ScheduleOut,
)
def get_schedule(schedule_id: UUID, door: Caller) -> Response:
    """With its next five ticks."""
    return door.ask(queries.schedule, schedule_id)


@routes.patch(
    "/workflow-schedules/{schedule_id}",
    operation_id="workflow_schedules.update",
    summary="Change a schedule",
    response_model=ScheduleOut,
)
def update_schedule(schedule_id: UUID, patch: SchedulePatch, door: Caller) -> Response:
    """What is absent stays; `state` pauses and resumes."""
    return door.do(scheduling.update_schedule, schedule_id, patch, door.if_match)


@routes.delete(
    "/workflow-schedules/{schedule_id}",
    operation_id="workflow_schedules.delete",
    summary="Delete a schedule",
    status_code=204,
)
def delete_schedule(schedule_id: UUID, door: Caller) -> Response:
    """Its runs stay."""
    return door.remove(scheduling.delete_schedule, schedule_id, door.if_match)


@routes.post(
    "/workflow-schedules/{schedule_id}/backfill",
    operation_id="workflow_schedules.backfill",
    summary="Make up for a period",
    response_model=BackfillOut,
)
def backfill(schedule_id: UUID, body: BackfillIn, door: Caller) -> Response:
    """One run for each tick of it that has none, one after the other unless said."""
    return door.do(scheduling.backfill, schedule_id, body)


@routes.get(
    "/workflows/{ref}/triggers",
    operation_id="workflows.triggers",
    summary="A workflow's triggers",
    response_model=PageOut[TriggerOut],
)
def list_triggers(ref: WorkflowRef, door: Caller) -> Response:
    """What events start it."""
    return door.ask(lambda work: PageOut(items=queries.triggers(work, ref)))


@routes.post(
    "/workflows/{ref}/triggers",
    operation_id="workflows.create_trigger",
    summary="Add a trigger",
    status_code=201,
    response_model=TriggerOut,
)
def create_trigger(ref: WorkflowRef, body: TriggerIn, door: Caller) -> Response:
    """Runs the workflow for every event that matches, except those that its own runs led to."""
    return door.create(triggering.create_trigger, ref, body)


@routes.get(
    "/workflow-triggers/{trigger_id}",
    operation_id="workflow_triggers.get",
    summary="One trigger",
    response_model=TriggerOut,
)
def get_trigger(trigger_id: UUID, door: Caller) -> Response:
    """With how many runs it started."""
    return door.ask(queries.trigger, trigger_id)


@routes.patch(
    "/workflow-triggers/{trigger_id}",
    operation_id="workflow_triggers.update",
    summary="Change a trigger",
    response_model=TriggerOut,
)
def update_trigger(trigger_id: UUID, patch: TriggerPatch, door: Caller) -> Response:
    """What is absent stays; `state` pauses and resumes."""
    return door.do(triggering.update_trigger, trigger_id, patch, door.if_match)


@routes.delete(
    "/workflow-triggers/{trigger_id}",
    operation_id="workflow_triggers.delete",
    summary="Delete a trigger",
    status_code=204,
)
def delete_trigger(trigger_id: UUID, door: Caller) -> Response:
    """Its runs stay."""
    return door.remove(triggering.delete_trigger, trigger_id, door.if_match)


@routes.get(
    "/workflows/{ref}/hooks",
    operation_id="workflows.hooks",
    summary="A workflow's webhooks",
    response_model=PageOut[HookOut],
)
def list_hooks(ref: WorkflowRef, door: Caller) -> Response:
    """Their addresses, without secrets."""
    return door.ask(lambda work: PageOut(items=queries.hooks(work, ref)))


@routes.post(
    "/workflows/{ref}/hooks",
    operation_id="workflows.create_hook",
    summary="Add a webhook",
    status_code=201,
    response_model=HookMade,
)
def create_hook(ref: WorkflowRef, body: HookIn, door: Caller) -> Response:
    """The secret is in this answer and nowhere else."""
    return door.create_secret(hooking.create_hook, ref, body)


@routes.get(
    "/workflow-hooks/{hook_id}", operation_id="workflow_hooks.get", summary="One webhook", response_model=HookOut
)
def get_hook(hook_id: UUID, door: Caller) -> Response:
    """Without its secret."""
    return door.ask(queries.hook, hook_id)


@routes.patch(
    "/workflow-hooks/{hook_id}",
    operation_id="workflow_hooks.update",
    summary="Change a webhook",
    response_model=HookOut,
)
def update_hook(hook_id: UUID, patch: HookPatch, door: Caller) -> Response:
    """What is absent stays; `state` pauses and resumes."""
    return door.do(hooking.update_hook, hook_id, patch, door.if_match)


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


@routes.delete(
    "/workflow-hooks/{hook_id}", operation_id="workflow_hooks.delete", summary="Delete a webhook", status_code=204
)
def delete_hook(hook_id: UUID, door: Caller) -> Response:
    """Its runs stay."""
    return door.remove(hooking.delete_hook, hook_id, door.if_match)


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
