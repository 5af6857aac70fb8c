"""Importing a tracker's export."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import ValidationError

from orkwork.core import clock
from orkwork.core import events as core_events
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict, invalid
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.auth.events import UserCreated
from orkwork.domains.projects import queries as project_queries
from orkwork.domains.projects import service as project_service
from orkwork.domains.projects.schemas import ProjectIn, ProjectOut, ProjectPatch
from orkwork.domains.tasks.events import TrackerImported
from orkwork.domains.tasks.models import Priority, Status
from orkwork.domains.tasks.service.creating import capability_set
from orkwork.domains.trackers import rules
from orkwork.domains.trackers.schemas import Imported, Item, Tracker

_ONE_AT_A_TIME = "select pg_advisory_xact_lock(7, 5)"
_TASK_COLUMNS = (
    "id", "project_id", "number", "key", "title", "description", "kind", "status", "priority", "labels",
    "acceptance_criteria", "required_capabilities", "capset_id", "review_required", "auto_assigned", "fence",
    "blocked_count", "flagged", "crit", "retry_count", "max_retries", "source", "external_id", "external_url",
    "created_by_kind", "created_by_id", "created_at", "updated_at", "ready_at", "waiting_since", "completed_at", "version",
)  # fmt: skip
_REMARK_COLUMNS = (
    "id", "task_id", "author_kind", "author_id", "author_name", "body", "source", "external_id", "created_at",
)  # fmt: skip
_TELL = f"""
with offered as (
  insert into ready_tasks (task_id, project_id, capset_id, priority, due_at, crit)
  select t.id, t.project_id, t.capset_id, t.priority, 'infinity', t.crit
  from tasks t join projects p on p.id = t.project_id and p.status = 'active'
  where t.id = any(%(ids)s) and t.status = 'READY'),
facts as (
  select 'task.created' as name, 'task' as subject_kind, t.id as subject_id, t.key as subject_label, t.project_id,
    null::jsonb as before,
    jsonb_build_object('title', t.title, 'status', t.status, 'priority', t.priority, 'source', t.source) as after
  from tasks t where t.id = any(%(ids)s) order by t.number),
{core_events.EMIT}
select count(*) as told from ev
"""
_STATUS = {"open": Status.CREATED, "completed": Status.COMPLETED, "cancelled": Status.CANCELLED}


@operation(None, role=Role.ADMIN, agents=False)
def import_tracker(work: Work, tracker: Tracker, *, project: str | None = None, ready: bool = False) -> Imported:
    """Add an export's issues, pull requests, labels, people and comments to a project; what is known stays as it is.

    `project` is a name or key prefix; by default the repository's own project, made on first use. `ready` offers open
    issues to agents at once.
    """
    work.sql(_ONE_AT_A_TIME)
    target, began = _project(work, tracker.repository, project)
    source = f"github:{target.github_repository or tracker.repository}"
    ids = _known_tasks(work, source, target)
    fresh = [item for item in tracker.items if str(item.number) not in ids]
    people, met = _people(work, tracker.items)
    labels = _labels(work, target.id, tracker)
    ids |= _write_tasks(work, _rows(work, target, source, fresh, people, ready))
    comments = _write_remarks(work, source, tracker.items, ids, people)
    _write_parts(work, tracker.items, ids, people)
    made = {"tasks": len(fresh), "comments": comments, "labels": labels, "people": met}
    if began or any(made.values()):
        told = made | {"repository": tracker.repository}
        event = TrackerImported(subject_id=target.id, subject_label=target.name, project_id=target.id, after=told)
        work.emit(event)
    return Imported(
        project_id=target.id,
        project=target.name,
        key_prefix=target.key_prefix,
        repository=tracker.repository,
        known=len(tracker.items) - len(fresh),
        **made,
    )


def _project(work: Work, repository: str, wanted: str | None) -> tuple[ProjectOut, bool]:
    """The project to import into, and whether it was made for that."""
    row = work.one(
        "select id from projects where case when %(wanted)s::text is null then lower(github_repository) = lower(%(repo)s) "
        "else key_prefix = upper(%(wanted)s) or lower(name) = lower(%(wanted)s) end "
        "order by key_prefix = upper(%(wanted)s) desc, status = 'archived', id limit 1",
        {"wanted": wanted, "repo": repository},
    )
    if row is None:
        return project_service.create_project(work, _new_project(repository, wanted)), True
    found = project_queries.project(work, row["id"])
    if found.status == "archived":
        raise Conflict("project.archived", f"The project {found.name} is archived", "Make it active again first.")
    if (found.github_repository or repository).lower() != repository.lower():
        raise Conflict(
            "tracker.project",
            f"The project {found.name} belongs to {found.github_repository}, the file to {repository}",
            "Name another project.",
        )
    if found.github_repository is None:
        found = project_service.update_project(work, found.id, ProjectPatch(github_repository=repository))
    return found, False


def _new_project(repository: str, wanted: str | None) -> ProjectIn:
    prefix = wanted if wanted is not None and rules.is_prefix(wanted) else None
    name = repository.partition("/")[2] if wanted is None or prefix else wanted
    try:
        return ProjectIn(name=name, key_prefix=prefix, github_repository=repository)
    except ValidationError:
        raise invalid("project", "must be a key prefix, or a name of 1 to 120 characters on one line") from None


def _known_tasks(work: Work, source: str, target: ProjectOut) -> dict[str, UUID]:
    """The ids of this tracker's tasks by their numbers there."""
    rows = work.all(
        "select t.id, t.external_id, t.project_id, p.name from tasks t join projects p on p.id = t.project_id "
        "where t.source = %(source)s and t.external_id is not null",
        {"source": source},
    )
    for row in rows:
        if row["project_id"] != target.id:
            raise Conflict(
                "tracker.elsewhere",
                f"This tracker was imported into the project {row['name']} before, and not into {target.name}",
                "Leave out --project to go on there.",
            )
    return {row["external_id"]: row["id"] for row in rows}


