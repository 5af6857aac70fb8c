"""Creating, changing and deleting tasks."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import events as core_events
from orkwork.core.errors import Conflict, NotFound, invalid
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.schema import Json
from orkwork.core.work import Work, changes, check_version
from orkwork.domains.tasks import events, rules
from orkwork.domains.tasks.models import Priority, Status
from orkwork.domains.tasks.queries import shapes
from orkwork.domains.tasks.queries import tasks as task_queries
from orkwork.domains.tasks.schemas import TaskFields, TaskIn, TaskOut, TaskPatch
from orkwork.domains.tasks.service import clocks, dependencies, judging

_CREATE = f"""
with numbered as (
  update project_counters c set next_number = c.next_number + 1
  from projects p where p.id = c.project_id and c.project_id = %(project_id)s and p.status <> 'archived'
    and (%(visible)s::uuid[] is null or p.id = any(%(visible)s))
  returning c.next_number - 1 as number, p.key_prefix, p.status as project_status),
ins as (
  insert into tasks (id, project_id, number, key, title, description, kind, status, priority, labels, acceptance_criteria,
    required_capabilities, capset_id, review_required, auto_assigned, fence, blocked_count, flagged, crit, retry_count,
    max_retries, estimate_minutes, due_at, source, external_id, external_url, created_by_kind, created_by_id, created_at,
    updated_at, ready_at, waiting_since, limits, version)
  select %(id)s, %(project_id)s, n.number, n.key_prefix || '-' || n.number, %(title)s, %(description)s, %(kind)s, %(status)s::text,
    %(priority)s, %(labels)s, %(acceptance_criteria)s, %(required_capabilities)s, %(capset_id)s, %(review_required)s, false,
    0, 0, false, 0, 0, %(max_retries)s, %(estimate_minutes)s, %(due_at)s, %(source)s, %(external_id)s, %(external_url)s,
    %(e_actor_kind)s, %(e_actor_id)s, %(e_now)s, %(e_now)s, case when %(status)s::text = 'READY' then %(e_now)s::timestamptz end,
    case when %(status)s::text = 'READY' then %(e_now)s::timestamptz end, %(limits)s, 1
  from numbered n returning *),
offered as (
  insert into ready_tasks (task_id, project_id, capset_id, priority, due_at, crit)
  select i.id, i.project_id, i.capset_id, i.priority, coalesce(i.due_at, 'infinity'), 0
  from ins i, numbered n where i.status = 'READY' and n.project_status = 'active'),
labelled as (
  insert into labels (project_id, name, color, description)
  select i.project_id, unnest(i.labels), '', '' from ins i on conflict do nothing),
facts as (
  select 'task.created' as name, 'task' as subject_kind, i.id as subject_id, i.key as subject_label, i.project_id,
    null::jsonb as before, jsonb_build_object('title', i.title, 'status', i.status, 'priority', i.priority) as after
  from ins i),
{core_events.EMIT}
select i.id, i.version, {shapes.as_json(shapes.task("i"))}::text as body from ins i
"""


@operation("tasks:write")
def create_task(work: Work, body: TaskIn) -> Json[TaskOut]:
    """Create a task; with `ready` it walks on to READY, or waits in PLANNING for its dependencies."""
    waits = body.ready and bool(body.depends_on)
    status = Status.PLANNING if waits else Status.READY if body.ready else Status.CREATED
    params = columns(body) | {
        "id": uuid7(),
        "project_id": body.project_id,
        "status": status,
        "capset_id": capability_set(work, body.required_capabilities),
        "visible": work.actor.projects,
    }
    if body.depends_on:  # before the project's counter, as a bulk takes them
        work.sql(dependencies.EDGE_LOCK)
    row = work.one(_CREATE, work.telling() | params)
    if row is None:
        raise invalid("project_id", f"there is no project {body.project_id} that takes tasks")
    work.hint("task.created", "task", row["id"], body.project_id)
    if not body.depends_on:
        return Json(TaskOut, row["body"], row["version"])
    for ref in dict.fromkeys(body.depends_on):
        dependencies.insert_edge(work, row["id"], ref, "depends_on")
    if waits:
        dependencies.ready_if_free(work, row["id"])
    return task_queries.task(work, row["id"])


def columns(body: TaskFields) -> dict[str, Any]:
    """The fields that people give, as the table keeps them."""
    fields = body.model_dump(exclude={"project_id", "ready", "depends_on", "ref"})
    limits = own_limits(body)
    return fields | {
        "priority": body.priority.rank,
        "acceptance_criteria": Jsonb(judging.fresh(body.acceptance_criteria)),
        "limits": Jsonb(limits) if limits is not None else None,
    }


def own_limits(body: TaskFields) -> dict[str, Any] | None:
    """A task's own clocks and retry policy as the table keeps them; its attempts are `max_retries`."""
    if body.limits is None:
        return None
    kept = body.limits.kept()
    kept.get("retry", {}).pop("attempts", None)
    return {name: value for name, value in kept.items() if value != {}}


