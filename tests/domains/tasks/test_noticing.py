"""What an agent is to notice beside its next work: told once, or again from a cursor."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from jobs import outbox
from orkwork.core.ids import uuid7
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import CommentIn, DependencyIn, MoveIn
from orkwork.domains.tasks.service import assignment, comments, dependencies, judging, lifecycle
from tests.domains.tasks.test_next_work import Waiting
from tests.factories import Company, Worker
from tests.web.conftest import servers

__all__ = ["servers"]
BASE = "/api/v2"


def ask(http: TestClient, worker: Worker, **params: Any) -> dict[str, Any]:
    answer = http.get(f"{BASE}/agents/me/next", params=params, headers=worker.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@CODE please look", {"CODE"}),
        ("(@code), and @CODE-2: both", {"CODE", "CODE-2"}),
        ("@CODE-2 only", {"CODE-2"}),
        ("mail me@CODE.example, or CODE", set()),
        ("@Ann Lee, thanks", {"Ann Lee"}),
        ("**@code** and `@CODE`", {"CODE"}),
        ("@CODER is nobody", set()),
    ],
)
def test_a_name_is_meant_whole_and_in_any_case(text: str, named: set[str]) -> None:
    ids = {uuid7(): name for name in ("CODE", "CODE-2", "Ann Lee")}
    assert {ids[one] for one in judging.mentioned(text, ids)} == named


def test_a_mention_is_told_once_and_again_from_a_cursor(http: TestClient, company: Company) -> None:
    code, shut, project = company.agent("CODE"), company.agent("SHUT", project_ids=[]), company.project()
    task = company.task(project)
    for n in range(2):
        company.do(comments.add_comment, task.key, CommentIn(body=f"@CODE, @SHUT: question {n}"))
    first, second, third = (ask(http, code) for _ in range(3))
    assert [one["reason"] for one in (first, second, third)] == ["mentioned", "mentioned", None]
    assert (first["task"]["key"], first["comment"]["body"]) == (task.key, "@CODE, @SHUT: question 0")
    assert second["comment"]["author_name"] == "Owner"
    again = ask(http, code, after="0.0")
    assert (again["comment"], again["cursor"]) == (first["comment"], first["cursor"])
    assert ask(http, code, after=first["cursor"])["comment"] == second["comment"]
    assert ask(http, code, after=second["cursor"])["reason"] is None
    assert ask(http, shut)["reason"] is None, "it may not see the project"
    said = {"body": "@CODE is me"}
    assert http.post(f"{BASE}/tasks/{task.key}/comments", json=said, headers=code.headers).status_code == 201
    assert ask(http, code)["reason"] is None, "it wrote that itself"


def test_who_worked_on_a_task_is_told_when_nothing_blocks_it_any_more(http: TestClient, company: Company) -> None:
    worker, other, project = company.agent("CODE"), company.agent("QA"), company.project()
    first = company.task(project, "first", ready=True, review_required=False)
    second = company.task(project, "second", ready=True, depends_on=[first.key])

    def finish(who: Worker) -> None:
        [claim] = http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=who.headers).json()["claims"]
        body = {"fence": claim["fence"], "status": "succeeded"}
        http.patch(f"{BASE}/executions/{claim['execution']['id']}", json=body, headers=who.headers)

    finish(other)
    [claim] = http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=worker.headers).json()["claims"]
    assert claim["task"]["key"] == second.key
    assert ask(http, worker)["reason"] is None
    company.do(lifecycle.transition, first.key, MoveIn(to=Status.READY))
    flagged = http.get(f"{BASE}/tasks/{second.key}", headers=worker.headers).json()
    assert (flagged["flagged"], flagged["blocked_count"]) == (True, 1)
    finish(other)
    told = ask(http, worker)
    assert (told["reason"], told["task"]["key"]) == ("unblocked", second.key)
    company.do(lifecycle.transition, first.key, MoveIn(to=Status.READY))
    release = {"to": "READY", "fence": claim["fence"]}
    moved = http.post(f"{BASE}/tasks/{second.key}/transition", json=release, headers=worker.headers)
    assert moved.json()["status"] == "PLANNING"
    finish(other)
    told = ask(http, worker)
    assert (told["reason"], told["task"]["status"]) == ("unblocked", "READY")
    assert ask(http, other)["reason"] == "ready"


def test_who_let_a_blocked_task_go_before_starting_it_is_told_as_well(http: TestClient, company: Company) -> None:
    worker, project = company.agent("CODE"), company.project()
    first = company.task(project, "first", ready=True, review_required=False)
    second = company.task(project, "second", ready=True)
    [claim] = http.post(f"{BASE}/tasks/claim", json={"limit": 2}, headers=worker.headers).json()["claims"][1:]
    assert claim["task"]["key"] == second.key
    release = {"to": "READY", "fence": claim["fence"]}
    assert http.post(f"{BASE}/tasks/{second.key}/transition", json=release, headers=worker.headers).is_success
    company.do(dependencies.add_dependency, second.key, DependencyIn(depends_on=first.key))
    company.do(lifecycle.transition, first.key, MoveIn(to=Status.IN_PROGRESS))
    company.do(lifecycle.transition, first.key, MoveIn(to=Status.COMPLETED))
    told = ask(http, worker)
    assert (told["reason"], told["task"]["key"]) == ("unblocked", second.key)
    assert ask(http, worker)["reason"] == "ready"


def test_who_asked_for_a_task_hears_how_it_was_decided(http: TestClient, company: Company) -> None:
    lead, project = company.agent("LEAD"), company.project()
    made = {"project_id": str(project.id), "title": "Weld", "ready": True, "required_capabilities": ["metal:welding"]}
    key = http.post(f"{BASE}/tasks", json=made, headers=lead.headers).json()["key"]
    company.do(assignment.assign_best, key)
    [waiting] = http.get(f"{BASE}/decisions/pending", headers=company.owner.headers).json()["items"]
    body = {"option": "leave", "reasoning": "Not this year"}
    assert http.post(f"{BASE}/decisions/{waiting['id']}/resolve", json=body, headers=company.owner.headers).is_success
    outbox.drain()
    told = ask(http, lead)
    assert (told["reason"], told["task"]["key"]) == ("decision_resolved", key)
    assert told["decision"] == {
        "id": waiting["id"],
        "title": f"Nobody suits {key}",
        "chosen": "Leave it",
        "reasoning": "Not this year",
    }
    assert ask(http, lead)["reason"] is None


def test_who_waits_hears_of_a_mention_at_once(servers: list[str], company: Company) -> None:
    worker, project = company.agent("CODE"), company.project()
    task = company.task(project)
    waiting = Waiting(servers[0], worker)
    company.do(comments.add_comment, task.key, CommentIn(body="@code hello"))
    assert waiting.result()["reason"] == "mentioned"


@pytest.mark.parametrize("after", ["x", "1", "1.", "9" * 30 + ".1", "-1.2"])
def test_a_made_up_cursor_is_refused(http: TestClient, company: Company, after: str) -> None:
    answer = http.get(f"{BASE}/agents/me/next", params={"after": after}, headers=company.agent().headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")
