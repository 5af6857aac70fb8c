"""Cancelling a task with all that depends on it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from orkwork.core import db
from orkwork.core.errors import OrkworkError
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries.subtree import CancelIn
from orkwork.domains.tasks.schemas import DependencyIn, MoveIn
from orkwork.domains.tasks.service import cancelling, dependencies, lifecycle
from tests.factories import Company

BASE = "/api/v2"


def planned(company: Company, **needs: list[str]) -> dict[str, str]:
    """Tasks by name, each with what it needs; keys by name."""
    project, keys = company.project(), {}
    for name, names in needs.items():
        made = company.task(project, name, ready=True, depends_on=[keys[n] for n in names], review_required=False)
        keys[name] = made.key
    return keys


def states(keys: dict[str, str]) -> dict[str, str]:
    with db.engine().connect() as connection:
        rows = connection.exec_driver_sql("select key, status from tasks").all()
    found = dict(rows)
    return {name: found[key] for name, key in keys.items()}


def complete(company: Company, key: str) -> None:
    with db.engine().begin() as connection:  # as work would have left it
        connection.exec_driver_sql(
            "update tasks set status = 'IN_PROGRESS', version = version + 1 where key = %(key)s", {"key": key}
        )
    company.do(lifecycle.transition, key, MoveIn(to=Status.COMPLETED))


def test_all_that_waits_goes_with_it_and_nothing_else(http: TestClient, company: Company) -> None:
    keys = planned(company, a=[], b=["a"], c=["b"], d=["c", "b"], beside=[], needs_both=["beside", "d"], above=[])
    company.do(
        dependencies.add_dependency,
        keys["beside"],
        DependencyIn.model_validate({"depends_on": keys["a"], "kind": "relates"}),
    )
    seen = http.get(f"{BASE}/tasks/{keys['b']}/subtree", headers=company.owner.headers).json()
    assert (seen["count"], seen["running"]) == (4, 0)
    assert seen["tasks"][0]["key"] == keys["b"]
    assert {one["title"] for one in seen["tasks"]} == {"b", "c", "d", "needs_both"}
    answer = http.post(
        f"{BASE}/tasks/{keys['b']}/cancel", json={"expected": 4, "reason": "Not wanted"}, headers=company.owner.headers
    )
    assert answer.json() == {"cancelled": 4, "executions_ended": 0}
    assert states(keys) == {
        "a": "READY", "b": "CANCELLED", "c": "CANCELLED", "d": "CANCELLED", "beside": "READY",
        "needs_both": "CANCELLED", "above": "READY",
    }  # fmt: skip
    again = http.post(f"{BASE}/tasks/{keys['b']}/cancel", json={}, headers=company.owner.headers)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/task.nothing_to_cancel")


def test_what_is_completed_stays_with_what_stands_behind_it_alone(company: Company) -> None:
    keys = planned(company, a=[], b=["a"], c=["b"], d=["a", "c"])
    complete(company, keys["a"])
    complete(company, keys["b"])
    company.do(lifecycle.transition, keys["a"], MoveIn(to=Status.READY))
    assert company.do(cancelling.cancel_subtree, keys["a"], CancelIn()).cancelled == 2
    assert states(keys) == {"a": "CANCELLED", "b": "COMPLETED", "c": "READY", "d": "CANCELLED"}


def test_running_agents_are_told_at_their_next_call(http: TestClient, company: Company) -> None:
    worker, keys = company.agent(), planned(company, a=[])

    def call(method: str, path: str, body: Any) -> Any:
        return http.request(method, BASE + path, json=body, headers=worker.headers)

    [claim] = call("POST", "/tasks/claim", {"start": True}).json()["claims"]
    run, fence = claim["execution"]["id"], claim["fence"]
    done = company.do(cancelling.cancel_subtree, keys["a"], CancelIn(reason="Too dear"))
    assert (done.cancelled, done.executions_ended) == (1, 1)
    for method, path, body in (
        ("PATCH", f"/executions/{run}", {"fence": fence, "progress": 50}),
        ("PATCH", f"/executions/{run}", {"fence": fence, "status": "succeeded"}),
        ("POST", f"/tasks/{keys['a']}/transition", {"to": "REVIEW", "fence": fence}),
        ("POST", f"/tasks/{keys['a']}/executions", {"fence": fence}),
    ):
        answer = call(method, path, body)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/task.cancelled"), answer.text
    ended = call("GET", f"/executions/{run}", None).json()
    assert (ended["status"], ended["failure"], ended["failure_detail"]) == ("cancelled", "cancelled", "Too dear")
    assert call("POST", "/agents/me/heartbeat", {}).json()["holds"] == 0
    with db.engine().connect() as connection:
        assert connection.exec_driver_sql("select running from agent_load").scalar_one() == 0


def test_a_task_that_is_cancelled_alone_ends_its_run_with_the_same_reason(http: TestClient, company: Company) -> None:
    worker, keys = company.agent(), planned(company, a=[], b=["a"])
    [claim] = http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=worker.headers).json()["claims"]
    company.do(lifecycle.transition, keys["a"], MoveIn(to=Status.CANCELLED, reason="Too dear"))
    ended = http.get(f"{BASE}/executions/{claim['execution']['id']}", headers=worker.headers).json()
    assert (ended["status"], ended["failure"], ended["failure_detail"]) == ("cancelled", "cancelled", "Too dear")
    assert states(keys) == {"a": "CANCELLED", "b": "PLANNING"}


def test_another_number_than_was_seen_cancels_nothing(http: TestClient, company: Company) -> None:
    keys = planned(company, a=[], b=["a"])
    answer = http.post(f"{BASE}/tasks/{keys['a']}/cancel", json={"expected": 1}, headers=company.owner.headers)
    assert (answer.status_code, answer.json()["type"], answer.json()["tasks"]) == (
        409,
        "/problems/task.subtree_changed",
        2,
    )
    assert set(states(keys).values()) == {"READY", "PLANNING"}


@pytest.mark.parametrize("attempt", range(3))
def test_cancelling_while_tasks_complete_and_edges_come_leaves_no_half(company: Company, attempt: int) -> None:
    project = company.project()
    roots = [company.task(project, f"root {n}", ready=True, review_required=False).key for n in range(4)]
    behind = [company.task(project, f"behind {n}", ready=True, depends_on=[roots[n % 4]]).key for n in range(16)]
    with db.engine().begin() as connection:
        connection.exec_driver_sql("update tasks set status = 'IN_PROGRESS' where title like 'root%%'")
        connection.exec_driver_sql("delete from ready_tasks")

    def attempt_to(act: Any, *args: Any) -> None:
        try:
            company.do(act, *args)
        except OrkworkError as refused:
            assert refused.status == 409, refused

    with ThreadPoolExecutor(8) as pool:
        for n, root in enumerate(roots):
            pool.submit(attempt_to, lifecycle.transition, root, MoveIn(to=Status.COMPLETED))
            pool.submit(attempt_to, cancelling.cancel_subtree, root, CancelIn())
            pool.submit(attempt_to, dependencies.add_dependency, behind[n], DependencyIn(depends_on=roots[(n + 1) % 4]))
    with db.engine().connect() as connection:
        wrong = connection.exec_driver_sql(
            "select t.key, t.status, t.blocked_count from tasks t where t.blocked_count <> (select count(*) from task_dependencies d "
            "join tasks n on n.id = d.depends_on_id where d.task_id = t.id and n.status <> 'COMPLETED')"
        ).all()
        assert wrong == []
        left = connection.exec_driver_sql(
            "select t.key from tasks t join task_dependencies d on d.task_id = t.id join tasks n on n.id = d.depends_on_id "
            "join events e on e.subject_id = n.id and e.after ? 'cancelled_with' "
            "where n.status = 'CANCELLED' and t.status <> 'CANCELLED' and d.created_at < e.occurred_at"
        ).all()
        assert left == []