def capability_set(work: Work, names: list[str]) -> int:
    """The id of the set of these capabilities, made on first use."""
    params = {"names": sorted(names)}
    if names:
        work.sql("insert into capabilities (name) select unnest(%(names)s::text[]) on conflict do nothing", params)
        work.sql(
            "insert into capability_sets (capability_ids) select array_agg(id order by id) from capabilities "
            "where name = any(%(names)s) on conflict do nothing",
            params,
        )
    row = work.one(
        "select id from capability_sets where capability_ids = "
        "(select coalesce(array_agg(id order by id), '{}') from capabilities where name = any(%(names)s::text[]))",
        params,
    )
    assert row is not None
    return row["id"]


_ROW = "select t.* from tasks t where t.id = %(id)s for no key update"


@operation("tasks:write")
def update_task(work: Work, ref: str | UUID, patch: TaskPatch, if_match: int | None = None) -> Json[TaskOut]:
    """Change what a task says; its state changes by transition. An agent changes only tasks that it created."""
    found = task_queries.standing_row(work, ref)
    rules.check_edit(task_queries.standing_of(found), work.actor, patch.model_fields_set)
    row = work.one(_ROW, {"id": found["id"]})
    assert row is not None
    check_version(row["version"], if_match)
    wanted = {name: value for name, value in columns(patch).items() if name in patch.model_fields_set}
    told = patch.model_dump(exclude_unset=True, mode="json")
    if "limits" in told:
        told["limits"] = own_limits(patch)
        clocks.check_not_over(work, row, patch.limits)
    told_before = row | {"priority": list(Priority)[row["priority"]].value}
    if "acceptance_criteria" in told:
        after_edit = judging.changed(row["acceptance_criteria"], patch.acceptance_criteria)
        wanted["acceptance_criteria"] = Jsonb(after_edit)
        told["acceptance_criteria"] = [_in_short(one) for one in after_edit]
        told_before["acceptance_criteria"] = [_in_short(one) for one in row["acceptance_criteria"]]
    before, after = changes(told_before, told)
    if after:
        if "required_capabilities" in after:
            wanted["capset_id"] = capability_set(work, patch.required_capabilities)
        _write(work, row["id"], {name: value for name, value in wanted.items() if name in after or name == "capset_id"})
        work.emit(
            events.TaskChanged(
                subject_id=row["id"], subject_label=row["key"], project_id=row["project_id"], before=before, after=after
            )
        )
    return task_queries.task(work, row["id"])


def _in_short(criterion: dict[str, Any]) -> dict[str, Any]:
    return {name: criterion[name] for name in ("id", "text", "state")}


def _write(work: Work, task_id: UUID, fields: dict[str, Any]) -> None:
    """Names come from the schema, never from the caller."""
    assignments = ", ".join(f"{name} = %({name})s" for name in fields)
    work.sql(
        f"update tasks set {assignments}, version = version + 1, updated_at = %(e_now)s where id = %(id)s",
        fields | {"id": task_id, "e_now": work.telling()["e_now"]},
    )
    if "labels" in fields:
        work.sql(
            "insert into labels (project_id, name, color, description) "
            "select project_id, unnest(labels), '', '' from tasks where id = %(id)s on conflict do nothing",
            {"id": task_id},
        )
    if {"priority", "due_at", "capset_id"} & set(fields):
        work.sql(
            "update ready_tasks r set priority = t.priority, due_at = coalesce(t.due_at, 'infinity'), capset_id = t.capset_id "
            "from tasks t where t.id = %(id)s and r.task_id = t.id",
            {"id": task_id},
        )


@operation("tasks:write", agents=False)
def delete_task(work: Work, ref: str | UUID) -> None:
    """Delete a task that nobody worked on and nothing waits for; anything else is cancelled instead."""
    work.sql(dependencies.EDGE_LOCK)  # else a dependant that is added meanwhile waits for nothing for ever
    row = task_queries.standing_row(work, ref)
    held = work.one(
        "select exists (select from task_executions where task_id = %(id)s) or exists (select from costs where task_id = %(id)s) "
        "or exists (select from task_dependencies where depends_on_id = %(id)s) as used",
        {"id": row["id"]},
    )
    if row["status"] not in (Status.CREATED, Status.PLANNING, Status.CANCELLED) or (held and held["used"]):
        raise Conflict(
            "task.history", f"{row['key']} has a history or dependants", "Cancel it instead: move it to CANCELLED."
        )
    if not work.sql("delete from tasks where id = %(id)s and version = %(version)s", row).rowcount:
        raise NotFound("task.not_found", f"There is no task {ref}")
    told = {"key": row["key"], "status": row["status"]}
    work.emit(
        events.TaskDeleted(subject_id=row["id"], subject_label=row["key"], project_id=row["project_id"], before=told)
    )
