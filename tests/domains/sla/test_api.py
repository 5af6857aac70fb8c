"""Rules, reports and a task's service level over HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import claims, lifecycle
from tests.domains.sla.ticking import later, rule, tick
from tests.factories import Company

BASE = "/api/v2"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_rule_is_made_read_changed_and_deleted(http: TestClient, company: Company) -> None:
    headers = company.owner.headers
    made = http.post(
        f"{BASE}/sla/rules", json={"name": "Urgent", "priority": "urgent", "response_minutes": 15}, headers=headers
    )
    assert made.status_code == 201, made.text
    body = made.json()
    assert body["escalation"] == [
        {"to": "agent", "after_minutes": 0},
        {"to": "manager", "after_minutes": 30},
        {"to": "ceo", "after_minutes": 120},
    ]
    assert (body["pauses_in"], body["version"], made.headers["etag"]) == (["PLANNING"], 1, '"1"')
    path = f"{BASE}/sla/rules/{body['id']}"
    patch = {"resolution_minutes": 60, "pauses_in": ["REVIEW", "PLANNING"]}
    changed = http.patch(path, json=patch, headers=headers | {"If-Match": '"1"'})
    assert (changed.json()["version"], changed.json()["pauses_in"]) == (2, ["PLANNING", "REVIEW"])
    assert http.patch(path, json=patch, headers=headers | {"If-Match": '"1"'}).status_code == 412
    assert [one["id"] for one in http.get(f"{BASE}/sla/rules", headers=headers).json()["items"]] == [body["id"]]
    assert http.delete(path, headers=headers | {"If-Match": '"1"'}).status_code == 412
    assert http.delete(path, headers=headers).status_code == 204
    assert http.get(path, headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x"}, "resolution_minutes"),
        ({"name": "", "response_minutes": 5}, "name"),
        ({"name": "x", "response_minutes": 0}, "response_minutes"),
        ({"name": "x", "response_minutes": 2**40}, "response_minutes"),
        ({"name": "x", "response_minutes": "5"}, "response_minutes"),
        ({"name": "x", "response_minutes": 5, "pauses_in": ["COMPLETED"]}, "pauses_in"),
        ({"name": "x", "response_minutes": 5, "pauses_in": ["LUNCH"]}, "pauses_in.0"),
        ({"name": "x", "response_minutes": 5, "escalation": []}, "escalation"),
        ({"name": "x", "response_minutes": 5, "escalation": [{"to": "ceo", "after_minutes": 5}]}, "escalation"),
        ({"name": "x", "response_minutes": 5, "escalation": [{"to": "ceo", "after_minutes": 0}] * 2}, "escalation"),
        ({"name": "x", "response_minutes": 5, "project_id": "019a0000-0000-7000-8000-000000000000"}, "project_id"),
        ({"name": "x", "response_minutes": 5, "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_rule_is_named(
    http: TestClient, company: Company, body: dict[str, Any], field: str
) -> None:
    answer = http.post(f"{BASE}/sla/rules", json=body, headers=company.owner.headers)
    assert answer.status_code == 422, answer.text
    assert field in [bad["field"] for bad in answer.json()["errors"]]
    assert http.get(f"{BASE}/sla/rules", headers=company.owner.headers).json()["items"] == []


def test_a_rule_keeps_at_least_one_promise(http: TestClient, company: Company) -> None:
    path = f"{BASE}/sla/rules/{rule(company).id}"
    answer = http.patch(path, json={"resolution_minutes": None}, headers=company.owner.headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "resolution_minutes")
    assert http.get(path, headers=company.owner.headers).json()["resolution_minutes"] == 60


def _worked(company: Company, minutes: list[int]) -> None:
    project, worker = company.project("Halyard", key_prefix="HAL"), company.agent("CODE")
    for spent in minutes:
        with time_machine.travel(NOON, tick=False):
            key = company.task(project, ready=True, review_required=False).key
            company.do(claims.assign, key, AssignIn(agent_id=worker.id))
            company.do(lifecycle.transition, key, MoveIn(to=Status.IN_PROGRESS))
        with time_machine.travel(later(NOON, spent), tick=False):
            company.do(lifecycle.transition, key, MoveIn(to=Status.COMPLETED))


def test_the_report_counts_what_was_kept_by_clock_project_and_day(http: TestClient, company: Company) -> None:
    rule(company, response_minutes=10)
    _worked(company, [10, 20, 30, 40, 61, 1500])
    tick(later(NOON, 3000))
    answer = http.get(f"{BASE}/sla/report?from=2026-03-01&to=2026-03-03", headers=company.owner.headers).json()
    assert answer["total"] == {"met": 10, "missed": 2, "percent_within": 83}
    assert answer["by_clock"] == [
        {"met": 6, "missed": 0, "percent_within": 100, "clock": "response"},
        {"met": 4, "missed": 2, "percent_within": 66, "clock": "resolution"},
    ]
    assert [(one["project_key"], one["met"], one["missed"]) for one in answer["by_project"]] == [("HAL", 10, 2)]
    assert [(one["begins"], one["met"], one["missed"]) for one in answer["trend"]] == [
        ("2026-03-01", 0, 0),
        ("2026-03-02", 10, 2),
        ("2026-03-03", 0, 0),
    ]
    weeks = http.get(
        f"{BASE}/sla/report?from=2026-02-25&to=2026-03-03&trend=week", headers=company.owner.headers
    ).json()
    assert [one["begins"] for one in weeks["trend"]] == ["2026-02-23", "2026-03-02"]


def test_too_little_data_is_no_percentage(http: TestClient, company: Company) -> None:
    rule(company)
    _worked(company, [10, 20, 70])
    tick(later(NOON, 3000))
    answer = http.get(f"{BASE}/sla/report?from=2026-03-01&to=2026-03-03", headers=company.owner.headers).json()
    assert answer["total"] == {"met": 2, "missed": 1, "percent_within": None}


@pytest.mark.parametrize(
    "query", ["from=2026-03-05&to=2026-03-01", "from=2020-01-01&to=2026-03-01", "from=soon", "trend=hour"]
)
def test_a_period_that_is_none_is_refused(http: TestClient, company: Company, query: str) -> None:
    answer = http.get(f"{BASE}/sla/report?{query}", headers=company.owner.headers)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] in ("from", "trend")


def test_a_task_tells_how_it_stands(http: TestClient, company: Company) -> None:
    promised = rule(company, response_minutes=10)
    worker, project = company.agent("CODE"), company.project("Halyard", key_prefix="HAL")
    with time_machine.travel(NOON, tick=False):
        company.task(project, ready=True)
    tick(later(NOON, 11))
    with time_machine.travel(later(NOON, 12), tick=False):
        answer = http.get(f"{BASE}/tasks/HAL-1/sla", headers=worker.headers).json()
    assert (answer["task_key"], answer["rule_id"], answer["rule_name"]) == ("HAL-1", str(promised.id), "An hour")
    response, resolution = answer["clocks"]
    assert (response["state"], response["left_seconds"], response["due_at"]) == (
        "breached",
        -120,
        "2026-03-02T12:10:00Z",
    )
    assert (resolution["state"], resolution["elapsed_seconds"]) == ("ok", 720)
    assert [(one["clock"], one["level"], one["concerns"]) for one in answer["breaches"]] == [("response", 1, "ceo")]


def test_a_task_without_a_promise_says_so(http: TestClient, company: Company) -> None:
    company.task(company.project("Halyard", key_prefix="HAL"), ready=True)
    tick()
    answer = http.get(f"{BASE}/tasks/HAL-1/sla", headers=company.owner.headers).json()
    assert (answer["rule_id"], answer["clocks"], answer["breaches"]) == (None, [], [])
