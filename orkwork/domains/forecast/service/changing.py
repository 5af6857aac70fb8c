"""Making what was tried in a forecast, as one, and taking it back."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import Conflict, invalid
from orkwork.core.money import plain
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.agents import service as agent_service
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.forecast import events
from orkwork.domains.forecast.models import ChangeSet
from orkwork.domains.forecast.queries.forecasts import change_set
from orkwork.domains.forecast.queries.inputs import gathered
from orkwork.domains.forecast.rules.changing import Tried, changed
from orkwork.domains.forecast.schemas import (
    MAKEABLE,
    BudgetChange,
    Change,
    ChangeSetOut,
    Concurrency,
    CutTask,
    EstimateChange,
    MadeChange,
    PriorityChange,
    RemoveAgent,
    WhatIfIn,
)
from orkwork.domains.projects import queries as projects
from orkwork.domains.projects import service as project_service
from orkwork.domains.projects.schemas import ProjectOut, ProjectPatch
from orkwork.domains.tasks.models import Priority, Status
from orkwork.domains.tasks.queries import subtree
from orkwork.domains.tasks.queries.subtree import CancelIn
from orkwork.domains.tasks.queries.tasks import standing_row
from orkwork.domains.tasks.schemas import MoveIn, TaskPatch
from orkwork.domains.tasks.service import cancelling, creating, lifecycle

REASON = "Tried in a forecast, then made"
TASK_FIELDS = {"priority": "priority", "estimate": "estimate_minutes"}
_HELD = """
select id from tasks where assignee_id = %(agent)s and project_id = %(project)s and status in ('ASSIGNED', 'IN_PROGRESS') order by id
"""
_TASKS = "select id, key, status, priority, estimate_minutes, blocked_count from tasks where id = any(%(ids)s) order by crit desc, id"


@operation("tasks:write", agents=False)
def make_changes(work: Work, body: WhatIfIn) -> ChangeSetOut:
    """Make tried changes as one: all or none, each by whoever may make it alone. They can be undone.

    422 for a kind that can only be tried, such as another agent.
    """
    for n, change in enumerate(body.changes):
        if change.kind not in MAKEABLE:
            raise invalid(
                f"changes.{n}.kind", f"{change.kind} can only be tried; make it on the pages of agents and tasks"
            )
    project = projects.project(work, body.project)
    inputs, tasks = gathered(work, project, clock.now())
    places = {name: str(row["id"]) for row in tasks if not row["outside"] for name in (row["key"], str(row["id"]))}
    changed(
        Tried(inputs, project.budget_usd, places), body.changes
    )  # refuses what is not there, before anything is made
    made = [done for change in body.changes for done in _make(work, project, change)]
    if not made:
        raise Conflict("forecast.nothing_changed", "Everything is so already", "Try other changes.")
    row = ChangeSet(
        project_id=project.id, changes=[one.model_dump(mode="json") for one in made], made_by_name=work.actor.name
    )
    work.add(row)
    before, after = ({f"{one.kind} {one.label}": getattr(one, side) for one in made} for side in ("before", "after"))
    work.emit(
        events.ChangesMade(
            subject_id=row.id, subject_label=project.name, project_id=project.id, before=before, after=after
        )
    )
    return change_set(work, row.id)


def _make(work: Work, project: ProjectOut, change: Change) -> list[MadeChange]:
    """One change, made; nothing of what is so already."""
    match change:
        case RemoveAgent():
            return _remove(work, project, change)
        case Concurrency():
            agent = agents.agent(work, change.agent_id)
            old, new = agent.max_concurrent_tasks, change.max_concurrent_tasks
            if old != new:
                agent_service.update_agent(work, agent.id, AgentPatch(max_concurrent_tasks=new))
            return _told(change, agent.id, agent.name, old, new)
        case BudgetChange():
            now = projects.project(work, project.id).budget_usd
            if now != change.budget_usd:
                project_service.update_project(work, project.id, ProjectPatch(budget_usd=change.budget_usd))
            return _told(change, project.id, project.name, _text(now), _text(change.budget_usd))
        case PriorityChange() | EstimateChange():
            row = _row(work, change.task)
            old = _field(row, change.kind)
            new = change.priority.value if isinstance(change, PriorityChange) else change.estimate_minutes
            if old != new:
                creating.update_task(work, row["id"], TaskPatch.model_validate({TASK_FIELDS[change.kind]: new}))
            return _told(change, row["id"], row["key"], old, new)
        case CutTask():
            rows = work.all(_TASKS, {"ids": subtree.ids(work, _row(work, change.task)["id"])})
            if rows:
                cancelling.cancel_subtree(work, change.task, CancelIn(reason=REASON, expected=len(rows)))
            return [one for row in rows for one in _told(change, row["id"], row["key"], row["status"], "CANCELLED")]
    raise AssertionError("unreachable")


def _remove(work: Work, project: ProjectOut, change: RemoveAgent) -> list[MadeChange]:
    """Pause an agent, and give back what it holds of the project, as the forecast without it has it."""
    agent = agents.agent(work, change.agent_id)
    if agent.status == AgentStatus.ACTIVE:
        agent_service.update_agent(work, agent.id, AgentPatch(status=AgentStatus.PAUSED))
    for row in work.all(_HELD, {"agent": agent.id, "project": project.id}):
        lifecycle.transition(work, row["id"], MoveIn(to=Status.READY, reason=REASON))
    return _told(change, agent.id, agent.name, agent.status, AgentStatus.PAUSED.value)


def _told(change: Change, subject: UUID, label: str, before: Any, after: Any) -> list[MadeChange]:
    if before == after:
        return []
    return [MadeChange(kind=change.kind, subject_id=subject, label=label, before=before, after=after)]


def _row(work: Work, ref: str | UUID) -> dict[str, Any]:
    [row] = work.all(_TASKS, {"ids": [standing_row(work, ref)["id"]]})
    return row


def _field(row: dict[str, Any], kind: str) -> Any:
    return list(Priority)[row["priority"]].value if kind == "priority" else row["estimate_minutes"]


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


@operation("tasks:write", agents=False)
def undo_changes(work: Work, set_id: UUID) -> ChangeSetOut:
    """Take back changes that were made as one. What somebody has changed since stays as it is, and is named so.

    409 when they were undone before.
    """
    change_set(work, set_id)
    row = work.get(ChangeSet, set_id, lock=True)
    if row.undone_at is not None:
        raise Conflict("forecast.undone", "These changes were undone already", "Read what stands now.")
    made = [MadeChange.model_validate(one) for one in row.changes]
    for one in reversed(made):
        one.restored = _RESTORE[one.kind](work, one)
    row.changes = [one.model_dump(mode="json") for one in made]
    row.undone_at = clock.now()
    project = projects.project(work, row.project_id)
    told = {f"{one.kind} {one.label}": one.before for one in made if one.restored}
    was = {f"{one.kind} {one.label}": one.after for one in made if one.restored}
    work.emit(
        events.ChangesUndone(
            subject_id=row.id, subject_label=project.name, project_id=project.id, before=was, after=told
        )
    )
    work.session.flush()
    return change_set(work, set_id)


def _concurrency(work: Work, one: MadeChange) -> bool:
    if agents.agent(work, one.subject_id).max_concurrent_tasks != one.after:
        return False
    agent_service.update_agent(work, one.subject_id, AgentPatch(max_concurrent_tasks=one.before))
    return True


def _back(work: Work, one: MadeChange) -> bool:
    """The agent works again; what it gave back stays with whoever took it."""
    if agents.agent(work, one.subject_id).status != one.after:
        return False
    agent_service.update_agent(work, one.subject_id, AgentPatch(status=AgentStatus(one.before)))
    return True


def _budget(work: Work, one: MadeChange) -> bool:
    if _text(projects.project(work, one.subject_id).budget_usd) != one.after:
        return False
    before = None if one.before is None else Decimal(one.before)
    project_service.update_project(work, one.subject_id, ProjectPatch(budget_usd=before))
    return True


def _task_field(work: Work, one: MadeChange) -> bool:
    row = _row(work, one.subject_id)
    if _field(row, one.kind) != one.after:
        return False
    creating.update_task(work, one.subject_id, TaskPatch.model_validate({TASK_FIELDS[one.kind]: one.before}))
    return True


def _uncancel(work: Work, one: MadeChange) -> bool:
    """Back to what it was, as far as the lifecycle goes by itself: whoever worked on it begins anew."""
    row = _row(work, one.subject_id)
    if row["status"] != Status.CANCELLED:
        return False
    before = Status(one.before)
    way = [Status.CREATED]
    if before is not Status.CREATED:
        way.append(Status.PLANNING)
    if before not in (Status.CREATED, Status.PLANNING) and not row["blocked_count"]:
        way.append(Status.READY)
    for to in way:
        if _row(work, one.subject_id)["status"] != to:
            lifecycle.transition(work, one.subject_id, MoveIn(to=to, reason="The change was undone"))
    return True


_RESTORE: dict[str, Callable[[Work, MadeChange], bool]] = {
    "agent_removed": _back,
    "concurrency": _concurrency,
    "budget": _budget,
    "priority": _task_field,
    "estimate": _task_field,
    "scope_cut": _uncancel,
}
