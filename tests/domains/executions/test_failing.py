"""What follows a failure: another try, a failed task with one question, or the breaker of loops."""

from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core import clock
from orkwork.core.errors import Conflict
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.decisions import service as decisions
from orkwork.domains.decisions.schemas import ResolveIn
from orkwork.domains.executions.queries import holding
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.schemas import ProjectPatch
from orkwork.domains.settings import service as settings
from orkwork.domains.settings.schemas import CompanyPatch
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import next_work
from orkwork.domains.tasks.schemas import AssignIn, DependencyIn, MoveIn, TaskPatch
from orkwork.domains.tasks.service import assignment, claims, creating, deciding, dependencies, lifecycle
from tests.domains.executions.runs import asked, claim, fail, later, report, rows, task, tick
from tests.domains.tasks.racing import acting, faults
from tests.factories import Company

BASE = "/api/v2"


def test_a_passing_failure_waits_its_pause_out_and_then_a_person_is_asked_once(company: Company) -> None:
    worker, other = company.agent(), company.agent()
    company.task(
        company.project(auto_assign=True), ready=True, limits={"retry": {"initial_seconds": 10, "attempts": 2}}
    )
    held = claim(company, worker)
    fail(company, worker, held, "rate_limited", failure_detail="429")
    found = task(company)
    assert (found.status, found.retry_count, found.max_retries) == ("READY", 1, 1)
    assert found.retry_at and 9 < (found.retry_at - clock.now()).total_seconds() <= 10
    assert claim(company, other) is None
    assert company.do(next_work.next_work, actor=acting(other)).parse().task is None
    assert tick(assignment.assign_ready) == tick(lifecycle.offer_retries) == 0
    with pytest.raises(Conflict, match="is tried again from"):
        company.do(claims.assign, "HAL-1", AssignIn(agent_id=other.id), actor=acting(other))
    assert not asked(company)
    with time_machine.travel(found.retry_at):
        assert tick(lifecycle.offer_retries) == 1
        assert rows("select count(*) from ready_tasks") == [(1,)]
        fail(company, worker, claim(company, worker), "rate_limited", failure_detail="429 again")
    [decision] = asked(company)
    assert task(company).status == "FAILED"
    assert (decision.category, decision.context["failure"], decision.context["why_not_again"]) == (
        "escalate", "rate_limited", "attempts",
    )  # fmt: skip
    assert decision.context["advice"].startswith("Wait") and decision.context["detail"] == "429 again"
    company.do(decisions.resolve, decision.id, ResolveIn(option="retry"))
    assert (task(company).status, task(company).retry_count) == ("READY", 0), "a person's try begins anew"
    assert not asked(company) and faults() == {}


@pytest.mark.parametrize("failure", ["tests_failed", None])
def test_what_does_not_pass_fails_at_once_with_one_question_that_closes_by_itself(
    company: Company, failure: str | None
) -> None:
    worker = company.agent()
    company.task(company.project(), ready=True)
    held = claim(company, worker)
    assert report(company, worker, held, status="failed", failure=failure).failure == (failure or "other")
    assert task(company).status == "FAILED"
    [decision] = asked(company)
    assert decision.title.startswith("HAL-1 failed: ") and [o.id for o in decision.options] == [
        "retry",
        "cancel",
        "leave",
    ]
    assert tick() == 0 and asked(company)
    company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.READY))
    tick()
    assert not asked(company) and faults() == {}


def test_the_policy_is_the_tasks_then_the_projects_then_the_agents_then_the_companys(company: Company) -> None:
    worker, project = company.agent(), company.project()
    company.task(project, ready=True)
    company.do(settings.update_company, CompanyPatch.model_validate({"limits": {"retry": {"attempts": 4}}}))

    def origin() -> tuple[int, str]:
        found = company.do(holding.task_limits, "HAL-1").retry
        return found.attempts, found.origins["attempts"]

    assert origin() == (4, "company")
    patch = {"limits": {"retry": {"attempts": 5}}}
    company.do(agents.update_agent, worker.id, AgentPatch.model_validate(patch))
    assert origin() == (4, "company"), "nobody has it yet"
    held = claim(company, worker)
    assert origin() == (5, "agent")
    company.do(projects.update_project, "HAL", ProjectPatch.model_validate({"limits": {"retry": {"attempts": 6}}}))
    assert origin() == (6, "project")
    company.do(creating.update_task, "HAL-1", TaskPatch.model_validate({"limits": {"retry": {"attempts": 1}}}))
    assert origin() == (1, "task") and task(company).max_retries == 0
    company.do(creating.update_task, "HAL-1", TaskPatch.model_validate({"max_retries": 2}))
    assert origin() == (3, "task")
    company.do(
        creating.update_task, "HAL-1", TaskPatch.model_validate({"limits": {"retry": {"non_retryable": ["network"]}}})
    )
    assert origin() == (3, "task"), "the attempts stay where they are not named"
    fail(company, worker, held, "network")
    assert task(company).status == "FAILED"
    assert asked(company)[0].context["why_not_again"] == "excluded"


