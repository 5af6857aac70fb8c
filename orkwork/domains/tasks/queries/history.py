"""Reading what happened to a task, and in a project."""

from typing import Any
from uuid import UUID

from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.tasks.queries.seen import TaskFact
from orkwork.domains.tasks.queries.tasks import standing_row
from orkwork.domains.tasks.schemas import CommentOut

_FACT = """e.seq, e.name, e.occurred_at, e.actor_kind, e.actor_name, e.subject_label as task_key,
  coalesce(e.before, '{}') as before, coalesce(e.after, '{}') as after"""
_OF_TASK = f"""
select {_FACT} from events e where e.subject_id = %(id)s and e.name <> 'comment.added'
union all
select {_FACT} from task_executions x join events e on e.subject_id = x.id
where x.task_id = %(id)s and e.name in ('execution.started', 'execution.ended')
order by 1 desc limit %(limit)s
"""
_OF_PROJECT = f"""
select {_FACT} from events e
where e.project_id = %(id)s and e.subject_kind in ('task', 'project') order by e.seq desc limit %(limit)s
"""


@query("tasks:read")
def history(work: Work, ref: str | UUID, *, limit: int = 200) -> list[TaskFact]:
    """What happened to a task and its runs, the latest first; comments are read by `comments`."""
    rows = work.all(_OF_TASK, {"id": standing_row(work, ref)["id"], "limit": limit})
    return [TaskFact.model_validate(row) for row in rows]


@query("tasks:read")
def latest_comments(work: Work, ref: str | UUID, *, limit: int = 100) -> list[CommentOut]:
    """The last things that were said about a task, the latest first."""
    rows = work.all(
        "select * from task_comments where task_id = %(id)s order by created_at desc, id desc limit %(limit)s",
        {"id": standing_row(work, ref)["id"], "limit": limit},
    )
    return [CommentOut.model_validate(row) for row in rows]


@query("tasks:read")
def project_history(work: Work, project_id: UUID, *, limit: int = 20) -> list[TaskFact]:
    """What happened in a project, the latest first."""
    params: dict[str, Any] = {"id": project_id, "limit": limit}
    if work.actor.projects is not None and project_id not in work.actor.projects:
        raise NotFound("project.not_found", f"There is no project {project_id}")
    return [TaskFact.model_validate(row) for row in work.all(_OF_PROJECT, params)]
