"""Budgets: money set aside before it is spent, work that stops at a limit and goes on by itself, and who may raise it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from jobs import outbox
from orkwork.core import clock, db, door
from orkwork.core.actor import Role, system
from orkwork.core.errors import BudgetExceeded, Conflict, Forbidden, NotFound
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.costs.queries import budgets as queries
from orkwork.domains.costs.schemas.budgets import (
    AgentBudgetIn,
    CompanyBudgetIn,
    ProjectBudgetIn,
    ReservationIn,
    SettleIn,
)
from orkwork.domains.costs.schemas.ledger import CostIn
from orkwork.domains.costs.service import budgeting, recording, reserving
from orkwork.domains.decisions import queries as decisions
from orkwork.domains.decisions import service as deciding
from orkwork.domains.decisions.queries import DecisionFilter
from orkwork.domains.decisions.schemas import ResolveIn
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.schemas import ProjectPatch
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, ClaimIn, MoveIn
from orkwork.domains.tasks.service import assignment, claims, lifecycle
from tests.domains.tasks.racing import acting, at_once
from tests.factories import Company, Worker

BASE = "/api/v2"
CALL = {"provider": "x", "model": "y"}


def spend(company: Company, worker: Worker, amount: str, **fields: Any) -> None:
    body = CostIn.model_validate(CALL | {"amount_usd": amount} | fields)
    company.do(recording.record_cost, body, actor=acting(worker))


def tick(operation: Any) -> Any:
    return door.run(system("test"), operation, write=True)


def rows(statement: str, **params: Any) -> list[dict[str, Any]]:
    with db.engine().connect() as connection:
        return [dict(row) for row in connection.exec_driver_sql(statement, params).mappings()]


def told(name: str) -> list[dict[str, Any]]:
    return [row["after"] for row in rows("select after from events where name = %(name)s order by seq", name=name)]


def reason(company: Company, worker: Worker, **fields: Any) -> str | None:
    return company.do(claims.claim, ClaimIn(**fields), actor=acting(worker)).parse().reason


def hold(company: Company, worker: Worker, estimate: str, **fields: Any) -> Any:
    body = ReservationIn.model_validate({"estimate_usd": estimate} | fields)
    return company.do(reserving.reserve, body, actor=acting(worker))[0]


def settle(company: Company, worker: Worker, held: Any, amount: str, **fields: Any) -> Any:
    body = SettleIn.model_validate(CALL | {"amount_usd": amount} | fields)
    return company.do(reserving.settle, held.id, body, actor=acting(worker))


@pytest.mark.parametrize("scope", ["agent", "project", "company"])
def test_eight_callers_at_once_never_spend_more_than_there_was(company: Company, scope: str) -> None:
    project = company.project(budget_usd=Decimal(1) if scope == "project" else None)
    budget = Decimal(1) if scope == "agent" else None
    workers = [company.agent(daily_budget_usd=budget)] if scope == "agent" else [company.agent() for _ in range(4)]
    if scope == "company":
        company.do(budgeting.set_company_budget, CompanyBudgetIn(monthly_usd=Decimal(1)))
    spent, refused = [], []

    def call(n: int) -> None:
        worker = workers[n % len(workers)]
        for _ in range(10):
            try:
                held = hold(company, worker, "0.07", project_id=project.id)
            except BudgetExceeded as full:
                refused.append(full.code)
                continue
            settle(company, worker, held, "0.05")
            spent.append(Decimal("0.05"))

    at_once([lambda n=n: call(n) for n in range(8)])
    assert sum(spent) <= 1
    assert sum(spent) > Decimal("0.9"), "what was not needed is free again"
    assert refused
    assert set(refused) == {f"{scope}.over_budget"}
    assert rows("select sum(amount_usd) as usd from costs") == [{"usd": sum(spent)}]


def test_what_is_set_aside_is_not_there_for_others_until_it_is_settled_released_or_expires(company: Company) -> None:
    worker = company.agent(daily_budget_usd=Decimal(1))
    first = hold(company, worker, "0.6")
    with pytest.raises(BudgetExceeded) as full:
        hold(company, worker, "0.6")
    assert "0.6 USD are set aside" in full.value.message
    assert full.value.extra["budget"]["reserved_usd"] == "0.6"
    company.do(reserving.release, first.id, actor=acting(worker))
    second = hold(company, worker, "0.6", expires_in_seconds=60)
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        third = hold(company, worker, "0.9")
        assert tick(reserving.lapse_reservations) == 1
        late = settle(company, worker, second, "0.5")
        assert late.was_late and late.reservation.status == "settled"
        dear = settle(company, worker, third, "1.2")
        assert dear.over_estimate_usd == Decimal("0.3")
    assert told("reservation.settled")[-1]["over_estimate_usd"] == "0.3"
    assert rows("select sum(amount_usd) as usd from costs") == [{"usd": Decimal("1.7")}]


def test_a_reservation_is_settled_once_and_only_by_its_agent(http: TestClient, company: Company) -> None:
    worker, other = company.agent(), company.agent()
    body = {"provider": "openai", "model": "gpt-4-0125-preview", "input_tokens": 1000, "max_output_tokens": 100}
    made = http.post(f"{BASE}/budgets/reservations", json=body | {"external_id": "c1"}, headers=worker.headers)
    assert made.status_code == 201 and made.json()["estimate_usd"] == "0.013"
    again = http.post(f"{BASE}/budgets/reservations", json=body | {"external_id": "c1"}, headers=worker.headers)
    assert again.status_code == 200 and again.json()["id"] == made.json()["id"]
    changed = http.post(
        f"{BASE}/budgets/reservations",
        json=body | {"external_id": "c1", "max_output_tokens": 9},
        headers=worker.headers,
    )
    assert changed.json()["type"] == "/problems/reservation.external_id"
    path = f"{BASE}/budgets/reservations/{made.json()['id']}"
    assert http.get(path, headers=other.headers).status_code == 404
    assert http.post(f"{path}/settle", json={}, headers=other.headers).status_code == 404
    used = {"usage": {"prompt_tokens": 900, "completion_tokens": 50, "total_tokens": 950}}
    done = http.post(f"{path}/settle", json=used, headers=worker.headers)
    assert done.status_code == 200, done.text
    assert (done.json()["cost"]["input_tokens"], done.json()["cost"]["amount_usd"]) == (900, "0.0105")
    assert http.post(f"{path}/settle", json=used, headers=worker.headers).json() == done.json()
    assert http.post(f"{path}/settle", json={"input_tokens": 1}, headers=worker.headers).status_code == 409
    assert http.post(f"{path}/release", headers=worker.headers).status_code == 409
    assert rows("select count(*) as n from costs") == [{"n": 1}]


def test_over_a_limit_nothing_begins_but_what_was_spent_is_recorded(http: TestClient, company: Company) -> None:
    worker, project = company.agent(daily_budget_usd=Decimal(1)), company.project()
    for _ in range(3):
        company.task(project, ready=True)
    company.do(claims.assign, "HAL-1", AssignIn(agent_id=worker.id))
    spend(company, worker, "1.25")
    assert reason(company, worker) == "over_budget"
    for method, path, body in (
        ("POST", "/tasks/HAL-2/assign", {"agent_id": str(worker.id)}),
        ("POST", "/tasks/HAL-1/executions", {}),
        ("POST", "/tasks/HAL-1/transition", {"to": "IN_PROGRESS"}),
    ):
        refused = http.request(method, BASE + path, json=body, headers=company.owner.headers)
        assert refused.status_code == 402, refused.text
        problem = refused.json()
        assert problem["type"] == "/problems/agent.over_budget"
        assert (problem["budget"]["spent_usd"], problem["budget"]["limit_usd"]) == ("1.25", "1")
        assert datetime.fromisoformat(problem["ends_at"]) > clock.now()
        assert 0 < int(refused.headers["Retry-After"]) <= 86_400
        assert "an admin can raise it" in problem["hint"]
    call = {"estimate_usd": "0.01"}
    assert http.post(f"{BASE}/budgets/reservations", json=call, headers=worker.headers).status_code == 402
    late = http.post(f"{BASE}/costs", json=CALL | {"amount_usd": "0.5"}, headers=worker.headers)
    assert late.status_code == 201, "money spent is never un-recorded"
    assert company.do(queries.budgets)[0].spent_usd == Decimal("1.75")
    company.do(agents.update_agent, worker.id, AgentPatch(daily_budget_usd=Decimal(2)))
    assert http.post(f"{BASE}/tasks/HAL-1/executions", json={}, headers=company.owner.headers).status_code == 201


def test_a_project_over_its_budget_waits_while_others_go_on_and_the_company_over_its_month_waits_whole(
    company: Company,
) -> None:
    poor, rich = (
        company.project("Poor", budget_usd=Decimal(1), auto_assign=True),
        company.project("Rich", auto_assign=True),
    )
    worker = company.agent()
    for project in (poor, rich, rich):
        company.task(project, ready=True, priority="urgent" if project is poor else "medium")
    spend(company, worker, "1", project_id=poor.id)
    assert reason(company, worker, project_id=poor.id) == "over_budget"
    with pytest.raises(BudgetExceeded, match="Poor has spent 1 of its 1 USD altogether"):
        company.do(assignment.assign_best, "POO-1")
    assert tick(assignment.assign_ready) == 2
    assert [row["key"] for row in rows("select key from tasks where status = 'READY'")] == ["POO-1"]
    company.do(budgeting.set_project_budget, "POO", ProjectBudgetIn(total_usd=Decimal(5)))
    company.do(budgeting.set_company_budget, CompanyBudgetIn(monthly_usd=Decimal(1)))
    assert reason(company, worker) == "over_budget"
    assert tick(assignment.assign_ready) == 0
    assert rows("select count(*) as n from decisions where category = 'task_assign' and status = 'pending'") == [
        {"n": 0}
    ]
    company.do(budgeting.set_company_budget, CompanyBudgetIn(monthly_usd=None))
    assert tick(assignment.assign_ready) == 1


@pytest.mark.parametrize(
    ("zone", "evening", "turn"),
    [
        ("Europe/Kyiv", datetime(2026, 3, 28, 21, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC)),
        ("Europe/Kyiv", datetime(2026, 3, 29, 20, tzinfo=UTC), datetime(2026, 3, 29, 21, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 20, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC)),
    ],
    ids=["the evening before the clocks change", "the evening of the 23 hours", "the evening of the 25 hours"],
)
def test_work_goes_on_by_itself_when_the_companys_day_turns(
    http: TestClient, company: Company, zone: str, evening: datetime, turn: datetime
) -> None:
    with db.engine().begin() as connection:
        connection.exec_driver_sql("update settings set time_zone = %(zone)s", {"zone": zone})
    with time_machine.travel(evening, tick=False):
        worker, project = company.agent(), company.project()
        company.do(budgeting.set_agent_budget, worker.id, AgentBudgetIn(daily_usd=Decimal(1)))
        company.task(project, ready=True)
        spend(company, worker, "1")
        outbox.drain()
        [asked] = company.do(decisions.pending, DecisionFilter()).items
    for moment in (evening, turn - timedelta(seconds=1)):
        with time_machine.travel(moment, tick=False):
            assert tick(budgeting.renew_budgets) == 0
            assert reason(company, worker) == "over_budget"
            with pytest.raises(BudgetExceeded) as full:
                hold(company, worker, "0.1")
            assert datetime.fromisoformat(full.value.extra["ends_at"]) == turn
    with time_machine.travel(turn, tick=False):
        assert reason(company, worker) is None
        hold(company, worker, "0.1")
        assert tick(budgeting.renew_budgets) == 2
        assert company.do(decisions.decision, asked.id).status == "resolved"
        assert len(told("budget.renewed")) == 1
        assert tick(budgeting.renew_budgets) == 0


def test_each_threshold_is_told_once_and_at_the_last_a_person_is_asked(company: Company) -> None:
    worker, project = company.agent("CODE", daily_budget_usd=Decimal(10)), company.project()
    company.task(project, ready=True)
    for amount in ("4.99", "0.01", "2.99", "0.02", "1"):
        spend(company, worker, amount)
    assert [after["threshold"] for after in told("budget.reached")] == [50, 80]
    at_once([lambda: spend(company, worker, "0.5") for _ in range(8)])
    assert [after["threshold"] for after in told("budget.reached")] == [50, 80, 100]
    outbox.drain()
    outbox.drain()
    [asked] = company.do(decisions.pending, DecisionFilter()).items
    assert (asked.category, asked.title) == ("budget", "CODE has spent its budget of the day")
    assert [option.id for option in asked.options] == ["raise:20", "raise:27", "leave"]
    assert reason(company, worker) == "over_budget"
    with pytest.raises(Forbidden):
        company.do(deciding.resolve, asked.id, ResolveIn(option="raise:20"), actor=company.person(Role.MEMBER).actor)
    company.do(
        deciding.resolve,
        asked.id,
        ResolveIn(option="raise:20", reasoning="worth it"),
        actor=company.person(Role.ADMIN).actor,
    )
    assert reason(company, worker) is None
    assert company.do(queries.budgets)[0].limit_usd == Decimal(20)
    spend(company, worker, "7.1")
    assert [after["threshold"] for after in told("budget.reached")] == [50, 80, 100, 80, 100]


def test_the_company_month_is_the_owners_and_agents_set_none(http: TestClient, company: Company) -> None:
    worker, admin = company.agent(), company.person(Role.ADMIN)
    company.project()
    agent = f"{BASE}/budgets/agents/{worker.id}"
    assert http.put(f"{BASE}/budgets/company", json={"monthly_usd": "5"}, headers=admin.headers).status_code == 403
    assert (
        http.put(f"{BASE}/budgets/company", json={"monthly_usd": "5"}, headers=company.owner.headers).status_code == 200
    )
    both = http.put(agent, json={"daily_usd": "5", "monthly_usd": "50"}, headers=admin.headers)
    assert [(one["period"], one["limit_usd"]) for one in both.json()["items"]] == [("day", "5"), ("month", "50")]
    assert http.put(f"{BASE}/budgets/projects/HAL", json={"total_usd": "9"}, headers=admin.headers).status_code == 200
    for path in ("company", f"agents/{worker.id}", "projects/HAL"):
        assert http.put(f"{BASE}/budgets/{path}", json={}, headers=worker.headers).status_code in (403, 422)
    assert http.put(agent, json={}, headers=admin.headers).status_code == 422
    assert http.put(agent, json={"daily_usd": "-1"}, headers=admin.headers).status_code == 422
    seen = http.get(f"{BASE}/budgets", headers=worker.headers).json()["items"]
    assert {one["scope"] for one in seen} == {"agent", "project"}
    assert len(http.get(f"{BASE}/budgets", headers=admin.headers).json()["items"]) == 4
    spend(company, worker, "5")
    outbox.drain()
    asked = {one.title: one for one in company.do(decisions.pending, DecisionFilter()).items}
    assert len(asked) == 2
    with pytest.raises(Forbidden):
        company.do(
            deciding.resolve,
            asked["The company has spent its budget of the month"].id,
            ResolveIn(option="raise:10"),
            actor=admin.actor,
        )
    assert company.do(decisions.decision, asked["The company has spent its budget of the month"].id).status == "pending"


def test_an_agent_over_its_month_stops_although_its_day_has_money(company: Company) -> None:
    worker = company.agent()
    company.task(company.project(), ready=True)
    company.do(budgeting.set_agent_budget, worker.id, AgentBudgetIn(daily_usd=Decimal(5), monthly_usd=Decimal(6)))
    today = clock.now()
    if today.day > 1:
        spend(company, worker, "4", occurred_at=today.replace(day=1).isoformat())
        spend(company, worker, "2")
    else:
        spend(company, worker, "4.9")
        company.do(budgeting.set_agent_budget, worker.id, AgentBudgetIn(monthly_usd=Decimal("4.9")))
    assert reason(company, worker) == "over_budget"
    assert [one.period for one in company.do(queries.budgets) if one.stopped] == ["month"]
    company.do(budgeting.set_agent_budget, worker.id, AgentBudgetIn(monthly_usd=None))
    assert reason(company, worker) is None


def test_a_limit_of_nothing_stops_every_day_and_lowering_one_is_told(company: Company) -> None:
    worker = company.agent(daily_budget_usd=Decimal(0))
    company.task(company.project(), ready=True)
    assert reason(company, worker) == "over_budget"
    with time_machine.travel(clock.now() + timedelta(days=2)):
        tick(budgeting.renew_budgets)
        assert reason(company, worker) == "over_budget"
    company.do(agents.update_agent, worker.id, AgentPatch(daily_budget_usd=Decimal(10)))
    spend(company, worker, "3")
    assert told("budget.reached") == []
    company.do(agents.update_agent, worker.id, AgentPatch(daily_budget_usd=Decimal(4)))
    assert tick(budgeting.check_budgets) == 1
    assert [after["threshold"] for after in told("budget.reached")] == [50]
    company.do(projects.update_project, "HAL", ProjectPatch(budget_usd=Decimal(1)))
    with pytest.raises(NotFound):
        company.do(reserving.release, worker.id, actor=acting(worker))
    with pytest.raises(Conflict):
        held = hold(company, worker, "0.1")
        company.do(reserving.release, held.id, actor=acting(worker))
        settle(company, worker, held, "0.1")
    assert company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.PLANNING))


def test_a_recorded_call_says_which_budgets_are_nearly_spent_and_which_are(http: TestClient, company: Company) -> None:
    project = company.project("Halyard", key_prefix="HAL", budget_usd="100")
    worker = company.agent("CODE", daily_budget_usd=Decimal(10))
    company.task(project)

    def record(amount: str, **fields: Any) -> Any:
        body = CALL | {"amount_usd": amount, "project_id": str(project.id)} | fields
        answer = http.post(f"{BASE}/costs", json=body, headers=worker.headers)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["budgets"]

    with time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=UTC), tick=False):
        assert record("4") == [] and record("3") == []  # 70 %, behind the first threshold
        (near,) = record("1.50", external_id="call-3")
        assert near == {
            "budget_id": near["budget_id"], "scope": "agent", "name": "CODE", "period": "day", "limit_usd": "10",
            "spent_usd": "8.5", "left_usd": "1.5", "used_percent": 85, "stopped": False, "ends_at": "2026-03-03T00:00:00Z",
            "says": "CODE has spent 8.5 of its 10 USD today: 1.5 USD are left, and it begins anew at 2026-03-03T00:00:00Z.",
        }  # fmt: skip
        assert record("1.50", external_id="call-3") == [near]
        (spent,) = record("2")
        assert (spent["stopped"], spent["left_usd"], spent["used_percent"]) == (True, "0", 105)
        refused = http.post(
            f"{BASE}/budgets/reservations",
            json={"estimate_usd": "1", "project_id": str(project.id)},
            headers=worker.headers,
        )
        problem = refused.json()
        assert refused.status_code == 402
        assert datetime.fromisoformat(spent["ends_at"]) == datetime.fromisoformat(problem["ends_at"])
        assert spent["says"].startswith(problem["detail"].split(".")[0])
        many = {"items": [CALL | {"amount_usd": "70", "project_id": str(project.id)}]}
        found = http.post(f"{BASE}/costs/batch", json=many, headers=worker.headers).json()["budgets"]
        assert [(one["scope"], one["stopped"], one["spent_usd"]) for one in found] == [
            ("agent", True, "80.5"), ("project", False, "80.5"),
        ]  # fmt: skip


def test_settling_a_reservation_says_it_too(company: Company) -> None:
    worker = company.agent("CODE", daily_budget_usd=Decimal(10))
    held = hold(company, worker, "9")
    (near,) = settle(company, worker, held, "8.5").budgets
    assert (near.stopped, near.spent_usd, near.left_usd) == (False, Decimal("8.5"), Decimal("1.5"))
    assert settle(company, worker, hold(company, worker, "1"), "0.1").budgets[0].spent_usd == Decimal("8.6")
