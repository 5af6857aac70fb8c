"""Clocks follow their tasks, and each level is told once."""

import threading
from datetime import UTC, datetime
from uuid import UUID

import pytest
import time_machine

from orkwork.core import db
from orkwork.domains.audit import service as audit
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.models import ProjectStatus
from orkwork.domains.projects.schemas import ProjectOut, ProjectPatch
from orkwork.domains.sla import queries
from orkwork.domains.sla.schemas import RulePatch
from orkwork.domains.sla.service import ruling, watching
from orkwork.domains.tasks.models import Priority, Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn, TaskPatch
from orkwork.domains.tasks.service import claims, creating, lifecycle
from tests.domains.sla.ticking import check, follow, later, rows, rule, run, tick, told
from tests.factories import Company, Worker

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def project(company: Company) -> ProjectOut:
    return company.project("Halyard", key_prefix="HAL")


@pytest.fixture
def worker(company: Company) -> Worker:
    """An agent that reports to another."""
    chief = company.agent("CTO")
    return company.agent("CODE", manager_id=chief.id)


def ready(company: Company, project: ProjectOut, minutes: float = 0) -> str:
    with time_machine.travel(later(NOON, minutes), tick=False):
        return company.task(project, ready=True).key


def move(company: Company, key: str, minutes: float, to: Status) -> None:
    with time_machine.travel(later(NOON, minutes), tick=False):
        company.do(lifecycle.transition, key, MoveIn(to=to))


def assign(company: Company, key: str, minutes: float, worker: Worker) -> None:
    with time_machine.travel(later(NOON, minutes), tick=False):
        company.do(claims.assign, key, AssignIn(agent_id=worker.id))


def start(company: Company, key: str, minutes: float, worker: Worker) -> None:
    assign(company, key, minutes, worker)
    move(company, key, minutes, Status.IN_PROGRESS)


