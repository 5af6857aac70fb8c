"""Assignment by score: who gets a task, how it is explained, and what happens when nobody suits."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import text

from jobs import outbox
from orkwork.core import clock, db, door
from orkwork.core.actor import Role, system
from orkwork.core.errors import Conflict, Forbidden, OrkworkError
from orkwork.core.ids import uuid7
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.schemas import AgentPatch, HeartbeatIn
from orkwork.domains.costs.schemas.ledger import CostIn
from orkwork.domains.costs.service import recording as costs
from orkwork.domains.decisions import queries as decision_queries
from orkwork.domains.decisions import service as decisions
from orkwork.domains.decisions.models import DecisionStatus
from orkwork.domains.decisions.queries import DecisionFilter
from orkwork.domains.decisions.schemas import DecisionOut, ResolveIn
from orkwork.domains.executions.schemas import StartIn
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.schemas import ProjectPatch
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import assignment as assigned
from orkwork.domains.tasks.queries import tasks as queries
from orkwork.domains.tasks.queries.explained import AssignmentOut
from orkwork.domains.tasks.schemas import AssignIn, BulkIn, ClaimIn, MoveIn, TaskPatch
from orkwork.domains.tasks.service import assignment, bulk, claims, creating, lifecycle, runs
from tests.domains.tasks.racing import acting, at_once, faults
from tests.factories import Company, Worker

SKILLS: list[str] = ["code:python", "db:postgres", "qa:manual"]


def tick(operation: Any) -> int:
    return door.run(system("clock"), operation, write=True)


def execute(statement: str, **params: Any) -> list[Any]:
    with db.engine().begin() as connection:
        found = connection.execute(text(statement), params)
        return list(found.all()) if found.returns_rows else []


def give(company: Company, ref: str = "HAL-1") -> Any:
    return company.do(assignment.assign_best, ref).parse()


def explained(company: Company, ref: str = "HAL-1") -> AssignmentOut:
    return company.do(assigned.assignment, ref)


def pending(company: Company) -> list[DecisionOut]:
    return company.do(decision_queries.pending, DecisionFilter(statuses=[DecisionStatus.PENDING])).items


def resolve(company: Company, decision: DecisionOut, option: str) -> DecisionOut:
    return company.do(decisions.resolve, decision.id, ResolveIn(option=option, reasoning="it has time"))


def task_of(company: Company, ref: str = "HAL-1") -> Any:
    return company.do(queries.task, ref).parse()


def told(name: str) -> int:
    return execute("select count(*) from events where name = :name", name=name)[0][0]


@dataclass
class Someone:
    """An agent as the contract sees it."""

    id: UUID
    suits: bool
    running: int
    most: int
    skills: dict[str, Decimal]
    mean: Fraction | None
    last: Any
    factors: tuple[Fraction, ...] = field(default=())

    def rate(self, needs: list[str], company_mean: Fraction, low: Fraction, high: Fraction) -> Fraction:
        """The score by the contract's weights, with exact fractions."""
        capability = sum((Fraction(self.skills[n]) for n in needs), Fraction(0)) / len(needs) if needs else Fraction(1)
        mean = company_mean if self.mean is None else self.mean
        cost = Fraction(1) if high == low else 1 - (mean - low) / (high - low)
        self.factors = (capability, Fraction(1, 2), 1 - Fraction(self.running, self.most), cost)
        parts = zip(map(Fraction, ("0.4", "0.3", "0.2", "0.1")), self.factors, strict=True)
        return sum((weight * factor for weight, factor in parts), Fraction(0))