def test_a_loop_trips_once_keeps_the_task_from_that_agent_alone_and_a_person_lifts_it(company: Company) -> None:
    looping, other = company.agent("LOOP"), company.agent("OTHER")
    company.task(company.project(), ready=True, limits={"retry": {"initial_seconds": 1, "factor": 1.0, "attempts": 20}})
    now = clock.now()

    def again(worker: Any, failure: str = "network", progress: int = 10) -> None:
        nonlocal now
        with time_machine.travel(now, tick=False):
            tick(lifecycle.offer_retries)
            held = claim(company, worker)
            assert held is not None
            fail(company, worker, held, failure, progress=progress)
        now = now.replace(microsecond=0) + (later(seconds=5) - clock.now())

    again(looping)
    again(looping, progress=20)
    again(looping, progress=30)
    assert not asked(company), "it got further each time"
    again(other)
    again(looping, progress=30)
    again(looping, progress=30)
    [decision] = asked(company)
    assert (decision.title, decision.agent_id) == ("LOOP goes in circles at HAL-1", looping.id)
    assert decision.context["alike"] == 3
    assert [row[0] for row in rows("select name from events where name = 'task.looping'")] == ["task.looping"]
    with time_machine.travel(now, tick=False):
        tick(lifecycle.offer_retries)
        assert claim(company, looping) is None
        assert company.do(next_work.next_work, actor=acting(looping)).parse().task is None
        with pytest.raises(Conflict, match="again and again in the same way"):
            company.do(claims.assign, "HAL-1", AssignIn(agent_id=looping.id), actor=acting(looping))
        company.do(assignment.assign_best, "HAL-1")
        assert task(company).assignee_name == "OTHER"
        company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.READY))
        [bar] = company.do(holding.task_limits, "HAL-1").barred
        assert (bar.agent_name, bar.failure, bar.runs) == ("LOOP", "network", 3)
        company.do(decisions.resolve, decision.id, ResolveIn(option="lift"))
    again(looping)
    again(looping)
    assert not asked(company), "its failures are counted anew"
    again(looping)
    assert len(asked(company)) == 1
    company.do(deciding.lift_bar, "HAL-1", looping.id)
    tick()
    assert not asked(company) and faults() == {}


def test_a_lost_run_costs_no_attempt_but_counts_as_a_loop(company: Company) -> None:
    worker = company.agent()
    company.task(company.project(), ready=True, max_retries=0)
    now = clock.now()
    for _ in range(3):
        with time_machine.travel(now, tick=False):
            assert claim(company, worker, lease_seconds=10) is not None
        now += later(seconds=11) - clock.now()
        with time_machine.travel(now, tick=False):
            assert tick(lifecycle.give_back_lapsed) == 1
    assert (task(company).status, task(company).retry_count) == ("READY", 0)
    [decision] = asked(company)
    assert (decision.context["about"], decision.context["failure"]) == ("loop", "lost")
    with time_machine.travel(now, tick=False):
        assert claim(company, worker) is None
    assert faults() == {}


def test_when_a_loop_ends_in_a_failed_task_there_is_still_one_question(company: Company) -> None:
    worker = company.agent()
    company.do(settings.update_company, CompanyPatch(loop_breaker_runs=2))
    company.task(company.project(), ready=True, limits={"retry": {"initial_seconds": 1, "attempts": 2}})
    fail(company, worker, claim(company, worker), "network")
    with time_machine.travel(later(seconds=2)):
        tick(lifecycle.offer_retries)
        fail(company, worker, claim(company, worker), "network")
    [decision] = asked(company)
    assert (decision.context["about"], [option.id for option in decision.options]) == (
        "failed", ["retry", "lift", "cancel", "leave"],
    )  # fmt: skip
    company.do(decisions.resolve, decision.id, ResolveIn(option="lift"))
    assert claim(company, worker) is not None


def test_an_agent_that_calls_a_task_failed_leaves_the_question_too_and_a_person_does_not(company: Company) -> None:
    worker, project = company.agent(), company.project()
    for _ in range(2):
        company.task(project, ready=True)
        held = claim(company, worker)
        actor = acting(worker) if held.task.key == "HAL-1" else company.owner.actor
        company.do(lifecycle.transition, held.task.id, MoveIn(to=Status.FAILED, fence=held.fence), actor=actor)
    assert [decision.task_key for decision in asked(company)] == ["HAL-1"]
    assert rows("select distinct status, failure from task_executions") == [("failed", "other")]


