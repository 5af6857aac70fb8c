"""How a run stands, out of how its tasks stand. Idempotent: counted again, nothing changes and nothing is told."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.work import Work
from orkwork.domains.workflows import events
from orkwork.domains.workflows.models import RunState, TriggerKind
from orkwork.domains.workflows.rules import standing
from orkwork.domains.workflows.service import advancing, beginning, switching

_LOCK = """
select r.*, w.name from workflow_runs r join workflows w on w.id = r.workflow_id
where r.id = any(%(ids)s) and r.state <> 'queued' order by r.id for no key update of r
"""
_REFRESH = """
update workflow_run_steps s set status = n.status
from (select o.run_id, o.step, coalesce(t.status, 'CANCELLED') as status
  from workflow_run_steps o left join tasks t on t.id = o.task_id
  where o.run_id = any(%(ids)s) and o.status not in ('SKIPPED', 'WAITING')) n
where s.run_id = n.run_id and s.step = n.step and s.status <> n.status returning s.run_id
"""
_COUNT = """
select run_id, status, count(*) as n from workflow_run_steps where run_id = any(%(ids)s) and status <> 'SKIPPED' group by 1, 2
"""
_WRITE = """
update workflow_runs set state = %(state)s, tasks = %(tasks)s, completed = %(completed)s, failed = %(failed)s,
  cancelled = %(cancelled)s, ended_at = %(ended_at)s, version = version + 1 where id = %(id)s
"""
_WAIT = "select distinct run_id from workflow_run_steps where run_id = any(%(ids)s) and status = 'WAITING'"
_ENDED = (RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED)
_CANCEL_QUEUED = """
update workflow_runs r set state = 'cancelled', ended_at = %(now)s, version = r.version + 1 from workflows w
where w.id = r.workflow_id and r.id = any(%(ids)s) and r.state = 'queued' returning r.*, w.name
"""


def count(work: Work, run_ids: Sequence[UUID], *, cancelled: bool = False) -> None:
    """Bring runs up to their tasks, and let the steps go on whose turn has come; `cancelled` when somebody has cancelled
    them whole."""
    runs = work.all(_LOCK, {"ids": list(run_ids)})
    if cancelled:
        for run in work.all(_CANCEL_QUEUED, {"ids": list(run_ids), "now": clock.now()}):
            _tell_moved(work, run, RunState.QUEUED, RunState.CANCELLED)
    ids = [run["id"] for run in runs]
    changed = {row["run_id"] for row in work.all(_REFRESH, {"ids": ids})} if ids else set()
    if not cancelled:
        changed |= _advanced(work, runs)
    counts: dict[UUID, Counter[str]] = {run_id: Counter() for run_id in ids}
    for row in work.all(_COUNT, {"ids": ids}) if ids else ():
        counts[row["run_id"]][row["status"]] = row["n"]
    for run in runs:
        _settle(work, run, counts[run["id"]], cancelled=cancelled, changed=run["id"] in changed)


def _advanced(work: Work, runs: Sequence[dict[str, Any]]) -> set[UUID]:
    """The runs of which steps that waited have become tasks now, or were left out."""
    waiting = {row["run_id"] for row in work.all(_WAIT, {"ids": [run["id"] for run in runs]})} if runs else set()
    open_runs = [run for run in runs if run["id"] in waiting and run["state"] != RunState.CANCELLED]
    return {run["id"] for run in open_runs if advancing.advance(work, run)}


def _settle(work: Work, run: dict[str, Any], counts: Counter[str], *, cancelled: bool, changed: bool) -> None:
    before = RunState(run["state"])
    after = RunState.CANCELLED if cancelled else standing.state_of(counts, before)
    numbers = standing.numbers_of(counts)
    if after is before and not changed:
        return
    ended_at = (run["ended_at"] if before is after else clock.now()) if after in _ENDED else None
    work.sql(_WRITE, numbers | {"id": run["id"], "state": after.value, "ended_at": ended_at})
    if after is before:
        _tell_changed(work, run, numbers)
        return
    _tell_moved(work, run, before, after)
    if run["trigger"] == TriggerKind.SCHEDULE and after in _ENDED:
        switching.judge_schedule(work, run["trigger_id"], after)
        beginning.begin_queued(work, run["trigger_id"])


def _tell_changed(work: Work, run: dict[str, Any], numbers: dict[str, int]) -> None:
    work.emit(
        events.RunChanged(
            subject_id=run["id"],
            subject_label=beginning.label(run, run),
            project_id=run["project_id"],
            before={name: run[name] for name in numbers},
            after=numbers | {"workflow_id": run["workflow_id"]},
        )
    )
    work.hint("workflow_run.changed", "workflow", run["workflow_id"], run["project_id"])


def _tell_moved(work: Work, run: dict[str, Any], before: RunState, after: RunState) -> None:
    work.emit(
        events.RunMoved(
            subject_id=run["id"],
            subject_label=beginning.label(run, run),
            project_id=run["project_id"],
            before={"status": before},
            after={"status": after, "workflow_id": run["workflow_id"], "trigger": run["trigger"]},
        )
    )
    work.hint("workflow_run.moved", "workflow", run["workflow_id"], run["project_id"])