def someone(company: Company, choice: random.Random, ours: UUID, other: UUID, needs: list[str]) -> Someone:
    """A random agent, and whether the contract lets it be a candidate."""
    skills = {skill: Decimal(choice.randint(0, 1000)) / 1000 for skill in SKILLS if choice.random() < 0.8}
    most, spent = choice.randint(1, 5), choice.choice([None, Decimal("0.5"), Decimal(2)])
    running = choice.randint(0, most)
    budget = choice.choice([None, Decimal(2), Decimal(3)])
    level = choice.choice([0, 1, 2, 3])
    visible = choice.choice([None, None, [ours], [other]])
    timeout = choice.choice([None, 60])
    silent = choice.random() < 0.3
    worker = company.agent(
        max_concurrent_tasks=most, capabilities=skills, daily_budget_usd=budget, autonomy_level=level, project_ids=visible,
        heartbeat_timeout_seconds=timeout,
    )  # fmt: skip
    if spent is not None:
        company.do(costs.record_cost, CostIn(provider="x", model="y", amount_usd=spent), actor=acting(worker))
    paused = choice.random() < 0.1
    if paused:
        company.do(agents.update_agent, worker.id, AgentPatch(status=AgentStatus.PAUSED))
    last = choice.choice([None, clock.now() - timedelta(minutes=choice.randint(1, 3))])
    beat = clock.now() - timedelta(seconds=3600 if silent else 0)
    execute(
        "update agent_load set running = :running, last_assigned_at = :last, last_heartbeat_at = :beat where agent_id = :id",
        running=running, last=last, beat=beat, id=worker.id,
    )  # fmt: skip
    mean = None
    if choice.random() < 0.6:
        count, amount = choice.randint(1, 7), Decimal(choice.randint(0, 9000)) / 1000
        execute("insert into agent_means values (:id, :n, :usd)", id=worker.id, n=count, usd=amount)
        mean = Fraction(amount) / count
    suits = (
        not paused
        and not (silent and timeout)
        and running < most
        and (budget is None or budget > (spent or 0))
        and level >= 1
        and visible != [other]
        and all(n in skills for n in needs)
    )
    return Someone(worker.id, suits, running, most, skills, mean, last)


def company_mean() -> Fraction:
    amount, count = execute("select coalesce(sum(amount_usd), 0), coalesce(sum(tasks), 0) from agent_means")[0]
    return Fraction(amount) / count if count else Fraction(0)


@pytest.mark.parametrize("seed", range(8))
def test_the_score_is_the_contracts_computed_with_exact_fractions(company: Company, seed: int) -> None:
    choice = random.Random(seed)
    ours, other = company.project(), company.project("Other")
    needs = choice.sample(SKILLS, choice.randint(0, 2))
    task = company.task(ours, ready=True, required_capabilities=needs)
    staff = [someone(company, choice, ours.id, other.id, needs) for _ in range(40)]
    fit = {one.id: one for one in staff if one.suits}
    mean = company_mean()
    means = [mean if one.mean is None else one.mean for one in fit.values()]
    answer = give(company, task.key)
    assert (answer.reason == "nobody_suitable") is (not fit)
    rows = answer.assignment.candidates
    assert {row.agent_id for row in rows} == set(fit)
    scores = {one.id: one.rate(needs, mean, min(means), max(means)) for one in fit.values()}
    for row in rows:
        assert abs(Fraction(row.score) - scores[row.agent_id]) < Fraction(1, 10**9)
        shown = (row.capability, row.performance, row.workload, row.cost)
        assert all(
            abs(Fraction(a) - b) <= Fraction(1, 10**6) for a, b in zip(shown, fit[row.agent_id].factors, strict=True)
        )
    never = clock.now() - timedelta(days=9000)
    wanted = sorted(fit.values(), key=lambda one: (-round(scores[one.id], 9), one.last or never, one.id))
    assert [row.agent_id for row in rows] == [one.id for one in wanted]
    if wanted:
        assert task_of(company, task.key).assignee_id == wanted[0].id


def test_the_answer_explains_winner_runner_up_and_why_each_other_lost(http: TestClient, company: Company) -> None:
    project = company.project()
    company.task(project, ready=True, required_capabilities=["code:python"])
    for name, level in (("BEST", "0.9"), ("NEXT", "0.8"), ("LAST", "0.1")):
        company.agent(name, capabilities={"code:python": level}, max_concurrent_tasks=2)
    company.agent("TOOL", autonomy_level=0, capabilities={"code:python": "1"})
    before = http.get("/api/v2/tasks/HAL-1/assignment", headers=company.owner.headers).json()
    assert (before["decision_id"], before["candidates"]) == (None, [])
    answer = http.post("/api/v2/tasks/HAL-1/assign", json={"auto": True}, headers=company.owner.headers)
    assert answer.status_code == 200, answer.text
    given = answer.json()
    assert given["claims"][0]["task"]["assignee_name"] == "BEST"
    assert given["claims"][0]["task"]["auto_assigned"] is True
    read = http.get("/api/v2/tasks/HAL-1/assignment", headers=company.owner.headers).json()
    assert read == given["assignment"]
    assert [(c["agent_name"], c["outcome"]) for c in read["candidates"]] == [
        ("BEST", "winner"),
        ("NEXT", "runner_up"),
        ("LAST", "lost"),
    ]
    assert read["candidates"][2]["because"] == "0.320 points behind: capability 0.100 against 0.900"
    assert Decimal(read["candidates"][0]["score"]) == Decimal("0.81")
    log = http.get("/api/v2/decisions/log", headers=company.owner.headers).json()["items"]
    assert [(d["status"], d["task_key"], d["agent_name"]) for d in log] == [("recorded", "HAL-1", "BEST")]
    one = http.get(f"/api/v2/decisions/{log[0]['id']}", headers=company.owner.headers).json()
    assert len(one["context"]["candidates"]) == 3
    assert (told("decision.recorded"), told("task.moved")) == (1, 1)
    assert faults() == {}


