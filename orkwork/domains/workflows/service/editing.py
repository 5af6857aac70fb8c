"""Making, changing and deleting workflows; bringing in recorded ones."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict, invalid
from orkwork.core.operation import operation
from orkwork.core.work import Work, changes, check_version
from orkwork.domains.projects.models import Project, ProjectStatus
from orkwork.domains.workflows import events
from orkwork.domains.workflows.models import Workflow, WorkflowState, WorkflowVersion
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.queries import templates as queries
from orkwork.domains.workflows.rules import recorded, templates
from orkwork.domains.workflows.schemas.templates import (
    ImportIn,
    InputDef,
    StepDef,
    WorkflowIn,
    WorkflowOut,
    WorkflowPatch,
)
from orkwork.domains.workflows.service import drafts, starters

_NOT_KEY = re.compile(r"[^a-z0-9]+")
_MAX_VERSIONS = 1000


@operation(None, role=Role.ADMIN, agents=False)
def create_workflow(work: Work, body: WorkflowIn) -> WorkflowOut:
    """Make a workflow; its template is checked whole, and refused with the reason before anything is written."""
    templates.check(body.inputs, body.steps)
    _check_project(work, body.project_id)
    key = _free_key(work, body.key, body.name)
    row = Workflow(key=key, name=body.name, description=body.description, project_id=body.project_id)
    work.add(row)
    _add_version(work, row.id, 1, body.inputs, body.steps)
    told = {"name": row.name, "key": key, "steps": len(body.steps)}
    work.emit(events.WorkflowCreated(subject_id=row.id, subject_label=row.name, project_id=row.project_id, after=told))
    return queries.workflow(work, row.id)


@operation(None, role=Role.ADMIN, agents=False)
def import_workflow(work: Work, body: ImportIn) -> WorkflowOut:
    """Make a workflow of a recorded one (WfFormat): its tasks as steps, with their parents and runtimes."""
    steps = recorded.read(body.document)
    name = body.name or recorded.name_of(body.document)
    if not name:
        raise invalid("name", "is required: the document has none")
    wanted = WorkflowIn(name=name, key=body.key, project_id=body.project_id, steps=steps)
    return create_workflow(work, wanted)


def _check_project(work: Work, project_id: UUID) -> None:
    project = work.session.get(Project, project_id)
    if project is None or project.status == ProjectStatus.ARCHIVED:
        raise invalid("project_id", f"there is no project {project_id} that takes tasks")


def _free_key(work: Work, wanted: str | None, name: str) -> str:
    base = wanted or _NOT_KEY.sub("-", name.lower()).strip("-")[:50].rstrip("-") or "workflow"
    work.sql("select pg_advisory_xact_lock(9, 1)")
    taken = {row["key"] for row in work.all("select key from workflows where key like %(like)s", {"like": f"{base}%"})}
    if base not in taken:
        return base
    if wanted:
        raise invalid("key", f"{wanted} is taken", "workflow.key_taken")
    return next(key for n in range(2, len(taken) + 3) if (key := f"{base}-{n}") not in taken)


def _add_version(
    work: Work, workflow_id: UUID, number: int, inputs: Sequence[InputDef], steps: Sequence[StepDef]
) -> None:
    made = WorkflowVersion(
        workflow_id=workflow_id,
        number=number,
        inputs=[one.model_dump(mode="json") for one in inputs],
        steps=[step.model_dump(mode="json") for step in steps],
        step_count=len(steps),
        created_by_name=work.actor.name,
    )
    work.add(made)


@operation(None, role=Role.ADMIN, agents=False)
def update_workflow(work: Work, ref: str | UUID, patch: WorkflowPatch, if_match: int | None = None) -> WorkflowOut:
    """Change a workflow. Other inputs or steps make a new version for new runs; runs keep the version they began with."""
    row = rows.workflow_row(work, ref, lock=True)
    check_version(row["version"], if_match)
    before, after = changes(row, patch.model_dump(mode="json", exclude_unset=True, exclude={"inputs", "steps"}))
    number = _next_version(work, row, patch)
    if patch.model_fields_set & {"inputs", "steps"}:
        drafts.drop_draft(work, row["id"])
    if number is not None:
        before, after = before | {"current": row["current"]}, after | {"current": number}
    if before.get("state") == WorkflowState.ARCHIVED:
        starters.come_back(work, row["id"])
    if after:
        assignments = ", ".join(f"{name} = %({name})s" for name in after)
        work.sql(
            f"update workflows set {assignments}, version = version + 1, updated_at = %(now)s where id = %(id)s",
            after | {"id": row["id"], "now": clock.now()},
        )
        told = before | {"status": before.get("state")}, after | {"status": after.get("state")}
        work.emit(
            events.WorkflowChanged(
                subject_id=row["id"],
                subject_label=after.get("name", row["name"]),
                project_id=row["project_id"],
                before=told[0],
                after=told[1],
            )
        )
    return queries.workflow(work, row["id"])


def _next_version(work: Work, row: dict[str, Any], patch: WorkflowPatch) -> int | None:
    """Add the version that the patch makes; None when it makes none."""
    if not patch.model_fields_set & {"inputs", "steps"}:
        return None
    now = queries.version(work, row["id"], row["current"])
    inputs = patch.inputs if "inputs" in patch.model_fields_set else now.inputs
    steps = patch.steps if "steps" in patch.model_fields_set else now.steps
    if (inputs, steps) == (now.inputs, now.steps):
        return None
    templates.check(inputs, steps)
    latest = work.one("select max(number) as n from workflow_versions where workflow_id = %(id)s", row)
    number = (latest or {"n": 0})["n"] + 1
    if number > _MAX_VERSIONS:
        raise Conflict("workflow.versions", f"It has {_MAX_VERSIONS} versions", "Make a new workflow of it.")
    _check_starters(work, row["id"], inputs)
    _add_version(work, row["id"], number, inputs, steps)
    return number


_STARTERS = """
select 'schedule' as root, 'schedule' as word, name, inputs from workflow_schedules where workflow_id = %(id)s union all
select 'event', 'trigger', name, inputs from workflow_triggers where workflow_id = %(id)s union all
select 'payload', 'webhook', name, inputs from workflow_hooks where workflow_id = %(id)s
"""


def _check_starters(work: Work, workflow_id: UUID, inputs: Sequence[InputDef]) -> None:
    """Refuse inputs that a schedule, trigger or webhook would not give: it would fail when nobody looks."""
    for row in work.all(_STARTERS, {"id": workflow_id}):
        given = [name for name in row["inputs"] if name not in {one.name for one in inputs}]
        lacks = [one.name for one in inputs if one.required and one.default is None and not row["inputs"].get(one.name)]
        if given or lacks:
            what = f"gives {given[0]}, which would be gone" if given else f"does not give {lacks[0]}"
            raise invalid("inputs", f"the {row['word']} {row['name']!r} {what}: change it first")


@operation(None, role=Role.ADMIN, agents=False)
def restore_version(work: Work, ref: str | UUID, number: int) -> WorkflowOut:
    """Make an earlier version the one that new runs take, as a new version."""
    row = rows.workflow_row(work, ref, lock=True)
    found = queries.version(work, row["id"], number)
    return update_workflow(work, row["id"], WorkflowPatch(inputs=found.inputs, steps=found.steps))


@operation(None, role=Role.ADMIN, agents=False)
def delete_workflow(work: Work, ref: str | UUID, if_match: int | None = None) -> None:
    """Delete a workflow that never ran; one with runs is archived instead."""
    row = rows.workflow_row(work, ref, lock=True)
    check_version(row["version"], if_match)
    if work.one("select 1 as there from workflow_runs where workflow_id = %(id)s limit 1", row):
        raise Conflict("workflow.history", f"{row['name']} has runs", "Archive it instead: set its state to archived.")
    work.sql("delete from workflows where id = %(id)s", row)
    told = {"name": row["name"], "key": row["key"]}
    work.emit(
        events.WorkflowDeleted(
            subject_id=row["id"], subject_label=row["name"], project_id=row["project_id"], before=told
        )
    )
