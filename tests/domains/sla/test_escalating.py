"""Escalating by hand what is late."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core.actor import Role
from orkwork.domains.sla import queries, rules
from orkwork.domains.sla.models import Whom
from orkwork.domains.sla.rules import Step
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import claims, lifecycle
from tests.domains.sla.ticking import later, rows, rule, tick, told
from tests.domains.tasks.racing import at_once
from tests.factories import Company, Person, Worker

BASE = "/api/v2"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHAIN = (Step(to=Whom.AGENT, after_minutes=0), Step(to=Whom.MANAGER, after_minutes=60))


@pytest.mark.parametrize(
    ("told_levels", "following"),
    [
        ({}, None),
        ({0: "agent"}, None),
        ({0: "agent", 1: "agent"}, (2, Whom.MANAGER)),
        ({1: "agent", 2: "manager"}, (3, Whom.CEO)),
        ({1: "ceo"}, None),
        ({1: "agent", 2: "manager", 3: "ceo"}, None),
    ],
)
def test_by_hand_the_chain_goes_on_and_ends_at_the_ceo(told_levels: dict[int, str], following: Any) -> None:
    assert rules.by_hand(CHAIN, told_levels) == following


@pytest.fixture
def late(company: Company) -> Worker:
    """HAL-1 is late, and only its agent was told."""
    chief = company.agent("CTO")
    worker, project = company.agent("CODE", manager_id=chief.id), company.project("Halyard", key_prefix="HAL")
    rule(company)
    with time_machine.travel(NOON, tick=False):
        company.task(project, ready=True)
        company.do(claims.assign, "HAL-1", AssignIn(agent_id=worker.id))
        company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.IN_PROGRESS))
    tick(later(NOON, 61))
    assert told() == [("resolution", 1, "agent")]
    return worker


def escalate(http: TestClient, who: Person | Worker, ref: str = "HAL-1", **body: Any) -> Any:
    with time_machine.travel(later(NOON, 62), tick=False):
        return http.post(f"{BASE}/tasks/{ref}/escalate", json=body, headers=who.headers)


def test_a_late_task_is_raised_level_by_level_until_the_ceo_knows(
    http: TestClient, company: Company, late: Worker
) -> None:
    with time_machine.travel(later(NOON, 62), tick=False):
        (waits,) = company.do(queries.late, ceo=False)
        assert (waits.key, waits.level, company.do(queries.late)) == ("HAL-1", 1, [])
    first = escalate(http, company.owner, level=2)
    assert first.status_code == 200, first.text
    assert (first.json()["next_level"], first.json()["next_concerns"]) == (3, "ceo")
    assert first.json()["breaches"][-1]["agent_name"] == "CTO"
    assert escalate(http, company.owner, level=2).json() == first.json()  # sent twice it is raised once
    assert escalate(http, company.owner).status_code == 200
    assert told() == [("resolution", 1, "agent"), ("resolution", 2, "manager"), ("resolution", 3, "ceo")]
    top = escalate(http, company.owner)
    assert (top.status_code, top.json()["type"]) == (409, "/problems/sla.at_the_top")
    with time_machine.travel(later(NOON, 62), tick=False):
        assert [one.key for one in company.do(queries.late)] == ["HAL-1"]
        assert company.do(queries.late, ceo=False) == []
    events = rows("select after from events where name = 'sla.breached' order by seq")
    assert [(e["after"]["level"], e["after"].get("by_hand")) for e in events] == [(1, None), (2, True), (3, True)]


def test_the_clock_tells_no_level_again_that_was_raised_by_hand(
    http: TestClient, company: Company, late: Worker
) -> None:
    assert escalate(http, company.owner).status_code == 200
    tick(later(NOON, 999))
    assert told() == [("resolution", 1, "agent"), ("resolution", 2, "manager"), ("resolution", 3, "ceo")]


def test_many_at_once_raise_one_level_once(company: Company, http: TestClient, late: Worker) -> None:
    answers = at_once([lambda: escalate(http, company.owner, level=2) for _ in range(4)])
    assert {answer.status_code for answer in answers} == {200}
    assert len(rows("select 1 from sla_breaches where level = 2")) == 1
    assert len(rows("select 1 from events where name = 'sla.breached' and after ->> 'level' = '2'")) == 1


def test_what_is_not_late_or_whose_level_is_not_next_is_not_raised(
    http: TestClient, company: Company, late: Worker
) -> None:
    company.task(company.project("Mast", key_prefix="MAS"), ready=True)
    refused = escalate(http, company.owner, "MAS-1")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/sla.not_late")
    ahead = escalate(http, company.owner, level=5)
    assert (ahead.status_code, ahead.json()["type"]) == (409, "/problems/sla.not_next")
    assert escalate(http, company.owner, "MAS-99").status_code == 404
    assert escalate(http, company.person(Role.VIEWER)).status_code == 403
    assert escalate(http, late).status_code == 403
    assert told() == [("resolution", 1, "agent")]
