"""Reading tasks."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from orkwork.core.errors import NotFound
from orkwork.core.ids import is_uuid
from orkwork.core.lookup import PROJECTS, Lookup
from orkwork.core.operation import query
from orkwork.core.paging import Order, after, encode_cursor, order_by
from orkwork.core.schema import Json
from orkwork.core.work import Work
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import Priority, Status
from orkwork.domains.tasks.queries import shapes
from orkwork.domains.tasks.rules import Standing
from orkwork.domains.tasks.schemas import MovesOut, TaskOut, TaskPage, TaskSort

_SEEN = f"({PROJECTS} is null or t.project_id = any({PROJECTS}))"
VISIBLE = _SEEN.replace(PROJECTS, "%(visible)s::uuid[]")
_TASK = f"select {shapes.as_json(shapes.task())}::text as body, t.version from tasks t where t.<column> = %(ref)s and {_SEEN}"
HELD = "case when t.status in ('READY', 'ASSIGNED') then held_by(t.project_id) end as held"
"""What is on hold while the task could begin, for `standing_of`."""
OPEN_CRITERIA = """case when t.status = 'REVIEW' and t.review_required then
    jsonb_path_query_array(t.acceptance_criteria, '$[*] ? (@.state != "met")') end as open_criteria"""
"""What a review still asks for, for `standing_of`."""
STANDING = (
    "t.id, t.project_id, t.key, t.status, t.review_required, t.blocked_count, t.assignee_id, t.worker_id, t.fence, "
    "t.created_by_id, t.version, t.retry_at"
)
"""What `standing_of` reads of the task's own row, with what a move needs beside."""
_STANDING = f"select {STANDING}, {HELD}, {OPEN_CRITERIA} from tasks t where t.<column> = %(ref)s and {_SEEN}"
_BY_ID = {statement: statement.replace("<column>", "id") for statement in (_TASK, _STANDING)}
_BY_KEY = {statement: statement.replace("<column>", "key") for statement in (_TASK, _STANDING)}


def located(work: Work, ref: str | UUID) -> tuple[str, dict[str, Any]]:
    """The column and the parameters by which a reference is found among the visible tasks."""
    if is_uuid(ref):
        return "id", {"ref": UUID(str(ref)), "visible": work.actor.projects}
    return "key", {"ref": str(ref).upper(), "visible": work.actor.projects}


def _lookup(statement: str, ref: str | UUID) -> Lookup:
    if is_uuid(ref):
        return Lookup(_BY_ID[statement], {"ref": UUID(str(ref))})
    return Lookup(_BY_KEY[statement], {"ref": str(ref).upper()})


def task_lookup(ref: str | UUID) -> Lookup:
    """A task as it leaves."""
    return _lookup(_TASK, ref)


def standing_lookup(ref: str | UUID, *_: object) -> Lookup:
    """What `standing_row` reads, for operations that begin with it."""
    return _lookup(_STANDING, ref)


def missing(ref: str | UUID) -> NotFound:
    """The error for a reference that leads nowhere."""
    return NotFound("task.not_found", f"There is no task {ref}", "Check the id or key; GET /tasks lists them.")


@query("tasks:read", begins_with=task_lookup)
def task(work: Work, ref: str | UUID) -> Json[TaskOut]:
    """One task by id or key."""
    row = work.look_up(task_lookup(ref))
    if row is None:
        raise missing(ref)
    return Json(TaskOut, row["body"], row["version"])


def standing_row(work: Work, ref: str | UUID) -> dict[str, Any]:
    """What the guards look at, with id, project and version; NotFound when it is not there or not to be seen."""
    row = work.look_up(standing_lookup(ref))
    if row is None:
        raise missing(ref)
    return row


def standing_of(row: dict[str, Any]) -> Standing:
    """The guards' view of a row."""
    return Standing(
        row["key"],
        Status(row["status"]),
        row["review_required"],
        row["blocked_count"],
        row["assignee_id"],
        row["worker_id"],
        row["fence"],
        row["created_by_id"],
        row["held"],
        tuple({name: one[name] for name in ("id", "text", "state")} for one in row["open_criteria"] or ()),
    )


