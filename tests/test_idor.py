"""An agent restricted to one project neither sees nor changes anything of another, through any route."""

from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient

from orkwork.core import db, door
from orkwork.core.actor import system
from orkwork.domains.anomalies.models import AnomalyRule
from orkwork.domains.anomalies.queries import listing
from orkwork.domains.anomalies.queries.listing import AnomalyFilter
from orkwork.domains.anomalies.service import watching
from orkwork.domains.costs.schemas.budgets import ProjectBudgetIn
from orkwork.domains.costs.service import budgeting
from orkwork.domains.sla.schemas import RuleIn
from orkwork.domains.sla.service import ruling
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import DependencyIn, MoveIn
from orkwork.domains.tasks.service import assignment, dependencies, lifecycle
from orkwork.domains.workflows.schemas.starting import HookIn, ScheduleIn, TriggerIn
from orkwork.domains.workflows.schemas.templates import StartIn, StepDef, WorkflowIn
from orkwork.domains.workflows.service import editing, hooking, running, scheduling, triggering
from tests.factories import Company, Worker

BASE = "/api/v2"
MARK = "TOP-SECRET-OF-B"


class Two(NamedTuple):
    """A company of two projects and an agent that may see the first."""

    restricted: Worker
    ids: dict[str, str]


@pytest.fixture
def two(http: TestClient, company: Company) -> Two:
    """Project B with everything that a project can have, bound to A by a dependency."""
    ours, theirs = company.project("Alpha"), company.project(f"Beta {MARK}", description=MARK)
    free, restricted = company.agent(f"FREE {MARK}"), company.agent("SHUT", project_ids=[ours.id])
    mine = company.task(ours, "Ours", ready=True)
    for n in range(3):
        criteria = [{"text": MARK}]
        company.task(theirs, f"{MARK} {n}", ready=True, description=MARK, labels=[MARK], acceptance_criteria=criteria)
    claimed = http.post(
        f"{BASE}/tasks/claim", json={"project_id": str(theirs.id), "start": True}, headers=free.headers
    ).json()["claims"][0]
    run, task = claimed["execution"]["id"], claimed["task"]
    cost = {"execution_id": run, "provider": "openai", "model": "gpt-4o", "input_tokens": 5, "external_id": MARK}
    assert http.post(f"{BASE}/costs", json=cost, headers=free.headers).status_code == 201
    http.post(f"{BASE}/tasks/{task['key']}/comments", json={"body": f"@SHUT {MARK}"}, headers=free.headers)
    log = {"fence": claimed["fence"], "lines": [{"text": MARK}]}
    assert http.post(f"{BASE}/executions/{run}/logs", json=log, headers=free.headers).status_code == 201
    made = http.get(f"{BASE}/costs", headers=free.headers).json()["items"][0]["id"]
    held = {"execution_id": run, "estimate_usd": "0.5", "external_id": MARK}
    reserved = http.post(f"{BASE}/budgets/reservations", json=held, headers=free.headers).json()["id"]
    company.do(budgeting.set_project_budget, theirs.id, ProjectBudgetIn(total_usd=Decimal(100)))
    file = http.post(
        f"{BASE}/executions/{run}/files",
        params={"name": MARK, "fence": claimed["fence"]},
        content=MARK.encode(),
        headers=free.headers,
    ).json()["id"]
    company.do(dependencies.add_dependency, "BET-3", DependencyIn(depends_on="ALP-1"))
    company.task(ours, "Waits", depends_on=["BET-2"])
    company.task(theirs, MARK, ready=True, required_capabilities=["devops:docker"])
    company.do(assignment.assign_best, "BET-4")
    decision = http.get(f"{BASE}/decisions/pending", headers=company.owner.headers).json()["items"][0]["id"]
    rule = company.do(ruling.create_rule, RuleIn(name=MARK, project_id=theirs.id, response_minutes=5))
    flow = WorkflowIn(name=MARK, key="flow", project_id=theirs.id, steps=[StepDef(key="a", title=MARK)])
    workflow = company.do(editing.create_workflow, flow).id
    run_of_flow = company.do(running.start_run, workflow, StartIn()).id
    starters = {
        "schedule": company.do(scheduling.create_schedule, workflow, ScheduleIn(name=MARK, cron="0 9 * * *")).id,
        "trigger": company.do(triggering.create_trigger, workflow, TriggerIn(name=MARK, pattern="agent.*")).id,
        "hook": company.do(hooking.create_hook, workflow, HookIn(name=MARK)).id,
    }
    company.do(lifecycle.transition, "BET-2", MoveIn(to=Status.CANCELLED))  # what waits for it is stuck
    door.run(system("clock"), watching.watch_closely, write=True)
    (stuck,) = company.do(listing.anomalies, AnomalyFilter(rules=[AnomalyRule.DEADLOCK])).items
    ids = {
        "anomaly": str(stuck.id),
        "workflow": str(workflow),
        "flow_run": str(run_of_flow),
        **{name: str(found) for name, found in starters.items()},
        "decision": decision,
        "rule": str(rule.id),
        "a": str(ours.id),
        "b": str(theirs.id),
        "task": task["id"],
        "criterion": task["acceptance_criteria"][0]["id"],
        "run": run,
        "file": file,
        "cost": made,
        "reservation": reserved,
        "free": str(free.id),
        "shut": str(restricted.id),
        "mine": str(mine.id),
        "fence": str(claimed["fence"]),
    }
    return Two(restricted, ids)


