"""Handing in many runs at once comes to what handing them in one by one does."""

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from orkwork.core import db
from orkwork.core.errors import Conflict, Forbidden, Invalid
from orkwork.domains.executions.schemas import ExecutionPatch, FinishBatchIn
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import tasks as queries
from orkwork.domains.tasks.schemas import ClaimIn, DependencyIn, MoveIn
from orkwork.domains.tasks.service import claims, dependencies, finishing, lifecycle, runs
from tests.domains.tasks.racing import acting, at_once, faults
from tests.factories import Company, Worker

REPORT = {"note": "done", "output": "42", "input_tokens": 7, "duration_ms": 12}
GIVEN = {"id", "version", "updated_at", "key", "number", "title", "search", "created_at", "ready_at", "crit"}
"""What two tasks differ in anyway, and the times."""


def begin(company: Company, worker: Worker, count: int) -> list[Any]:
    claimed = company.do(claims.claim, ClaimIn(limit=count, start=True), actor=acting(worker)).parse().claims
    assert len(claimed) == count
    return claimed


def items(claimed: list[Any], **fields: Any) -> list[dict[str, Any]]:
    return [{"execution_id": c.execution.id, "fence": c.fence} | fields for c in claimed]


def finish(company: Company, worker: Worker, asked: list[dict[str, Any]]) -> Any:
    body = FinishBatchIn.model_validate({"items": asked})
    return company.do(finishing.finish_executions, body, actor=acting(worker)).parse().items


def status(company: Company, ref: Any) -> Status:
    return company.do(queries.task, ref).parse().status


def rows(statement: str, *args: Any) -> list[dict[str, Any]]:
    with db.engine().connect() as connection:
        return [dict(row) for row in connection.exec_driver_sql(statement, args).mappings()]


def left(execution_id: UUID) -> tuple[dict[str, Any], dict[str, Any], list[tuple[Any, ...]]]:
    """The task's row, the run's row and the facts of one run that ended, without what differs anyway."""
    run = rows("select * from task_executions where id = %s", execution_id)[0]
    task = rows("select * from tasks where id = %s", run["task_id"])[0]
    told = rows("select * from events where subject_id in (%s, %s) order by seq desc limit 2", task["id"], run["id"])
    facts = [(e["name"], e["before"], (e["after"] or {}) | {"task_id": None}) for e in reversed(told)]
    dull = GIVEN | {"task_id", "started_at", "ended_at", "completed_at", "waiting_since"}
    return (
        {name: value for name, value in task.items() if name not in dull},
        {name: value for name, value in run.items() if name not in dull | {"run"}},
        facts,
    )


@pytest.mark.parametrize("review", [True, False])
def test_a_run_handed_in_with_others_leaves_what_it_leaves_alone(company: Company, review: bool) -> None:
    project, worker = company.project(), company.agent()
    for number in range(3):
        company.task(project, f"T{number}", ready=True, review_required=review)
    alone, *together = begin(company, worker, 3)
    patch = ExecutionPatch.model_validate({"status": "succeeded", "fence": alone.fence} | REPORT)
    single = company.do(
        runs.update_execution, alone.execution.id, patch, alone.execution.version, actor=acting(worker)
    ).parse()
    many = finish(company, worker, items(together, **REPORT))
    assert [run.id for run in many] == [claim.execution.id for claim in together]
    kept = {"id", "task_id", "task_key", "task_title", "started_at", "ended_at"}
    for run in many:
        assert run.model_dump(exclude=kept) == single.model_dump(exclude=kept)
        assert left(run.id) == left(single.id)
    assert rows("select running from agent_load where agent_id = %s", worker.id) == [{"running": 0}]


def test_what_waited_becomes_ready(company: Company) -> None:
    project, worker = company.project(), company.agent()
    first, second = (company.task(project, title, ready=True, review_required=False) for title in ("a", "b"))
    waits = company.task(project, "waits", ready=True)
    for task in (first, second):
        company.do(dependencies.add_dependency, waits.id, DependencyIn(depends_on=str(task.id)))
    finish(company, worker, items(begin(company, worker, 2)))
    assert status(company, waits.id) is Status.READY


def test_one_that_is_refused_keeps_all_from_ending(company: Company) -> None:
    project, worker, other = company.project(), company.agent(), company.agent()
    for number in range(3):
        company.task(project, f"T{number}", ready=True)
    first, second, third = begin(company, worker, 3)
    asked = items([first, second, third])
    asked[1]["fence"] += 1
    with pytest.raises(Conflict) as refused:
        finish(company, worker, asked)
    assert (refused.value.code, refused.value.extra["item"]) == ("task.fence", 1)
    with pytest.raises(Forbidden, match="is not assigned to"):
        finish(company, other, items([first]))
    with pytest.raises(Invalid, match="fence: is required"):
        finish(company, worker, [{"execution_id": first.execution.id}])
    company.do(lifecycle.transition, third.task.id, MoveIn(to=Status.CANCELLED))
    with pytest.raises(Conflict) as refused:
        finish(company, worker, items([first, third]))
    assert (refused.value.code, refused.value.extra["item"]) == ("task.cancelled", 1)
    assert {status(company, claim.task.id) for claim in (first, second)} == {Status.IN_PROGRESS}


def test_of_batches_that_share_runs_each_run_ends_once(company: Company) -> None:
    project, worker = company.project(), company.agent()
    for number in range(12):
        company.task(project, f"T{number}", ready=True, review_required=False)
    asked = items(begin(company, worker, 12))
    batches = [asked[:8], asked[4:], list(reversed(asked)), asked[::2], asked[1::2]]
    found = at_once([lambda batch=batch: finish(company, worker, batch) for batch in batches])
    ended = [run.id for result in found if isinstance(result, list) for run in result]
    assert len(ended) == len(set(ended)) > 0
    assert all(isinstance(result, list) or result.code == "execution.ended" for result in found)
    told = rows("select count(*) as n from events where name = 'execution.ended'")
    assert told == [{"n": len(ended)}]
    assert not faults()


def test_a_batch_names_each_run_once_and_not_too_many(http: TestClient, company: Company) -> None:
    worker = company.agent()
    run = {"execution_id": "0192f0c0-0000-7000-8000-000000000000", "fence": 1}
    for bad in ([], [run, run], [run | {"execution_id": f"0192f0c0-0000-7000-8000-{n:012d}"} for n in range(51)]):
        answer = http.post("/api/v2/executions/finish", json={"items": bad}, headers=worker.headers)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "items"