def _logins(items: Iterable[Item]) -> dict[str, str]:
    """Everyone who had a part, by the login in small letters."""
    found: dict[str, str] = {}
    for item in items:
        for login in (item.author, *item.assignees, *(remark.author for remark in item.remarks)):
            found.setdefault(login.lower(), login)
    return found


def _people(work: Work, items: Iterable[Item]) -> tuple[dict[str, UUID], int]:
    """The ids of all people by login in small letters; the unknown ones become contributors, who can't sign in."""
    logins = _logins(items)
    made = work.all(
        "insert into users (id, name, github_login, role, status, created_at, version) "
        "select n.id, n.login, n.login, 'viewer', 'contributor', %(now)s, 1 "
        "from unnest(%(ids)s::uuid[], %(logins)s::text[]) as n(id, login) "
        "where not exists (select from users u where lower(u.github_login) = lower(n.login)) "
        "on conflict do nothing returning id, github_login",
        {"ids": [uuid7() for _ in logins], "logins": sorted(logins.values()), "now": clock.now()},
    )
    for row in made:
        told = {"status": "contributor", "github": row["github_login"]}
        work.emit(UserCreated(subject_id=row["id"], subject_label=row["github_login"], after=told))
    rows = work.all(
        "select id, lower(github_login) as login from users where lower(github_login) = any(%(logins)s)",
        {"logins": list(logins)},
    )
    return {row["login"]: row["id"] for row in rows}, len(made)


def _labels(work: Work, project_id: UUID, tracker: Tracker) -> int:
    labels = list(tracker.labels.values())
    return work.sql(
        "insert into labels (project_id, name, color, description) select %(project)s, l.* "
        "from unnest(%(names)s::text[], %(colors)s::text[], %(descriptions)s::text[]) as l on conflict do nothing",
        {
            "project": project_id,
            "names": [label.name for label in labels],
            "colors": [(label.color or "").removeprefix("#") for label in labels],
            "descriptions": [label.description or "" for label in labels],
        },
    ).rowcount


def _numbers(work: Work, project_id: UUID, items: list[Item]) -> dict[int, int]:
    """The tracker's own numbers where they are free, else the next ones."""
    row = work.one("select next_number from project_counters where project_id = %(id)s for update", {"id": project_id})
    assert row is not None
    params = {"id": project_id, "numbers": [item.number for item in items]}
    rows = work.all("select number from tasks where project_id = %(id)s and number = any(%(numbers)s)", params)
    taken = {row["number"] for row in rows}
    following = max([row["next_number"], *(item.number + 1 for item in items)])
    numbers: dict[int, int] = {}
    for item in items:
        numbers[item.number] = following if item.number in taken else item.number
        following += item.number in taken
    work.sql(
        "update project_counters set next_number = %(next)s where project_id = %(id)s",
        {"next": following, "id": project_id},
    )
    return numbers