def test_a_task_given_to_an_agent_by_a_person_answers_with_no_lease(http: TestClient, company: Company) -> None:
    company.task(company.project(), ready=True)
    body = {"agent_id": str(company.agent("CODE").id)}
    answer = http.post("/api/v2/tasks/HAL-1/assign", json=body, headers=company.owner.headers)
    assert answer.json()["claims"][0]["lease_until"] is None
    assert answer.json()["assignment"] is None


def test_equal_scores_go_to_who_was_assigned_longest_ago_then_to_the_first_id(company: Company) -> None:
    project = company.project()
    workers = [company.agent(max_concurrent_tasks=1000) for _ in range(3)]
    for _ in range(3):
        company.task(project, ready=True)
    execute(
        "update agent_load set last_assigned_at = now() - interval '2 hours' where agent_id = :id", id=workers[0].id
    )
    execute("update agent_load set last_assigned_at = now() - interval '1 hour' where agent_id = :id", id=workers[2].id)
    assert give(company).claims[0].task.assignee_id == workers[1].id
    execute("update agent_load set running = 0")
    assert give(company, "HAL-2").claims[0].task.assignee_id == workers[0].id


def test_the_weights_are_the_companys(http: TestClient, company: Company) -> None:
    project = company.project()
    able = company.agent("ABLE", capabilities={"code:python": "1"}, max_concurrent_tasks=2)
    free = company.agent("FREE", capabilities={"code:python": "0.1"}, max_concurrent_tasks=2)
    company.task(project, ready=True)
    company.do(claims.assign, "HAL-1", AssignIn(agent_id=able.id))
    for n, (weights, winner) in enumerate(
        ((("0.4", "0.3", "0.2", "0.1"), able), (("0.1", "0.1", "0.7", "0.1"), free)), 2
    ):
        names = ("capability", "performance", "workload", "cost")
        body = {"assignment_weights": dict(zip(names, weights, strict=True))}
        changed = http.patch("/api/v2/settings", json=body, headers=company.owner.headers)
        assert changed.status_code == 200, changed.text
        company.task(project, ready=True, required_capabilities=["code:python"])
        assert give(company, f"HAL-{n}").claims[0].task.assignee_id == winner.id
    for wrong in ({"capability": "0.5", "performance": "0.3", "workload": "0.2", "cost": "0.1"},
                  {"capability": "-0.1", "performance": "0.3", "workload": "0.7", "cost": "0.1"}):  # fmt: skip
        refused = http.patch("/api/v2/settings", json={"assignment_weights": wrong}, headers=company.owner.headers)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"].startswith("assignment_weights")


def test_the_mean_cost_is_that_of_the_tasks_completed_in_30_days(company: Company) -> None:
    project, worker = company.project(), company.agent()
    for n, amount in enumerate(("1.5", "2.5", "100"), 1):
        company.task(project, ready=True, review_required=False)
        moment = clock.now() - timedelta(days=31 if amount == "100" else 0)
        with time_machine.travel(moment):
            [held] = company.do(claims.claim, ClaimIn(start=True), actor=acting(worker)).parse().claims
            paid = CostIn(provider="x", model="y", amount_usd=Decimal(amount), task_id=held.task.id)
            company.do(costs.record_cost, paid, actor=acting(worker))
            company.do(lifecycle.transition, f"HAL-{n}", MoveIn(to=Status.COMPLETED))
    assert tick(assignment.count_means) == 1
    assert execute("select tasks, amount_usd from agent_means") == [(2, Decimal(4))]
    assert tick(assignment.count_means) == 0


