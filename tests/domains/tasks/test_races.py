"""Many at once: one winner, no cycle, and counters that equal a recount."""

import random
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text

from orkwork.core import db
from orkwork.core.errors import Conflict, OrkworkError
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.models import ProjectStatus
from orkwork.domains.projects.schemas import ProjectPatch
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, BulkIn, ClaimIn, DependencyIn, MoveIn, TaskIn
from orkwork.domains.tasks.service import bulk, claims, creating, dependencies, lifecycle
from tests.domains.tasks.racing import acting, at_once, faults
from tests.factories import Company

HELD = ("ASSIGNED", "IN_PROGRESS")


def moved_events(key: str) -> int:
    with db.engine().connect() as connection:
        statement = text("select count(*) from events where name = 'task.moved' and subject_label = :key")
        return connection.execute(statement, {"key": key}).scalar_one()


def test_of_twenty_moves_of_one_task_one_wins(company: Company) -> None:
    company.task(company.project())
    found = at_once([lambda: company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.PLANNING)) for _ in range(20)])
    refused = [f for f in found if isinstance(f, OrkworkError)]
    assert len(refused) == 19
    assert {type(r) for r in refused} == {Conflict}
    assert moved_events("HAL-1") == 1


def test_rival_moves_leave_one_state_and_one_fact(company: Company) -> None:
    project, worker = company.project(), company.agent()
    for n in range(6):
        company.task(project, ready=True)
        key = f"HAL-{n + 1}"
        company.do(claims.assign, key, AssignIn(agent_id=worker.id))
        company.do(lifecycle.transition, key, MoveIn(to=Status.IN_PROGRESS))
        before = moved_events(key)
        targets = [Status.REVIEW, Status.READY, Status.FAILED, Status.CANCELLED] * 2
        found = at_once([lambda to=to, key=key: company.do(lifecycle.transition, key, MoveIn(to=to)) for to in targets])
        won = [f for f in found if not isinstance(f, OrkworkError)]
        assert len(won) == moved_events(key) - before >= 1
        assert faults() == {}


def test_a_task_is_given_once_however_many_agents_ask(company: Company) -> None:
    project = company.project()
    tasks = [{"ref": str(n), "title": f"T{n}"} for n in range(120)]
    company.do(bulk.create_tasks, BulkIn.model_validate({"project_id": project.id, "ready": True, "tasks": tasks}))
    workers = [company.agent(max_concurrent_tasks=1000) for _ in range(8)]

    def drain(worker: Any, limit: int) -> list[str]:
        got: list[str] = []
        while True:
            body = ClaimIn(limit=limit, start=bool(limit % 2))
            claimed = company.do(claims.claim, body, actor=acting(worker)).parse().claims
            if not claimed:
                return got
            got += [claim.task.key for claim in claimed]

    found = at_once([lambda w=w, n=n: drain(w, n + 1) for n, w in enumerate(workers)])
    given = Counter(key for keys in found for key in keys)
    assert len(given) == 120
    assert set(given.values()) == {1}
    assert faults() == {}


def test_no_race_gives_an_agent_more_than_it_may_hold(company: Company) -> None:
    project, worker = company.project(), company.agent(max_concurrent_tasks=3)
    for _ in range(10):
        company.task(project, ready=True)
    calls: list[Any] = [lambda: company.do(claims.claim, ClaimIn(limit=2), actor=acting(worker)) for _ in range(6)]
    calls += [lambda n=n: company.do(claims.assign, f"HAL-{n}", AssignIn(agent_id=worker.id)) for n in range(1, 7)]
    at_once(calls)
    with db.engine().connect() as connection:
        held = connection.exec_driver_sql("select count(*) from tasks where status = 'ASSIGNED'").scalar_one()
    assert held == 3
    assert faults() == {}


def test_no_order_of_inserts_closes_a_cycle_also_across_projects(company: Company) -> None:
    ours, theirs = company.project("Alpha"), company.project("Beta")
    keys = [company.task(p, f"T{n}").key for n in range(5) for p in (ours, theirs)]
    choice = random.Random(11)
    for _ in range(6):
        pairs = [tuple(choice.sample(keys, 2)) for _ in range(12)]
        at_once(
            [lambda a=a, b=b: company.do(dependencies.add_dependency, a, DependencyIn(depends_on=b)) for a, b in pairs]
        )
        assert faults() == {}


