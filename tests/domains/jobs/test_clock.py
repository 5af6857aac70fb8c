"""Each tick happens once, a lost run comes again, and a job that keeps failing is told of."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from jobs import run as clock_run
from jobs.beat import SCHEDULE
from orkwork.core import clock, db, door
from orkwork.core.actor import system
from orkwork.core.errors import NotFound
from orkwork.core.ids import uuid7
from orkwork.core.operation import OPERATIONS
from orkwork.core.work import Work
from orkwork.domains.jobs import queries, rules, service
from orkwork.domains.jobs.schemas import JobOut, JobPatch
from orkwork.domains.jobs.ui.clock import WORDS
from orkwork.ui import catalog
from tests.domains.tasks.racing import at_once
from tests.factories import Company

ROOT = Path(__file__).parents[3]
WHO = system("test")


def registered(**schedule: float) -> None:
    named = {name.replace("__", "."): every for name, every in schedule.items()}
    door.run(WHO, lambda work: service.register(work, named), write=True)


def claim() -> str | None:
    return door.run(WHO, lambda work: service.claim_due(work, uuid7()), write=True, atomic=True)


def job(company: Company, name: str) -> JobOut:
    return next(one for one in company.do(queries.jobs) if one.operation == name)


def told(name: str) -> int:
    with db.engine().connect() as connection:
        statement = "select count(*) from events where name = %(name)s"
        return connection.exec_driver_sql(statement, {"name": name}).scalar_one()


def ran(name: str, error: str | None = None) -> None:
    """One run of the job that is due, with this end."""
    token = uuid7()
    assert door.run(WHO, lambda work: service.claim_due(work, token), write=True, atomic=True) == name
    door.run(WHO, lambda work: service.finish(work, name, token, duration_ms=3, done=1, error=error), write=True)


def test_of_many_claims_at_once_one_gets_the_tick(company: Company) -> None:
    registered(audit__seal=60)
    found = at_once([claim] * 12)
    assert [name for name in found if name] == ["audit.seal"]


def test_ticks_that_nobody_took_are_not_made_up_for(company: Company) -> None:
    registered(audit__seal=60)
    ran("audit.seal")
    with time_machine.travel(clock.now() + timedelta(hours=5)):
        ran("audit.seal")
        assert claim() is None
        assert job(company, "audit.seal").next_at > clock.now() + timedelta(seconds=50)


def test_a_tick_that_is_a_little_late_keeps_the_beat(company: Company) -> None:
    registered(audit__seal=60)
    due = job(company, "audit.seal").next_at
    with time_machine.travel(due + timedelta(seconds=7), tick=False):
        ran("audit.seal")
        assert job(company, "audit.seal").next_at == due + timedelta(seconds=60)


def test_a_run_that_never_ends_is_lost_and_the_job_due_again(company: Company) -> None:
    registered(audit__seal=1)
    lost = uuid7()
    assert door.run(WHO, lambda work: service.claim_due(work, lost), write=True, atomic=True) == "audit.seal"
    with time_machine.travel(clock.now() + timedelta(seconds=rules.LEASE_SECONDS - 5)):
        assert claim() is None
        assert job(company, "audit.seal").state == "running"
    with time_machine.travel(clock.now() + timedelta(seconds=rules.LEASE_SECONDS + 5)):
        assert claim() == "audit.seal"
        door.run(WHO, lambda work: service.finish(work, "audit.seal", lost, duration_ms=1, error="late"), write=True)
        assert job(company, "audit.seal").error is None


def test_a_run_that_gives_signs_of_life_is_not_lost(company: Company) -> None:
    registered(audit__seal=1)
    mine = uuid7()
    door.run(WHO, lambda work: service.claim_due(work, mine), write=True, atomic=True)
    for n in range(1, 4):
        with time_machine.travel(clock.now() + timedelta(seconds=(rules.LEASE_SECONDS - 1) * n)):
            assert door.run(WHO, lambda work: service.prolong(work, "audit.seal", mine), write=True, atomic=True)
            assert claim() is None
    with time_machine.travel(clock.now() + timedelta(seconds=rules.LEASE_SECONDS * 5)):
        assert claim() == "audit.seal"
        assert not door.run(WHO, lambda work: service.prolong(work, "audit.seal", mine), write=True, atomic=True)


def test_a_job_that_keeps_failing_is_told_of_once_and_so_is_its_recovery(company: Company) -> None:
    registered(audit__seal=1)
    for n in range(5):
        with time_machine.travel(clock.now() + timedelta(seconds=10 * (n + 1))):
            ran("audit.seal", error="RuntimeError: no")
    found = job(company, "audit.seal")
    assert (found.failures, found.error, found.state) == (5, "RuntimeError: no", "failing")
    assert (told("job.failing"), told("job.recovered")) == (1, 0)
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        ran("audit.seal")
    assert (told("job.failing"), told("job.recovered")) == (1, 1)
    assert job(company, "audit.seal").failures == 0


def test_a_paused_job_runs_only_when_it_is_asked_to(company: Company) -> None:
    registered(audit__seal=1)
    company.do(service.update_job, "audit.seal", JobPatch(paused=True))
    assert claim() is None
    company.do(service.run_now, "audit.seal")
    ran("audit.seal")
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        assert claim() is None
        company.do(service.update_job, "audit.seal", JobPatch(paused=False))
        assert claim() == "audit.seal"
    assert (told("job.changed"), told("job.requested")) == (2, 1)


def test_a_job_that_is_not_there_is_not_found(company: Company) -> None:
    with pytest.raises(NotFound):
        company.do(service.run_now, "no.such")
    with pytest.raises(NotFound):
        company.do(service.update_job, "no.such", JobPatch(paused=True))


def test_a_new_version_of_the_clock_keeps_what_is_known(company: Company) -> None:
    registered(audit__seal=1, demo__sweep=2)
    company.do(service.update_job, "audit.seal", JobPatch(paused=True))
    registered(audit__seal=5, outbox__drain=1)
    assert {one.operation: (one.every_seconds, one.paused) for one in company.do(queries.jobs)} == {
        "audit.seal": (5, True),
        "outbox.drain": (1, False),
    }


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make one job's operation fail."""

    def breaks(name: str) -> None:
        def fail(work: Work) -> None:
            work.sql("select 1 / 0")

        monkeypatch.setitem(OPERATIONS, name, replace(OPERATIONS[name], fn=fail))

    return breaks


