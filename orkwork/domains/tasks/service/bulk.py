"""Creating a whole graph in one transaction."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from orkwork.core import events as core_events
from orkwork.core.errors import Conflict, FieldError, Invalid, invalid
from orkwork.core.ids import is_uuid, uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import BulkIn, BulkMade, BulkOut
from orkwork.domains.tasks.service.creating import capability_set, columns
from orkwork.domains.tasks.service.dependencies import EDGE_LOCK

_COLUMNS = [
    "id",
    "project_id",
    "number",
    "key",
    "title",
    "description",
    "kind",
    "status",
    "priority",
    "labels",
    "acceptance_criteria",
    "required_capabilities",
    "capset_id",
    "review_required",
    "auto_assigned",
    "fence",
    "blocked_count",
    "flagged",
    "crit",
    "retry_count",
    "max_retries",
    "estimate_minutes",
    "due_at",
    "source",
    "external_id",
    "external_url",
    "created_by_kind",
    "created_by_id",
    "created_at",
    "updated_at",
    "ready_at",
    "waiting_since",
    "limits",
    "version",
]
_TELL = f"""
with offered as (
  insert into ready_tasks (task_id, project_id, capset_id, priority, due_at, crit)
  select t.id, t.project_id, t.capset_id, t.priority, coalesce(t.due_at, 'infinity'), t.crit
  from tasks t join projects p on p.id = t.project_id and p.status = 'active'
  where t.id = any(%(ids)s) and t.status = 'READY'),
labelled as (
  insert into labels (project_id, name, color, description)
  select distinct t.project_id, l, '', '' from tasks t cross join unnest(t.labels) l where t.id = any(%(ids)s) on conflict do nothing),
facts as (
  select 'task.created' as name, 'task' as subject_kind, t.id as subject_id, t.key as subject_label, t.project_id,
    null::jsonb as before, jsonb_build_object('title', t.title, 'status', t.status, 'priority', t.priority) as after
  from tasks t where t.id = any(%(ids)s) order by t.number),
{core_events.EMIT}
select count(*) as told from ev
"""


_EXISTING = """
with named as (
  select id from tasks where key = any(%(keys)s) union select unnest(%(ids)s::uuid[]))
