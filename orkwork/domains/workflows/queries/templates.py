"""Reading workflows and their versions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.operation import query
from orkwork.core.paging import Order, after, order_by, page_of
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.workflows.models import WorkflowState
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.schemas.templates import (
    VersionItem,
    VersionOut,
    WorkflowItem,
    WorkflowName,
    WorkflowOut,
)

COUNTED_DAYS = 30
_ITEM = """
w.id, w.key, w.name, w.project_id, p.key_prefix as project_key, w.state, w.current as current_version, v.step_count as steps,
(select count(*) from workflow_runs r where r.workflow_id = w.id and r.state in ('completed','failed')
  and r.created_at >= %(since)s) as runs,
(select count(*) from workflow_runs r where r.workflow_id = w.id and r.state = 'completed'
  and r.created_at >= %(since)s) as succeeded,
(select jsonb_build_object('id', r.id, 'number', r.number, 'state', r.state, 'created_at', r.created_at)
  from workflow_runs r where r.workflow_id = w.id order by r.id desc limit 1) as last_run,
case when w.state = 'active' then (select min(s.next_at) from workflow_schedules s
  where s.workflow_id = w.id and s.state = 'active') end as next_at,
w.updated_at, w.version
"""
_FROM = """
from workflows w join projects p on p.id = w.project_id
join workflow_versions v on v.workflow_id = w.id and v.number = w.current
where (%(visible)s::uuid[] is null or w.project_id = any(%(visible)s))
"""
_NAMES = [Order("lower(w.name)", "text"), Order("w.id", "uuid")]


def _params(work: Work) -> dict[str, Any]:
    """What every statement about workflows takes."""
    return {"visible": work.actor.projects, "since": clock.later(clock.now(), -COUNTED_DAYS * 86_400)}


@query("tasks:read")
def workflows(
    work: Work,
    *,
    project_id: UUID | None = None,
    states: list[WorkflowState] | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> PageOut[WorkflowItem]:
    """One page of workflows by name; archived ones only when asked for."""
    behind, keys = after(_NAMES, cursor)
    wanted = [state.value for state in states or (WorkflowState.ACTIVE, WorkflowState.PAUSED)]
    found = work.all(
        f"select {_ITEM}, lower(w.name) as sort_name {_FROM} and w.state = any(%(states)s) "
        f"and (%(project)s::uuid is null or w.project_id = %(project)s) and {behind} "
        f"order by {order_by(_NAMES)} limit {int(limit) + 1}",
        _params(work) | {"states": wanted, "project": project_id} | keys,
    )
    kept, following = page_of(found, limit, ["sort_name", "id"])
    items = [WorkflowItem.model_validate(row) for row in _as_now(work, kept)]
    return PageOut(items=items, next_cursor=following)


def _as_now(work: Work, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the state of each last run as its tasks stand now."""
    last = {UUID(row["last_run"]["id"]): row["last_run"]["state"] for row in found if row["last_run"]}
    now = rows.live(work, last)
    shown = []
    for row in found:
        standing = now.get(UUID(row["last_run"]["id"]), {}) if row["last_run"] else {}
        shown.append(row | ({"last_run": row["last_run"] | {"state": standing["state"]}} if standing else {}))
    return shown


@query("tasks:read")
def named(work: Work, text: str, limit: int = 8) -> list[WorkflowName]:
    """Workflows in use whose name or key holds a text, by name; without their runs."""
    found = work.all(
        "select w.key, w.name, p.key_prefix as project_key from workflows w join projects p on p.id = w.project_id "
        "where (%(visible)s::uuid[] is null or w.project_id = any(%(visible)s)) and w.state <> 'archived' "
        "and (position(%(text)s in lower(w.name)) > 0 or position(%(text)s in w.key) > 0) "
        "order by lower(w.name), w.id limit %(limit)s",
        {"visible": work.actor.projects, "text": text.strip().lower(), "limit": limit},
    )
    return [WorkflowName.model_validate(row) for row in found]


@query("tasks:read")
def workflow(work: Work, ref: str | UUID) -> WorkflowOut:
    """One workflow by id or key, with the version that new runs take."""
    row = rows.workflow_row(work, ref)
    found = work.one(
        f"select {_ITEM}, w.description, w.created_at {_FROM} and w.id = %(id)s", _params(work) | {"id": row["id"]}
    )
    if found is None:
        raise rows.missing(ref)
    [found] = _as_now(work, [found])
    return WorkflowOut.model_validate(found | {"template": version(work, row["id"], row["current"])})


@query("tasks:read")
def versions(work: Work, ref: str | UUID) -> list[VersionItem]:
    """Every version, the newest first."""
    row = rows.workflow_row(work, ref)
    found = work.all(
        "select v.number, v.step_count as steps, v.created_by_name, v.created_at, (select count(*) from workflow_runs r "
        "where r.workflow_id = v.workflow_id and r.version_number = v.number) as runs "
        "from workflow_versions v where v.workflow_id = %(id)s order by v.number desc limit 1000",
        {"id": row["id"]},
    )
    return [VersionItem.model_validate(row) for row in found]


@query("tasks:read")
def version(work: Work, ref: str | UUID, number: int) -> VersionOut:
    """One version whole."""
    found = rows.version_row(work, rows.workflow_row(work, ref)["id"], number)
    return VersionOut.model_validate(found)