def burst(company: Company, agents_made: int, tasks_made: int) -> None:
    """A switched-on project with ready tasks, and agents of whom some may not be given any."""
    project = company.project(auto_assign=True)
    made = [{"ref": str(n), "title": f"T{n}"} for n in range(tasks_made)]
    company.do(bulk.create_tasks, BulkIn.model_validate({"project_id": project.id, "ready": True, "tasks": made}))
    execute(
        """insert into agents (id, name, role, adapter, model, description, config, status, autonomy_level, daily_budget_usd,
          max_concurrent_tasks, heartbeat_timeout_seconds, demo, created_at, updated_at, version)
        select gen_random_uuid(), 'burst-' || n, '', 'api', '', '', '{}', case when n % 10 = 0 then 'paused' else 'active' end,
          2, case when n % 10 = 1 then 0 end, 1 + n % 2, case when n % 10 = 2 then 60 end, false, now() - interval '1 day',
          now(), 1 from generate_series(0, :n - 1) n""",
        n=agents_made,
    )
    execute("insert into agent_load (agent_id, running, max_concurrent) select id, 0, max_concurrent_tasks from agents")


def test_a_burst_over_a_thousand_agents_is_given_by_four_workers_within_every_limit(company: Company) -> None:
    burst(company, 1000, 1000)
    capacity = execute(
        "select sum(max_concurrent_tasks) from agents where substr(name, length(name)) not in ('0','1','2')"
    )

    def work() -> int:
        total = 0
        while given := tick(lambda work: assignment.assign_ready(work, 25)):
            total += given
        return total

    assert sum(at_once([work] * 4)) == 1000
    assert capacity[0][0] >= 1000
    wrong = execute(
        "select a.name from agents a join (select assignee_id, count(*) as n from tasks where status = 'ASSIGNED' group by 1) h "
        "on h.assignee_id = a.id where h.n > a.max_concurrent_tasks or substr(a.name, length(a.name)) in ('0','1','2')"
    )
    assert wrong == []
    assert execute("select count(*), count(distinct task_id) from decisions where status = 'recorded'") == [
        (1000, 1000)
    ]
    assert told("decision.recorded") == 1000
    assert faults() == {}


def test_more_tasks_than_room_wait_without_asking_anybody(company: Company) -> None:
    burst(company, 40, 60)
    at_once([lambda: tick(assignment.assign_ready) for _ in range(8)])
    while tick(assignment.assign_ready):
        pass
    room = 4 * (4 * 2 + 3)
    assert execute("select count(*) from tasks where status = 'ASSIGNED'") == [(room,)]
    assert pending(company) == []
    assert faults() == {}


def test_claims_and_the_score_share_a_queue_without_giving_a_task_twice(company: Company) -> None:
    company.project(auto_assign=True)
    worker = company.agent(max_concurrent_tasks=20)
    others = [company.agent(max_concurrent_tasks=5) for _ in range(3)]
    tasks = [{"ref": str(n), "title": f"T{n}"} for n in range(60)]
    project = company.do(projects.update_project, "HAL", ProjectPatch(auto_assign=True))
    company.do(bulk.create_tasks, BulkIn.model_validate({"project_id": project.id, "ready": True, "tasks": tasks}))
    calls: list[Callable[[], Any]] = [lambda: tick(assignment.assign_ready) for _ in range(4)]
    calls += [lambda w=w: company.do(claims.claim, ClaimIn(limit=3), actor=acting(w)) for w in (worker, *others)]
    for _ in range(4):
        at_once(calls)
    assert execute("select count(*) from tasks where status = 'ASSIGNED'") == [(35,)]
    assert faults() == {}


def test_only_projects_that_are_switched_on_assign_by_themselves(company: Company) -> None:
    project, _ = company.project(), company.agent()
    company.task(project, ready=True)
    assert tick(assignment.assign_ready) == 0
    company.do(projects.update_project, "HAL", ProjectPatch(auto_assign=True))
    assert tick(assignment.assign_ready) == 1
    assert task_of(company).auto_assigned


def unsuited(company: Company, **fields: Any) -> Worker:
    """A switched-on project with a task that the one agent lacks the capability for."""
    worker = company.agent("NEAR", **fields)
    company.task(company.project(auto_assign=True), ready=True, required_capabilities=["db:postgres"])
    return worker


