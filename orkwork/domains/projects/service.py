"""Changing projects."""

from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core import events as core_events
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict, Forbidden
from orkwork.core.operation import operation
from orkwork.core.work import Work, changes
from orkwork.domains.projects import events, queries, rules
from orkwork.domains.projects.models import Project, ProjectCounter, ProjectStatus
from orkwork.domains.projects.schemas import ProjectFields, ProjectIn, ProjectOut, ProjectPatch
from orkwork.domains.settings.rules import hold_of
from orkwork.domains.settings.schemas import HoldIn


@operation("projects:write", role=Role.ADMIN)
def create_project(work: Work, body: ProjectIn, *, demo: bool = False) -> ProjectOut:
    """Begin a project."""
    _check_budget(work, body)
    fields = body.model_dump(exclude={"key_prefix", "limits"})
    limits = body.limits.kept() if body.limits else None
    project = Project(**fields, limits=limits, key_prefix=_free_prefix(work, body), demo=demo)
    work.add(project)
    work.add(ProjectCounter(project_id=project.id))
    told = {"name": project.name, "key_prefix": project.key_prefix, "budget_usd": project.budget_usd}
    work.emit(
        events.ProjectCreated(subject_id=project.id, subject_label=project.name, project_id=project.id, after=told)
    )
    return queries.project(work, project.id)


def _check_budget(work: Work, fields: ProjectFields) -> None:
    if work.actor.is_agent and "budget_usd" in fields.model_fields_set:
        raise Forbidden("project.budget", "An agent sets no budget", "Leave budget_usd out; a person sets it.")


def _free_prefix(work: Work, body: ProjectIn) -> str:
    work.sql("select pg_advisory_xact_lock(7, 3)")
    taken = {row["key_prefix"] for row in work.all("select key_prefix from projects")}
    if body.key_prefix:
        if body.key_prefix in taken:
            raise Conflict("project.prefix_taken", f"{body.key_prefix} is taken", "Choose another key_prefix.")
        return body.key_prefix
    prefix, attempt = rules.prefix_of(body.name), 1
    while rules.numbered(prefix, attempt) in taken:
        attempt += 1
    return rules.numbered(prefix, attempt)


@operation("projects:write", role=Role.ADMIN)
def update_project(work: Work, ref: str | UUID, patch: ProjectPatch, if_match: int | None = None) -> ProjectOut:
    """Change a project. Agents neither set its budget nor hold, resume or end it."""
    _check_budget(work, patch)
    if work.actor.is_agent and "status" in patch.model_fields_set:
        raise Forbidden("project.status", "An agent does not hold, resume or end a project", "A person does.")
    project = work.get(Project, queries.project(work, ref).id, lock=True, if_match=if_match)
    wanted = patch.model_dump(exclude_unset=True)
    if "limits" in wanted:
        wanted["limits"] = patch.limits and patch.limits.kept()
    before, after = changes(project.model_dump(), wanted)
    if after:
        _change(work, project, before, after)
    return queries.project(work, project.id)


@operation(None, role=Role.ADMIN, agents=False)
def hold_project(work: Work, ref: str | UUID, body: HoldIn) -> ProjectOut:
    """Let nothing begin in a project: no claim, no assignment, no start, until it is resumed.

    Running agents are told at their next call; what is under way may be handed in. 409 when it is not active.
    """
    return _turn(work, ref, ProjectStatus.ACTIVE, ProjectStatus.PAUSED, body.reason)


@operation(None, role=Role.ADMIN, agents=False)
def resume_project(work: Work, ref: str | UUID) -> ProjectOut:
    """Let work begin again in a project that is on hold: its READY tasks are offered as they stood. 409 when it is not."""
    return _turn(work, ref, ProjectStatus.PAUSED, ProjectStatus.ACTIVE)


