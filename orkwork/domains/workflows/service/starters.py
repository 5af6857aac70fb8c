"""What schedules, triggers and webhooks have in common: room, inputs, changed columns, an end, and how that is told."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.errors import Conflict
from orkwork.core.events import Event
from orkwork.core.schema import In
from orkwork.core.work import Work, check_version
from orkwork.domains.settings import queries as company_queries
from orkwork.domains.workflows import events
from orkwork.domains.workflows.models import WorkflowState
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.rules import templates, timetable
from orkwork.domains.workflows.schemas.templates import InputDef
from orkwork.domains.workflows.service import switching

MAX_STARTERS = 50


def check_room(work: Work, ref: str | UUID, kind: str) -> dict[str, Any]:
    """The workflow's row, locked; Conflict when it is archived or has as many of these as it may."""
    workflow = rows.workflow_row(work, ref, lock=True)
    if workflow["state"] == WorkflowState.ARCHIVED:
        raise Conflict("workflow.archived", f"{workflow['name']} is archived", "Restore it first.")
    found = work.one(f"select count(*) as n from {rows.KINDS[kind]} where workflow_id = %(id)s", workflow)
    if found and found["n"] >= MAX_STARTERS:
        raise Conflict("workflow.starters", f"It has {MAX_STARTERS} of these already", "Delete one first.")
    return workflow


def check_inputs(work: Work, workflow: dict[str, Any], mapping: dict[str, Any], root: str) -> None:
    """Refuse a mapping that could never start the current version."""
    found = rows.version_row(work, workflow["id"], workflow["current"])
    templates.check_mapping([InputDef.model_validate(one) for one in found["inputs"]], mapping, root)


def write(work: Work, kind: str, row_id: UUID, wanted: dict[str, Any]) -> None:
    """Write changed columns; names come from the schema, never from the caller."""
    assignments = ", ".join(f"{name} = %({name})s" for name in wanted)
    params = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in wanted.items()}
    work.sql(
        f"update {rows.KINDS[kind]} set {assignments}, version = version + 1, updated_at = %(now)s where id = %(id)s",
        params | {"id": row_id, "now": clock.now()},
    )


def tell_created(work: Work, kind: type[Event], row_id: UUID, workflow: dict[str, Any], body: In) -> None:
    """Tell that one of these was added, with all that was said of it."""
    told = body.model_dump(mode="json")
    work.emit(
        kind(
            subject_id=row_id,
            subject_label=told["name"],
            project_id=workflow["project_id"],
            after=told | {"workflow_id": workflow["id"]},
        )
    )


def tell_changed(
    work: Work, kind: type[Event], row: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Tell that one of these was changed; its state stands as `status`, as everywhere."""
    status = {"state": "status"}
    work.emit(
        kind(
            subject_id=row["id"],
            subject_label=after.get("name", row["name"]),
            project_id=row["project_id"],
            before={status.get(name, name): value for name, value in before.items()},
            after={status.get(name, name): value for name, value in after.items()},
        )
    )


def remove(work: Work, kind: str, row_id: UUID, if_match: int | None, told: type[Event], *named: str) -> None:
    """Delete one of these and close what was asked about it; the fact holds its name and these columns as they were."""
    row = rows.starter_row(work, kind, row_id, lock=True)
    check_version(row["version"], if_match)
    work.sql(f"delete from {rows.KINDS[kind]} where id = %(id)s", row)
    switching.settle(work, kind, row["id"], "it was deleted")
    before = {name: row[name] for name in ("name", *named)}
    work.emit(told(subject_id=row["id"], subject_label=row["name"], project_id=row["project_id"], before=before))


_NEXT = "update workflow_schedules set next_at = %(next_at)s, version = version + 1 where id = %(id)s"
_OF_WORKFLOW = """
select s.*, w.project_id from workflow_schedules s join workflows w on w.id = s.workflow_id
where s.workflow_id = %(id)s and s.state = 'active' order by s.id for no key update of s
"""


def begin_from_now(work: Work, schedules: Sequence[dict[str, Any]], zone: str, reason: str) -> int:
    """Find the next tick of these schedules anew, from now on; how many there are."""
    now = clock.now()
    for row in schedules:
        next_at = timetable.following(row["cron"], now, zone)
        if next_at != row["next_at"]:
            work.sql(_NEXT, {"id": row["id"], "next_at": next_at})
            told = {"next_at": next_at, "reason": reason}
            tell_changed(work, events.ScheduleChanged, row, {"next_at": row["next_at"]}, told)
    return len(schedules)


def come_back(work: Work, workflow_id: UUID) -> None:
    """Let the schedules of a workflow that was archived begin from now: what passed meanwhile is not made up for."""
    zone = company_queries.company(work).time_zone
    begin_from_now(work, work.all(_OF_WORKFLOW, {"id": workflow_id}), zone, "the workflow is no longer archived")