def test_when_nobody_suits_one_decision_waits_however_many_try(company: Company) -> None:
    unsuited(company)
    company.agent("FAR", autonomy_level=0)
    at_once([lambda: tick(assignment.assign_ready)] * 6 + [lambda: give(company)] * 6)
    [one] = pending(company)
    assert told("decision.needed") == 1
    assert [miss["agent_name"] for miss in one.context["near_misses"]] == ["NEAR", "FAR"]
    assert [option.label for option in one.options] == ["Assign to NEAR", "Leave it"]
    assert give(company).reason == "nobody_suitable"
    assert explained(company).pending
    assert [miss.objections[0].code for miss in explained(company).near_misses] == ["agent.lacks", "agent.autonomy"]
    assert faults() == {}


def test_a_task_that_nobody_suits_does_not_hold_up_those_behind_it(company: Company) -> None:
    unsuited(company)
    for _ in range(30):
        company.task(company.do(projects.update_project, "HAL", ProjectPatch()), ready=True)
    assert tick(assignment.assign_ready) == 10
    assert len(pending(company)) == 1


def test_deciding_twice_at_once_assigns_once(company: Company) -> None:
    worker = unsuited(company)
    tick(assignment.assign_ready)
    [one] = pending(company)
    found = at_once([lambda: resolve(company, one, f"assign:{worker.id}") for _ in range(8)])
    refused = [f for f in found if isinstance(f, OrkworkError)]
    assert len(refused) == 7
    assert {type(f) for f in refused} == {Conflict}
    assert task_of(company).assignee_id == worker.id
    assert execute("select count(*) from events where name = 'task.moved' and after->>'status' = 'ASSIGNED'") == [(1,)]
    done = company.do(decision_queries.decision, one.id)
    assert (done.status, done.chosen, done.reasoning) == ("resolved", f"assign:{worker.id}", "it has time")
    assert done.decided_by_name == "Owner"
    assert faults() == {}


def test_what_cannot_be_carried_out_stays_undecided(company: Company) -> None:
    worker = unsuited(company, max_concurrent_tasks=1, daily_budget_usd=Decimal(5))
    tick(assignment.assign_ready)
    [one] = pending(company)
    with pytest.raises(OrkworkError, match="is not an option"):
        resolve(company, one, "assign:nobody")
    company.do(agents.update_agent, worker.id, AgentPatch(daily_budget_usd=Decimal(0)))
    with pytest.raises(OrkworkError, match="has spent"):
        resolve(company, one, f"assign:{worker.id}")
    assert [p.id for p in pending(company)] == [one.id]
    assert told("decision.resolved") == 0
    with pytest.raises(Forbidden):
        member = company.person(Role.MEMBER)
        company.do(decisions.resolve, one.id, ResolveIn(option="leave"), actor=member.actor)


def test_left_as_it_is_nobody_is_asked_again_until_the_task_changes(company: Company) -> None:
    unsuited(company)
    tick(assignment.assign_ready)
    resolve(company, pending(company)[0], "leave")
    tick(assignment.assign_ready)
    assert pending(company) == []
    company.do(creating.update_task, "HAL-1", TaskPatch(required_capabilities=["db:mysql"]))
    tick(assignment.assign_ready)
    assert len(pending(company)) == 1


@pytest.mark.parametrize("way", ["claimed", "assigned", "cancelled", "suited"])
def test_a_decision_closes_by_itself_when_the_task_no_longer_waits(company: Company, way: str) -> None:
    unsuited(company)
    tick(assignment.assign_ready)
    assert len(pending(company)) == 1
    able = company.agent("ABLE", capabilities={"db:postgres": "1"})
    match way:
        case "claimed":
            company.do(claims.claim, ClaimIn(), actor=acting(able))
        case "assigned":
            company.do(claims.assign, "HAL-1", AssignIn(agent_id=able.id))
        case "cancelled":
            company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.CANCELLED))
    tick(assignment.assign_ready)
    assert pending(company) == []
    assert told("decision.resolved") == 1
    assert (task_of(company).assignee_id == able.id) is (way != "cancelled")