def state_of_b(project_id: str) -> list[Any]:
    """Everything that is kept of project B."""
    with db.engine().connect() as connection:
        return [
            connection.exec_driver_sql(
                f"select to_jsonb(x) - 'search' from {table} x where {column} = %(id)s order by 1", {"id": project_id}
            ).all()
            for table, column in (
                ("projects", "id"),
                ("tasks", "project_id"),
                ("task_executions", "project_id"),
                ("costs", "project_id"),
                ("budget_reservations", "project_id"),
                ("budgets", "project_id"),
                ("events", "project_id"),
                ("ready_tasks", "project_id"),
                ("decisions", "project_id"),
                ("workflow_runs", "project_id"),
            )
        ] + [
            connection.exec_driver_sql(
                "select to_jsonb(x) from task_comments x join tasks t on t.id = x.task_id "
                "where t.project_id = %(id)s order by 1",
                {"id": project_id},
            ).all(),
            *(
                connection.exec_driver_sql(f"select to_jsonb(x) from {table} x order by 1").all()
                for table in ("task_dependencies", "execution_logs", "execution_artifacts", "stored_files", "task_bars")
            ),
        ]


READS = [
    "/projects",
    "/projects/{b}",
    "/projects/BET",
    "/projects/BET/tasks",
    "/projects/BET/costs",
    "/tasks",
    "/tasks?project=BET",
    "/tasks?project={b}",
    "/tasks?text=secret",
    "/tasks?label=" + MARK,
    "/tasks?assignee={free}",
    "/tasks/{task}",
    "/tasks/BET-1",
    "/tasks/BET-1/transitions",
    "/tasks/BET-1/comments",
    "/tasks/BET-1/dependencies",
    "/tasks/BET-1/executions",
    "/tasks/BET-1/subtree",
    "/tasks/ALP-1/subtree",
    "/agents/me/next",
    "/agents/me/next?after=0.0",
    "/tasks/BET-1/sla",
    "/decisions/{decision}/dates",
    "/tasks/{task}/sla",
    "/sla/rules",
    "/sla/rules/{rule}",
    "/sla/report",
    "/workflows",
    "/workflows?project=BET",
    *(f"/workflows/{ref}{part}" for ref in ("flow", "{workflow}") for part in ("", "/runs", "/versions/1", "/hooks")),
    "/workflows/flow/versions",
    "/workflows/flow/schedules",
    "/workflows/flow/triggers",
    "/workflow-runs",
    "/workflow-runs/{flow_run}",
    "/workflow-schedules/{schedule}",
    "/workflow-triggers/{trigger}",
    "/workflow-hooks/{hook}",
    "/tasks/ALP-1/dependencies",
    "/tasks/ALP-2/dependencies",
    "/tasks/graph?project=BET",
    "/tasks/graph?project=ALP",
    "/tasks/BET-4/assignment",
    "/decisions",
    "/decisions?project={b}",
    "/decisions/pending",
    "/decisions/log",
    "/decisions/{decision}",
    "/decisions/{decision}/back-test?option=leave",
    "/decisions/stats",
    "/decisions/rules",
    "/executions",
    "/executions?project=BET",
    "/executions/{run}",
    "/executions/{run}/logs",
    "/executions/{run}/artifacts",
    "/artifacts/{file}",
    "/artifacts/{file}/content",
    "/tasks/BET-1/limits",
    "/costs",
    "/costs?project=BET",
    "/costs?task_id={task}",
    "/costs?execution_id={run}",
    *(f"/intelligence/costs?group_by={by}" for by in ("project", "task", "execution", "model", "day")),
    "/intelligence/costs?group_by=task&project=BET",
    "/intelligence/costs?by=agent&across=day&project=BET",
    *(f"/intelligence/costs?by={by}&across=day" for by in ("agent", "project", "task", "model", "provider", "month")),
    "/intelligence/costs?by=task&across=model",
    "/costs/{cost}",
    "/costs/export",
    "/costs?corrects_id={cost}",
    "/budgets",
    "/budgets?project=BET",
    "/budgets/reservations",
    "/budgets/reservations/{reservation}",
    "/intelligence/anomalies",
    "/intelligence/anomalies/{anomaly}",
    "/intelligence/anomalies?project={b}",
    "/intelligence/forecast?project=BET",
]


