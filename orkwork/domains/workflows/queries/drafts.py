"""Reading drafts."""

from uuid import UUID

from orkwork.core.actor import Role
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.schemas.drafts import DraftOut


@query(None, role=Role.ADMIN, agents=False)
def draft(work: Work, ref: str | UUID) -> DraftOut | None:
    """The person's own draft of a workflow's next version; None when there is none."""
    found = work.one(
        "select * from workflow_drafts where workflow_id = %(id)s and user_id = %(user)s",
        {"id": rows.workflow_row(work, ref)["id"], "user": work.actor.id},
    )
    return DraftOut.model_validate(found) if found else None
