"""A hold of a project or of the whole company: nothing begins, what is under way may end, and all comes back."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core import clock, db, door
from orkwork.core.actor import Role, system
from orkwork.core.errors import Conflict
from orkwork.core.operation import OPERATIONS
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.schemas import ProjectPatch
from orkwork.domains.settings import service as settings
from orkwork.domains.settings.schemas import HoldIn
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import assignment, claims, lifecycle
from tests.factories import Company, Worker

BASE = "/api/v2"


class Held:
    """A company with an agent at work, and a task that could begin."""

    def __init__(self, http: TestClient, company: Company, scope: str) -> None:
        self.http, self.company, self.scope = http, company, scope
        self.worker, self.project = company.agent("CODE"), company.project(auto_assign=True)
        self.running = company.task(self.project, "running", ready=True)
        self.claim = self.call("POST", "/tasks/claim", {"start": True, "lease_seconds": 60}).json()["claims"][0]
        self.free = company.task(self.project, "free", ready=True)
        self.given = company.task(self.project, "given", ready=True)
        company.do(claims.assign, self.given.key, AssignIn(agent_id=self.worker.id))

    def call(self, method: str, path: str, body: Any = None, who: Any = None) -> Any:
        headers = (who or self.worker).headers
        return self.http.request(method, BASE + path, json=body, headers=headers)

    def hold(self) -> Any:
        path = "/settings/hold" if self.scope == "company" else "/projects/HAL/hold"
        answer = self.call("POST", path, {"reason": "The bank is down"}, self.company.owner)
        assert answer.status_code == 200, answer.text
        return answer.json()["hold"]

    def resume(self) -> None:
        path = "/settings/resume" if self.scope == "company" else "/projects/HAL/resume"
        answer = self.call("POST", path, who=self.company.owner)
        assert (answer.status_code, answer.json()["hold"]) == (200, None)


@pytest.fixture(params=["company", "project"])
def held(request: pytest.FixtureRequest, http: TestClient, company: Company) -> Held:
    return Held(http, company, request.param)


def tick(name: str) -> Any:
    return door.run(system(name), OPERATIONS[name].fn, write=True)


def test_nothing_begins_during_a_hold_and_everything_goes_on_after_it(held: Held) -> None:
    hold = held.hold()
    assert (hold["scope"], hold["reason"], hold["by_name"]) == (held.scope, "The bank is down", "Owner")
    assert held.call("POST", "/tasks/claim", {}).json() == {
        "claims": [],
        "reason": "held" if held.scope == "company" else "nothing_ready",
    }
    assert held.call("POST", "/tasks/claim", {"project_id": str(held.project.id)}).json()["reason"] == "held"
    tick("tasks.assign_ready")
    for path, body, who in (
        (f"/tasks/{held.free.key}/assign", {"agent_id": str(held.worker.id)}, held.company.owner),
        (f"/tasks/{held.free.key}/assign", {"agent_id": str(held.worker.id)}, held.worker),
        (f"/tasks/{held.free.key}/assign", {"auto": True}, held.company.owner),
        (f"/tasks/{held.given.key}/transition", {"to": "IN_PROGRESS"}, held.company.owner),
        (f"/tasks/{held.given.key}/executions", {"fence": 1}, held.worker),
    ):
        refused = held.call("POST", path, body, who)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/task.held"), (path, refused.text)
        assert "hold" in refused.json()["detail"]
    moves = held.call("GET", f"/tasks/{held.given.key}/transitions").json()["allowed"]
    assert "IN_PROGRESS" not in moves
    held.resume()
    assert held.call("GET", f"/tasks/{held.free.key}").json()["status"] == "READY"
    tick("tasks.assign_ready")
    assert held.call("GET", f"/tasks/{held.free.key}").json()["assignee_name"] == "CODE"
    assert len(held.call("POST", "/tasks/claim", {"limit": 5}).json()["claims"]) == 2


def test_who_works_is_told_at_the_next_call_and_may_hand_in(held: Held) -> None:
    run, fence = f"/executions/{held.claim['execution']['id']}", held.claim["fence"]
    assert held.call("PATCH", run, {"fence": fence, "progress": 1}).json()["hold"] is None
    assert held.call("POST", "/agents/me/heartbeat", {}).json()["on_hold"] == []
    hold = held.hold()
    for answer in (held.call("PATCH", run, {"fence": fence, "progress": 2}), held.call("GET", run)):
        assert answer.json()["hold"] == hold
    assert held.call("POST", "/agents/me/heartbeat", {}).json()["on_hold"] == [hold]
    found = held.call("GET", "/agents/me/next").json()
    assert (found["reason"], found["on_hold"]) == (None, [hold])
    ended = held.call("PATCH", run, {"fence": fence, "status": "succeeded"})
    assert (ended.status_code, ended.json()["hold"]) == (200, None)
    approve = held.call("POST", f"/tasks/{held.running.key}/transition", {"to": "COMPLETED"}, held.company.owner)
    assert approve.json()["status"] == "COMPLETED"
    held.resume()
    assert held.call("GET", "/agents/me/next").json()["on_hold"] == []


def test_an_agent_elsewhere_is_not_told_of_a_projects_hold(http: TestClient, company: Company) -> None:
    held, other = Held(http, company, "project"), company.agent("ELSE")
    held.hold()
    assert held.call("POST", "/agents/me/heartbeat", {}, other).json()["on_hold"] == []


def test_no_lease_runs_out_during_a_hold_nor_right_after_it(held: Held) -> None:
    held.hold()
    began = clock.now()
    with time_machine.travel(began + timedelta(hours=5)):
        assert tick("tasks.give_back_lapsed") == 0
        held.resume()
        assert tick("tasks.give_back_lapsed") == 0
    with time_machine.travel(began + timedelta(hours=5, minutes=11)):
        assert tick("tasks.give_back_lapsed") == 1


def test_what_was_given_by_score_is_not_taken_back_during_a_hold(held: Held) -> None:
    held.company.do(assignment.assign_best, held.free.key)
    held.hold()
    began = clock.now()
    with time_machine.travel(began + timedelta(hours=1)):
        assert tick("tasks.give_back_untaken") == 0
        held.resume()
        assert tick("tasks.give_back_untaken") == 0
    with time_machine.travel(began + timedelta(hours=1, minutes=11)):
        assert tick("tasks.give_back_untaken") == 1


def test_changes_may_be_asked_for_but_no_new_run_begins(held: Held) -> None:
    run, fence = f"/executions/{held.claim['execution']['id']}", held.claim["fence"]
    held.call("PATCH", run, {"fence": fence, "status": "succeeded"})
    held.hold()
    held.company.do(lifecycle.transition, held.running.key, MoveIn(to=Status.IN_PROGRESS))
    again = held.call("POST", f"/tasks/{held.running.key}/executions", {"fence": fence})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/task.held")
    assert held.call("POST", "/tasks/claim", {"start": True}).json()["claims"] == []
    held.resume()
    keys = {claim["task"]["key"] for claim in held.call("POST", "/tasks/claim", {"limit": 9}).json()["claims"]}
    assert held.running.key in keys


def test_a_hold_is_said_once_with_its_fact(http: TestClient, company: Company) -> None:
    company.project()
    for hold, resume in (("/settings/hold", "/settings/resume"), ("/projects/HAL/hold", "/projects/HAL/resume")):
        for path, expected in ((hold, 200), (hold, 409), (resume, 200), (resume, 409)):
            answer = http.post(BASE + path, json={"reason": "x"}, headers=company.owner.headers)
            assert answer.status_code == expected, answer.text
    with db.engine().connect() as connection:
        told = connection.exec_driver_sql("select name from events where name ~ 'held|resumed' order by seq").scalars()
        assert list(told) == ["company.held", "company.resumed", "project.held", "project.resumed"]


def test_a_paused_project_is_on_hold_and_an_archived_one_is_not(company: Company) -> None:
    company.project()
    paused = company.do(projects.update_project, "HAL", ProjectPatch.model_validate({"status": "paused"}))
    assert paused.hold is not None
    archived = company.do(projects.update_project, "HAL", ProjectPatch.model_validate({"status": "archived"}))
    assert archived.hold is None
    with pytest.raises(Conflict):
        company.do(projects.hold_project, "HAL", HoldIn())


def test_the_companys_hold_shows_on_its_projects_until_it_ends(company: Company) -> None:
    project = company.project()
    company.do(settings.hold_company, HoldIn(reason="Audit"))
    held = company.do(projects.hold_project, "HAL", HoldIn(reason="Own"))
    assert (held.hold.scope, held.hold.reason) == ("project", "Own")
    company.do(projects.resume_project, "HAL")
    assert company.do(projects.update_project, project.id, ProjectPatch()).hold.scope == "company"


def test_an_agent_does_not_hold_or_resume_a_project(http: TestClient, company: Company) -> None:
    agent: Worker = company.agent()
    company.project()
    answer = http.patch(f"{BASE}/projects/HAL", json={"status": "paused"}, headers=agent.headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/project.status")
    admin = company.person(Role.ADMIN)
    assert http.post(f"{BASE}/settings/hold", json={}, headers=admin.headers).status_code == 403
    assert http.post(f"{BASE}/projects/HAL/hold", json={}, headers=admin.headers).status_code == 200
