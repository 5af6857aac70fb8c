"""An agent's whole day over HTTP: claim, start, report, hand in."""

from decimal import Decimal

from fastapi.testclient import TestClient

from tests.factories import Company

BASE = "/api/v2"


def test_an_agent_claims_works_and_hands_in_and_a_person_approves(http: TestClient, company: Company) -> None:
    agent, project = company.agent("CODE"), company.project()
    made = http.post(
        f"{BASE}/tasks",
        json={"project_id": str(project.id), "title": "Cost ledger", "ready": True},
        headers=company.owner.headers,
    )
    assert made.status_code == 201, made.text
    assert made.json()["status"] == "READY"
    assert made.json()["key"] == "HAL-1"

    claim = http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=agent.headers)
    assert claim.status_code == 200, claim.text
    [claimed] = claim.json()["claims"]
    assert claimed["task"]["status"] == "IN_PROGRESS"
    run = claimed["execution"]["id"]

    cost = http.post(
        f"{BASE}/costs",
        json={
            "execution_id": run,
            "provider": "openai",
            "model": "gpt-4-0125-preview",
            "occurred_at": "2024-04-06T12:38:19Z",
            "input_tokens": 1155,
            "output_tokens": 233,
            "unit_prices_usd": {"input": "0.00001", "output": "0.00001"},
            "external_id": "call-1",
        },
        headers=agent.headers,
    )
    assert cost.status_code == 201, cost.text
    assert cost.json()["amount_usd"] == "0.01854"
    assert Decimal(cost.json()["difference_usd"]) == Decimal("0.01388") - Decimal("0.01854")

    report = http.patch(
        f"{BASE}/executions/{run}", json={"fence": claimed["fence"], "progress": 40}, headers=agent.headers
    )
    assert report.status_code == 200, report.text
    done = http.patch(
        f"{BASE}/executions/{run}",
        json={"fence": claimed["fence"], "status": "succeeded", "output": "merged", "duration_ms": 1200},
        headers=agent.headers,
    )
    assert done.status_code == 200, done.text
    assert done.json()["status"] == "succeeded"
    assert done.json()["cost_usd"] == "0.01854"

    own = http.post(f"{BASE}/tasks/HAL-1/transition", json={"to": "COMPLETED"}, headers=agent.headers)
    assert own.status_code == 403
    approved = http.post(f"{BASE}/tasks/hal-1/transition", json={"to": "COMPLETED"}, headers=company.owner.headers)
    assert approved.status_code == 200, approved.text
    assert approved.json()["status"] == "COMPLETED"
    assert approved.json()["cost_usd"] == "0.01854"


def test_completing_the_last_dependency_makes_the_dependant_ready(http: TestClient, company: Company) -> None:
    agent, project = company.agent(), company.project()
    graph = {
        "project_id": str(project.id),
        "ready": True,
        "tasks": [
            {"ref": "a", "title": "A", "review_required": False},
            {"ref": "b", "title": "B", "review_required": False, "depends_on": ["a"]},
        ],
    }
    made = http.post(f"{BASE}/tasks/bulk", json=graph, headers=agent.headers)
    assert made.status_code == 201, made.text
    assert [t["status"] for t in made.json()["tasks"]] == ["READY", "PLANNING"]
    [claimed] = http.post(f"{BASE}/tasks/claim", json={"limit": 5, "start": True}, headers=agent.headers).json()[
        "claims"
    ]
    ended = http.patch(
        f"{BASE}/executions/{claimed['execution']['id']}",
        json={"fence": claimed["fence"], "status": "succeeded"},
        headers=agent.headers,
    )
    assert ended.status_code == 200, ended.text
    assert http.get(f"{BASE}/tasks/HAL-1", headers=agent.headers).json()["status"] == "COMPLETED"
    assert http.get(f"{BASE}/tasks/HAL-2", headers=agent.headers).json()["status"] == "READY"
    listed = http.get(f"{BASE}/tasks?status=READY&project=HAL&text=b&sort=priority", headers=agent.headers)
    assert [t["key"] for t in listed.json()["items"]] == ["HAL-2"], listed.text
    seen = http.get(f"{BASE}/tasks/graph?project=HAL", headers=agent.headers).json()
    assert seen["critical_tasks"] == 2