def test_a_task_does_not_wait_for_itself_nor_for_one_that_waits_for_it(company: Company) -> None:
    project = company.project()
    for n in range(3):
        company.task(project, f"T{n}", depends_on=[f"HAL-{n}"] if n else [])
    for task, need in (("HAL-1", "HAL-1"), ("HAL-1", "HAL-2"), ("HAL-1", "HAL-3")):
        with pytest.raises(Conflict, match="waits for"):
            company.do(dependencies.add_dependency, task, DependencyIn(depends_on=need))
    assert company.do(dependencies.add_dependency, "HAL-2", DependencyIn(depends_on="HAL-1"))
    assert faults() == {}


def test_a_dependant_added_while_its_need_is_deleted_waits_for_nothing(company: Company) -> None:
    project = company.project()
    for _ in range(8):
        need, waits = company.task(project).key, company.task(project).key
        at_once(
            [
                lambda waits=waits, need=need: company.do(
                    dependencies.add_dependency, waits, DependencyIn(depends_on=need)
                ),
                lambda need=need: company.do(creating.delete_task, need),
            ]
        )
        assert faults() == {}


def test_creating_with_dependencies_beside_a_bulk_does_not_lock_up(company: Company) -> None:
    project = company.project()
    first = company.task(project)
    graph = {"project_id": project.id, "tasks": [{"ref": "x", "title": "X", "depends_on": [first.key]}]}
    body = BulkIn.model_validate(graph)
    single = TaskIn(project_id=project.id, title="Y", depends_on=[first.key])
    calls: list[Any] = [lambda: company.do(bulk.create_tasks, body) for _ in range(5)]
    calls += [lambda: company.do(creating.create_task, single) for _ in range(5)]
    assert not [f for f in at_once(calls) if isinstance(f, OrkworkError)]
    assert faults() == {}


def test_counters_hold_while_everything_moves_at_once(company: Company) -> None:
    project, worker = company.project(), company.agent()
    keys = [company.task(project, f"T{n}", ready=True, review_required=False).key for n in range(14)]
    choice = random.Random(5)

    def complete(key: str) -> None:
        company.do(claims.assign, key, AssignIn(agent_id=worker.id))
        company.do(lifecycle.transition, key, MoveIn(to=Status.IN_PROGRESS))
        company.do(lifecycle.transition, key, MoveIn(to=Status.COMPLETED))

    def reopen(key: str) -> None:
        company.do(lifecycle.transition, key, MoveIn(to=Status.READY))

    def add(a: str, b: str) -> None:
        company.do(dependencies.add_dependency, a, DependencyIn(depends_on=b))

    def remove(a: str, b: str) -> None:
        company.do(dependencies.remove_dependency, a, b)

    def pause_and_go_on() -> None:
        for status in (ProjectStatus.PAUSED, ProjectStatus.ACTIVE):
            company.do(projects.update_project, "HAL", ProjectPatch(status=status))

    for _ in range(8):
        calls: list[Any] = []
        for _ in range(4):
            a, b = choice.sample(keys, 2)
            calls += [
                lambda b=b: complete(b),
                lambda a=a, b=b: add(a, b),
                lambda a=a, b=b: remove(a, b),
                lambda b=b: reopen(b),
            ]
        at_once([*calls, pause_and_go_on])
        assert faults() == {}


def test_a_paused_project_gives_no_work_whatever_became_ready_meanwhile(company: Company) -> None:
    project, worker = company.project(), company.agent()
    company.task(project, ready=True)
    company.task(project)
    company.do(projects.update_project, "HAL", ProjectPatch(status=ProjectStatus.PAUSED))
    with db.engine().begin() as connection:  # as a move leaves it whose snapshot is older than the pause
        connection.exec_driver_sql(
            "insert into ready_tasks (task_id, project_id, capset_id, priority, due_at, crit) "
            "select id, project_id, capset_id, priority, 'infinity', 0 from tasks where key = 'HAL-1'"
        )
    assert company.do(claims.claim, ClaimIn(limit=5), actor=acting(worker)).parse().claims == []
    company.do(projects.update_project, "HAL", ProjectPatch(status=ProjectStatus.ACTIVE))
    claimed = company.do(claims.claim, ClaimIn(limit=5), actor=acting(worker)).parse().claims
    assert [c.task.key for c in claimed] == ["HAL-1"]
    assert faults() == {}