def test_warning_breach_and_escalation_go_to_agent_manager_and_ceo_in_their_time(
    company: Company, project: ProjectOut, worker: Worker
) -> None:
    rule(company)
    key = ready(company, project)
    start(company, key, 5, worker)
    seen = []
    for minutes in (47, 48, 60, 61, 90, 91, 180, 181, 999):
        tick(later(NOON, minutes))
        seen.append(len(told()))
    assert seen == [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert told() == [
        ("resolution", 0, "agent"),
        ("resolution", 1, "agent"),
        ("resolution", 2, "manager"),
        ("resolution", 3, "ceo"),
    ]
    assert [row["agent_id"] for row in rows("select agent_id from sla_breaches order by level")] == [
        worker.id,
        worker.id,
        worker.out.manager_id,
        None,
    ]
    names = [row["name"] for row in rows("select name from events where name like 'sla.%%' order by seq")]
    assert names == ["sla.rule_created", "sla.warned", "sla.breached", "sla.breached", "sla.breached"]


def test_a_check_that_comes_twice_tells_nothing_twice(company: Company, project: ProjectOut) -> None:
    rule(company)
    ready(company, project)
    for _ in range(3):
        tick(later(NOON, 61))
    assert told() == [("resolution", 1, "ceo")]


def test_two_checks_at_once_tell_each_breach_once(company: Company, project: ProjectOut) -> None:
    rule(company, response_minutes=5)
    for _ in range(20):
        ready(company, project)
    with time_machine.travel(later(NOON, 5000), tick=False):
        follow()
        gate = threading.Barrier(4)

        def together() -> None:
            gate.wait()
            for _ in range(5):
                check()

        threads = [threading.Thread(target=together) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(told()) == 20 * 2 * 3
    assert rows("select count(*) as n from events where name = 'sla.breached'") == [{"n": 20 * 2 * 3}]


def test_a_late_check_tells_what_was_reached_in_time_with_its_moment(
    company: Company, project: ProjectOut, worker: Worker
) -> None:
    rule(company)
    key = ready(company, project)
    start(company, key, 5, worker)
    move(company, key, 100, Status.REVIEW)
    move(company, key, 101, Status.COMPLETED)
    tick(later(NOON, 99_999))
    found = rows("select level, at from sla_breaches order by level")
    assert [(row["level"], row["at"]) for row in found] == [(1, later(NOON, 60)), (2, later(NOON, 90))]


def test_a_check_before_the_clocks_have_followed_judges_by_the_moves(
    company: Company, project: ProjectOut, worker: Worker
) -> None:
    rule(company)
    key = ready(company, project)
    tick(later(NOON, 1))
    start(company, key, 5, worker)
    move(company, key, 50, Status.REVIEW)
    move(company, key, 59, Status.COMPLETED)
    with time_machine.travel(later(NOON, 70), tick=False):
        check()
    assert told() == [("resolution", 0, "agent")]


def test_time_in_the_states_that_the_rule_names_does_not_count(
    company: Company, project: ProjectOut, worker: Worker
) -> None:
    rule(company, pauses_in=["REVIEW"])
    key = ready(company, project)
    start(company, key, 5, worker)
    move(company, key, 10, Status.REVIEW)
    with time_machine.travel(later(NOON, 500), tick=False):
        follow()
        check()
        [clock] = company.do(queries.task_sla, key).clocks
    assert told() == [] and clock.paused and clock.elapsed_seconds == 600 and clock.state == "ok"
    move(company, key, 500, Status.IN_PROGRESS)
    tick(later(NOON, 550))
    tick(later(NOON, 551))
    assert [level for _, level, _ in told()] == [0, 1]


def test_response_and_resolution_are_two_clocks(company: Company, project: ProjectOut, worker: Worker) -> None:
    rule(company, response_minutes=10)
    key = ready(company, project)
    tick(later(NOON, 11))
    start(company, key, 12, worker)
    tick(later(NOON, 13))
    with time_machine.travel(later(NOON, 20), tick=False):
        response, resolution = company.do(queries.task_sla, key).clocks
    assert (response.state, response.elapsed_seconds, response.left_seconds) == ("missed", 720, -120)
    assert (resolution.state, resolution.left_seconds, resolution.due_at) == ("ok", 2400, later(NOON, 60))
    assert told() == [("response", 1, "ceo")]


def test_a_change_of_the_task_brings_another_rule(company: Company, project: ProjectOut) -> None:
    wide, tight = rule(company, "All", resolution_minutes=600), rule(company, "Urgent", priority="urgent")
    key = ready(company, project)
    tick(later(NOON, 1))
    assert company.do(queries.task_sla, key).rule_id == wide.id
    company.do(creating.update_task, key, TaskPatch(priority=Priority.URGENT))
    tick(later(NOON, 61))
    assert company.do(queries.task_sla, key).rule_id == tight.id
    assert told() == [("resolution", 1, "ceo")]


def test_a_change_of_rules_is_a_matter_of_open_tasks_only(
    company: Company, project: ProjectOut, worker: Worker
) -> None:
    one = rule(company)
    done, going = ready(company, project), ready(company, project)
    start(company, done, 1, worker)
    move(company, done, 2, Status.REVIEW)
    move(company, done, 30, Status.COMPLETED)
    tick(later(NOON, 31))
    company.do(ruling.update_rule, one.id, RulePatch(resolution_minutes=20))
    tick(later(NOON, 32))
    assert [row["key"] for row in rows("select t.key from sla_breaches b join tasks t on t.id = b.task_id")] == [going]
    limits = rows("select t.key, c.resolution_limit_seconds as n from sla_clocks c join tasks t on t.id = c.task_id")
    assert {row["key"]: row["n"] for row in limits} == {done: 3600, going: 1200}
    company.do(ruling.delete_rule, one.id)
    tick(later(NOON, 33))
    assert [row["rule_id"] for row in rows("select rule_id from sla_clocks")] == [None]
    assert company.do(queries.task_sla, going).clocks == [] and len(told()) == 1


def test_many_open_tasks_are_held_against_a_new_rule_in_rounds(company: Company, project: ProjectOut) -> None:
    keys = [ready(company, project) for _ in range(7)]
    follow()
    rule(company)
    while run(audit.seal):
        pass
    rounds = sum(1 for _ in iter(lambda: run(watching.follow, 3), 0))
    assert rounds >= 3
    assert {row["key"] for row in rows("select t.key from sla_clocks c join tasks t on t.id = c.task_id")} == set(keys)


def test_in_an_archived_project_no_clock_runs(company: Company, project: ProjectOut) -> None:
    rule(company)
    ready(company, project)
    tick(later(NOON, 1))
    company.do(projects.update_project, project.id, ProjectPatch(status=ProjectStatus.ARCHIVED))
    tick(later(NOON, 500))
    assert told() == [] and rows("select from sla_clocks") == []


def test_following_again_changes_nothing(company: Company, project: ProjectOut, worker: Worker) -> None:
    rule(company, response_minutes=3)
    for n in range(3):
        start(company, ready(company, project), 5 + n, worker)
    tick(later(NOON, 100))
    before = rows("select * from sla_clocks order by 1"), told()
    with db.engine().begin() as connection:
        connection.exec_driver_sql("update sla_follower set pos = 0")
    tick(later(NOON, 100))
    assert (rows("select * from sla_clocks order by 1"), told()) == before


def test_a_task_that_goes_takes_its_clock_along(company: Company, project: ProjectOut) -> None:
    rule(company)
    key = ready(company, project)
    tick(later(NOON, 61))
    move(company, key, 62, Status.CANCELLED)
    company.do(creating.delete_task, key)
    tick(later(NOON, 63))
    assert rows("select from sla_clocks") == [] and told() == []


def test_ids_are_of_the_agent_that_has_it_now(company: Company, project: ProjectOut, worker: Worker) -> None:
    rule(company)
    key = ready(company, project)
    assign(company, key, 50, worker)
    tick(later(NOON, 55))
    found: UUID = rows("select agent_id from sla_breaches")[0]["agent_id"]
    assert found == worker.id
