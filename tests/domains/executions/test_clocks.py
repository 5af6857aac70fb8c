"""The four clocks over a real database."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import time_machine

from orkwork.core import db
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.schemas import AgentPatch, HeartbeatIn
from orkwork.domains.executions.queries import holding
from orkwork.domains.executions.service import watching
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.schemas import ProjectPatch
from orkwork.domains.settings import service as settings
from orkwork.domains.settings.schemas import CompanyPatch
from orkwork.domains.tasks.schemas import AssignIn, BulkIn, BulkTask
from orkwork.domains.tasks.service import bulk, claims, lifecycle
from tests.domains.executions.runs import asked, claim, later, report, rows, task, tick
from tests.domains.tasks.racing import acting, faults
from tests.factories import Company


def ends() -> list[Any]:
    return [row[0] for row in rows("select failure from task_executions where status <> 'running' order by run")]


def test_running_and_silence_end_a_run_which_is_tried_again(company: Company) -> None:
    worker = company.agent()
    company.do(settings.update_company, CompanyPatch.model_validate({"limits": {"silence_seconds": 60}}))
    company.task(company.project(limits={"running_seconds": 100}), ready=True)
    held = claim(company, worker, lease_seconds=1000)
    assert {c.clock: (c.limit_seconds, c.origin) for c in company.do(holding.task_limits, "HAL-1").clocks} == {
        "running": (100, "project"),
        "silence": (60, "company"),
    }
    with time_machine.travel(later(seconds=55)):
        report(company, worker, held)
    with time_machine.travel(later(seconds=99)):
        assert tick() == 0
    with time_machine.travel(later(seconds=101)):
        assert tick() == 1
        assert tick() == 0
        assert (task(company).status, ends()) == ("READY", ["timed_out_running"])
    with time_machine.travel(later(seconds=140)):
        assert tick(lifecycle.offer_retries) == 1
        held = claim(company, worker, lease_seconds=1000)
    with time_machine.travel(later(seconds=190)):
        company.do(agents.heartbeat, HeartbeatIn(), actor=acting(worker))
    with time_machine.travel(later(seconds=205)):
        assert tick() == 0, "its agent gave a sign of life"
        company.do(settings.update_company, CompanyPatch.model_validate({"limits": {"silence_seconds": 10}}))
        assert tick() == 1
    assert ends()[1] == "timed_out_silent"
    [(detail,)] = rows("select failure_detail from task_executions where run = 2")
    assert detail == "The silence clock of 10 seconds (set by the company) is over."
    assert not asked(company) and faults() == {}


def test_the_total_clock_ends_the_last_run_and_asks(company: Company) -> None:
    worker = company.agent()
    company.task(company.project(), ready=True, limits={"total_seconds": 100, "retry": {"initial_seconds": 30}})
    held = claim(company, worker, lease_seconds=1000)
    with time_machine.travel(later(seconds=80)):
        report(company, worker, held, progress=5)
        assert tick() == 0
    with time_machine.travel(later(seconds=101)):
        assert tick() == 1
    assert (task(company).status, ends()) == ("FAILED", ["timed_out_total"])
    [decision] = asked(company)
    assert decision.context["failure"] == "timed_out_total"


def test_no_try_begins_that_the_total_would_not_let_end(company: Company) -> None:
    worker = company.agent()
    company.task(company.project(), ready=True, limits={"total_seconds": 100, "retry": {"initial_seconds": 30}})
    held = claim(company, worker, lease_seconds=1000)
    with time_machine.travel(later(seconds=80)):
        report(company, worker, held, status="failed", failure="network")
    assert task(company).status == "FAILED"
    assert asked(company)[0].context["why_not_again"] == "total"


def test_a_task_that_waits_too_long_is_told_of_once_and_goes_on_waiting(company: Company) -> None:
    worker, project = company.agent(), company.project(limits={"waiting_seconds": 100})
    company.do(settings.update_company, CompanyPatch.model_validate({"limits": {"waiting_seconds": 50}}))
    company.do(agents.update_agent, worker.id, AgentPatch.model_validate({"limits": {"waiting_seconds": 10}}))
    company.task(project, "the project's", ready=True)
    company.task(project, "its own", ready=True, limits={"waiting_seconds": 200})
    other = company.project("Other")
    company.task(other, "the company's", ready=True)
    company.task(other, "the agent's", ready=True)
    company.do(claims.assign, "OTH-2", AssignIn(agent_id=worker.id))
    told: list[list[str]] = []
    for seconds in (9, 11, 51, 101, 201, 300):
        with time_machine.travel(later(seconds=seconds)):
            tick()
            told.append(sorted(str(decision.task_key) for decision in asked(company)))
    assert told == [
        [], ["OTH-2"], ["OTH-1", "OTH-2"], ["HAL-1", "OTH-1", "OTH-2"], ["HAL-1", "HAL-2", "OTH-1", "OTH-2"],
        ["HAL-1", "HAL-2", "OTH-1", "OTH-2"],
    ]  # fmt: skip
    assert rows("select count(*) from events where name = 'task.waiting'") == [(4,)]
    assert {task(company, key).status for key in ("HAL-1", "HAL-2", "OTH-1")} == {"READY"}
    while claim(company, worker) is not None:
        pass
    tick()
    assert not asked(company), "they have begun"
    assert faults() == {}


def test_a_paused_projects_tasks_wait_for_nobody(company: Company) -> None:
    company.task(company.project(limits={"waiting_seconds": 5}), ready=True)
    company.do(projects.update_project, "HAL", ProjectPatch.model_validate({"status": "paused"}))
    with time_machine.travel(later(seconds=60)):
        assert tick() == 0 and not asked(company)


def test_on_two_machines_each_run_ends_once(company: Company) -> None:
    worker, project = company.agent(), company.project(limits={"running_seconds": 10, "retry": {"attempts": 1}})
    for _ in range(12):
        company.task(project, ready=True)
        claim(company, worker, lease_seconds=1000)
    with time_machine.travel(later(seconds=60)), ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: tick(), range(8)))
    assert sum(found) == 12
    assert len(asked(company)) == 12
    assert rows("select count(*) from events where name = 'execution.ended'") == [(12,)]
    assert faults() == {}


def test_the_check_reads_neither_all_tasks_nor_all_runs(company: Company) -> None:
    project = company.project()
    many = [BulkTask(ref=str(n), title=f"Case {n}") for n in range(2_000)]
    company.do(bulk.create_tasks, BulkIn(project_id=project.id, ready=True, tasks=many))
    with db.engine().begin() as connection:
        connection.exec_driver_sql("set local session_replication_role = replica")
        connection.exec_driver_sql(
            "update tasks set status = 'CANCELLED', waiting_since = null where id not in (select id from tasks order by id limit 5)"
        )
        connection.exec_driver_sql("analyze tasks")
        connection.exec_driver_sql("set local enable_seqscan = off")  # the other tables are small
        for statement in (watching._OVER, watching._WAITING):
            plan = "\n".join(
                row[0] for row in connection.exec_driver_sql("explain " + statement, {"now": later(), "limit": 200})
            )
            assert "Seq Scan on tasks" not in plan and "Seq Scan on task_executions" not in plan, plan
            assert "ix_tasks_waiting" in plan or "uq_task_executions_running" in plan, plan