def test_an_agent_that_does_not_take_a_task_up_loses_it_to_another(company: Company) -> None:
    first = company.agent("A", capabilities={"db:postgres": "1"})
    second = company.agent("B", capabilities={"db:postgres": "0.2"})
    company.task(company.project(auto_assign=True), ready=True, required_capabilities=["db:postgres"])
    now = clock.now()
    with time_machine.travel(now):
        tick(assignment.assign_ready)
        assert task_of(company).assignee_id == first.id
        assert task_of(company).lease_until is None
    with time_machine.travel(now + timedelta(seconds=590)):
        assert tick(assignment.give_back_untaken) == 0
    with time_machine.travel(now + timedelta(seconds=610)):
        assert tick(assignment.give_back_untaken) == 1
        assert not task_of(company).auto_assigned
        tick(assignment.assign_ready)
        assert task_of(company).assignee_id == second.id
        assert explained(company).candidates[1].because == "was given this task before and did not take it up"
    with time_machine.travel(now + timedelta(seconds=1300)):
        assert tick(assignment.give_back_untaken) == 1
        tick(assignment.assign_ready)
        assert task_of(company).assignee_id == first.id, "when all have passed, the score decides again"
    assert faults() == {}


def test_a_task_that_was_taken_up_is_not_given_back(company: Company) -> None:
    worker, other = company.agent(), company.agent()
    project = company.project(auto_assign=True)
    now = clock.now()
    with time_machine.travel(now):
        for _ in range(3):
            company.task(project, ready=True)
        company.do(agents.update_agent, other.id, AgentPatch(status=AgentStatus.PAUSED))
        assert tick(assignment.assign_ready) == 3
        [held] = company.do(claims.claim, ClaimIn(lease_seconds=86_400), actor=acting(worker)).parse().claims
        started = company.do(queries.task, "HAL-2").parse()
        company.do(runs.start_execution, "HAL-2", StartIn(), actor=company.owner.actor)
        company.do(agents.heartbeat, HeartbeatIn(), actor=acting(worker))
    assert (held.task.key, started.status) == ("HAL-1", "ASSIGNED")
    with time_machine.travel(now + timedelta(seconds=700)):
        assert tick(assignment.give_back_untaken) == 1
    assert [task_of(company, f"HAL-{n}").status for n in (1, 2, 3)] == ["ASSIGNED", "IN_PROGRESS", "READY"]
    assert faults() == {}


def test_a_paused_agent_gives_back_what_the_score_gave_it(company: Company) -> None:
    worker = company.agent()
    company.task(company.project(auto_assign=True), ready=True)
    tick(assignment.assign_ready)
    company.do(agents.update_agent, worker.id, AgentPatch(status=AgentStatus.PAUSED))
    outbox.drain()
    assert task_of(company).status == "READY"
    assert faults() == {}


def test_pages_of_decisions_go_through_all_of_them_once(http: TestClient, company: Company) -> None:
    company.agent("NEAR")
    project = company.project(auto_assign=True)
    for _ in range(7):
        company.task(project, ready=True, required_capabilities=["db:postgres"])
    tick(assignment.assign_ready)
    for path in (
        "/decisions?status=pending&category=task_assign",
        "/decisions/pending?limit=3",
        f"/decisions?project={project.id}",
    ):
        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            joined = f"/api/v2{path}&limit=3" if "limit" not in path else f"/api/v2{path}"
            answer = http.get(joined + (f"&cursor={cursor}" if cursor else ""), headers=company.owner.headers).json()
            seen += [item["task_key"] for item in answer["items"]]
            cursor = answer["next_cursor"]
        assert sorted(seen) == [f"HAL-{n}" for n in range(1, 8)]
    nothing = http.get(f"/api/v2/decisions?agent={uuid7()}", headers=company.owner.headers).json()
    assert nothing["items"] == []


def test_what_is_refused_says_why(http: TestClient, company: Company) -> None:
    company.task(company.project())
    worker = company.agent()
    both = {"auto": True, "agent_id": str(worker.id)}
    for headers, body, status in (
        (company.owner.headers, {"auto": True}, 409),
        (company.owner.headers, both, 422),
        (worker.headers, {"auto": True}, 403),
        (company.owner.headers, {"auto": "yes"}, 422),
    ):
        answer = http.post("/api/v2/tasks/HAL-1/assign", json=body, headers=headers)
        assert answer.status_code == status, answer.text
    assert http.get(f"/api/v2/decisions/{uuid7()}", headers=company.owner.headers).status_code == 404
