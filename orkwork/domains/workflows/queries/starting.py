"""Reading what starts runs: schedules, triggers, webhooks."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.settings import queries as company_queries
from orkwork.domains.workflows.models import SwitchState
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.rules import timetable
from orkwork.domains.workflows.schemas.starting import CronIn, CronOut, HookOut, ScheduleOut, TriggerOut


@query("tasks:read")
def schedules(work: Work, ref: str | UUID) -> list[ScheduleOut]:
    """A workflow's schedules, each with its next five ticks."""
    zone = company_queries.company(work).time_zone
    return [_shown_schedule(row, zone) for row in _of(work, "schedule", ref)]


@query("tasks:read")
def schedule(work: Work, schedule_id: UUID) -> ScheduleOut:
    """One schedule."""
    return _shown_schedule(rows.starter_row(work, "schedule", schedule_id), company_queries.company(work).time_zone)


@query("tasks:read")
def try_cron(work: Work, body: CronIn) -> CronOut:
    """The next five ticks of a cron in the company's zone; Invalid when it can't be read or never fires."""
    zone, now = company_queries.company(work).time_zone, clock.now()
    cron = timetable.check(body.cron, now, zone)
    return CronOut(cron=cron, time_zone=zone, next_ticks=timetable.next_ticks(cron, now, zone))


def _shown_schedule(row: dict[str, Any], zone: str) -> ScheduleOut:
    """A schedule as it leaves."""
    active = row["state"] == SwitchState.ACTIVE
    ticks = timetable.next_ticks(row["cron"], clock.now(), zone) if active else []
    return ScheduleOut.model_validate(row | {"next_ticks": ticks, "time_zone": zone})


@query("tasks:read")
def triggers(work: Work, ref: str | UUID) -> list[TriggerOut]:
    """A workflow's triggers."""
    return [TriggerOut.model_validate(row) for row in _counted(work, _of(work, "trigger", ref))]


@query("tasks:read")
def trigger(work: Work, trigger_id: UUID) -> TriggerOut:
    """One trigger."""
    [row] = _counted(work, [rows.starter_row(work, "trigger", trigger_id)])
    return TriggerOut.model_validate(row)


@query("tasks:read")
def hooks(work: Work, ref: str | UUID) -> list[HookOut]:
    """A workflow's webhooks, without their secrets."""
    return [
        HookOut.model_validate(row | {"url": rows.url_of(row["id"])}) for row in _counted(work, _of(work, "hook", ref))
    ]


@query("tasks:read")
def hook(work: Work, hook_id: UUID) -> HookOut:
    """One webhook, without its secret."""
    [row] = _counted(work, [rows.starter_row(work, "hook", hook_id)])
    return HookOut.model_validate(row | {"url": rows.url_of(hook_id)})


def _of(work: Work, kind: str, ref: str | UUID) -> list[dict[str, Any]]:
    statement = (
        rows.STARTER.format(table=rows.KINDS[kind])
        + " and x.workflow_id = %(id)s order by x.created_at, x.id limit 200"
    )
    return work.all(statement, {"visible": work.actor.projects, "id": rows.workflow_row(work, ref)["id"]})


def _counted(work: Work, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """With how many runs each started, and when the last."""
    counts = work.all(
        "select trigger_id, count(*) as runs, max(created_at) as last_at from workflow_runs "
        "where trigger_id = any(%(ids)s) and trigger_key is not null group by 1",
        {"ids": [row["id"] for row in found]},
    )
    known = {row["trigger_id"]: row for row in counts}
    none = {"runs": 0, "last_at": None}
    return [row | none | {k: v for k, v in known.get(row["id"], none).items() if k in none} for row in found]