def _turn(work: Work, ref: str | UUID, before: ProjectStatus, after: ProjectStatus, reason: str = "") -> ProjectOut:
    project = work.get(Project, queries.project(work, ref).id, lock=True)
    if project.status != before:
        held = project.status == ProjectStatus.PAUSED
        raise Conflict(
            "project.held" if held else "project.not_held" if before is ProjectStatus.PAUSED else "project.not_active",
            f"{project.name} is on hold already" if held else f"{project.name} is {project.status}",
            "Resume it first to give another reason." if held else "Read it again.",
        )
    _change(work, project, {"status": before.value}, {"status": after.value}, reason)
    return queries.project(work, project.id)


def _kind(before: str, after: str) -> type[core_events.Event]:
    """What a change of a project's status is told as."""
    if after == ProjectStatus.PAUSED:
        return events.ProjectHeld
    if after == ProjectStatus.ARCHIVED:
        return events.ProjectArchived
    resumed = before == ProjectStatus.PAUSED and after == ProjectStatus.ACTIVE
    return events.ProjectResumed if resumed else events.ProjectChanged


def _change(work: Work, project: Project, before: dict[str, Any], after: dict[str, Any], reason: str = "") -> None:
    kind: type[core_events.Event] = events.ProjectChanged
    kept = dict(after)
    if "status" in after:  # a task that becomes READY meanwhile would miss the change, and the change the task
        work.sql("lock table tasks in share row exclusive mode")
        kind = _kind(before["status"], after["status"])
        held = after["status"] == ProjectStatus.PAUSED
        kept["hold"] = hold_of(work.actor, reason, clock.now()) if held else None
        if project.hold is not None:
            kept["resumed_at"] = clock.now()
    project.sqlmodel_update(kept | {"version": project.version + 1, "updated_at": clock.now()})
    told = after | ({"reason": reason} if reason else {})
    work.emit(kind(subject_id=project.id, subject_label=project.name, project_id=project.id, before=before, after=told))
    if "status" in after:
        _offer_tasks(work, project)


def _offer_tasks(work: Work, project: Project) -> None:
    """Only tasks of active projects are offered to claims."""
    if project.status != ProjectStatus.ACTIVE:
        work.sql("delete from ready_tasks where project_id = %(id)s", {"id": project.id})
        return
    work.sql(
        "insert into ready_tasks (task_id, project_id, capset_id, priority, due_at, crit) "
        "select id, project_id, capset_id, priority, coalesce(due_at, 'infinity'), crit from tasks "
        "where project_id = %(id)s and status = 'READY' and retry_at is null on conflict do nothing",
        {"id": project.id},
    )


@operation(None, role=Role.OWNER, agents=False)
def delete_project(work: Work, ref: str | UUID) -> ProjectOut:
    """Archive a project with history, or delete one that never had a task, a workflow or a cost."""
    found = queries.project(work, ref)
    project = work.get(Project, found.id, lock=True)
    history = work.one(
        "select from tasks where project_id = %(id)s union all select from costs where project_id = %(id)s "
        "union all select from workflows where project_id = %(id)s limit 1",
        {"id": project.id},
    )
    if history is not None:
        if project.status == ProjectStatus.ARCHIVED:
            raise Conflict("project.history", "An archived project with history can't be deleted", "It stays archived.")
        _change(work, project, {"status": project.status}, {"status": ProjectStatus.ARCHIVED.value})
        return queries.project(work, project.id)
    work.session.delete(project)
    work.session.flush()
    work.emit(events.ProjectDeleted(subject_id=found.id, subject_label=found.name, before={"name": found.name}))
    return found


@operation(None, users=False, agents=False)
def fold_tallies(work: Work) -> int:
    """Fold the changes of tasks per status into one row each; how many rows went.

    Rows that an open transaction still writes are not seen, and stay for the next time.
    """
    gone = work.sql(
        "with old as (delete from task_tallies t using (select project_id from task_tallies group by 1 having count(*) > 30) p "
        "where t.project_id = p.project_id returning t.project_id, t.status, t.tasks) "
        "insert into task_tallies (project_id, status, tasks) "
        "select project_id, status, sum(tasks) from old group by 1, 2 having sum(tasks) <> 0"
    )
    return gone.rowcount
