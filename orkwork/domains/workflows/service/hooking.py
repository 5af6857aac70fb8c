"""Webhooks that come in: signed (Standard Webhooks), fresh, each taken once."""

import base64
import json
import math
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from orkwork.core import clock, encryption
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict, NotFound, Unauthenticated, invalid
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work, changes, check_version
from orkwork.domains.workflows import events
from orkwork.domains.workflows.models import SwitchState, TriggerKind
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.queries import starting as queries
from orkwork.domains.workflows.rules import filling
from orkwork.domains.workflows.schemas.starting import HookIn, HookMade, HookOut, HookPatch, HookTaken
from orkwork.domains.workflows.service import beginning, starters

PURPOSE = "workflow hook"
KEPT_DAYS = 7
MAX_ID = 200
MAX_DEPTH = 40
_INSERT = """
insert into workflow_hooks (id, workflow_id, name, secret, inputs, state, created_at, updated_at, version)
values (%(id)s, %(workflow_id)s, %(name)s, %(secret)s, %(inputs)s, 'active', %(now)s, %(now)s, 1)
"""


@operation(None, role=Role.ADMIN, agents=False)
def create_hook(work: Work, ref: str | UUID, body: HookIn) -> HookMade:
    """Run a workflow when a signed request comes in. The secret is shown once."""
    workflow = starters.check_room(work, ref, "hook")
    starters.check_inputs(work, workflow, body.inputs, "payload")
    secret, kept = _new_secret()
    row = {
        "id": uuid7(),
        "workflow_id": workflow["id"],
        "name": body.name,
        "secret": kept,
        "inputs": Jsonb(body.inputs),
        "now": clock.now(),
    }
    work.sql(_INSERT, row)
    starters.tell_created(work, events.HookCreated, row["id"], workflow, body)
    return HookMade(**queries.hook(work, row["id"]).model_dump(), secret=secret)


def _new_secret() -> tuple[str, bytes]:
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    return secret, encryption.encrypt(secret.encode(), PURPOSE)


@operation(None, role=Role.ADMIN, agents=False)
def update_hook(work: Work, hook_id: UUID, patch: HookPatch, if_match: int | None = None) -> HookOut:
    """Change, pause or resume a webhook."""
    row = rows.starter_row(work, "hook", hook_id, lock=True)
    check_version(row["version"], if_match)
    before, after = changes(row, patch.model_dump(mode="json", exclude_unset=True))
    if "inputs" in after:
        workflow = rows.workflow_row(work, row["workflow_id"])
        starters.check_inputs(work, workflow, patch.inputs, "payload")
    if after:
        starters.write(work, "hook", row["id"], after)
        starters.tell_changed(work, events.HookChanged, row, before, after)
    return queries.hook(work, row["id"])


@operation(None, role=Role.ADMIN, agents=False)
def renew_secret(work: Work, hook_id: UUID) -> HookMade:
    """Give a webhook a new secret, shown once; the old one is of no use from now on."""
    row = rows.starter_row(work, "hook", hook_id, lock=True)
    secret, kept = _new_secret()
    starters.write(work, "hook", row["id"], {"secret": kept})
    starters.tell_changed(work, events.HookChanged, row, {}, {"reason": "a new secret"})
    return HookMade(**queries.hook(work, row["id"]).model_dump(), secret=secret)


@operation(None, role=Role.ADMIN, agents=False)
def delete_hook(work: Work, hook_id: UUID, if_match: int | None = None) -> None:
    """Take no more requests; the runs that it started stay."""
    starters.remove(work, "hook", hook_id, if_match, events.HookDeleted)


_HOOK = "select h.*, w.project_id from workflow_hooks h join workflows w on w.id = h.workflow_id where h.id = %(id)s"
_SEEN = """
insert into workflow_hook_deliveries (hook_id, webhook_id, received_at) values (%(hook)s, %(webhook)s, %(now)s)
on conflict do nothing
"""
_EARLIER = """
select d.run_id, r.number from workflow_hook_deliveries d left join workflow_runs r on r.id = d.run_id
where d.hook_id = %(hook)s and d.webhook_id = %(webhook)s
"""
_LED_TO = "update workflow_hook_deliveries set run_id = %(run)s where hook_id = %(hook)s and webhook_id = %(webhook)s"
_CALLED = "update workflow_hooks set last_at = %(now)s where id = %(hook)s"


