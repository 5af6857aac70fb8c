"""An agent hears of work without polling hot."""

import threading
import time
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from orkwork.domains.agents import service as agent_service
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import claims, lifecycle
from tests.factories import Company, Worker
from tests.web.conftest import servers

__all__ = ["servers"]
BASE = "/api/v2"


def asked(http: TestClient, worker: Worker) -> tuple[str | None, str | None]:
    """The reason and the task's key, at once."""
    answer = http.get(f"{BASE}/agents/me/next", headers=worker.headers)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return found["reason"], found["task"] and found["task"]["key"]


def test_the_reason_says_why_there_is_work(http: TestClient, company: Company) -> None:
    worker, project = company.agent("CODE"), company.project()
    assert asked(http, worker) == (None, None)
    task = company.task(project, ready=True)
    assert asked(http, worker) == ("ready", task.key)
    company.do(claims.assign, task.key, AssignIn(agent_id=worker.id))
    assert asked(http, worker) == ("assigned", task.key)
    [claim] = http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=worker.headers).json()["claims"]
    assert asked(http, worker) == (None, None)
    run, end = claim["execution"]["id"], {"fence": claim["fence"], "status": "succeeded"}
    assert http.patch(f"{BASE}/executions/{run}", json=end, headers=worker.headers).status_code == 200
    company.do(lifecycle.transition, task.key, MoveIn(to=Status.IN_PROGRESS))
    assert asked(http, worker) == ("changes_requested", task.key)


def test_it_names_what_the_next_claim_gives(http: TestClient, company: Company) -> None:
    worker, project = company.agent(capabilities={"code:python": "0.5"}), company.project()
    company.task(project, "low", ready=True, priority="low")
    company.task(project, "not for it", ready=True, priority="urgent", required_capabilities=["qa:manual"])
    company.task(project, "high", ready=True, priority="high", required_capabilities=["code:python"])
    for _ in range(2):
        _, key = asked(http, worker)
        [claim] = http.post(f"{BASE}/tasks/claim", json={}, headers=worker.headers).json()["claims"]
        assert claim["task"]["key"] == key
    assert asked(http, worker) == (None, None)


@pytest.mark.parametrize("bar", ["paused", "tool", "full", "another project"])
def test_nothing_is_named_to_an_agent_that_may_not_take_it(http: TestClient, company: Company, bar: str) -> None:
    project, other = company.project("One"), company.project("Other")
    narrow: Any = {"project_ids": [str(other.id)]} if bar == "another project" else {}
    worker = company.agent(max_concurrent_tasks=1, autonomy_level=0 if bar == "tool" else 2, **narrow)
    company.task(project, ready=True)
    if bar == "full":
        company.task(project, ready=True)
        http.post(f"{BASE}/tasks/claim", json={}, headers=worker.headers)
    if bar == "paused":
        company.do(agent_service.update_agent, worker.id, AgentPatch.model_validate({"status": "paused"}))
    assert asked(http, worker) == (None, None)


@pytest.mark.parametrize("wait", ["-1", "61", "x"])
def test_a_wrong_wait_is_refused(http: TestClient, company: Company, wait: str) -> None:
    answer = http.get(f"{BASE}/agents/me/next?wait={wait}", headers=company.agent().headers)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["wait"]


class Waiting:
    """An agent that waits in a thread."""

    def __init__(self, url: str, worker: Worker, wait: int = 60) -> None:
        """Begin."""
        self.found: Any = None
        self._thread = threading.Thread(target=self._ask, args=[url, worker, wait])
        self._thread.start()

    def _ask(self, url: str, worker: Worker, wait: int) -> None:
        answer = httpx.get(f"{url}{BASE}/agents/me/next?wait={wait}", headers=worker.headers, timeout=90)
        self.found = answer.json()

    def result(self) -> Any:
        """What it was told in the end."""
        self._thread.join(90)
        assert not self._thread.is_alive()
        return self.found


def test_who_waits_is_told_when_there_is_something(servers: list[str], company: Company) -> None:
    worker, project = company.agent(), company.project()
    blocker, waiting_task = company.task(project, "first", ready=True), company.task(project, "second")
    company.do(lifecycle.transition, waiting_task.key, MoveIn(to=Status.PLANNING))
    httpx.post(f"{servers[0]}{BASE}/tasks/claim", json={}, headers=worker.headers)
    began = time.monotonic()
    waiting = [Waiting(url, worker) for url in servers]
    time.sleep(1)
    assert all(one.found is None for one in waiting)
    company.do(lifecycle.transition, waiting_task.key, MoveIn(to=Status.READY))
    for one in waiting:
        assert one.result()["task"]["key"] == waiting_task.key
    assert time.monotonic() - began < 50, "they waited to the end"
    assert blocker.key != waiting_task.key


def test_who_waits_in_vain_is_told_so_at_the_end(servers: list[str], company: Company) -> None:
    worker = company.agent()
    began = time.monotonic()
    assert Waiting(servers[0], worker, wait=2).result()["reason"] is None
    assert time.monotonic() - began >= 2