@pytest.mark.parametrize("path", READS)
def test_nothing_of_the_other_project_can_be_read(http: TestClient, two: Two, path: str) -> None:
    answer = http.get(BASE + path.format(**two.ids), headers=two.restricted.headers)
    assert answer.status_code in (200, 404), answer.text
    assert MARK not in answer.text
    if answer.status_code == 200:
        for secret in (
            "b",
            "task",
            "run",
            "decision",
            "workflow",
            "flow_run",
            "schedule",
            "trigger",
            "hook",
            "cost",
            "reservation",
            "anomaly",
        ):
            assert two.ids[secret] not in answer.text
        assert "BET-" not in answer.text
        total = None if "csv" in answer.headers["content-type"] else answer.json().get("total")
        assert not (total.get("calls") if isinstance(total, dict) else total)


WRITES: list[tuple[str, str, Any]] = [
    ("PATCH", "/projects/BET", {"name": "mine"}),
    ("POST", "/tasks", {"project_id": "{b}", "title": "x"}),
    ("POST", "/tasks", {"project_id": "{a}", "title": "x", "depends_on": ["BET-1"]}),
    ("POST", "/tasks/bulk", {"project_id": "{b}", "tasks": [{"ref": "a", "title": "x"}]}),
    ("POST", "/tasks/bulk", {"project_id": "{a}", "tasks": [{"ref": "a", "title": "x", "depends_on": ["BET-2"]}]}),
    ("POST", "/tasks/bulk", {"project_id": "{a}", "tasks": [{"ref": "a", "title": "x", "depends_on": ["{task}"]}]}),
    ("POST", "/tasks/claim", {"project_id": "{b}", "limit": 50}),
    ("POST", "/tasks/claim", {"limit": 50}),
    ("PATCH", "/tasks/BET-2", {"title": "mine"}),
    ("POST", "/tasks/BET-2/transition", {"to": "PLANNING"}),
    ("POST", "/tasks/{task}/status", {"to": "READY", "fence": 1}),
    ("POST", "/tasks/BET-2/assign", {"agent_id": "{shut}"}),
    ("POST", "/tasks/BET-2/dependencies", {"depends_on": "BET-3"}),
    ("POST", "/tasks/BET-2/dependencies", {"depends_on": "ALP-1"}),
    ("POST", "/tasks/ALP-1/dependencies", {"depends_on": "BET-2", "kind": "relates"}),
    ("DELETE", "/tasks/BET-3/dependencies/ALP-1", None),
    ("DELETE", "/tasks/ALP-2/dependencies/BET-2", None),
    ("POST", "/tasks/BET-1/comments", {"body": "x"}),
    ("POST", "/tasks/BET-1/criteria/{criterion}/evidence", {"evidence": "x", "fence": 1}),
    ("POST", "/tasks/{task}/criteria/{criterion}/verification", {"state": "failed"}),
    ("POST", "/tasks/{task}/executions", {"fence": 1}),
    ("PATCH", "/executions/{run}", {"fence": 1, "status": "failed"}),
    ("POST", "/workflows/flow/runs", {}),
    ("POST", "/workflows/{workflow}/runs", {"version": 1}),
    ("POST", "/executions/finish", {"items": [{"execution_id": "{run}", "fence": 1}]}),
    ("POST", "/executions/{run}/logs", {"fence": 1, "lines": [{"text": "x"}]}),
    ("POST", "/executions/{run}/artifacts", {"fence": 1, "name": "x", "url": "https://example.com"}),
    ("POST", "/executions/{run}/files?name=x&fence=1", {"any": "content"}),
    ("DELETE", "/artifacts/{file}?fence=1", None),
    ("POST", "/decisions", {"category": "approve", "title": "May I?", "kind": "approve", "task": "BET-1"}),
    ("POST", "/decisions", {"category": "approve", "title": "May I?", "kind": "approve", "project_id": "{b}"}),
    ("POST", "/projects/BET/forecasts", None),
    ("POST", "/costs", {"provider": "x", "model": "y", "execution_id": "{run}"}),
    ("POST", "/costs", {"provider": "x", "model": "y", "task_id": "{task}"}),
    ("POST", "/costs", {"provider": "x", "model": "y", "project_id": "{b}"}),
    ("POST", "/budgets/reservations", {"estimate_usd": "1", "execution_id": "{run}"}),
    ("POST", "/budgets/reservations", {"estimate_usd": "1", "project_id": "{b}"}),
    ("POST", "/budgets/reservations", {"estimate_usd": "1", "task_id": "{task}"}),
    ("POST", "/budgets/reservations/{reservation}/settle", {"amount_usd": "1"}),
    ("POST", "/budgets/reservations/{reservation}/release", None),
    ("POST", "/costs/batch", {"items": [{"provider": "x", "model": "y"}, {"provider": "x", "model": "y", "task_id": "{task}"}]}),
]  # fmt: skip


