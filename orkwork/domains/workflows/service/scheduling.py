"""Schedules: made, changed, and carried out by the clock, each tick once."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import OrkworkError, invalid
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work, changes, check_version
from orkwork.domains.decisions.schemas import DecisionOut
from orkwork.domains.decisions.service import CARRIES
from orkwork.domains.settings import queries as company_queries
from orkwork.domains.workflows import events
from orkwork.domains.workflows.models import Overlap, SwitchState, TriggerKind, WorkflowState
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.queries import starting as queries
from orkwork.domains.workflows.queries import templates as template_queries
from orkwork.domains.workflows.rules import filling, timetable
from orkwork.domains.workflows.schemas.starting import (
    BackfillIn,
    BackfillOut,
    ScheduleIn,
    ScheduleOut,
    SchedulePatch,
)
from orkwork.domains.workflows.service import beginning, starters, switching

MAX_BACKFILL = 100
MAX_BACKFILL_TASKS = 20_000
MAX_QUEUED = 100
_TICKS = 20
"""Schedules of one run of the clock's job."""
_INSERT = """
insert into workflow_schedules (id, workflow_id, name, cron, inputs, overlap, catch_up, pause_after, state, failures, next_at,
  created_at, updated_at, version)
values (%(id)s, %(workflow_id)s, %(name)s, %(cron)s, %(inputs)s, %(overlap)s, %(catch_up)s, %(pause_after)s, 'active', 0,
  %(next_at)s, %(now)s, %(now)s, 1)
"""


@operation(None, role=Role.ADMIN, agents=False)
def create_schedule(work: Work, ref: str | UUID, body: ScheduleIn) -> ScheduleOut:
    """Run a workflow by the clock, in the company's time zone. A cron that never fires is refused."""
    workflow = starters.check_room(work, ref, "schedule")
    now, zone = clock.now(), _zone(work)
    cron = timetable.check(body.cron, now, zone)
    starters.check_inputs(work, workflow, body.inputs, "schedule")
    row = body.model_dump(mode="json") | {
        "id": uuid7(),
        "workflow_id": workflow["id"],
        "cron": cron,
        "inputs": Jsonb(body.inputs),
        "next_at": timetable.following(cron, now, zone),
        "now": now,
    }
    work.sql(_INSERT, row)
    starters.tell_created(work, events.ScheduleCreated, row["id"], workflow, body)
    return queries.schedule(work, row["id"])


def _zone(work: Work) -> str:
    return company_queries.company(work).time_zone


@operation(None, role=Role.ADMIN, agents=False)
def update_schedule(work: Work, schedule_id: UUID, patch: SchedulePatch, if_match: int | None = None) -> ScheduleOut:
    """Change, pause or resume a schedule; resumed, it goes on from now and its failures are forgotten."""
    row = rows.starter_row(work, "schedule", schedule_id, lock=True)
    check_version(row["version"], if_match)
    now, zone = clock.now(), _zone(work)
    if "cron" in patch.model_fields_set:
        patch = patch.model_copy(update={"cron": timetable.check(patch.cron, now, zone)})
    if "inputs" in patch.model_fields_set:
        starters.check_inputs(work, rows.workflow_row(work, row["workflow_id"]), patch.inputs, "schedule")
    before, after = changes(row, patch.model_dump(mode="json", exclude_unset=True))
    if after:
        wanted = dict(after)
        if "cron" in after or "state" in after:
            active = after.get("state", row["state"]) == SwitchState.ACTIVE
            wanted["next_at"] = timetable.following(after.get("cron", row["cron"]), now, zone) if active else None
        if after.get("state") == SwitchState.ACTIVE:
            wanted["failures"] = 0
            switching.settle(work, "schedule", row["id"], "it was resumed")
        starters.write(work, "schedule", row["id"], wanted)
        starters.tell_changed(work, events.ScheduleChanged, row, before, after)
    return queries.schedule(work, row["id"])


@operation(None, role=Role.ADMIN, agents=False)
def delete_schedule(work: Work, schedule_id: UUID, if_match: int | None = None) -> None:
    """Stop running a workflow by this clock; its runs stay."""
    starters.remove(work, "schedule", schedule_id, if_match, events.ScheduleDeleted, "cron")


@operation(None, role=Role.ADMIN, agents=False)
def backfill(work: Work, schedule_id: UUID, body: BackfillIn) -> BackfillOut:
    """Make up for the ticks of a period: one run each, one after the other unless `overlap` says otherwise. A tick that
    has its run already gets no other."""
    row = rows.starter_row(work, "schedule", schedule_id, lock=True)
    ticks = _backfilled(work, row, body)
    counts = Counter(_tick(work, row, at, body.overlap) for at in ticks)
    _tell_ticked(work, row, counts, ticks[-1], backfilled=True)
    return BackfillOut(ticks=len(ticks), started=counts["started"], queued=counts["queued"], known=counts["known"])


