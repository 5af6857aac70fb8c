"""Workflows to try, and what the clock's jobs do, without their waiting."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from orkwork.core import db, door
from orkwork.core.actor import system
from orkwork.domains.audit import service as audit
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import claims, lifecycle
from orkwork.domains.workflows.queries import runs as run_queries
from orkwork.domains.workflows.schemas.templates import RunOut, StartIn, WorkflowIn, WorkflowOut
from orkwork.domains.workflows.service import editing, running, scheduling, triggering
from tests.factories import Company, Worker

BASE = "/api/v2"


def perform(operation: Any, *args: Any, actor: str = "test") -> Any:
    """One run of a job."""
    return door.run(system(actor), lambda work: operation(work, *args), write=True)


def follow() -> None:
    """Seal what was told, and let workflows hear it, until there is no more."""
    while perform(audit.seal) or perform(triggering.follow):
        pass


def tick() -> None:
    """Let schedules be carried out."""
    while perform(scheduling.tick):
        pass


def steps(*wanted: tuple[str, Iterable[str]], **fields: Any) -> list[dict[str, Any]]:
    """Steps by key and what they wait for."""
    usual = {"review_required": False}
    return [{"key": key, "title": key.title(), "depends_on": list(needs)} | usual | fields for key, needs in wanted]


DIAMOND = steps(("a", ()), ("b", "a"), ("c", "a"), ("d", "bc"))


def workflow(company: Company, project: ProjectOut | None = None, **fields: Any) -> WorkflowOut:
    """A workflow of a diamond of steps, unless said."""
    project = project or company.project()
    wanted = {"name": "Ship it", "project_id": project.id, "steps": DIAMOND} | fields
    return company.do(editing.create_workflow, WorkflowIn.model_validate(wanted))


def start(company: Company, ref: Any, **inputs: Any) -> RunOut:
    """A run by hand."""
    return company.do(running.start_run, ref, StartIn(inputs=inputs))


def run_of(company: Company, run_id: UUID) -> RunOut:
    """The run as it stands, after the clock has followed."""
    follow()
    return company.do(run_queries.run, run_id)


def states(run: RunOut) -> dict[str, str]:
    """The state of each step."""
    return {step.step: step.status for step in run.steps}


def end(company: Company, run: RunOut, worker: Worker, *keys: str, to: Status = Status.COMPLETED) -> None:
    """Work the tasks of these steps to an end."""
    found = {step.step: step.task_key for step in company.do(run_queries.run, run.id).steps}
    for key in keys:
        company.do(claims.assign, found[key], AssignIn(agent_id=worker.id))
        company.do(lifecycle.transition, found[key], MoveIn(to=Status.IN_PROGRESS))
        company.do(lifecycle.transition, found[key], MoveIn(to=to))


def rows(statement: str, **params: Any) -> list[dict[str, Any]]:
    """What the database holds."""
    with db.engine().connect() as connection:
        return [dict(row) for row in connection.exec_driver_sql(statement, params).mappings()]


def counts() -> dict[str, int]:
    """How many rows each table has that a refused request might have written."""
    tables = ("workflows", "workflow_versions", "workflow_runs", "workflow_run_steps", "tasks", "events")
    return {table: rows(f"select count(*) as n from {table}")[0]["n"] for table in tables}
