"""Health out of what stands in the database, over HTTP and by the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from fastapi.testclient import TestClient

from orkwork.core import db, door
from orkwork.core.actor import Role, system
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.executions.schemas import ExecutionPatch, StartIn
from orkwork.domains.health import rules, service
from orkwork.domains.health.models import Cause
from orkwork.domains.health.rules import COMPANY, PROJECT, Found
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.tasks.schemas import AssignIn
from orkwork.domains.tasks.service import claims, runs
from tests.factories import Company, Worker

BASE = "/api/v2"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def measure() -> int:
    return door.run(system("clock"), service.measure, write=True)


def ask(http: TestClient, company: Company, path: str = "/intelligence/health") -> dict[str, Any]:
    answer = http.get(BASE + path, headers=company.owner.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def fail(company: Company, worker: Worker, project: ProjectOut) -> str:
    key = company.task(project, ready=True).key
    company.do(claims.assign, key, AssignIn(agent_id=worker.id))
    run = company.do(runs.start_execution, key, StartIn()).parse()
    company.do(
        runs.update_execution, run.id, ExecutionPatch.model_validate({"status": "failed", "failure": "bad_request"})
    )
    return key


def kept() -> list[tuple[Any, ...]]:
    statement = (
        "select name, before ->> 'score', after ->> 'score', before ->> 'health_score', after ->> 'health_score' "
        "from events where name in ('health.measured', 'project.health_changed') order by seq"
    )
    with db.engine().connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def test_an_empty_company_is_not_judged(http: TestClient, company: Company) -> None:
    found = ask(http, company)
    assert (found["score"], found["band"], found["causes"], found["projects"]) == (None, None, [], [])
    company.project("Halyard", key_prefix="HAL")
    company.agent("CODE")
    assert ask(http, company)["score"] is None
    assert ask(http, company, "/projects/HAL/health")["score"] is None
    assert measure() == 0 and kept() == []


def test_the_score_is_a_hundred_less_its_causes_each_with_a_link_to_its_rows(
    http: TestClient, company: Company
) -> None:
    with time_machine.travel(NOON, tick=False):
        project = company.project("Halyard", key_prefix="HAL", deadline=(NOON + timedelta(hours=1)).isoformat())
        other = company.project("Mast", key_prefix="MAS")
        worker, idle = company.agent("CODE"), company.agent("QA")
        failed = [fail(company, worker, project) for _ in range(2)]
        company.task(other, "Soon due", due_at=(NOON + timedelta(hours=1)).isoformat())
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        assert {cause["code"] for cause in ask(http, company)["causes"]} == {"failed"}
    company.do(agents.update_agent, idle.id, AgentPatch(status=AgentStatus.PAUSED))
    with time_machine.travel(NOON + timedelta(hours=3), tick=False):
        found = ask(http, company)
        expected = {
            "late": (Found(count=1, of=2), "HAL is past its date", "/projects/HAL"),
            "failed": (Found(count=2, of=3), "2 tasks failed", "/tasks?status=FAILED"),
            "overdue": (Found(count=1, of=3), "MAS-1 is overdue", "/tasks/MAS-1"),
            "paused": (Found(count=1, of=2), "QA is paused", f"/agents/{idle.id}"),
        }
        assert {cause["code"]: (cause["points"], cause["says"], cause["href"]) for cause in found["causes"]} == {
            code: (rules.points(one, COMPANY[Cause(code)]), says, href) for code, (one, says, href) in expected.items()
        }
        assert found["score"] == 100 - sum(cause["points"] for cause in found["causes"])
        points = [cause["points"] for cause in found["causes"]]
        assert points == sorted(points, reverse=True)
        worst, better = found["projects"]
        assert (worst["project_key"], better["project_key"]) == ("HAL", "MAS")
        assert worst["score"] == 100 - sum(
            rules.points(one, PROJECT[cause])
            for cause, one in ((Cause.LATE, Found(count=1)), (Cause.FAILED, Found(count=2, of=2)))
        )
        assert ask(http, company, "/projects/HAL/health") == worst
    assert failed == ["HAL-1", "HAL-2"]


def test_scores_are_kept_once_and_held_against_the_day_before(http: TestClient, company: Company) -> None:
    with time_machine.travel(NOON, tick=False):
        project, worker = company.project("Halyard", key_prefix="HAL"), company.agent("CODE")
        company.task(project)
        assert [measure(), measure()] == [2, 0]
        assert ask(http, company)["before"] is None
        read = http.get(f"{BASE}/projects/HAL", headers=company.owner.headers).json()
        assert read["health_score"] == 100
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        fail(company, worker, project)
        score = ask(http, company)["score"]
        assert ask(http, company)["before"] == 100 and score < 100
        assert [measure(), measure()] == [2, 0]
        own = ask(http, company, "/projects/HAL/health")["score"]
        assert kept() == [
            ("project.health_changed", None, None, None, "100"),
            ("health.measured", None, "100", None, None),
            ("project.health_changed", None, None, "100", str(own)),
            ("health.measured", "100", str(score), None, None),
        ]


def test_people_read_health_and_agents_do_not(http: TestClient, company: Company) -> None:
    viewer, worker = company.person(Role.VIEWER), company.agent("CODE")
    assert http.get(f"{BASE}/intelligence/health", headers=viewer.headers).status_code == 200
    assert http.get(f"{BASE}/intelligence/health", headers=worker.headers).status_code == 403
    assert http.get(f"{BASE}/projects/NONE/health", headers=viewer.headers).status_code == 404
