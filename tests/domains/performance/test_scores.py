"""Scores as the clock counts them: of a company that works through the product, and of a recorded run."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any
from uuid import UUID

import pytest
import time_machine
from fastapi.testclient import TestClient

from bench.replay.run import load_run
from orkwork.core import clock, db, door
from orkwork.core.actor import Role, system
from orkwork.domains.performance import queries, service
from orkwork.domains.settings import service as settings
from orkwork.domains.settings.schemas import AssignmentWeights, CompanyPatch
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import assignment, claims, lifecycle
from tests.bench.loaded_run import ended_at, load
from tests.bench.real_data import RUN, needs_data
from tests.factories import Company, Worker

BASE = "/api/v2"


def count() -> int:
    return door.run(system("clock"), service.count_scores, write=True)


def walk(company: Company, key: str, worker: Worker, *states: Status) -> None:
    company.do(claims.assign, key, AssignIn(agent_id=worker.id))
    for state in states:
        company.do(lifecycle.transition, key, MoveIn(to=state))


def rows(statement: str, **params: Any) -> list[Any]:
    with db.engine().begin() as connection:
        return list(connection.exec_driver_sql(statement, params).mappings())


STEPS = (Status.IN_PROGRESS, Status.REVIEW)


def test_a_company_at_work_gets_scores_that_assignment_leaderboard_and_trend_go_by(
    http: TestClient, company: Company
) -> None:
    project, fine, rough = company.project(), company.agent("FINE"), company.agent("ROUGH")
    begin = datetime.fromisoformat("2026-03-02T10:00:00+00:00")
    assert count() == 0
    with time_machine.travel(begin, tick=False):
        for n in range(6):
            company.task(project, f"T{n}", ready=True, estimate_minutes=60)
        for key in ("HAL-1", "HAL-2"):
            walk(company, key, fine, *STEPS, Status.COMPLETED)
        walk(company, "HAL-3", rough, *STEPS, Status.IN_PROGRESS, Status.REVIEW, Status.COMPLETED, Status.READY)
        walk(company, "HAL-4", rough, *STEPS, Status.FAILED)
        count()  # the running day counts as far as it goes
        now = http.get(f"{BASE}/agents/{rough.id}/performance", headers=company.owner.headers).json()
        parts = {part["part"]: (part["value"], part["samples"]) for part in now["current"]["parts"]}
        assert parts == {"completion": (0.5, 2), "speed": (1.0, 1), "quality": (0.0, 3), "defects": (0.0, 1)}
        assert now["improvement"]["part"] == "quality"
        assert "0% of 3 passed the first time" in now["improvement"]["says"]
        assert len(now["days"]) == len(now["weeks"]) == len(now["months"]) == 1
        board = http.get(f"{BASE}/intelligence/leaderboard", headers=fine.headers).json()["items"]
        assert [(one["place"], one["agent_name"], one["current"]["samples"]) for one in board] == [
            (1, "FINE", 2),
            (2, "ROUGH", 2),
        ]
        company.do(
            settings.update_company,
            CompanyPatch(
                assignment_weights=AssignmentWeights.model_validate(
                    {"capability": "0", "performance": "1", "workload": "0", "cost": "0"}
                )
            ),
        )
        given = company.do(assignment.assign_best, "HAL-5").parse()
        assert given.assignment is not None
        assert given.assignment.assignee_id == fine.id
        explained = http.get(f"{BASE}/tasks/HAL-5/assignment", headers=company.owner.headers).json()["candidates"]
        assert [Decimal(one["performance"]) for one in explained] == [
            (Decimal(one["current"]["score"]) / 100).quantize(Decimal("1e-6")) for one in board
        ]
    before = rows("select agent_id, score, parts from performance_scores order by 1")
    with time_machine.travel(begin + timedelta(days=9), tick=False):
        assert count() == 7
        assert count() == 2
        assert count() == 0
        later = company.do(queries.performance, rough.id)
        assert [one.begins for one in later.weeks] == [date(2026, 3, 2), date(2026, 3, 9)]
        assert len(later.days) == 10
    assert rows("select agent_id, score, parts from performance_scores where day = '2026-03-02' order by 1") == before
    with time_machine.travel(begin + timedelta(days=40), tick=False):
        while count():
            pass
        assert company.do(queries.performance, rough.id).current is None
    changed = company.do(queries.performance, fine.id)
    assert changed.improvement is None
    missing = http.get(f"{BASE}/agents/{UUID(int=5)}/performance", headers=company.owner.headers)
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/agent.not_found")


def test_the_weights_are_settings_that_must_make_a_whole(http: TestClient, company: Company) -> None:
    owner = company.owner.headers
    parts = {"completion": "0.5", "speed": "0.2", "quality": "0.2", "defects": "0.1", "cost": "0"}
    kept = http.patch(f"{BASE}/settings", json={"performance_weights": parts}, headers=owner)
    assert {name: Decimal(value) for name, value in kept.json()["performance_weights"].items()} == {
        name: Decimal(value) for name, value in parts.items()
    }
    for wrong in (parts | {"cost": "0.1"}, parts | {"cost": "-0.1"}, {"completion": "1"}):
        refused = http.patch(f"{BASE}/settings", json={"performance_weights": wrong}, headers=owner)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"].startswith("performance_weights")
    member = company.person(Role.MEMBER).headers
    assert http.patch(f"{BASE}/settings", json={"performance_weights": parts}, headers=member).status_code == 403


@pytest.mark.realdata
@needs_data
def test_scores_of_a_recorded_run_are_those_of_an_independent_calculation(company: Company) -> None:
    workers = [company.agent(f"A{n}") for n in range(4)]
    run, project = load_run(RUN), company.project("Replay", key_prefix="ACR")
    load(run, project, [worker.id for worker in workers])
    mine: dict[UUID, list[Any]] = defaultdict(list)
    for n, one in enumerate(run.trajectories):
        mine[workers[n % 4].id].append(one)
    last = max(ended_at(one) for one in run.trajectories)
    with time_machine.travel(last + timedelta(days=1), tick=False):
        while count():
            pass
        found = {one.agent_id: one.current for one in company.do(queries.leaderboard)}
    for agent_id, expected in independent(mine).items():
        current = found[agent_id]
        assert current is not None
        assert current.samples == len(mine[agent_id]) == 75
        assert abs(Fraction(current.score) - expected) < Fraction(1, 5000)
    assert clock.day_of(last, "UTC") < max(one.day for one in found.values() if one)


def independent(mine: dict[UUID, list[Any]]) -> dict[UUID, Fraction]:
    """Section 8 in fractions: counts of the run's own report, medians over the others."""
    measured: dict[UUID, dict[str, tuple[Fraction, int]]] = {}
    spent = {}
    for agent, runs in mine.items():
        solved = [one for one in runs if one.resolved]
        spent[agent] = sum((Fraction(one.charged) for one in solved), Fraction(0)) / len(solved)
    for agent, runs in mine.items():
        solved = [one for one in runs if one.resolved]
        handed_in = [one for one in runs if one.resolved or one.outcome == "APPLICABLE_PATCH"]
        others = median([one.duration_ms for other in mine if other != agent for one in mine[other] if one.resolved])
        ratios = [min(Fraction(1), Fraction(others) / one.duration_ms) for one in solved]
        peers = median([cost for other, cost in spent.items() if other != agent])
        measured[agent] = {
            "completion": (Fraction(len(solved), len(runs)), len(runs)),
            "speed": (sum(ratios, Fraction(0)) / len(ratios), len(ratios)),
            "quality": (Fraction(len(solved), len(handed_in)), len(handed_in)),
            "defects": (Fraction(1), len(solved)),
            "cost": (min(Fraction(1), peers / spent[agent]), len(solved)),
        }
    weights = {"completion": 30, "speed": 20, "quality": 25, "defects": 15, "cost": 10}
    means = {
        name: sum((parts[name][0] * parts[name][1] for parts in measured.values()), Fraction(0))
        / sum(parts[name][1] for parts in measured.values())
        for name in weights
    }
    return {
        agent: sum(
            (
                w * (parts[name][0] * parts[name][1] + 5 * means[name]) / (parts[name][1] + 5)
                for name, w in weights.items()
            ),
            Fraction(0),
        )
        for agent, parts in measured.items()
    }