@operation(None, users=False, agents=False)
def take_request(work: Work, hook_id: UUID, headers: Mapping[str, str], body: bytes) -> HookTaken:
    """Take a signed request and start the webhook's workflow. Unauthenticated when the signature or its time is wrong; a
    request that was taken before starts nothing again."""
    hook = work.one(_HOOK, {"id": hook_id})
    if hook is None:
        raise NotFound("workflow.hook_not_found", f"There is no webhook {hook_id}", "Check the address.")
    webhook_id = _verify(hook, headers, body)
    if hook["state"] != SwitchState.ACTIVE:
        raise Conflict("workflow.hook_paused", f"The webhook {hook['name']} is paused", "Resume it first.")
    once = {"hook": hook_id, "webhook": webhook_id, "now": clock.now()}
    if not work.sql(_SEEN, once).rowcount:
        earlier = work.one(_EARLIER, once) or {"run_id": None, "number": None}
        return HookTaken(run_id=earlier["run_id"], number=earlier["number"], repeated=True)
    payload = _payload(body)
    inputs = {name: filling.fill_value(value, {"payload": payload}) for name, value in hook["inputs"].items()}
    workflow = rows.workflow_row(work, hook["workflow_id"])
    cause = beginning.Cause(trigger=TriggerKind.WEBHOOK, trigger_id=hook_id, trigger_key=webhook_id)
    run_id = beginning.begin(work, workflow, inputs, cause)
    work.sql(_LED_TO, once | {"run": run_id})
    work.sql(_CALLED, once)
    _tell_called(work, hook, webhook_id, run_id)
    led_to = work.one(_EARLIER, once) or {"number": None}
    return HookTaken(run_id=run_id, number=led_to["number"], repeated=False)


def _verify(hook: dict[str, Any], headers: Mapping[str, str], body: bytes) -> str:
    """The request's id when its signature is good and fresh, within five minutes either way."""
    secret = encryption.decrypt(hook["secret"], PURPOSE)
    webhook_id = headers.get("webhook-id", "")
    if secret is None:
        raise Conflict("workflow.hook_secret", "The secret can't be read any more", "Renew the webhook's secret.")
    try:
        Webhook(secret.decode()).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        raise Unauthenticated(
            "workflow.hook_signature",
            f"The request is not signed with this webhook's secret: {str(error).lower() or 'the signature is wrong'}",
            "Sign `id.timestamp.body` as Standard Webhooks says, with webhook-id, webhook-timestamp (within 5 minutes) and "
            "webhook-signature.",
        ) from error
    if len(webhook_id) > MAX_ID or not webhook_id.isprintable():
        raise invalid("webhook-id", f"must be a text of at most {MAX_ID} characters")
    return webhook_id


def _payload(body: bytes) -> Any:
    try:
        payload = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise invalid("body", "must be JSON") from error
    stack: list[tuple[Any, int]] = [(payload, 1)]
    while stack:
        item, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise invalid("body", f"must not be nested deeper than {MAX_DEPTH}")
        if isinstance(item, float) and not math.isfinite(item):
            raise invalid("body", "must hold finite numbers")
        inside = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        stack.extend((part, depth + 1) for part in inside)
    return payload


def _tell_called(work: Work, hook: dict[str, Any], webhook_id: str, run_id: UUID | None) -> None:
    work.emit(
        events.HookCalled(
            subject_id=hook["id"],
            subject_label=hook["name"],
            project_id=hook["project_id"],
            after={"webhook_id": webhook_id, "run_id": run_id, "workflow_id": hook["workflow_id"]},
        )
    )


@operation(None, users=False, agents=False)
def forget_requests(work: Work) -> int:
    """Forget requests that are too old to be sent again: a signature is good for five minutes; how many."""
    before = clock.later(clock.now(), -KEPT_DAYS * 86_400)
    return work.sql("delete from workflow_hook_deliveries where received_at < %(before)s", {"before": before}).rowcount