@query("tasks:read")
def moves(work: Work, ref: str | UUID) -> MovesOut:
    """Where a task can go now, and what each move is called."""
    standing = standing_of(standing_row(work, ref))
    allowed = rules.legal(standing)
    return MovesOut(
        status=standing.status, allowed=allowed, actions={to: rules.action(standing.status, to) for to in allowed}
    )


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    """What to list; an empty filter lets everything through."""

    project_ids: list[UUID] = field(default_factory=list)
    project_prefixes: list[str] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    priorities: list[Priority] = field(default_factory=list)
    assignee_ids: list[UUID] = field(default_factory=list)
    unassigned: bool = False
    labels: list[str] = field(default_factory=list)
    text: str | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    blocked: bool | None = None
    external_ids: list[str] = field(default_factory=list)

    def conditions(self) -> tuple[list[str], dict[str, Any]]:
        """The conditions on `tasks t` and their parameters."""
        named: list[tuple[bool, str, str, Any]] = [
            (bool(self.project_ids), "t.project_id = any(%(project_ids)s)", "project_ids", self.project_ids),
            (
                bool(self.project_prefixes),
                "t.project_id in (select id from projects where key_prefix = any(%(prefixes)s))",
                "prefixes",
                self.project_prefixes,
            ),
            (bool(self.statuses), "t.status = any(%(statuses)s)", "statuses", [s.value for s in self.statuses]),
            (
                bool(self.priorities),
                "t.priority = any(%(priorities)s)",
                "priorities",
                [p.rank for p in self.priorities],
            ),
            (
                bool(self.assignee_ids) and not self.unassigned,
                "t.assignee_id = any(%(assignees)s)",
                "assignees",
                self.assignee_ids,
            ),
            (
                self.unassigned,
                "(t.assignee_id is null or t.assignee_id = any(%(or_assignees)s::uuid[]))",
                "or_assignees",
                self.assignee_ids,
            ),
            (bool(self.labels), "t.labels @> %(labels)s", "labels", self.labels),
            (bool(words(self.text)), "t.search @@ to_tsquery('simple', %(text)s)", "text", words(self.text)),
            (self.due_from is not None, "t.due_at >= %(due_from)s", "due_from", self.due_from),
            (self.due_before is not None, "t.due_at < %(due_before)s", "due_before", self.due_before),
            (self.blocked is True, "t.blocked_count > 0", "blocked", None),
            (self.blocked is False, "t.blocked_count = 0", "unblocked", None),
            (bool(self.external_ids), "t.external_id = any(%(external_ids)s)", "external_ids", self.external_ids),
        ]
        asked = [(condition, name, value) for wanted, condition, name, value in named if wanted]
        return [condition for condition, _, _ in asked], {name: value for _, name, value in asked}


def words(text: str | None) -> str | None:
    """Free text as a prefix search over words: `bud lock` finds 'Budget check under a lock'."""
    parts = "".join(ch if ch.isalnum() else " " for ch in text or "").split()
    return " & ".join(_beginning(part) for part in parts[:10]) or None


def _beginning(part: str) -> str:
    """A number also as PostgreSQL keeps it out of a key: `ORK-131` is the words `ork` and `-131`."""
    return f"({part}:* | '-{part}':*)" if part.isascii() and part.isdigit() else f"{part}:*"


_ORDERS: dict[str, list[Order]] = {
    "created_at": [Order("t.created_at", "timestamptz"), Order("t.id", "uuid")],
    "updated_at": [Order("t.updated_at", "timestamptz"), Order("t.id", "uuid")],
    "priority": [Order("t.priority", "smallint"), Order("t.id", "uuid")],
    "due_at": [Order("coalesce(t.due_at, 'infinity')", "timestamptz"), Order("t.id", "uuid")],
    "key": [Order("t.project_id", "uuid"), Order("t.number", "int"), Order("t.id", "uuid")],
}


def orders(sort: TaskSort) -> list[Order]:
    """The sort keys; `-` in front turns all of them round."""
    descending = sort.startswith("-")
    return [Order(o.expression, o.cast, descending) for o in _ORDERS[sort.removeprefix("-")]]


@query("tasks:read")
def tasks(
    work: Work, filters: TaskFilter, *, sort: TaskSort = "-created_at", cursor: str | None = None, limit: int = 50
) -> Json[TaskPage]:
    """One page of tasks, newest first unless sorted otherwise."""
    keys = orders(sort)
    behind, cursor_params = after(keys, cursor)
    conditions, params = filters.conditions()
    where = " and ".join([VISIBLE, behind, *conditions])
    values = ", ".join(f"{o.expression}::text as k{i}" for i, o in enumerate(keys))
    rows = work.all(
        f"select {shapes.as_json(shapes.item())}::text as body, {values} from tasks t "
        f"where {where} order by {order_by(keys)} limit {int(limit) + 1}",
        {"visible": work.actor.projects} | params | cursor_params,
    )
    kept = rows[:limit]
    following = encode_cursor([kept[-1][f"k{i}"] for i in range(len(keys))]) if len(rows) > limit else None
    items = ",".join(row["body"] for row in kept)
    return Json(TaskPage, f'{{"items":[{items}],"next_cursor":{_quoted(following)}}}')


def _quoted(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'
