"""What is decided without a person at the time: standing rules and deadlines, on a real PostgreSQL."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core import clock, door
from orkwork.core.actor import Role, system
from orkwork.domains.auth import service as auth
from orkwork.domains.auth.schemas import UserPatch
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.standing import service
from orkwork.domains.tasks.queries import tasks as task_queries
from tests.domains.decisions.asking import BASE, ask, gating, in_hours, keep, read, resolve, rows
from tests.domains.tasks.racing import at_once
from tests.factories import Company, Worker


@pytest.fixture
def project(company: Company) -> ProjectOut:
    """A project with ready tasks."""
    made = company.project("Halyard", key_prefix="HAL")
    for n in range(6):
        company.task(made, f"Release {n}", ready=True)
    return made


@pytest.fixture
def code(company: Company, project: ProjectOut) -> Worker:
    """An agent."""
    return company.agent("CODE")


def status(company: Company, ref: str) -> str:
    return company.do(task_queries.task, ref).parse().status.value


def cancel(ref: str, **more: Any) -> list[dict[str, Any]]:
    """Approve cancels that task."""
    yes, no = gating(**more)
    return [yes | {"arguments": {"ref": ref, "body": {"to": "CANCELLED"}}}, no]


def drop(http: TestClient, who: Any, n: int, **more: Any) -> Any:
    """Ask whether to cancel HAL-n."""
    asked = ask(http, who, f"Drop HAL-{n}?", task=f"HAL-{n}", options=cancel(f"HAL-{n}", **more))
    assert asked.status_code == 201, asked.text
    return asked.json()


def make_rule(http: TestClient, who: Any, decision_id: str, option: str = "approve") -> Any:
    body = {"decision_id": decision_id, "options": [option], "reasoning": "always so"}
    return http.post(f"{BASE}/decisions/rules", json=body, headers=who.headers)


def test_a_rule_is_offered_tested_used_recorded_and_revoked(http: TestClient, company: Company, code: Worker) -> None:
    owner = company.owner
    for n in (1, 2, 3):
        waits = drop(http, code, n)
        assert read(http, owner, "decisions/pending")["items"][0]["precedents"]["offers"] == []
        resolve(http, owner, waits["id"], option="approve")
    asked = drop(http, code, 4)
    (waits,) = read(http, owner, "decisions/pending")["items"]
    assert waits["precedents"] == {
        "decided": 3,
        "answers": {"approve": 3},
        "right": 0,
        "wrong": 0,
        "offers": ["approve"],
    }
    tested = read(http, owner, f"decisions/{asked['id']}/back-test?option=approve")
    assert (tested["decided"], tested["alike"], tested["otherwise"], tested["differing"]) == (3, 3, 0, [])
    against = read(http, owner, f"decisions/{asked['id']}/back-test?option=deny")
    assert (against["otherwise"], len(against["differing"])) == (3, 3)

    rule = make_rule(http, owner, asked["id"])
    assert rule.status_code == 201, rule.text
    assert make_rule(http, owner, asked["id"]).status_code == 409
    assert make_rule(http, owner, asked["id"], "maybe").status_code == 422
    assert keep() == 0  # it decides what is asked from now on
    used = drop(http, code, 5)
    assert keep() == 1
    log = read(http, owner, "decisions/log?decided_by=rule")["items"]
    assert [(one["id"], one["status"], one["picked"], one["rule_id"]) for one in log] == [
        (used["id"], "recorded", ["approve"], rule.json()["id"])
    ]
    assert status(company, "HAL-5") == "CANCELLED"
    (listed,) = read(http, owner, "decisions/rules")["items"]
    assert (listed["uses"], listed["label"], listed["made_by_name"]) == (1, "Cancel it", "Owner")

    path = f"{BASE}/decisions/rules/{listed['id']}"
    assert http.delete(path, headers=owner.headers).json()["revoked_by_name"] == "Owner"
    assert http.delete(path, headers=owner.headers).status_code == 409
    drop(http, code, 6)
    assert keep() == 0 and status(company, "HAL-6") == "READY"


def test_a_rule_of_who_may_decide_no_longer_leaves_it_to_a_person_and_says_so(
    http: TestClient, company: Company, code: Worker
) -> None:
    ada = company.person(Role.ADMIN, "Ada")
    assert make_rule(http, ada, drop(http, code, 1)["id"]).status_code == 201
    assert ada.actor.id is not None
    company.do(auth.update_user, ada.actor.id, UserPatch(role=Role.MEMBER))
    drop(http, code, 2)
    assert keep() == 1 and keep() == 0
    waits = {item["title"]: item for item in read(http, company.owner, "decisions/pending")["items"]}
    assert waits["Drop HAL-2?"]["rule_note"] == "who made the rule may not decide any more"
    assert status(company, "HAL-2") == "READY"


def test_a_rule_whose_action_is_refused_changes_nothing(
    http: TestClient, company: Company, project: ProjectOut
) -> None:
    weak = company.agent("WEAK", scopes=["decisions:write", "decisions:read", "tasks:read"])
    as_weak = {"runs_as": "asker"}
    assert make_rule(http, company.owner, drop(http, weak, 1, **as_weak)["id"]).status_code == 201
    second = drop(http, weak, 2, **as_weak)
    assert keep() == 1
    found = read(http, company.owner, f"decisions/{second['id']}")
    assert found["status"] == "pending" and "tasks:write" in found["rule_note"]
    assert read(http, company.owner, "decisions/rules")["items"][0]["uses"] == 0
    assert status(company, "HAL-2") == "READY"


def test_a_deadline_carries_its_default_out_once_with_two_clocks(
    http: TestClient, company: Company, project: ProjectOut
) -> None:
    deadlines = {"deadline": in_hours(1), "default": "approve"}
    asked = ask(http, company.owner, "Drop it?", task="HAL-1", options=gating(), **deadlines).json()
    assert keep() == 0
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        done = at_once([lambda: door.run(system("clock"), service.keep, write=True)] * 4)
        assert sum(done) == 1
    found = read(http, company.owner, f"decisions/{asked['id']}")
    assert (found["status"], found["picked"], found["decided_by_name"]) == ("expired", ["approve"], "deadline")
    assert status(company, "HAL-1") == "CANCELLED"
    moves = "select count(*) from events where name = 'task.moved' and after ->> 'status' = 'CANCELLED'"
    assert rows(moves) == [(1,)]


def test_a_deadline_without_default_or_with_one_that_fails_does_nothing_and_says_why(
    http: TestClient, company: Company, project: ProjectOut
) -> None:
    bare = ask(http, company.owner, "Anything?", deadline=in_hours(1)).json()["id"]
    options = cancel("HAL-1")
    options[0]["arguments"]["body"] = {"to": "COMPLETED"}
    fails = ask(http, company.owner, "Finish it?", options=options, default="approve", deadline=in_hours(1)).json()[
        "id"
    ]
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert keep() == 2
    found = {one: read(http, company.owner, f"decisions/{one}") for one in (bare, fails)}
    assert [(one["status"], one["picked"]) for one in found.values()] == [("expired", [])] * 2
    assert "nothing was to happen" in found[bare]["reasoning"]
    assert "could not be carried out" in found[fails]["reasoning"]
    assert status(company, "HAL-1") == "READY"


def test_a_default_of_somebody_who_is_gone_is_not_carried_out(
    http: TestClient, company: Company, project: ProjectOut
) -> None:
    ada = company.person(Role.ADMIN, "Ada")
    asked = ask(http, ada, "Drop it?", task="HAL-1", options=gating(), default="approve", deadline=in_hours(1)).json()
    assert ada.actor.id is not None
    company.do(auth.update_user, ada.actor.id, UserPatch(active=False))
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert keep() == 1
    found = read(http, company.owner, f"decisions/{asked['id']}")
    assert (found["status"], found["picked"]) == ("expired", [])
    assert "who asked may not decide any more" in found["reasoning"]
    assert status(company, "HAL-1") == "READY"


def test_a_stale_default_is_asked_again_and_not_carried_out_at_once(
    http: TestClient, company: Company, project: ProjectOut
) -> None:
    asked = ask(
        http, company.owner, "Drop it?", task="HAL-1", options=gating(), default="deny", deadline=in_hours(1)
    ).json()
    http.patch(f"{BASE}/tasks/HAL-1", json={"title": "Other"}, headers=company.owner.headers)
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert door.run(system("clock"), service.keep, write=True) == 1
    found = read(http, company.owner, f"decisions/{asked['id']}")
    assert (found["status"], found["asked_again"]) == ("pending", 1)
