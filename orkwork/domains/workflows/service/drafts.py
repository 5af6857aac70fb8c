"""Keeping what somebody has typed into the builder. It tells nobody anything: a draft that is saved is a version with its event."""

from typing import Final
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic_core import to_json

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import TooLarge
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.schemas.drafts import DraftIn

MAX_BYTES: Final = 4_000_000
_KEEP: Final = """
insert into workflow_drafts (workflow_id, user_id, based_on, inputs, steps, kept_at)
values (%(workflow)s, %(user)s, %(based_on)s, %(inputs)s, %(steps)s, %(now)s)
on conflict (workflow_id, user_id) do update set based_on = excluded.based_on, inputs = excluded.inputs,
  steps = excluded.steps, kept_at = excluded.kept_at
"""
_DROP: Final = "delete from workflow_drafts where workflow_id = %(workflow)s and user_id = %(user)s"


@operation(None, role=Role.ADMIN, agents=False)
def keep_draft(work: Work, ref: str | UUID, body: DraftIn) -> None:
    """Keep the person's own draft of a workflow's next version, in the place of an earlier one."""
    size = len(to_json(body))
    if size > MAX_BYTES:
        raise TooLarge(
            "workflow.draft_too_large", f"The draft has {size} bytes", "Save it as a version before you go on."
        )
    kept = {"based_on": body.based_on, "inputs": Jsonb(body.inputs), "steps": Jsonb(body.steps), "now": clock.now()}
    work.sql(_KEEP, kept | {"workflow": rows.workflow_row(work, ref)["id"], "user": work.actor.id})


@operation(None, role=Role.ADMIN, agents=False)
def drop_draft(work: Work, ref: str | UUID) -> None:
    """Forget the person's own draft."""
    work.sql(_DROP, {"workflow": rows.workflow_row(work, ref)["id"], "user": work.actor.id})
