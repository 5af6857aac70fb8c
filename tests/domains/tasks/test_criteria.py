"""Acceptance criteria: evidence by who did the work, verification by somebody else, and no way round either."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.factories import Company

BASE = "/api/v2"


class Checked:
    """A task with two criteria, at work."""

    def __init__(self, http: TestClient, company: Company) -> None:
        self.http, self.company = http, company
        self.worker, self.other, self.project = company.agent("CODE"), company.agent("QA"), company.project()
        texts = [{"text": "Adds up to the cent"}, {"text": "Has a test"}]
        self.task = company.task(self.project, ready=True, acceptance_criteria=texts)
        self.claim = self.call("POST", "/tasks/claim", {"start": True}).json()["claims"][0]
        self.fence = self.claim["fence"]
        self.ids = [one["id"] for one in self.claim["task"]["acceptance_criteria"]]

    def call(self, method: str, path: str, body: Any = None, who: Any = None) -> Any:
        return self.http.request(method, BASE + path, json=body, headers=(who or self.worker).headers)

    def evidence(self, n: int, who: Any = None, **more: Any) -> Any:
        body = {"evidence": "See [the run](https://ci.example/41).", "fence": self.fence} | more
        return self.call("POST", f"/tasks/HAL-1/criteria/{self.ids[n]}/evidence", body, who)

    def verify(self, n: int, state: str = "met", who: Any = None, **more: Any) -> Any:
        return self.call(
            "POST",
            f"/tasks/HAL-1/criteria/{self.ids[n]}/verification",
            {"state": state} | more,
            who or self.company.owner,
        )

    def hand_in(self) -> None:
        run = self.claim["execution"]["id"]
        done = self.call("PATCH", f"/executions/{run}", {"fence": self.fence, "status": "succeeded"})
        assert done.status_code == 200, done.text

    def move(self, to: str, who: Any = None, **more: Any) -> Any:
        return self.call("POST", "/tasks/HAL-1/transition", {"to": to} | more, who or self.company.owner)

    def kept(self) -> list[dict[str, Any]]:
        return self.call("GET", "/tasks/HAL-1").json()["acceptance_criteria"]


@pytest.fixture
def checked(http: TestClient, company: Company) -> Checked:
    return Checked(http, company)


def test_a_task_completes_only_when_somebody_else_verified_every_criterion(checked: Checked) -> None:
    assert [one["state"] for one in checked.kept()] == ["open", "open"]
    given = checked.evidence(0)
    assert (given.status_code, given.json()["evidence_by_name"]) == (200, "CODE"), given.text
    checked.hand_in()
    refused = checked.move("COMPLETED")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/task.criteria_open")
    assert "'Adds up to the cent', 'Has a test'" in refused.json()["detail"]
    assert [one["id"] for one in refused.json()["open_criteria"]] == checked.ids
    assert "COMPLETED" not in checked.call("GET", "/tasks/HAL-1/transitions").json()["allowed"]
    own = checked.verify(0, who=checked.worker)
    assert (own.status_code, own.json()["type"]) == (403, "/problems/task.own_review")
    assert checked.verify(0, who=checked.other, note="Added it up").json()["verified_by_name"] == "QA"
    unseen = checked.verify(1)
    assert (unseen.status_code, unseen.json()["type"]) == (409, "/problems/criterion.no_evidence")
    assert checked.evidence(1).status_code == 200, "after handing in, too"
    assert checked.verify(1, "failed").json()["state"] == "failed"
    assert checked.move("COMPLETED").json()["type"] == "/problems/task.criteria_open"
    assert checked.evidence(1, evidence="Now it has one.").json()["state"] == "open", "new evidence is judged anew"
    assert checked.verify(1).status_code == 200
    assert checked.move("COMPLETED", checked.worker).status_code == 403
    assert checked.move("COMPLETED").json()["status"] == "COMPLETED"
    for late in (checked.evidence(0, checked.company.owner, fence=None), checked.verify(0, "open")):
        assert (late.status_code, late.json()["type"]) == (409, "/problems/task.ended")


def test_a_reopened_task_is_verified_anew(checked: Checked) -> None:
    for n in (0, 1):
        checked.evidence(n)
        checked.verify(n)
    checked.hand_in()
    assert checked.move("COMPLETED").status_code == 200
    assert checked.move("READY").status_code == 200
    assert {(one["state"], one["verified_by_name"], bool(one["evidence"])) for one in checked.kept()} == {
        ("open", None, True)
    }


def test_evidence_is_the_holders_with_its_fence_or_a_persons(checked: Checked) -> None:
    for who, body, status, problem in (
        (checked.other, {"fence": checked.fence}, 403, "task.not_yours"),
        (checked.worker, {"fence": None}, 422, "task.fence_missing"),
        (checked.worker, {"fence": checked.fence - 1}, 409, "task.fence"),
    ):
        answer = checked.evidence(0, who, **body)
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")
    assert checked.evidence(0, checked.company.owner, fence=None).json()["evidence_by_name"] == "Owner"
    wrong = checked.call("POST", "/tasks/HAL-1/criteria/" + "0" * 8 + "-0000-0000-0000-" + "0" * 12 + "/evidence",
                         {"evidence": "x", "fence": checked.fence})  # fmt: skip
    assert (wrong.status_code, wrong.json()["type"]) == (404, "/problems/criterion.not_found")


def test_who_gave_the_evidence_does_not_verify_it_when_another_works_on_it_now(checked: Checked) -> None:
    checked.evidence(0)
    checked.move("READY", checked.worker, fence=checked.fence)
    [claim] = checked.call("POST", "/tasks/claim", {"start": True}, checked.other).json()["claims"]
    assert claim["task"]["key"] == "HAL-1"
    assert checked.verify(0, who=checked.worker).status_code == 403


def test_an_edit_keeps_what_it_names_and_takes_back_what_it_rewords(checked: Checked) -> None:
    checked.evidence(0)
    checked.verify(0)
    first, second = checked.ids
    kept = [{"id": first, "text": "Adds up to the cent"}, {"text": "Is fast"}]
    answer = checked.call("PATCH", "/tasks/HAL-1", {"acceptance_criteria": kept}, checked.company.owner)
    assert [(one["text"], one["state"]) for one in answer.json()["acceptance_criteria"]] == [
        ("Adds up to the cent", "met"),
        ("Is fast", "open"),
    ]
    reworded = [{"id": first, "text": "Adds up to a tenth of a cent"}]
    answer = checked.call("PATCH", "/tasks/HAL-1", {"acceptance_criteria": reworded}, checked.company.owner)
    [one] = answer.json()["acceptance_criteria"]
    assert (one["state"], one["evidence"] != "", one["verified_by_id"]) == ("open", True, None)
    gone = checked.call(
        "PATCH", "/tasks/HAL-1", {"acceptance_criteria": [{"id": second, "text": "x"}]}, checked.company.owner
    )
    assert (gone.status_code, gone.json()["errors"][0]["field"]) == (422, "acceptance_criteria.0.id")


def test_an_agent_does_not_rewrite_the_criteria_of_its_own_work(http: TestClient, company: Company) -> None:
    worker, project = company.agent(), company.project()
    made = {"project_id": str(project.id), "title": "Mine", "ready": True, "acceptance_criteria": [{"text": "Holds"}]}
    http.post(f"{BASE}/tasks", json=made, headers=worker.headers)
    http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=worker.headers)
    answer = http.patch(f"{BASE}/tasks/HAL-1", json={"acceptance_criteria": []}, headers=worker.headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/task.own_review")


def test_a_graph_made_at_once_keeps_its_criteria(http: TestClient, company: Company) -> None:
    agent, project = company.agent(), company.project()
    tasks = [{"ref": "a", "title": "A", "acceptance_criteria": [{"text": "One"}, {"text": "Two"}]}]
    body = {"project_id": str(project.id), "tasks": tasks}
    assert http.post(f"{BASE}/tasks/bulk", json=body, headers=agent.headers).status_code == 201
    kept = http.get(f"{BASE}/tasks/HAL-1", headers=agent.headers).json()["acceptance_criteria"]
    assert [(one["text"], one["state"], one["evidence_at"]) for one in kept] == [
        ("One", "open", None),
        ("Two", "open", None),
    ]
