"""Forecasts over HTTP: taken, kept, scored, tried, made and undone."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core import db, door
from orkwork.core.actor import Role, system
from orkwork.core.operation import OPERATIONS
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.trackers import rules as tracker_rules
from orkwork.domains.trackers import service as trackers
from tests.demo.company_state import rows
from tests.factories import Company

BASE = "/api/v2"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def tick(name: str) -> Any:
    return door.run(system(name), OPERATIONS[name].fn, write=True)


def chain(company: Company, tasks: int = 3, **fields: Any) -> ProjectOut:
    """A project whose tasks wait for each other, each estimated at an hour."""
    project = company.project("Halyard", **fields)
    for n in range(tasks):
        needs = {"depends_on": [f"HAL-{n}"]} if n else {}
        company.task(project, f"Step {n}", ready=True, estimate_minutes=60, review_required=False, **needs)
    return project


def ask(http: TestClient, company: Company, project: str = "HAL") -> dict[str, Any]:
    answer = http.get(f"{BASE}/intelligence/forecast", params={"project": project}, headers=company.owner.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def send(http: TestClient, company: Company, path: str, body: Any = None) -> Any:
    return http.post(BASE + path, json=body, headers=company.owner.headers)


def work_off(http: TestClient, worker: Any, start: datetime, hours: float) -> None:
    """Claim the next task, and hand it in some hours later."""
    with time_machine.travel(start, tick=False):
        [held] = http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=worker.headers).json()["claims"]
    with time_machine.travel(start + timedelta(hours=hours), tick=False):
        body = {"fence": held["fence"], "status": "succeeded"}
        run = held["execution"]["id"]
        done = http.patch(f"{BASE}/executions/{run}", json=body, headers=worker.headers)
        assert done.status_code == 200, done.text


def test_an_empty_project_says_why_there_is_nothing_to_say(http: TestClient, company: Company) -> None:
    company.project("Halyard")
    assert (ask(http, company)["empty"], ask(http, company)["figures"]) == ("no_tasks", None)
    refused = send(http, company, "/projects/HAL/forecasts")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/forecast.no_tasks")
    company.task(company.project("Mast"), "Alone")
    assert ask(http, company, "MAS")["empty"] == "no_agents"
    assert tick("forecast.take_daily") == 0


def test_a_forecast_is_taken_daily_kept_and_held_against_the_truth(http: TestClient, company: Company) -> None:
    with time_machine.travel(NOON, tick=False):
        chain(company, deadline=(NOON + timedelta(days=2)).isoformat(), budget_usd="50")
        worker = company.agent("CODE", max_concurrent_tasks=1)
        assert [tick("forecast.take_daily") for _ in range(2)] == [1, 0]
        found = ask(http, company)
        assert (found["method"], found["cold"], found["held"], found["own_runs"]) == ("simulation", True, None, 0)
        figures = found["figures"]
        done = [datetime.fromisoformat(figures["done"][name]) for name in ("p10", "p50", "p80", "p85", "p95")]
        assert [NOON, *done] == sorted([NOON, *done])
        assert 0 < figures["in_time"] <= 1
        assert {task["criticality"] for task in figures["tasks"]} == {1.0}
        assert send(http, company, "/projects/HAL/forecasts").json()["fingerprint"] == found["fingerprint"]
        assert tick("forecast.score") == 0
    start = NOON + timedelta(minutes=1)
    for n in range(3):
        work_off(http, worker, start + timedelta(minutes=10 * n), 0.1)
    assert tick("forecast.score") == 2
    assert tick("forecast.score") == 0
    assert [row["held"] for row in rows("select held from forecasts")] == [True, True]
    late = chain_of_one(company)
    with time_machine.travel(NOON, tick=False):
        assert send(http, company, f"/projects/{late}/forecasts").status_code == 201
    assert tick("forecast.score") == 1  # its P80 has long passed, and it is not done
    with time_machine.travel(NOON, tick=False):
        assert ask(http, company)["held"] == {"forecasts": 2, "held": 2, "own": True}
        assert ask(http, company, late)["held"] == {"forecasts": 1, "held": 0, "own": True}


def test_projects_of_which_nothing_can_be_said_keep_none_waiting(company: Company) -> None:
    for n in range(8):
        company.task(company.project(f"Bare {n}", github_repository=f"acme/bare{n}"), "Nobody here may do it")
    project = chain(company, 1)
    company.agent("CODE", project_ids=[project.id])
    assert [tick("forecast.take_daily") for _ in range(2)] == [1, 0]
    assert rows("select project_id from forecasts") == [{"project_id": project.id}]


def test_an_imported_tracker_is_forecast_by_its_closings_and_judged_after_one_two_three_and_six_months(
    http: TestClient, company: Company
) -> None:
    found = []
    for n in range(1, 61):
        opened = NOON - timedelta(days=10 * n)
        closed = {"closedAt": (opened + timedelta(days=9)).isoformat()} if n % 3 else {}
        item = {"number": n, "title": "Rope", "url": f"https://github.com/acme/rope/issues/{n}"} | closed
        found.append(item | {"createdAt": opened.isoformat(), "state": "CLOSED" if closed else "OPEN"})
    company.do(trackers.import_tracker, tracker_rules.read(json.dumps(found).encode()), project="ROPE")
    with time_machine.travel(NOON, tick=False):
        said = send(http, company, "/projects/ROPE/forecasts").json()
    assert (said["method"], said["figures"]["done"], said["figures"]["open_tasks"]) == ("closing", None, 20)
    bands = said["figures"]["months"]
    assert [band["months"] for band in bands] == [1, 2, 3, 4, 5, 6]
    assert bands[0]["p10"] <= bands[0]["p50"] <= bands[0]["p90"] <= 20
    with time_machine.travel(NOON + timedelta(days=29), tick=False):
        assert tick("forecast.score") == 0
    for months, days in enumerate((31, 61, 92, 183), 1):
        with time_machine.travel(NOON + timedelta(days=days), tick=False):
            assert [tick("forecast.score") for _ in range(2)] == [1, 0], days
            assert ask(http, company, "ROPE")["held"]["forecasts"] == months
    (kept,) = rows("select figures, held, scored_at, due_at from forecasts")
    judged = {band["months"]: band for band in kept["figures"]["months"] if band["held"] is not None}
    assert list(judged) == [1, 2, 3, 6]
    for months, band in judged.items():  # none was closed meanwhile
        assert (band["closed"], band["held"]) == (0, bands[months - 1]["p10"] == 0)
    assert (kept["held"], kept["scored_at"] is not None) == (judged[6]["held"], True)
    told = rows("select after from events where name = 'forecast.scored' order by seq")
    assert [one["after"]["months"] for one in told] == [1, 2, 3, 6]


def test_a_month_judged_late_is_judged_by_what_was_closed_within_it(http: TestClient, company: Company) -> None:
    found = []
    for n in range(1, 41):
        opened = (NOON - timedelta(days=10 * n)).isoformat()
        item = {"number": n, "title": "Rope", "url": f"https://github.com/acme/rope/issues/{n}", "state": "OPEN"}
        found.append(item | {"createdAt": opened})
    company.do(trackers.import_tracker, tracker_rules.read(json.dumps(found).encode()), project="ROPE")
    with time_machine.travel(NOON, tick=False):
        send(http, company, "/projects/ROPE/forecasts")
    _close("number <= 7", NOON + timedelta(days=5))
    _close("number = 8", NOON + timedelta(days=45))
    with time_machine.travel(NOON + timedelta(days=63), tick=False):
        assert [tick("forecast.score") for _ in range(2)] == [1, 0]
    (kept,) = rows("select figures, held from forecasts")
    assert [band["closed"] for band in kept["figures"]["months"]] == [7, 8, None, None, None, None]
    assert kept["held"] is None


def _close(which: str, at: datetime) -> None:
    with db.engine().begin() as connection:
        statement = f"update tasks set status = 'COMPLETED', completed_at = %(at)s where {which}"
        connection.exec_driver_sql(statement, {"at": at})


def chain_of_one(company: Company) -> str:
    company.task(company.project("Mast"), "Alone", ready=True)
    return "MAS"


def test_own_runs_make_a_forecast_narrower(http: TestClient, company: Company) -> None:
    with time_machine.travel(NOON - timedelta(days=9), tick=False):
        chain(company, 40)
        worker = company.agent("CODE", max_concurrent_tasks=1)
    spreads = []
    for begin in (0, 30):
        for n in range(begin):
            work_off(http, worker, NOON - timedelta(hours=60 - 2 * n), 1)
        with time_machine.travel(NOON, tick=False):
            found = ask(http, company)
        low, high = (datetime.fromisoformat(found["figures"]["done"][name]) - NOON for name in ("p10", "p95"))
        spreads.append(high / low)
    assert (found["cold"], found["own_runs"], found["figures"]["open_tasks"]) == (False, 30, 10)
    assert spreads[1] < spreads[0] / 3


TRIED: list[tuple[dict[str, Any], str]] = [
    ({"kind": "scope_added", "tasks": 1_000_000}, "changes.0.scope_added.tasks"),
    ({"kind": "scope_added", "tasks": -1}, "changes.0.scope_added.tasks"),
    ({"kind": "priority", "task": "HAL-99", "priority": "low"}, "changes.0.task"),
    ({"kind": "priority", "task": "HAL-1", "priority": "loud"}, "changes.0.priority.priority"),
    ({"kind": "estimate", "task": "HAL-1", "estimate_minutes": 0}, "changes.0.estimate.estimate_minutes"),
    ({"kind": "budget", "budget_usd": "NaN"}, "changes.0.budget.budget_usd"),
    ({"kind": "budget", "budget_usd": -5}, "changes.0.budget.budget_usd"),
    ({"kind": "agent_removed", "agent_id": "019a0000-0000-7000-8000-000000000000"}, "changes.0.agent_id"),
    ({"kind": "concurrency", "agent_id": "me", "max_concurrent_tasks": 2}, "changes.0.concurrency.agent_id"),
    ({"kind": "holiday"}, "changes.0"),
]


def test_what_can_not_be_tried_is_refused_by_its_field(http: TestClient, company: Company) -> None:
    chain(company, 1)
    company.agent("CODE")
    for change, field in TRIED:
        refused = send(http, company, "/intelligence/forecast/what-if", {"project": "HAL", "changes": [change]})
        assert refused.status_code == 422, (change, refused.text)
        assert [one["field"] for one in refused.json()["errors"]] == [field], change
    nowhere = {"project": "NONE", "changes": [{"kind": "agent_added"}]}
    assert send(http, company, "/intelligence/forecast/what-if", nowhere).status_code == 404
    body = {"project": "HAL", "changes": [{"kind": "agent_added"}]}
    only = send(http, company, "/intelligence/forecast/changes", body)
    assert (only.status_code, only.json()["errors"][0]["field"]) == (422, "changes.0.kind")


def test_changes_are_tried_without_writing(http: TestClient, company: Company) -> None:
    project = company.project("Halyard")
    for n in range(6):
        company.task(project, f"Step {n}", ready=True, estimate_minutes=60, review_required=False)
    worker = company.agent("CODE", max_concurrent_tasks=1)
    count = rows("select count(*) as n from events")

    def days(*changes: dict[str, Any]) -> tuple[float, float, Any]:
        answer = send(http, company, "/intelligence/forecast/what-if", {"project": "HAL", "changes": list(changes)})
        assert answer.status_code == 200, answer.text
        before, after = answer.json()["before"], answer.json()["after"]
        ends = (datetime.fromisoformat(one["figures"]["done"]["p50"]) for one in (before, after))
        begin = datetime.fromisoformat(before["as_of"])
        now, then = ((end - begin).total_seconds() for end in ends)
        return now, then, after["figures"]

    now, then, _ = days({"kind": "concurrency", "agent_id": str(worker.id), "max_concurrent_tasks": 6})
    assert then < now / 2
    now, then, _ = days({"kind": "agent_added", "max_concurrent_tasks": 5})
    assert then < now / 2
    now, then, figures = days({"kind": "scope_added", "tasks": 6, "estimate_minutes": 60})
    assert (then > 1.5 * now, figures["open_tasks"]) == (True, 12)
    now, then, figures = days({"kind": "scope_cut", "task": "hal-1"}, {"kind": "budget", "budget_usd": "0.01"})
    assert (then < now, figures["open_tasks"], figures["in_budget"] < 0.5) == (True, 5, True)
    now, then, _ = days({"kind": "estimate", "task": "HAL-2", "estimate_minutes": 6000})
    assert then > 5 * now
    assert rows("select count(*) as n from events") == count


def test_changes_are_made_as_one_and_undone_where_nobody_came_between(http: TestClient, company: Company) -> None:
    chain(company)
    company.task(company.project("Mast"), "Other")
    worker = company.agent("CODE", max_concurrent_tasks=1)
    changes = [
        {"kind": "concurrency", "agent_id": str(worker.id), "max_concurrent_tasks": 4},
        {"kind": "budget", "budget_usd": "90"},
        {"kind": "priority", "task": "HAL-1", "priority": "urgent"},
        {"kind": "estimate", "task": "HAL-1", "estimate_minutes": 30},
        {"kind": "scope_cut", "task": "HAL-2"},
    ]
    stray = [*changes, {"kind": "priority", "task": "MAS-1", "priority": "low"}]
    assert (
        send(http, company, "/intelligence/forecast/changes", {"project": "HAL", "changes": stray}).status_code == 422
    )
    before = _state(company)
    made = send(http, company, "/intelligence/forecast/changes", {"project": "HAL", "changes": changes})
    assert made.status_code == 201, made.text
    assert [one["kind"] for one in made.json()["changes"]].count("scope_cut") == 2
    statuses = "select status from tasks where key like 'HAL-%%' order by number"
    assert [row["status"] for row in rows(statuses)] == ["READY", "CANCELLED", "CANCELLED"]
    meddled = http.patch(f"{BASE}/tasks/HAL-1", json={"priority": "low"}, headers=company.owner.headers)
    assert meddled.status_code == 200
    undo = f"/intelligence/forecast/changes/{made.json()['id']}/undo"
    undone = send(http, company, undo).json()
    assert {one["kind"]: one["restored"] for one in undone["changes"]} == {
        "concurrency": True, "budget": True, "priority": False, "estimate": True, "scope_cut": True,
    }  # fmt: skip
    after = _state(company)
    assert after[0]["priority"] == 3
    assert [row | {"priority": 2} for row in after] == before
    assert send(http, company, undo).status_code == 409
    told = rows("select name, before, after from events where name like 'forecast.%%' order by seq")
    assert [one["name"] for one in told] == ["forecast.changes_made", "forecast.changes_undone"]
    assert (told[0]["before"]["budget Halyard"], told[0]["after"]["budget Halyard"]) == (None, "90")


def test_an_agent_that_is_taken_away_is_paused_gives_back_its_task_and_comes_back(
    http: TestClient, company: Company
) -> None:
    chain(company)
    worker, other = company.agent("CODE", max_concurrent_tasks=1), company.agent("QA")
    claimed = http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=worker.headers).json()["claims"]
    assert [one["task"]["key"] for one in claimed] == ["HAL-1"]
    body = {"project": "HAL", "changes": [{"kind": "agent_removed", "agent_id": str(worker.id)}]}
    made = send(http, company, "/intelligence/forecast/changes", body)
    assert made.status_code == 201, made.text
    assert [(one["kind"], one["before"], one["after"]) for one in made.json()["changes"]] == [
        ("agent_removed", "active", "paused")
    ]
    state = (
        "select a.status, t.status as task from agents a cross join tasks t where a.name = 'CODE' and t.key = 'HAL-1'"
    )
    assert rows(state) == [{"status": "paused", "task": "READY"}]
    again = send(http, company, "/intelligence/forecast/changes", body)
    assert again.status_code == 422  # it works no more
    undo = f"/intelligence/forecast/changes/{made.json()['id']}/undo"
    assert [one["restored"] for one in send(http, company, undo).json()["changes"]] == [True]
    assert rows(state) == [{"status": "active", "task": "READY"}]
    assert other.out.status == "active"


def _state(company: Company) -> list[dict[str, Any]]:
    return rows(
        "select t.key, t.status, t.priority, t.estimate_minutes, p.budget_usd, a.max_concurrent_tasks from tasks t "
        "join projects p on p.id = t.project_id cross join agents a where p.key_prefix = 'HAL' order by t.number"
    )


def test_who_may_not_change_an_agent_changes_nothing_by_a_change_set(http: TestClient, company: Company) -> None:
    chain(company)
    worker = company.agent("CODE", max_concurrent_tasks=1)
    member = company.person(Role.MEMBER).headers
    changes = [
        {"kind": "priority", "task": "HAL-1", "priority": "urgent"},
        {"kind": "concurrency", "agent_id": str(worker.id), "max_concurrent_tasks": 4},
    ]
    body = {"project": "HAL", "changes": changes}
    refused = http.post(f"{BASE}/intelligence/forecast/changes", json=body, headers=member)
    assert refused.status_code == 403
    assert {row["priority"] for row in _state(company)} == {2}


@pytest.mark.parametrize("project", ["", "x" * 41])
def test_a_project_has_to_be_named(http: TestClient, company: Company, project: str) -> None:
    answer = http.get(f"{BASE}/intelligence/forecast", params={"project": project}, headers=company.owner.headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "project")