def filled(body: Any, ids: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {name: filled(value, ids) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, ids) for value in body]
    return body.format(**ids) if isinstance(body, str) else body


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_nothing_of_the_other_project_can_be_changed(
    http: TestClient, two: Two, method: str, path: str, body: Any
) -> None:
    before = state_of_b(two.ids["b"])
    answer = http.request(
        method, BASE + path.format(**two.ids), json=filled(body, two.ids), headers=two.restricted.headers
    )
    assert state_of_b(two.ids["b"]) == before
    assert MARK not in answer.text
    if path.endswith("claim"):
        assert all(c["task"]["project_id"] == two.ids["a"] for c in answer.json()["claims"])
    else:
        assert answer.status_code in (404, 422), answer.text


def test_anothers_kept_answer_is_not_replayed(http: TestClient, company: Company) -> None:
    project = company.project(MARK)
    body = {"project_id": str(project.id), "title": MARK}
    key = {"Idempotency-Key": "known"}
    assert http.post(f"{BASE}/tasks", json=body, headers=company.agent().headers | key).status_code == 201
    shut = company.agent(project_ids=[])
    answer = http.post(f"{BASE}/tasks", json=body, headers=shut.headers | key)
    assert answer.status_code == 422


def test_a_key_of_another_agents_keys_is_not_revoked_through_this_one(http: TestClient, company: Company) -> None:
    one, other = company.agent(), company.agent()
    key = http.get(f"{BASE}/agents/{other.id}/keys", headers=company.owner.headers).json()["items"][0]["id"]
    path = f"{BASE}/agents/{one.id}/keys/{key}"
    assert http.delete(path, headers=company.owner.headers).status_code == 404
    assert http.get(f"{BASE}/agents/me", headers=other.headers).status_code == 200


def test_an_agent_reports_only_on_its_own_executions(http: TestClient, company: Company) -> None:
    worker, other, project = company.agent(), company.agent(), company.project()
    company.task(project, ready=True)
    claim = http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=worker.headers).json()["claims"][0]
    run, fence = claim["execution"]["id"], claim["fence"]
    for status, path, body in (
        (403, f"/executions/{run}", {"fence": fence, "status": "succeeded"}),
        (403, f"/executions/{run}", {"fence": fence, "progress": 5}),
    ):
        assert http.patch(BASE + path, json=body, headers=other.headers).status_code == status
    move = {"to": "REVIEW", "fence": fence}
    assert http.post(f"{BASE}/tasks/HAL-1/transition", json=move, headers=other.headers).status_code == 403
    cost = {"provider": "x", "model": "y", "execution_id": run}
    assert http.post(f"{BASE}/costs", json=cost, headers=other.headers).status_code == 422
    assert http.patch(f"{BASE}/tasks/HAL-1", json={"review_required": False}, headers=worker.headers).status_code == 403


def test_an_agent_does_not_lift_the_review_off_its_own_work_nor_set_a_budget(
    http: TestClient, company: Company
) -> None:
    worker, project = company.agent(), company.project()
    made = {"project_id": str(project.id), "title": "Mine", "ready": True}
    assert http.post(f"{BASE}/tasks", json=made, headers=worker.headers).status_code == 201
    http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=worker.headers)
    assert http.patch(f"{BASE}/tasks/HAL-1", json={"title": "Better"}, headers=worker.headers).status_code == 200
    assert http.patch(f"{BASE}/tasks/HAL-1", json={"review_required": False}, headers=worker.headers).status_code == 403
    for method, path, body in (
        ("POST", "/projects", {"name": "X", "budget_usd": "5"}),
        ("PATCH", "/projects/HAL", {"budget_usd": None}),
        ("PATCH", f"/agents/{worker.id}", {"daily_budget_usd": "5"}),
        ("PUT", f"/agents/{worker.id}/autonomy", {"level": 4}),
        ("POST", f"/agents/{worker.id}/keys", {"name": "mine"}),
    ):
        assert http.request(method, BASE + path, json=body, headers=worker.headers).status_code == 403
