"""Finding tasks for pickers and the palette, rows again by id, and who works on what."""

from uuid import UUID

from orkwork.core.operation import query
from orkwork.core.schema import Json
from orkwork.core.work import Work
from orkwork.domains.tasks.queries import shapes
from orkwork.domains.tasks.queries.seen import TaskFound, TeamMember
from orkwork.domains.tasks.queries.tasks import VISIBLE, words
from orkwork.domains.tasks.schemas import TaskPage


@query("tasks:read")
def find(work: Work, text: str, *, limit: int = 8) -> list[TaskFound]:
    """Tasks by key or by words of key, title and description, or their beginnings; open ones first."""
    searched = words(text[:200])
    if not searched:
        return []
    rows = work.all(
        "select x.* from (select t.id, t.key, t.title, t.status from tasks t "
        f"where t.search @@ to_tsquery('simple', %(text)s) and {VISIBLE} limit 500) x "
        "order by x.key <> %(key)s, x.status in ('COMPLETED', 'CANCELLED'), x.id desc limit %(limit)s",
        {"text": searched, "key": text.strip().upper(), "visible": work.actor.projects, "limit": limit},
    )
    return [TaskFound.model_validate(row) for row in rows]


@query("tasks:read")
def ids_around(work: Work, task_id: str | UUID) -> list[str]:
    """The ids of the tasks that a task depends on and that depend on it: its page shows how they stand."""
    rows = work.all(
        "select d.depends_on_id::text as id from task_dependencies d where d.task_id = %(id)s union "
        "select d.task_id::text from task_dependencies d where d.depends_on_id = %(id)s limit 200",
        {"id": task_id},
    )
    return [row["id"] for row in rows]


@query("tasks:read")
def tasks_by_id(work: Work, ids: list[UUID]) -> Json[TaskPage]:
    """The tasks of these ids that are there and may be seen, in no order."""
    rows = work.all(
        f"select {shapes.as_json(shapes.item())}::text as body from tasks t where t.id = any(%(ids)s) and {VISIBLE}",
        {"ids": ids, "visible": work.actor.projects},
    )
    return Json(TaskPage, f'{{"items":[{",".join(row["body"] for row in rows)}],"next_cursor":null}}')


@query("tasks:read")
def labels(work: Work, project_id: UUID | None = None) -> list[str]:
    """The labels that tasks carry, in one project or in all, by name."""
    rows = work.all(
        "select distinct l.name from labels l where (%(project)s::uuid is null or l.project_id = %(project)s) "
        "and (%(visible)s::uuid[] is null or l.project_id = any(%(visible)s)) order by l.name limit 500",
        {"project": project_id, "visible": work.actor.projects},
    )
    return [row["name"] for row in rows]


@query("tasks:read")
def team(work: Work, project_id: UUID, *, limit: int = 50) -> list[TeamMember]:
    """The agents that ran or hold tasks of a project, the latest first."""
    rows = work.all(
        "with runs as (select x.agent_id, count(*) as runs, max(x.started_at) as last_at from task_executions x "
        "  where x.project_id = %(project)s and (%(visible)s::uuid[] is null or x.project_id = any(%(visible)s)) group by 1), "
        "held as (select t.assignee_id as agent_id, count(*) filter (where t.status in ('ASSIGNED', 'IN_PROGRESS')) as holding, "
        "  count(*) filter (where t.status = 'COMPLETED') as completed, max(t.updated_at) as last_at from tasks t "
        f"  where t.project_id = %(project)s and t.assignee_id is not null and {VISIBLE} group by 1) "
        "select a.id as agent_id, a.name, a.role, coalesce(r.runs, 0) as runs, coalesce(h.completed, 0) as completed, "
        "  coalesce(h.holding, 0) as holding, greatest(r.last_at, h.last_at) as last_at "
        "from runs r full join held h using (agent_id) join agents a on a.id = agent_id "
        "order by holding desc, last_at desc limit %(limit)s",
        {"project": project_id, "visible": work.actor.projects, "limit": limit},
    )
    return [TeamMember.model_validate(row) for row in rows]
