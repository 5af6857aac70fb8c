"""What waits for a person, counted."""

import pytest

from orkwork.domains.dashboard import queries
from orkwork.domains.executions.schemas import ExecutionPatch, StartIn
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.tasks.schemas import AssignIn
from orkwork.domains.tasks.service import claims, runs
from tests.factories import Company, Worker


def fail(company: Company, worker: Worker, project: ProjectOut, failure: str) -> str:
    """The id of a task that failed in one way."""
    task = company.task(project, ready=True)
    company.do(claims.assign, task.key, AssignIn(agent_id=worker.id))
    run = company.do(runs.start_execution, task.key, StartIn()).parse()
    company.do(runs.update_execution, run.id, ExecutionPatch.model_validate({"status": "failed", "failure": failure}))
    return str(task.id)


@pytest.fixture
def failed(company: Company) -> list[str]:
    """Six tasks of one project that failed alike, then one that failed otherwise."""
    worker, project = company.agent("CODE"), company.project("Halyard", key_prefix="HAL")
    alike = [fail(company, worker, project, "tests_failed") for _ in range(queries.MANY_ALIKE + 1)]
    return [*alike, fail(company, worker, project, "bad_request")]


def test_failures_alike_stand_apart_and_are_counted_once(company: Company, failed: list[str]) -> None:
    waiting = company.do(queries.waiting)
    assert [(a.project_key, a.failure, a.tasks, a.at_least) for a in waiting.alike] == [
        ("HAL", "tests_failed", 6, False)
    ]
    assert [str(task.id) for task in waiting.tasks] == failed[-1:]
    assert waiting.failed == len(failed)
    assert sorted(map(str, company.do(queries.failed_alike, "HAL", "tests_failed"))) == sorted(failed[:-1])


def test_as_many_failures_as_usual_are_told_one_by_one(
    company: Company, failed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MANY_ALIKE", len(failed))
    waiting = company.do(queries.waiting)
    assert not waiting.alike
    assert len(waiting.tasks) == len(failed)


def test_a_count_that_may_be_too_small_says_so(
    company: Company, failed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "LOOKED_AT", 6)
    [alike] = company.do(queries.waiting).alike
    assert (alike.tasks, alike.at_least) == (6, True)


def test_failures_of_other_projects_are_not_offered_again_along(company: Company, failed: list[str]) -> None:
    assert company.do(queries.failed_alike, "MOQ", "tests_failed") == []