def test_bad_input_is_refused_with_the_reason_and_leaves_nothing(http: TestClient, company: Company) -> None:
    worker, other, project = company.agent(), company.agent(), company.project()
    company.task(project, ready=True)
    held = claim(company, worker)
    run = f"{BASE}/executions/{held.execution.id}"

    def refused(status: int, method: str, path: str, body: Any, field: str = "", who: Any = company.owner) -> str:
        before = rows("select count(*), max(seq) from events")
        answer = http.request(method, path, json=body, headers=who.headers)
        assert answer.status_code == status, answer.text
        problem = answer.json()
        assert not field or field in [error["field"] for error in problem["errors"]], problem
        assert rows("select count(*), max(seq) from events") == before
        return problem["detail"] + problem["hint"]

    unknown = {"fence": held.fence, "status": "failed", "failure": "no_idea"}
    said = refused(422, "PATCH", run, unknown, "failure", worker)
    assert all(name in said for name in ("rate_limited", "tests_failed", "other"))
    assert refused(422, "PATCH", run, {"fence": held.fence, "failure": "network"}, "failure", worker)
    assert "not assigned to" in refused(403, "PATCH", run, {"fence": held.fence, "status": "failed"}, who=other)
    assert "since fence" in refused(409, "PATCH", run, {"fence": held.fence - 1, "status": "failed"}, who=worker)
    ask = {"project_id": str(project.id), "title": "x"}
    for limits, field in (
        ({"running_seconds": 0}, "limits.running_seconds"),
        ({"waiting_seconds": -5}, "limits.waiting_seconds"),
        ({"silence_seconds": 1}, "limits.silence_seconds"),
        ({"running_seconds": 10, "total_seconds": 5}, "limits"),
        ({"retry": {"initial_seconds": 10, "cap_seconds": 5}}, "limits"),
        ({"retry": {"attempts": 0}}, "limits.retry.attempts"),
        ({"retry": {"factor": 0.5}}, "limits.retry.factor"),
        ({"retry": {"non_retryable": ["nonsense"]}}, "limits.retry.non_retryable.0"),
        ({"speed": 1}, "limits.speed"),
    ):
        refused(422, "POST", f"{BASE}/tasks", ask | {"limits": limits}, field)
        refused(422, "PATCH", f"{BASE}/projects/HAL", {"limits": limits}, field)
        refused(422, "PATCH", f"{BASE}/agents/{worker.id}", {"limits": limits}, field)
        refused(422, "PATCH", f"{BASE}/settings", {"limits": limits}, field)
    refused(422, "POST", f"{BASE}/tasks", ask | {"max_retries": 1, "limits": {"retry": {"attempts": 5}}})
    with time_machine.travel(later(seconds=100)):
        said = refused(
            422, "PATCH", f"{BASE}/tasks/HAL-1", {"limits": {"running_seconds": 90}}, "limits.running_seconds"
        )
        assert "would have run out at" in said
        answer = http.patch(
            f"{BASE}/tasks/HAL-1", json={"limits": {"running_seconds": 190}}, headers=company.owner.headers
        )
        assert answer.status_code == 200 and answer.json()["limits"]["running_seconds"] == 190


@pytest.mark.parametrize("by", ["an edge", "a blocker that is open again"])
def test_a_task_that_comes_to_wait_for_another_pauses_no_longer(company: Company, by: str) -> None:
    project, worker = company.project(), company.agent()
    first = company.task(project, ready=True)
    needs = [] if by == "an edge" else [first.key]
    task_of = company.task(project, ready=True, max_retries=3, depends_on=needs)
    owners = lambda key, *moves: [company.do(lifecycle.transition, key, MoveIn(to=to)) for to in moves]  # noqa: E731
    company.do(claims.assign, first.key, AssignIn(agent_id=worker.id))
    owners(first.key, Status.IN_PROGRESS, Status.REVIEW, *([] if by == "an edge" else [Status.COMPLETED]))
    fail(company, worker, claim(company, worker), "network")
    assert task(company, task_of.key).retry_at is not None
    if by == "an edge":
        company.do(dependencies.add_dependency, task_of.key, DependencyIn(depends_on=first.key))
    else:
        owners(first.key, Status.READY)
    found = task(company, task_of.key)
    assert (found.status, found.retry_at) == ("PLANNING", None)
    if by != "an edge":
        company.do(claims.assign, first.key, AssignIn(agent_id=worker.id))
        owners(first.key, Status.IN_PROGRESS, Status.REVIEW)
    owners(first.key, Status.COMPLETED)
    assert task(company, task_of.key).status == "READY"
    assert faults() == {}
    assert claim(company, worker).task.key == task_of.key
