"""A brief of a real company: what it says is what the rows say; the morning's is made once, whoever makes it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core import clock, db, door
from orkwork.core.actor import system
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.anomalies.service import watching
from orkwork.domains.briefs.service import making
from orkwork.domains.costs.schemas.budgets import CompanyBudgetIn
from orkwork.domains.costs.schemas.ledger import CostIn
from orkwork.domains.costs.service import budgeting, recording
from orkwork.domains.decisions import service as decisions
from orkwork.domains.decisions.models import Category, Kind
from orkwork.domains.decisions.schemas import DecisionIn
from orkwork.domains.settings import service as settings
from orkwork.domains.settings.schemas import CompanyPatch
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import claims, lifecycle
from tests.domains.sla.ticking import rule, tick
from tests.domains.tasks.racing import acting, at_once
from tests.factories import Company, Worker

BASE = "/api/v2"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def move(company: Company, key: str, worker: Worker, *states: Status) -> None:
    company.do(claims.assign, key, AssignIn(agent_id=worker.id))
    for state in states:
        company.do(lifecycle.transition, key, MoveIn(to=state))


def spend(company: Company, worker: Worker, amount: str) -> None:
    body = CostIn(provider="openai", model="gpt-5", amount_usd=Decimal(amount))
    company.do(recording.record_cost, body, actor=acting(worker))


def make() -> int:
    return door.run(system("clock"), making.make_daily, write=True)


def execute(statement: str, **params: Any) -> list[Any]:
    with db.engine().begin() as connection:
        done = connection.exec_driver_sql(statement, params)
        return list(done.mappings()) if done.returns_rows else []


def read(http: TestClient, company: Company, path: str) -> Any:
    answer = http.get(f"{BASE}/intelligence/{path}", headers=company.owner.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def sentences(brief: Any) -> dict[str, Any]:
    return {one["template"]: one for one in brief["sentences"]}


@pytest.fixture
def busy(company: Company) -> Company:
    """Work done and failed on Monday, tasks late and nearly so, an agent over its budget, one paused, one silent."""
    code, qa = company.agent("CODE"), company.agent("QA", daily_budget_usd=Decimal(10))
    pm, project = company.agent("PM"), company.project("Halyard", key_prefix="HAL")
    with time_machine.travel(NOON, tick=False):
        for n in range(9):
            company.task(project, f"T{n}", ready=True, due_at=NOON + timedelta(hours=20) if n < 2 else None)
        move(company, "HAL-1", code, Status.IN_PROGRESS, Status.REVIEW)
        move(company, "HAL-2", code, Status.IN_PROGRESS, Status.REVIEW, Status.COMPLETED)
        move(company, "HAL-3", code, Status.IN_PROGRESS, Status.FAILED)
        move(company, "HAL-4", code, Status.IN_PROGRESS)
        move(company, "HAL-5", pm, Status.IN_PROGRESS)
        company.do(agents.update_agent, pm.id, AgentPatch(status=AgentStatus.PAUSED))
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        spend(company, qa, "12.34")
        company.do(decisions.create_decision, DecisionIn(category=Category.APPROVE, kind=Kind.APPROVE, title="Deploy 1.4?",
                   deadline=NOON + timedelta(hours=10)))  # fmt: skip
        company.task(project, "Long past", ready=True, due_at=NOON - timedelta(days=2))
        door.run(system("clock"), watching.watch_closely, write=True)
    return company


def test_each_sentence_says_what_its_rows_say(http: TestClient, busy: Company) -> None:
    with time_machine.travel(NOON + timedelta(hours=2), tick=False):
        found = read(http, busy, "brief?language=en")
    said = sentences(found)
    assert [one["text"] for one in found["sentences"]] == [
        "QA has used up its budget of $10.00 for today.",
        "1 agent gives no sign of life: CODE.",
        "1 decision passes its deadline within a day.",
        "1 failed task goes no further.",
        "1 task is past its due date: HAL-10.",
        "1 decision waits for you.",
        "1 task waits for a review.",
        "1 paused agent has tasks in hand: PM.",
        "1 task is due within a day: HAL-1.",
        "The agents finished 1 task, and the work cost $12.34.",
        "2 tasks were handed in.",
        "1 task failed.",
        "1 agent is at work.",
        "1 agent is paused.",
    ]
    assert found["activity"] == {"completed": 1, "handed_in": 2, "failed": 1, "spent_usd": "12.34"}
    keys = {name: [ref["key"] for ref in one["refs"]] for name, one in said.items()}
    assert keys["activity.handed_in"] == ["HAL-2", "HAL-1"]
    assert (keys["tasks.overdue"], keys["tasks.failing"], keys["tasks.reviewing"]) == (["HAL-10"], ["HAL-3"], ["HAL-1"])
    assert (keys["agents.paused_holding"], keys["agents.silent"]) == (["PM"], ["CODE"])
    assert keys["decisions.pressing"] == ["Deploy 1.4?"]
    assert said["decisions.pressing"]["refs"][0]["href"].startswith("/decisions?open=")
    assert found["summary"]["written_by"] == "rule"
    assert found["summary"]["text"].startswith("The agents finished 1 task, and the work cost $12.34. QA has used up")
    assert found["id"] is None


def test_it_tells_from_any_moment_on_in_the_language_that_is_asked_for(http: TestClient, busy: Company) -> None:
    with time_machine.travel(NOON + timedelta(hours=2), tick=False):
        later = read(http, busy, "brief?since=2026-03-02T12:30:00Z&language=uk")
        before = read(http, busy, "brief?since=2026-02-01T00:00:00%2B02:00")
        nothing = read(http, busy, "brief?since=2026-03-02T13:30:00Z")
    assert later["activity"] == {"completed": 0, "handed_in": 0, "failed": 0, "spent_usd": "12.34"}
    said = {name: one["text"] for name, one in sentences(later).items()}
    assert said["activity.spent"] == "Нічого не завершено; робота коштувала 12,34\xa0$."
    assert said["tasks.failing"] == "Далі не йде 1 невдала задача."
    assert before["activity"]["completed"] == 1
    assert sentences(nothing)["activity.nothing"]["text"] == "Nothing was finished and nothing was spent."


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("brief?since=yesterday", "since"),
        ("brief?since=2026-03-02T12:00:00", "since"),
        ("brief?since=2999-01-01T00:00:00Z", "since"),
        ("brief?since=2020-01-01T00:00:00Z", "since"),
        ("brief?language=fr", "language"),
        ("brief?from=2026-01-01", "from"),
        ("briefs?cursor=x", "cursor"),
        ("briefs?limit=0", "limit"),
        ("briefs/yesterday", "day"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(http: TestClient, company: Company, path: str, field: str) -> None:
    answer = http.get(f"{BASE}/intelligence/{path}", headers=company.owner.headers)
    assert answer.status_code == 422, answer.text
    assert field in [bad["field"] for bad in answer.json()["errors"]]


def test_a_day_without_a_brief_is_not_there(http: TestClient, company: Company) -> None:
    answer = http.get(f"{BASE}/intelligence/briefs/2026-03-02", headers=company.owner.headers)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/brief.not_found")


def test_a_morning_has_one_brief_which_is_kept_and_told_of(http: TestClient, busy: Company) -> None:
    busy.do(settings.update_company, CompanyPatch(time_zone="Europe/Kyiv", locale="uk"))
    with time_machine.travel(datetime(2026, 3, 3, 6, 59, 59, tzinfo=UTC), tick=False):
        assert make() == 0
    with time_machine.travel(datetime(2026, 3, 3, 7, tzinfo=UTC), tick=False):
        assert [make(), make()] == [1, 0]
    with time_machine.travel(datetime(2026, 3, 3, 21, 59, tzinfo=UTC), tick=False):
        assert make() == 0
    with time_machine.travel(datetime(2026, 3, 4, 19, tzinfo=UTC), tick=False):
        assert make() == 1  # started late, the day still has one
        page = read(http, busy, "briefs?limit=1")
        older = read(http, busy, f"briefs?cursor={page['next_cursor']}")
        kept = read(http, busy, "briefs/2026-03-03")
        english = read(http, busy, "briefs/2026-03-03?language=en")
    assert [one["day"] for one in page["items"] + older["items"]] == ["2026-03-04", "2026-03-03"]
    assert older["next_cursor"] is None
    assert page["items"][0]["since"] == "2026-03-03T07:00:00Z"
    assert kept["since"] == "2026-03-02T07:00:00Z"
    assert (kept["activity"]["completed"], kept["language"], kept["time_zone"]) == (1, "uk", "Europe/Kyiv")
    assert kept["summary"]["text"].startswith("Агенти завершили 1 задачу, і робота коштувала 12,34\xa0$.")
    assert english["summary"]["text"].startswith("The agents finished 1 task, and the work cost $12.34.")
    assert [one["refs"] for one in kept["sentences"]] == [one["refs"] for one in english["sentences"]]
    told = execute("select subject_label, after, actor_name from events where name = 'brief.made' order by seq")
    assert [one["subject_label"] for one in told] == ["2026-03-03", "2026-03-04"]
    assert told[0]["after"]["text"] == kept["summary"]["text"]
    assert told[0]["after"]["bad"] == sum(one["severity"] == "bad" for one in kept["sentences"])


def test_of_many_workers_at_once_one_makes_the_brief_and_tells_of_it(company: Company) -> None:
    company.task(company.project(), ready=True)
    with time_machine.travel(NOON):
        assert sorted(at_once([make] * 8)) == [0] * 7 + [1]
    assert execute("select count(*) as n from briefs")[0]["n"] == 1
    (one,) = execute(
        "select e.xid::text as told, b.xmin::text as made from events e join briefs b on b.id = e.subject_id "
        "where e.name = 'brief.made'"
    )
    assert int(one["told"]) % 2**32 == int(one["made"])


def test_a_zone_moved_west_makes_no_second_brief_of_a_day(company: Company) -> None:
    with time_machine.travel(datetime(2026, 3, 3, 0, 30, tzinfo=UTC), tick=False):
        company.do(settings.update_company, CompanyPatch(time_zone="Asia/Tokyo"))
        assert make() == 1
        company.do(settings.update_company, CompanyPatch(time_zone="America/New_York"))
        assert make() == 0  # there it is still yesterday, at half past seven in the evening
    with time_machine.travel(datetime(2026, 3, 3, 14, tzinfo=UTC), tick=False):
        assert make() == 0
    assert [str(one["day"]) for one in execute("select day from briefs")] == ["2026-03-03"]
    assert clock.day_of(datetime(2026, 3, 3, 0, 30, tzinfo=UTC), "America/New_York").isoformat() == "2026-03-02"


def test_service_levels_deadlines_and_the_month_are_told_of_while_they_last(http: TestClient, company: Company) -> None:
    project = company.project("Halyard", key_prefix="HAL", deadline=NOON + timedelta(days=10))
    figures = '{"in_time": 0.125, "deadline": "2026-03-12T12:00:00Z"}'
    execute(
        "insert into forecasts (id, project_id, as_of, method, figures, fingerprint, seed, paths, own_runs, other_runs, cold, due_at)"
        " values (gen_random_uuid(), %(id)s, %(at)s, 'simulation', %(figures)s, '', 1, 1, 1, 1, false, %(at)s)",
        id=project.id, at=NOON - timedelta(hours=30), figures=figures,
    )  # fmt: skip
    worker = company.agent("CODE")
    for day in range(20):
        with time_machine.travel(NOON - timedelta(days=20 - day), tick=False):
            spend(company, worker, "10")
    company.do(budgeting.set_company_budget, CompanyBudgetIn(monthly_usd=Decimal(200)))
    with time_machine.travel(NOON, tick=False):
        rule(company, resolution_minutes=60)
        company.task(project, "Late", ready=True)
    with time_machine.travel(NOON + timedelta(minutes=15), tick=False):
        company.task(project, "Near", ready=True)
    moment = NOON + timedelta(minutes=65)
    tick(moment)
    with time_machine.travel(moment, tick=False):
        said = sentences(read(http, company, "brief"))
    texts = {name: one["text"] for name, one in said.items()}
    assert texts["tasks.sla_late"] == "1 task broke its SLA: HAL-1."
    assert texts["tasks.sla_near"] == "1 task is close to its SLA limit: HAL-2."
    assert texts["tasks.deadline_unlikely"] == "Halyard holds its deadline of 12 March with a chance of only 12%."
    assert said["tasks.deadline_unlikely"]["refs"][0]["href"] == "/projects/HAL"
    assert texts["budgets.month_likely_over"].endswith("against a budget of $200.00.")
    move(company, "HAL-1", worker, Status.IN_PROGRESS, Status.REVIEW)
    with time_machine.travel(NOON + timedelta(hours=7), tick=False):
        later = sentences(read(http, company, "brief"))
    assert "tasks.deadline_unlikely" not in later, "a forecast of two days ago says nothing of now"
    assert "tasks.sla_late" not in later, "it waits for a review, and is told as such"