def _rows(
    work: Work, target: ProjectOut, source: str, items: list[Item], people: dict[str, UUID], ready: bool
) -> list[dict[str, Any]]:
    if not items:
        return []
    numbers, now, capset = _numbers(work, target.id, items), clock.now(), capability_set(work, [])
    shared = (
        {
            "project_id": target.id,
            "priority": Priority.MEDIUM.rank,
            "acceptance_criteria": Jsonb([]),
            "required_capabilities": [],
            "capset_id": capset,
            "review_required": True,
            "auto_assigned": False,
            "flagged": False,
            "source": source,
            "created_by_kind": "user",
            "version": 1,
        }
        | dict.fromkeys(("fence", "blocked_count", "crit", "retry_count"), 0)
        | {"max_retries": None}
    )
    return [shared | _own(target, item, numbers[item.number], people, ready, now) for item in items]


def _own(
    target: ProjectOut, item: Item, number: int, people: dict[str, UUID], ready: bool, now: datetime
) -> dict[str, Any]:
    status = Status.READY if ready and item.outcome == "open" else _STATUS[item.outcome]
    done = item.closed_at or item.updated_at or now
    return {
        "id": uuid7(),
        "number": number,
        "key": f"{target.key_prefix}-{number}",
        "title": item.title,
        "description": item.body,
        "kind": item.kind,
        "status": status.value,
        "labels": list(item.labels),
        "external_id": str(item.number),
        "external_url": item.url,
        "created_by_id": people[item.author.lower()],
        "created_at": item.created_at or now,
        "updated_at": item.updated_at or item.created_at or now,
        "ready_at": now if status is Status.READY else None,
        "waiting_since": now if status is Status.READY else None,
        "completed_at": done if status is Status.COMPLETED else None,
    }


def _write_tasks(work: Work, rows: list[dict[str, Any]]) -> dict[str, UUID]:
    if not rows:
        return {}
    with work.conn.cursor() as cursor, cursor.copy(f"copy tasks ({', '.join(_TASK_COLUMNS)}) from stdin") as copy:
        for row in rows:
            copy.write_row([row[name] for name in _TASK_COLUMNS])
    work.sql(_TELL, work.telling() | {"ids": [row["id"] for row in rows]})
    work.hint("task.created", "task", None, rows[0]["project_id"])
    return {row["external_id"]: row["id"] for row in rows}


def _write_remarks(
    work: Work, source: str, items: Iterable[Item], ids: dict[str, UUID], people: dict[str, UUID]
) -> int:
    known_rows = work.all(
        "select external_id from task_comments where source = %(source)s and external_id is not null",
        {"source": source},
    )
    known, count = {row["external_id"] for row in known_rows}, 0
    copied = f"copy task_comments ({', '.join(_REMARK_COLUMNS)}) from stdin"
    with work.conn.cursor() as cursor, cursor.copy(copied) as copy:
        for item in items:
            task_id = ids[str(item.number)]
            for remark in item.remarks:
                if remark.ref not in known:
                    author = people[remark.author.lower()]
                    said = (remark.author, remark.body, source, remark.ref, remark.created_at)
                    copy.write_row((uuid7(), task_id, "user", author, *said))
                    count += 1
    return count


def _write_parts(work: Work, items: Iterable[Item], ids: dict[str, UUID], people: dict[str, UUID]) -> None:
    """Who had which part in which task."""
    parts = {
        (ids[str(item.number)], people[login.lower()], part)
        for item in items
        for part, logins in (
            ("author", (item.author,)),
            ("assignee", item.assignees),
            ("commenter", {remark.author for remark in item.remarks}),
        )
        for login in logins
    }
    work.sql(
        "insert into task_contributors (task_id, user_id, part) "
        "select * from unnest(%(tasks)s::uuid[], %(users)s::uuid[], %(parts)s::text[]) on conflict do nothing",
        {"tasks": [p[0] for p in parts], "users": [p[1] for p in parts], "parts": [p[2] for p in parts]},
    )
