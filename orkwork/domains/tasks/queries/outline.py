"""Reading a project's tasks as its graph page draws them."""

from typing import Any, NamedTuple
from uuid import UUID

from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.tasks.queries.tasks import TaskFilter

_TASKS = """
select t.number, t.key, t.title, t.status, (array['urgent','high','medium','low','none'])[t.priority + 1] as priority,
  coalesce((select a.name from agents a where a.id = t.assignee_id), '') as assignee, coalesce(t.labels[1], '') as label,
  t.estimate_minutes, {fits} as fits
from tasks t where t.project_id = %(project)s order by t.number
"""
_NEEDS = """
select coalesce(array_agg(t.number order by t.number, n.number), '{}') as tasks,
  coalesce(array_agg(n.number order by t.number, n.number), '{}') as needs
from tasks t join task_dependencies d on d.task_id = t.id join tasks n on n.id = d.depends_on_id
where t.project_id = %(project)s and n.project_id = %(project)s and d.kind = 'blocks'
"""


class OutlineTask(NamedTuple):
    """A task of the outline."""

    number: int
    key: str
    title: str
    status: str
    priority: str
    assignee: str
    """Its name, or nothing."""
    label: str
    """The first of its labels, or nothing."""
    estimate_minutes: int | None
    fits: bool
    """Whether the filter lets it through."""


class Outline(NamedTuple):
    """A project's tasks by number, and what each waits for: pairs of places in the list, first the one that comes first."""

    tasks: list[OutlineTask]
    edges: list[tuple[int, int]]


@query("tasks:read")
def outline(work: Work, project_id: UUID, filters: TaskFilter | None = None) -> Outline:
    """All tasks of a project, each with whether it fits the filter, and the dependencies among them."""
    if work.actor.projects is not None and project_id not in work.actor.projects:
        raise NotFound("project.not_found", f"There is no project {project_id}", "GET /projects lists them.")
    conditions, params = (filters or TaskFilter()).conditions()
    params = params | {"project": project_id}
    rows = work.all(_TASKS.format(fits=" and ".join(["true", *conditions])), params)
    tasks = [OutlineTask(**row) for row in rows]
    place = {task.number: n for n, task in enumerate(tasks)}
    found: Any = work.one(_NEEDS, {"project": project_id})
    edges = [
        (place[need], place[task])
        for need, task in zip(found["needs"], found["tasks"], strict=True)
        if need in place and task in place
    ]
    return Outline(tasks, edges)
