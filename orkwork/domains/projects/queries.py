"""Reading projects."""

from typing import Any
from uuid import UUID

from orkwork.core.errors import NotFound
from orkwork.core.ids import is_uuid
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.projects.models import ProjectStatus
from orkwork.domains.projects.schemas import ProjectOut


def hold_of(project: str) -> str:
    """The hold that a project is under, as JSON: the company's, else its own; null while work goes on. `project`: its
    id, as SQL."""
    return f"""coalesce((select s.hold || '{{"scope": "company", "project_id": null}}' from settings s),
    (select p.hold || jsonb_build_object('scope', 'project', 'project_id', p.id) from projects p where p.id = {project}))"""


HOLDS_ON = "holds_on(%(agent)s)"
"""The holds that concern an agent now, as JSON: the company's, and those of the projects of tasks that it holds."""
PROJECTS = """
select p.*, coalesce(p.hold || jsonb_build_object('scope', 'project', 'project_id', p.id),
    (select s.hold || '{"scope": "company", "project_id": null}' from settings s)) as hold,
  coalesce((select sum(amount_usd) from cost_rollup r where r.kind = 'project' and r.key = p.id::text), 0) as spent_usd,
  coalesce((select jsonb_object_agg(status, n) from (select status, sum(tasks) as n from task_tallies t
    where t.project_id = p.id group by status having sum(tasks) <> 0) x), '{}') as tasks
from projects p
where (%(visible)s::uuid[] is null or p.id = any(%(visible)s))
"""


@query("projects:read")
def projects(
    work: Work,
    *,
    status: list[ProjectStatus] | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 200,
) -> list[ProjectOut]:
    """Projects by name; archived ones only when asked for."""
    name, row_id = after or (None, None)
    params: dict[str, Any] = {
        "visible": work.actor.projects,
        "status": status or ["active", "paused", "completed"],
        "name": name,
        "id": row_id,
        "limit": limit,
    }
    rows = work.all(
        PROJECTS + "and p.status = any(%(status)s) and (%(name)s::text is null or (lower(p.name), p.id) > "
        "(lower(%(name)s), %(id)s::uuid)) order by lower(p.name), p.id limit %(limit)s",
        params,
    )
    return [ProjectOut.model_validate(row) for row in rows]


@query("projects:read")
def project(work: Work, ref: str | UUID) -> ProjectOut:
    """One project by id or key prefix."""
    column = "id" if is_uuid(ref) else "key_prefix"
    row = work.one(PROJECTS + f"and p.{column} = %(ref)s", {"visible": work.actor.projects, "ref": _typed(ref)})
    if row is None:
        raise NotFound("project.not_found", f"There is no project {ref}", "GET /projects lists them.")
    return ProjectOut.model_validate(row)


def _typed(ref: str | UUID) -> str | UUID:
    return UUID(str(ref)) if is_uuid(ref) else str(ref).upper()