def _backfilled(work: Work, row: dict[str, Any], body: BackfillIn) -> list[datetime]:
    """The ticks of the period; Invalid when they are none or too many."""
    if body.until > clock.now():
        raise invalid("until", "must not lie in the future: the schedule itself sees to that")
    if body.since > body.until:
        raise invalid("since", "must not lie behind `until`")
    ticks = timetable.between(row["cron"], body.since, body.until, _zone(work), MAX_BACKFILL + 1)
    if not ticks:
        raise invalid("since", "the schedule does not fire in this period")
    if len(ticks) > MAX_BACKFILL:
        raise invalid("until", f"there are more than {MAX_BACKFILL} ticks in this period; take a shorter one")
    if body.overlap is Overlap.ALLOW:
        steps = template_queries.workflow(work, row["workflow_id"]).steps
        if steps * len(ticks) > MAX_BACKFILL_TASKS:
            raise invalid("overlap", f"{len(ticks)} runs at once would create {steps * len(ticks):,} tasks; queue them")
    return ticks


_DUE = """
select s.*, w.project_id, w.key as workflow_key, w.name as workflow_name, w.state as workflow_state
from workflow_schedules s join workflows w on w.id = s.workflow_id
where s.state = 'active' and s.next_at <= %(now)s and w.state <> 'archived'
order by s.next_at, s.id limit %(limit)s for no key update of s skip locked
"""
_ADVANCE = """
update workflow_schedules set next_at = %(next_at)s, last_at = %(last_at)s, version = version + 1 where id = %(id)s
"""


@operation(None, users=False, agents=False)
def tick(work: Work, limit: int = _TICKS) -> int:
    """Carry out the schedules that are due, each tick once however many clocks there are; how many schedules."""
    now, zone = clock.now(), _zone(work)
    rows = work.all(_DUE, {"now": now, "limit": limit})
    for row in rows:
        _carry_out(work, row, now, zone)
    return len(rows)


def _carry_out(work: Work, row: dict[str, Any], now: datetime, zone: str) -> None:
    if row["workflow_state"] != WorkflowState.ACTIVE:
        ticks, missed = [], 1
    else:
        ticks, missed = timetable.missed(row["cron"], row["next_at"], now, zone, row["catch_up"])
    counts: Counter[str] = Counter(missed=missed)
    for at in ticks:
        counts[_tick(work, row, at, Overlap(row["overlap"]))] += 1
    last = ticks[-1] if ticks else row["next_at"]
    work.sql(_ADVANCE, {"id": row["id"], "next_at": timetable.following(row["cron"], now, zone), "last_at": last})
    _tell_ticked(work, row, counts, last)
    if counts["refused"]:
        switching.count_failures(work, row, row["failures"] + counts["refused"])


_OPEN = """
select count(*) filter (where state = 'running') as running, count(*) filter (where state = 'queued') as queued
from workflow_runs where trigger_id = %(id)s and state in ('queued', 'running')
"""


def _tick(work: Work, row: dict[str, Any], at: datetime, overlap: Overlap) -> str:
    """One tick; what became of it: started, queued, skipped, known or refused."""
    standing = work.one(_OPEN, row) or {"running": 0, "queued": 0}
    busy = standing["running"] + standing["queued"]
    if busy and overlap is Overlap.SKIP:
        return "skipped"
    waits = bool(busy) and overlap is Overlap.QUEUE
    if waits and standing["queued"] >= MAX_QUEUED:
        return "skipped"
    cause = beginning.Cause(
        trigger=TriggerKind.SCHEDULE, trigger_id=row["id"], trigger_key=f"{at:%Y-%m-%dT%H:%M:%SZ}", waits=waits
    )
    told = {"schedule": {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "day": str(clock.day_of(at, _zone(work)))}}
    inputs = {name: filling.fill_value(value, told) for name, value in row["inputs"].items()}
    workflow = rows.workflow_row(work, row["workflow_id"])
    try:
        made = beginning.begin(work, workflow, inputs, cause)
    except OrkworkError as refusal:
        _tell_refused(work, row, at, refusal)
        return "refused"
    return "known" if made is None else "queued" if waits else "started"


def _tell_refused(work: Work, row: dict[str, Any], at: datetime, refusal: OrkworkError) -> None:
    work.emit(
        events.ScheduleTicked(
            subject_id=row["id"],
            subject_label=row["name"],
            project_id=row["project_id"],
            after={"status": "refused", "at": at, "reason": refusal.message, "workflow_id": row["workflow_id"]},
        )
    )


def _tell_ticked(
    work: Work, row: dict[str, Any], counts: Counter[str], at: datetime, *, backfilled: bool = False
) -> None:
    told = {name: n for name, n in counts.items() if n}
    status = next((name for name in ("started", "queued", "refused", "skipped", "known", "missed") if counts[name]), "")
    work.emit(
        events.ScheduleTicked(
            subject_id=row["id"],
            subject_label=row["name"],
            project_id=row["project_id"],
            after=told
            | {"status": "backfilled" if backfilled else status, "at": at, "workflow_id": row["workflow_id"]},
        )
    )


_MOVED_ZONE = """
select s.*, w.project_id from workflow_schedules s join workflows w on w.id = s.workflow_id
where s.state = 'active' order by s.id for no key update of s
"""


@operation(None, users=False, agents=False)
def follow_zone(work: Work) -> int:
    """Find the next tick of every schedule anew, as the company's zone has changed; how many."""
    return starters.begin_from_now(work, work.all(_MOVED_ZONE), _zone(work), "the company's time zone changed")


def _resume(work: Work, _decision: DecisionOut, arguments: dict[str, Any]) -> object:
    return update_schedule(work, UUID(arguments["id"]), SchedulePatch(state=SwitchState.ACTIVE))


CARRIES["workflows.resume_schedule"] = _resume