select t.id, t.key, t.status from named join tasks t using (id)
where (%(visible)s::uuid[] is null or t.project_id = any(%(visible)s)) order by t.id for share of t
"""


@dataclass
class _Graph:
    """The request as numbers: tasks 0..n-1, edges between them, edges to tasks that exist."""

    inner: dict[int, list[int]]
    outer: dict[int, list[UUID]]
    blockers: list[int]
    crit: list[int]


@operation("tasks:write")
def create_tasks(work: Work, body: BulkIn) -> BulkOut:
    """Create a graph of tasks with their dependencies, all or nothing. 409 when it has a cycle."""
    work.sql(EDGE_LOCK)
    graph = _resolve(work, body)
    prefix, first = _numbers(work, body)
    sets = {names: capability_set(work, list(names)) for names in {tuple(t.required_capabilities) for t in body.tasks}}
    ids, statuses = [uuid7() for _ in body.tasks], [_status(body.ready, n) for n in graph.blockers]
    shared = _shared(work, body.project_id)
    copy = f"copy tasks ({', '.join(_COLUMNS)}) from stdin"
    with work.conn.cursor() as cursor, cursor.copy(copy) as rows:  # pyright: ignore[reportArgumentType]
        for i, task in enumerate(body.tasks):
            row = (
                shared
                | columns(task)
                | {
                    "id": ids[i],
                    "number": first + i,
                    "key": f"{prefix}-{first + i}",
                    "status": statuses[i].value,
                    "capset_id": sets[tuple(task.required_capabilities)],
                    "blocked_count": graph.blockers[i],
                    "crit": graph.crit[i],
                    "ready_at": shared["created_at"] if statuses[i] is Status.READY else None,
                    "waiting_since": shared["created_at"] if statuses[i] is Status.READY else None,
                }
            )
            rows.write_row([row[name] for name in _COLUMNS])
    edges = _write_edges(work, ids, graph, shared["created_at"])
    work.sql(_TELL, work.telling() | {"ids": ids})
    work.hint("task.created", "task", None, body.project_id)
    made = [
        BulkMade.model_construct(ref=task.ref, id=ids[i], key=f"{prefix}-{first + i}", status=statuses[i])
        for i, task in enumerate(body.tasks)
    ]
    return BulkOut.model_construct(created=len(made), dependencies=edges, tasks=made)


def _status(ready: bool, blockers: int) -> Status:
    if not ready:
        return Status.CREATED
    return Status.PLANNING if blockers else Status.READY


def _shared(work: Work, project_id: UUID) -> dict[str, Any]:
    """What all tasks of the request have in common."""
    telling = work.telling()
    return {
        "project_id": project_id,
        "auto_assigned": False,
        "fence": 0,
        "flagged": False,
        "retry_count": 0,
        "created_by_kind": telling["e_actor_kind"],
        "created_by_id": telling["e_actor_id"],
        "created_at": telling["e_now"],
        "updated_at": telling["e_now"],
        "version": 1,
    }


def _resolve(work: Work, body: BulkIn) -> _Graph:
    """Turn references into numbers and ids; Invalid names the one that leads nowhere."""
    place = {task.ref: i for i, task in enumerate(body.tasks)}
    inner = {i: [place[r] for r in dict.fromkeys(t.depends_on) if r in place] for i, t in enumerate(body.tasks)}
    strangers = {ref for task in body.tasks for ref in task.depends_on if ref not in place}
    known = _existing(work, strangers) if strangers else {}
    outer: dict[int, list[UUID]] = {}
    blockers = [len(inner[i]) for i in range(len(body.tasks))]
    for i, task in enumerate(body.tasks):
        for ref in dict.fromkeys(r for r in task.depends_on if r not in place):
            if ref not in known:
                raise Invalid(
                    "request.invalid",
                    f"tasks.{i}.depends_on: there is no {ref[:80]!r}, neither here nor among the tasks",
                    errors=[FieldError(f"tasks.{i}.depends_on", f"there is no {ref[:80]!r}")],
                )
            task_id, status = known[ref]
            if task_id not in outer.setdefault(i, []):  # it may be named by its key and by its id
                outer[i].append(task_id)
                blockers[i] += status != Status.COMPLETED
    order = rules.order_graph(inner, len(body.tasks))
    if order is None:
        raise Conflict("task.cycle", "The dependencies form a cycle", "Remove one dependency of the cycle.")
    return _Graph(inner, outer, blockers, rules.chain_lengths(order, inner))


def _existing(work: Work, refs: set[str]) -> dict[str, tuple[UUID, str]]:
    """Tasks that exist by id or key, kept from completing until commit."""
    ids = {ref: UUID(ref) for ref in refs if is_uuid(ref)}
    keys = {ref: ref.upper() for ref in refs if ref not in ids}
    rows = work.all(_EXISTING, {"ids": list(ids.values()), "keys": list(keys.values()), "visible": work.actor.projects})
    found: dict[str | UUID, tuple[UUID, str]] = {}
    for row in rows:
        found[row["id"]] = found[row["key"]] = (row["id"], row["status"])
    return {ref: found[name] for ref, name in (ids | keys).items() if name in found}


def _numbers(work: Work, body: BulkIn) -> tuple[str, int]:
    row = work.one(
        "update project_counters c set next_number = c.next_number + %(n)s from projects p "
        "where p.id = c.project_id and c.project_id = %(project)s and p.status <> 'archived' "
        "and (%(visible)s::uuid[] is null or p.id = any(%(visible)s)) "
        "returning p.key_prefix, c.next_number - %(n)s as first",
        {"n": len(body.tasks), "project": body.project_id, "visible": work.actor.projects},
    )
    if row is None:
        raise invalid("project_id", f"there is no project {body.project_id} that takes tasks")
    return row["key_prefix"], row["first"]


def _write_edges(work: Work, ids: list[UUID], graph: _Graph, now: Any) -> int:
    count = 0
    copy = "copy task_dependencies (task_id, depends_on_id, kind, created_at) from stdin"
    with work.conn.cursor() as cursor, cursor.copy(copy) as rows:
        for i, task_id in enumerate(ids):
            for need in [*(ids[n] for n in graph.inner[i]), *graph.outer.get(i, ())]:
                rows.write_row((task_id, need, "blocks", now))
                count += 1
    return count
