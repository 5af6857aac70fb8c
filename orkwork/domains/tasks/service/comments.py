"""Saying something about a task."""

from uuid import UUID

from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.tasks import events
from orkwork.domains.tasks.models import TaskComment
from orkwork.domains.tasks.queries.tasks import standing_row
from orkwork.domains.tasks.schemas import CommentIn, CommentOut
from orkwork.domains.tasks.service import noticing


@operation("tasks:write")
def add_comment(work: Work, ref: str | UUID, body: CommentIn) -> CommentOut:
    """Leave a comment, in Markdown. `@name` tells that agent, with its next work."""
    row, actor = standing_row(work, ref), work.actor
    comment = TaskComment(
        task_id=row["id"], author_kind=actor.kind.value, author_id=actor.id, author_name=actor.name, body=body.body
    )
    work.add(comment)
    work.emit(
        events.CommentAdded(
            subject_id=row["id"],
            subject_label=row["key"],
            project_id=row["project_id"],
            after={"comment_id": comment.id, "excerpt": body.body[:200]},
        )
    )
    noticing.mention(work, body.body, task_id=row["id"], project_id=row["project_id"], comment_id=comment.id)
    return CommentOut.model_validate(comment)