def test_one_jobs_fault_is_not_the_others(company: Company, broken: Callable[[str], None]) -> None:
    clock_run._register.cache_clear()
    broken("audit.seal")
    clock_run.tick()
    found: dict[str, Any] = {one.operation: one for one in company.do(queries.jobs)}
    assert set(found) == {one.operation for one in SCHEDULE}
    assert "out of range" in found["audit.seal"].error
    assert [name for name, one in found.items() if one.error] == ["audit.seal"]
    assert all(one.ended_at and one.duration_ms is not None for one in found.values())


TICKING = """
import time
from jobs import run
end = time.monotonic() + 4
while time.monotonic() < end:
    run.tick()
    time.sleep(0.02)
"""
NOTE_RUNS = """
create table noted_runs (operation text, slot timestamptz);
create function note_run() returns trigger language plpgsql as $$
begin
  insert into noted_runs values (new.operation, old.next_at);
  return new;
end $$;
create trigger note_run after update of started_at on jobs for each row execute function note_run();
"""


def test_two_machines_that_run_everything_run_each_tick_once(company: Company, environment: str) -> None:
    registered(**{one.operation.replace(".", "__"): one.every_seconds for one in SCHEDULE})
    with db.engine().begin() as connection:
        connection.exec_driver_sql(NOTE_RUNS)
    try:
        machines = [subprocess.Popen([sys.executable, "-c", TICKING], cwd=ROOT) for _ in range(3)]
        assert [machine.wait(90) for machine in machines] == [0, 0, 0]
        with db.engine().connect() as connection:
            runs = connection.exec_driver_sql(
                "select operation, count(*), count(distinct slot) from noted_runs group by 1"
            )
            counted = {name: (count, slots) for name, count, slots in runs}
    finally:
        with db.engine().begin() as connection:
            connection.exec_driver_sql("drop function note_run cascade; drop table noted_runs")
    assert set(counted) == {one.operation for one in SCHEDULE}
    assert all(count == slots for count, slots in counted.values()), counted
    assert counted["projects.fold_tallies"] == (1, 1)
    assert counted["audit.seal"][0] >= 2


def test_every_job_has_words_in_both_languages() -> None:
    assert {one.operation for one in SCHEDULE} <= set(WORDS)
    assert set(WORDS.values()) <= set(catalog.messages("uk"))
