"""Which task a claim gives, to whom, and for how long it is held."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from jobs import outbox
from orkwork.core import clock, db, door
from orkwork.core.actor import system
from orkwork.core.errors import Conflict, Forbidden, OrkworkError
from orkwork.core.work import Work
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.schemas import AgentPatch, HeartbeatIn
from orkwork.domains.costs.schemas.ledger import CostIn
from orkwork.domains.costs.service import recording as costs
from orkwork.domains.executions.schemas import ExecutionPatch, StartIn
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import tasks as queries
from orkwork.domains.tasks.schemas import AssignIn, BulkIn, BulkTask, ClaimIn, MoveIn, TaskPatch
from orkwork.domains.tasks.service import bulk, claims, creating, lifecycle, runs
from tests.domains.tasks.racing import acting, faults
from tests.factories import Company, Worker


def claim(company: Company, worker: Worker, **fields: Any) -> Any:
    return company.do(claims.claim, ClaimIn(**fields), actor=acting(worker)).parse()


def keys(company: Company, worker: Worker, **fields: Any) -> list[str]:
    return [c.task.key for c in claim(company, worker, **fields).claims]


def tick(operation: Any) -> int:
    return door.run(system("clock"), operation, write=True)


def report(company: Company, worker: Worker, run: Any, **fields: Any) -> Any:
    return company.do(runs.update_execution, run, ExecutionPatch(**fields), actor=acting(worker)).parse()


def status(company: Company, ref: str = "HAL-1") -> str:
    return company.do(queries.task, ref).parse().status.value


def test_the_order_is_priority_then_due_date_then_critical_path_then_age(company: Company) -> None:
    project, worker = company.project(), company.agent()
    soon, later = clock.now() + timedelta(days=1), clock.now() + timedelta(days=2)
    wanted = [
        company.task(project, "low", ready=True, priority="low", due_at=soon),
        company.task(project, "old", ready=True),
        company.task(project, "young", ready=True),
        company.task(project, "head of a chain", ready=True),
        company.task(project, "due later", ready=True, due_at=later),
        company.task(project, "due soon", ready=True, due_at=soon),
        company.task(project, "urgent", ready=True, priority="urgent"),
    ]
    company.task(project, "waits", ready=True, depends_on=[wanted[3].key])
    outbox.drain()
    expected = ["urgent", "due soon", "due later", "head of a chain", "old", "young", "low"]
    titles = {task.key: task.title for task in wanted}
    assert [titles[key] for key in keys(company, worker, limit=50)] == expected


def test_an_agent_gets_only_what_it_can_and_may_see(company: Company) -> None:
    ours, theirs = company.project("Alpha"), company.project("Beta")
    company.task(ours, ready=True, required_capabilities=["code:python", "qa:manual"])
    company.task(ours, ready=True, required_capabilities=["code:python"])
    company.task(ours, ready=True)
    company.task(theirs, ready=True)
    able = company.agent(capabilities={"code:python": Decimal("0.5")}, project_ids=[ours.id])
    actor = acting(able)
    seen = company.do(claims.claim, ClaimIn(limit=9), actor=replace(actor, project_ids=(ours.id,)))
    assert sorted(c.task.key for c in seen.parse().claims) == ["ALP-2", "ALP-3"]
    assert keys(company, company.agent(), project_id=theirs.id, limit=9) == ["BET-1"]


def test_what_was_given_by_name_comes_first_and_counts_once(company: Company) -> None:
    project, worker = company.project(), company.agent(max_concurrent_tasks=2)
    company.task(project, ready=True, priority="urgent")
    company.task(project, ready=True, priority="low")
    company.do(claims.assign, "HAL-2", AssignIn(agent_id=worker.id))
    assert keys(company, worker) == ["HAL-2"]
    assert keys(company, worker, limit=5) == ["HAL-1"]
    assert claim(company, worker).reason == "at_capacity"
    assert faults() == {}


def test_an_empty_claim_says_why(company: Company) -> None:
    project, worker = company.project(), company.agent(daily_budget_usd=Decimal(1), max_concurrent_tasks=1)
    assert claim(company, worker).reason == "nothing_ready"
    for _ in range(3):
        company.task(project, ready=True)
    company.do(costs.record_cost, CostIn(provider="x", model="y", amount_usd=Decimal(1)), actor=acting(worker))
    assert claim(company, worker).reason == "over_budget"
    company.do(agents.update_agent, worker.id, AgentPatch(daily_budget_usd=Decimal("1.01")))
    assert len(claim(company, worker, limit=3).claims) == 1
    company.do(agents.update_agent, worker.id, AgentPatch(status=AgentStatus.PAUSED))
    assert claim(company, worker).reason == "paused"


def test_yesterdays_spending_does_not_count_today(company: Company) -> None:
    worker = company.agent(daily_budget_usd=Decimal(1))
    company.task(company.project(), ready=True)
    spent = CostIn(provider="x", model="y", amount_usd=Decimal(5), occurred_at=clock.now() - timedelta(days=1))
    company.do(costs.record_cost, spent, actor=acting(worker))
    assert keys(company, worker) == ["HAL-1"]


def test_a_lapsed_lease_gives_the_task_back_and_outdates_the_fence(company: Company) -> None:
    project, first, second = company.project(), company.agent(), company.agent()
    company.task(project, ready=True)
    [held] = claim(company, first, start=True, lease_seconds=60).claims
    assert tick(lifecycle.give_back_lapsed) == 0
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert tick(lifecycle.give_back_lapsed) == 1
        assert tick(lifecycle.give_back_lapsed) == 0
        [again] = claim(company, second, start=True).claims
        assert again.fence > held.fence
        assert again.execution.run == 2
        for call in (
            lambda: report(company, first, held.execution.id, fence=held.fence, progress=50),
            lambda: report(company, first, held.execution.id, fence=held.fence, status="succeeded"),
            lambda: report(company, first, again.execution.id, fence=held.fence, status="succeeded"),
            lambda: company.do(
                lifecycle.transition, "HAL-1", MoveIn(to=Status.REVIEW, fence=held.fence), actor=acting(first)
            ),
            lambda: company.do(runs.start_execution, "HAL-1", StartIn(fence=held.fence), actor=acting(first)),
            lambda: report(company, second, again.execution.id, fence=held.fence, progress=50),
        ):
            with pytest.raises(OrkworkError) as refusal:
                call()
            assert refusal.value.status in (403, 409)
        assert report(company, second, again.execution.id, fence=again.fence, status="succeeded").status == "succeeded"
    with db.engine().connect() as connection:
        found = connection.exec_driver_sql("select status, failure from task_executions order by run").all()
    assert [tuple(row) for row in found] == [("lost", "lost"), ("succeeded", None)]
    assert faults() == {}


def test_a_report_and_a_heartbeat_prolong_the_lease(company: Company) -> None:
    worker = company.agent()
    company.task(company.project(), ready=True)
    [held] = claim(company, worker, start=True, lease_seconds=60).claims
    with time_machine.travel(clock.now() + timedelta(seconds=50)):
        report(company, worker, held.execution.id, fence=held.fence, progress=1, lease_seconds=60)
    with time_machine.travel(clock.now() + timedelta(seconds=100)):
        assert tick(lifecycle.give_back_lapsed) == 0
        beat = company.do(agents.heartbeat, HeartbeatIn(lease_seconds=60), actor=acting(worker))
        assert beat.holds == 1
    with time_machine.travel(clock.now() + timedelta(seconds=150)):
        assert tick(lifecycle.give_back_lapsed) == 0
    with time_machine.travel(clock.now() + timedelta(seconds=170)):
        assert tick(lifecycle.give_back_lapsed) == 1


def test_a_failed_run_is_tried_again_with_growing_pauses_until_the_retries_are_used(company: Company) -> None:
    worker = company.agent()
    company.task(company.project(), ready=True, max_retries=2)
    now = clock.now()
    for attempt, pause in enumerate((30, 60)):
        with time_machine.travel(now, tick=False):
            [held] = claim(company, worker, start=True).claims
            assert held.execution.run == attempt + 1
            report(company, worker, held.execution.id, fence=held.fence, status="failed", failure="network")
            assert status(company) == "READY"
            assert claim(company, worker).reason == "nothing_ready"
        with time_machine.travel(now + timedelta(seconds=pause - 1), tick=False):
            assert tick(lifecycle.offer_retries) == 0
        now += timedelta(seconds=pause + 1)
        with time_machine.travel(now, tick=False):
            assert tick(lifecycle.offer_retries) == 1
            assert tick(lifecycle.offer_retries) == 0
    with time_machine.travel(now, tick=False):
        [held] = claim(company, worker, start=True).claims
        report(company, worker, held.execution.id, fence=held.fence, status="failed", failure="network")
    assert status(company) == "FAILED"
    assert company.do(queries.task, "HAL-1").parse().retry_count == 2
    assert faults() == {}


def test_success_hands_in_or_completes_and_an_ended_run_takes_no_more(company: Company) -> None:
    project, worker = company.project(), company.agent()
    company.task(project, ready=True)
    company.task(project, ready=True, review_required=False)
    for held, after in zip(claim(company, worker, limit=2, start=True).claims, ("REVIEW", "COMPLETED"), strict=True):
        done = report(company, worker, held.execution.id, fence=held.fence, status="succeeded", output="x")
        assert (done.status, done.progress, done.output) == ("succeeded", 100, "x")
        assert status(company, held.task.key) == after
        for again in ("succeeded", "failed", None):
            with pytest.raises(Conflict, match="has ended"):
                report(company, worker, held.execution.id, fence=held.fence, status=again, progress=5)
    assert faults() == {}


def test_pausing_gives_back_what_has_not_begun_and_retiring_everything(company: Company) -> None:
    project, worker = company.project(), company.agent()
    for _ in range(2):
        company.task(project, ready=True)
    claim(company, worker, start=True)
    claim(company, worker)
    company.do(agents.update_agent, worker.id, AgentPatch(status=AgentStatus.PAUSED))
    outbox.drain()
    assert (status(company), status(company, "HAL-2")) == ("IN_PROGRESS", "READY")
    company.do(agents.retire_agent, worker.id)
    outbox.drain()
    assert (status(company), status(company, "HAL-2")) == ("READY", "READY")
    assert faults() == {}


def test_an_agent_that_goes_on_before_its_pause_is_heard_of_keeps_what_it_was_given(company: Company) -> None:
    project, worker = company.project(), company.agent()
    company.task(project, ready=True)
    claim(company, worker)
    for to in (AgentStatus.PAUSED, AgentStatus.ACTIVE):
        company.do(agents.update_agent, worker.id, AgentPatch(status=to))
    outbox.drain()
    assert status(company) == "ASSIGNED"


def test_a_changed_task_keeps_its_place_in_the_queue_by_its_new_fields(company: Company) -> None:
    project, worker = company.project(), company.agent()
    for _ in range(3):
        company.task(project, ready=True)
    company.do(creating.update_task, "HAL-3", TaskPatch.model_validate({"priority": "urgent"}))
    company.do(creating.update_task, "HAL-1", TaskPatch.model_validate({"required_capabilities": ["qa:manual"]}))
    assert keys(company, worker, limit=9) == ["HAL-3", "HAL-2"]


def spend(company: Company, worker: Worker, amount: int, days_ago: int = 0) -> None:
    at = clock.now() - timedelta(days=days_ago)
    call = CostIn(provider="x", model="y", amount_usd=Decimal(amount), occurred_at=at)
    company.do(costs.record_cost, call, actor=acting(worker))


def unfit(company: Company, case: str) -> Worker:
    """An agent that is no candidate for HAL-1, for one reason alone."""
    fields: dict[str, Any] = {
        "full": {"max_concurrent_tasks": 1},
        "project": {"project_ids": [company.project("Other").id]},
        "lacks": {"capabilities": {"qa:manual": Decimal(1)}},
        "silent": {"heartbeat_timeout_seconds": 60},
        "over_budget": {"daily_budget_usd": Decimal(1)},
    }.get(case, {})
    able: dict[str, Any] = {"capabilities": {"code:python": Decimal(1)}}
    worker = company.agent(**(able | fields))
    if case == "not_active":
        company.do(agents.update_agent, worker.id, AgentPatch(status=AgentStatus.PAUSED))
    if case == "autonomy":
        company.do(agents.set_autonomy, worker.id, 0)
    if case == "full":
        company.do(claims.assign, "HAL-2", AssignIn(agent_id=worker.id))
    if case == "over_budget":
        spend(company, worker, 1)
    return worker


UNFIT = {
    "not_active": 409, "autonomy": 409, "project": 409, "lacks": 409, "silent": 409, "full": 409, "over_budget": 402,
}  # fmt: skip


@pytest.mark.parametrize("case", UNFIT)
def test_who_is_no_candidate_is_given_nothing_and_the_refusal_says_what_to_do(company: Company, case: str) -> None:
    project = company.project()
    company.task(project, ready=True, required_capabilities=["code:python"])
    company.task(project, ready=True)
    worker = unfit(company, case)
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        with pytest.raises(OrkworkError) as refusal:
            company.do(claims.assign, "HAL-1", AssignIn(agent_id=worker.id))
        assert (refusal.value.status, refusal.value.code) == (UNFIT[case], f"agent.{case}")
        assert worker.out.name in refusal.value.message and refusal.value.hint
        assert status(company) == "READY"
        company.do(claims.assign, "HAL-1", AssignIn(agent_id=unfit(company, "nothing").id))
    assert status(company) == "ASSIGNED"
    assert faults() == {}


@pytest.mark.parametrize("case", sorted(set(UNFIT) - {"silent", "project"}))
def test_a_claim_is_held_to_the_same_rule(company: Company, case: str) -> None:
    project = company.project()
    company.task(project, ready=True, required_capabilities=["code:python"])
    company.task(project, ready=True)
    worker = unfit(company, case)
    try:
        found = keys(company, worker, limit=9)
    except Forbidden as refusal:
        assert case == "autonomy" and refusal.code == "auth.autonomy"
        found = []
    assert "HAL-1" not in found


def test_a_heartbeat_or_a_claim_ends_the_silence_and_yesterdays_spending_is_forgotten(company: Company) -> None:
    project = company.project()
    for _ in range(3):
        company.task(project, ready=True)
    worker = company.agent(heartbeat_timeout_seconds=60, daily_budget_usd=Decimal(1))
    spend(company, worker, 5, days_ago=1)
    company.do(claims.assign, "HAL-1", AssignIn(agent_id=worker.id))
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        with pytest.raises(Conflict, match="no sign of life"):
            company.do(claims.assign, "HAL-2", AssignIn(agent_id=worker.id))
        company.do(agents.heartbeat, HeartbeatIn(), actor=acting(worker))
        company.do(claims.assign, "HAL-2", AssignIn(agent_id=worker.id))
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert "HAL-3" in keys(company, worker, limit=9), "who claims is not silent"


def test_assigning_needs_a_living_agent_with_room_that_may_see_the_project(company: Company) -> None:
    project, other = company.project(), company.project("Other")
    company.task(project, ready=True)
    full, paused = company.agent(max_concurrent_tasks=1), company.agent()
    company.task(other, ready=True)
    company.do(claims.assign, "OTH-1", AssignIn(agent_id=full.id))
    company.do(agents.update_agent, paused.id, AgentPatch(status=AgentStatus.PAUSED))
    shut = company.agent(project_ids=[other.id])
    for agent in (full, paused, shut):
        with pytest.raises(Conflict):
            company.do(claims.assign, "HAL-1", AssignIn(agent_id=agent.id))
    worker = company.agent()
    with pytest.raises(Forbidden, match="only to itself"):
        company.do(claims.assign, "HAL-1", AssignIn(agent_id=full.id), actor=acting(worker))
    company.do(claims.assign, "HAL-1", AssignIn(agent_id=worker.id), actor=acting(worker))
    assert status(company) == "ASSIGNED"
    assert faults() == {}


def test_a_claim_takes_the_head_of_a_long_queue_and_never_reads_the_whole(company: Company) -> None:
    project, worker = company.project(), company.agent()
    tasks = [BulkTask(ref=str(n), title=f"T{n}") for n in range(4000)]
    company.do(bulk.create_tasks, BulkIn(project_id=project.id, ready=True, tasks=tasks))
    with db.engine().connect() as connection:
        connection.exec_driver_sql("analyze")
        connection.commit()
    plans: list[str] = []

    def explained(work: Work) -> None:
        given = work.all
        work.all = lambda statement, params=None: (
            plans.extend(row["QUERY PLAN"] for row in given(f"explain {statement}", params)) or []
        )
        claims.claim(work, ClaimIn(limit=5))

    door.run(acting(worker), explained, write=True)
    assert any("ix_ready_tasks_head" in line for line in plans), plans
    assert not any("Seq Scan on ready_tasks" in line for line in plans)
