"""An agent at work, and the clock."""

from datetime import timedelta
from typing import Any

from orkwork.core import clock, db, door
from orkwork.core.actor import system
from orkwork.domains.decisions import queries as decisions
from orkwork.domains.decisions.models import DecisionStatus
from orkwork.domains.decisions.queries import DecisionFilter
from orkwork.domains.decisions.schemas import DecisionOut
from orkwork.domains.executions.schemas import ExecutionPatch
from orkwork.domains.executions.service import watching
from orkwork.domains.tasks.queries import tasks as task_queries
from orkwork.domains.tasks.schemas import ClaimIn, TaskOut
from orkwork.domains.tasks.service import claims, runs
from tests.domains.tasks.racing import acting
from tests.factories import Company, Worker


def claim(company: Company, worker: Worker, **fields: Any) -> Any:
    """What the agent gets, started; None for nothing."""
    found = (
        company.do(claims.claim, ClaimIn.model_validate({"start": True} | fields), actor=acting(worker)).parse().claims
    )
    return found[0] if found else None


def report(company: Company, worker: Worker, held: Any, **fields: Any) -> Any:
    """A report of the run of a claim."""
    patch = ExecutionPatch.model_validate({"fence": held.fence} | fields)
    return company.do(runs.update_execution, held.execution.id, patch, actor=acting(worker)).parse()


def fail(company: Company, worker: Worker, held: Any, failure: str, **fields: Any) -> Any:
    """The end of the run of a claim."""
    return report(company, worker, held, status="failed", failure=failure, **fields)


def tick(operation: Any = watching.check_clocks) -> int:
    """One tick of a job."""
    return door.run(system("clock"), operation, write=True)


def task(company: Company, ref: str = "HAL-1") -> TaskOut:
    """A task as it stands."""
    return company.do(task_queries.task, ref).parse()


def asked(company: Company) -> list[DecisionOut]:
    """What waits for a person."""
    return company.do(decisions.pending, DecisionFilter(statuses=[DecisionStatus.PENDING])).items


def later(**parts: float) -> Any:
    """That much later."""
    return clock.now() + timedelta(**parts)


def rows(statement: str) -> list[tuple[Any, ...]]:
    """What the database holds."""
    with db.engine().connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]
