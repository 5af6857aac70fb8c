"""Anomalies as the clock finds them, keeps them and lets them go."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from fastapi.testclient import TestClient

from bench.replay.run import load_run
from orkwork.core import clock, db, door
from orkwork.core.actor import SCOPES, Actor, ActorKind, Level, Role, system
from orkwork.core.schema import PageOut
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.schemas import HeartbeatIn
from orkwork.domains.anomalies.models import AnomalyRule, AnomalyState
from orkwork.domains.anomalies.queries import listing
from orkwork.domains.anomalies.queries.listing import AnomalyFilter
from orkwork.domains.anomalies.schemas import AnomalyOut
from orkwork.domains.anomalies.service import watching
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries.tasks import task as read_task
from orkwork.domains.tasks.schemas import AssignIn, DependencyIn, MoveIn
from orkwork.domains.tasks.service import claims, dependencies, lifecycle
from tests.bench.loaded_run import ended_at, load
from tests.bench.real_data import RUN, needs_data
from tests.factories import Company, Worker

BASE = "/api/v2"
LASTING = [AnomalyState.OPEN, AnomalyState.ACKNOWLEDGED, AnomalyState.SNOOZED, AnomalyState.CLOSED]
NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")


def watch() -> None:
    for operation in (watching.watch_closely, watching.watch):
        door.run(system("clock"), operation, write=True)


def lasting(company: Company, *rules: AnomalyRule) -> list[AnomalyOut]:
    found: PageOut[AnomalyOut] = company.do(
        listing.anomalies, AnomalyFilter(states=LASTING, rules=list(rules)), limit=200
    )
    return found.items


def said(found: Iterable[AnomalyOut]) -> list[str]:
    return [one.says for one in found]


def execute(statement: str, **params: Any) -> list[Any]:
    with db.engine().begin() as connection:
        done = connection.exec_driver_sql(statement, params)
        return list(done.mappings()) if done.returns_rows else []


def move(company: Company, key: str, *states: Status) -> None:
    for state in states:
        company.do(lifecycle.transition, key, MoveIn(to=state))


def take(company: Company, key: str, worker: Worker, *states: Status) -> None:
    company.do(claims.assign, key, AssignIn(agent_id=worker.id))
    move(company, key, *states)


@pytest.mark.realdata
@needs_data
def test_of_a_recorded_run_exactly_the_executions_over_three_means_are_found(company: Company) -> None:
    run, project, worker = load_run(RUN), company.project("Replay", key_prefix="ACR"), company.agent("ACR")
    loaded = load(run, project, [worker.id])
    used = [one.input_tokens + one.output_tokens for one in run.trajectories]
    expected = {run_id for run_id, one in loaded if (one.input_tokens + one.output_tokens) * len(used) > 3 * sum(used)}
    assert len(expected) == 25
    with time_machine.travel(max(ended_at(one) for one in run.trajectories) + timedelta(hours=1), tick=False):
        watch()
        watch()
        found = lasting(company, AnomalyRule.TOKENS)
        assert len(found) == 25
        assert {one.execution_id for one in found} == expected
        assert lasting(company, AnomalyRule.FAILURES)[0].figures["count"] == 252
    with time_machine.travel(ended_at(run.trajectories[0]) + timedelta(days=40), tick=False):
        watch()
        assert lasting(company, AnomalyRule.TOKENS, AnomalyRule.FAILURES) == []


def test_what_is_wrong_is_found_once_kept_while_it_lasts_and_let_go(company: Company) -> None:
    project, other = company.project(), company.project("Other", key_prefix="OTH")
    worker, idle = company.agent("CODE", max_concurrent_tasks=5), company.agent("IDLE")
    with time_machine.travel(NOON, tick=False):
        for n in range(6):
            company.task(project, f"T{n}", ready=True)
        company.task(other, "Far away", ready=True)
        company.do(agents.heartbeat, HeartbeatIn(), actor=_actor(worker))
        take(company, "HAL-1", worker, Status.IN_PROGRESS, Status.REVIEW)
        take(company, "HAL-2", worker, Status.IN_PROGRESS)
        company.do(dependencies.add_dependency, "HAL-3", DependencyIn(depends_on="OTH-1"))
        company.do(dependencies.add_dependency, "HAL-4", DependencyIn(depends_on="HAL-5"))
        move(company, "HAL-5", Status.CANCELLED)
        execute("update projects set status = 'paused', hold = '{}' where key_prefix = 'OTH'")
        watch()
        assert [(one.rule, one.subject) for one in lasting(company)] == [("deadlock", "OTH-1"), ("deadlock", "HAL-5")]
    with time_machine.travel(NOON + timedelta(minutes=31), tick=False):
        watch()
        (silent,) = lasting(company, AnomalyRule.SILENT)
        assert silent.says == "CODE gave no sign of life for 31 minutes; tasks in hand: 1"
        assert [shown.label for shown in silent.evidence] == ["CODE", "HAL-2 T1"]
        assert silent.severity == "high"
    with time_machine.travel(NOON + timedelta(hours=25), tick=False):
        watch()
        assert lasting(company, AnomalyRule.SILENT)[0].first_seen_at == silent.first_seen_at
        assert said(lasting(company, AnomalyRule.REVIEW)) == ["HAL-1 waits for its review since 25 hours"]
        company.do(agents.heartbeat, HeartbeatIn(), actor=_actor(worker))
        move(company, "HAL-1", Status.COMPLETED)
        move(company, "HAL-5", Status.CREATED)
        execute("update projects set status = 'active', hold = null where key_prefix = 'OTH'")
        watch()
        assert lasting(company) == []
        execute("update agents set daily_budget_usd = 0 where id = %(id)s", id=idle.id)
        execute(
            "insert into cost_rollup select 'agent', %(id)s, '2026-03-03', 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0",
            id=str(idle.id),
        )
        watch()
        assert said(lasting(company)) == ["IDLE spent 5 of 0 USD today"]
    over = company.do(listing.anomalies, AnomalyFilter(states=[AnomalyState.OVER]), limit=50).items
    assert Counter(one.rule.value for one in over) == {"deadlock": 2, "silent": 1, "review": 1}
    names = Counter(row["name"] for row in execute("select name from events where name like 'anomaly.%%'"))
    assert names == {"anomaly.found": 5, "anomaly.over": 4}


def test_what_differs_from_its_like_is_found_with_its_evidence(company: Company) -> None:
    project, worker = company.project(), company.agent("CODE", max_concurrent_tasks=1)
    with time_machine.travel(NOON, tick=False):
        for n in range(13):
            company.task(project, f"T{n}", ready=True, labels=["small"])
        for n in range(1, 12):
            take(company, f"HAL-{n}", worker, Status.IN_PROGRESS, Status.REVIEW, Status.COMPLETED)
            spend(n, "9" if n == 11 else f"0.1{n}")
        execute(
            "insert into task_executions (id, task_id, project_id, agent_id, run, fence, status, note, failure, started_at, "
            "ended_at, version) select gen_random_uuid(), t.id, t.project_id, %(agent)s, n, 0, 'failed', '', 'tests_failed', "
            "%(now)s, %(now)s, 1 from tasks t, generate_series(5, 8) n where t.key = 'HAL-1'",
            agent=worker.id, now=clock.now() - timedelta(hours=1),
        )  # fmt: skip
        for days, price in ((9, "in 1"), (6, "in 1"), (2, "in 2"), (1, "in 2")):
            call(price, clock.now() - timedelta(days=days))
        execute(
            "insert into jobs (operation, every_seconds, paused, requested, next_at, failures, error) "
            "values ('audit.seal', 1, false, false, now(), 3, 'Broken: pipe')"
        )
        take(company, "HAL-12", worker, Status.IN_PROGRESS)  # waits for what waits for its agent
        execute("update tasks set status = 'ASSIGNED', assignee_id = %(id)s where key = 'HAL-13'", id=worker.id)
        execute(
            "insert into task_dependencies (task_id, depends_on_id, kind, created_at) select a.id, b.id, 'blocks', now() "
            "from tasks a, tasks b where a.key = 'HAL-12' and b.key = 'HAL-13'"
        )
        execute("update tasks set blocked_count = 1, flagged = true where key = 'HAL-12'")
        watch()
        assert sorted(said(lasting(company))) == [
            "CODE failed 4 times in 24 hours: tests_failed",
            "HAL-11 cost 9 USD, its like 0.15 USD",
            "HAL-12, which nobody will move, keeps others waiting (2): they wait on each other",
            "The price of openai/gpt-x changed",
            "audit.seal failed 3 times in a row",
        ]
        assert len(lasting(company, AnomalyRule.FAILURES)[0].evidence) == 4
        price = lasting(company, AnomalyRule.PRICE)[0]
        assert [shown.says for shown in price.evidence] == ["in 1", "in 2"]


def test_an_agent_that_pays_another_price_for_the_same_model_is_found_with_the_calls_that_show_it(
    company: Company,
) -> None:
    dear, same = company.agent("DEAR"), company.agent("SAME")
    with time_machine.travel(NOON, tick=False):
        for n in range(40):
            at = clock.now() - timedelta(days=20 - n / 2)
            late = n >= 27
            mix = (1_000, 900 + 10 * n) if late else (5_000 + 100 * n, 200 + 7 * (n % 5))
            report(dear, at, *mix, times="1.5" if late else "1")
            report(same, at, *mix, times="1")
        watch()
        (found,) = lasting(company, AnomalyRule.PRICE)
    assert found.says == "The price of openai/gpt-y (DEAR) changed"
    assert (found.figures["times"], found.agent_id) == (1.5, dear.id)
    before, after, agent = found.evidence
    assert (before.kind, after.kind, agent.label) == ("cost", "cost", "DEAR")
    assert after.says == "0.03408 USD for 1000 tokens in and 1170 out"
    assert before.at is not None
    assert after.at is not None
    assert after.at - before.at == timedelta(hours=12)


def report(worker: Worker, at: datetime, tokens_in: int, tokens_out: int, times: str) -> None:
    """A call at 4 dollars a million tokens in and 16 a million out, so many times, as its caller reports it."""
    execute(
        "insert into costs (id, agent_id, provider, model, occurred_at, day, input_tokens, output_tokens, cached_tokens, "
        "cache_write_tokens, amount_usd, caller_usd, basis, created_at) select gen_random_uuid(), %(agent)s, 'openai', 'gpt-y', "
        "%(at)s, %(at)s::timestamptz::date, %(i)s, %(o)s, 0, 0, usd, usd, 'caller', %(at)s "
        "from (select (%(i)s * 0.000004 + %(o)s * 0.000016) * %(times)s::numeric as usd) as priced",
        agent=worker.id, at=at, i=tokens_in, o=tokens_out, times=times,
    )  # fmt: skip


def spend(number: int, amount: str) -> None:
    execute(
        "insert into cost_rollup select 'task', id::text, '0001-01-01', 0, %(amount)s::numeric, 0, 0, 0, 1, 0, 0, 0, 0, 0 "
        "from tasks where key = %(key)s",
        amount=amount,
        key=f"HAL-{number}",
    )


def call(prices: str, at: datetime) -> None:
    execute(
        "insert into costs (id, provider, model, occurred_at, day, input_tokens, output_tokens, cached_tokens, "
        "cache_write_tokens, amount_usd, basis, price, created_at) values (gen_random_uuid(), 'openai', 'gpt-x', %(at)s, "
        "%(at)s::timestamptz::date, 1, 1, 0, 0, 1, 'catalogue', jsonb_build_object('prices', %(prices)s::text), %(at)s)",
        prices=prices, at=at,
    )  # fmt: skip


def failing(company: Company, worker: Worker, key: str, count: int, start: int = 10) -> None:
    execute(
        "insert into task_executions (id, task_id, project_id, agent_id, run, fence, status, note, failure, started_at, "
        "ended_at, version) select gen_random_uuid(), t.id, t.project_id, %(agent)s, n, 0, 'failed', '', 'network', now(), now(), "
        "1 from tasks t, generate_series(%(start)s, %(start)s + %(n)s - 1) n where t.key = %(key)s",
        agent=worker.id, key=key, n=count, start=start,
    )  # fmt: skip


def test_people_say_what_they_want_to_hear_of(http: TestClient, company: Company) -> None:
    project, worker, owner = company.project(), company.agent("CODE"), company.owner.headers
    company.task(project, ready=True)
    failing(company, worker, "HAL-1", 3)
    watch()
    (found,) = http.get(f"{BASE}/intelligence/anomalies?state=open", headers=owner).json()["items"]
    one = f"{BASE}/intelligence/anomalies/{found['id']}"
    assert (found["severity"], found["figures"]["failure"], found["version"]) == ("medium", "network", 1)

    def post(act: str, body: Any = None, **more: str) -> Any:
        return http.post(f"{one}/{act}", json=body, headers=owner | more)

    def states() -> list[str]:
        return [row["state"] for row in http.get(f"{BASE}/intelligence/anomalies", headers=owner).json()["items"]]

    assert post("acknowledge", **{"If-Match": '"7"'}).status_code == 412
    seen = post("acknowledge").json()
    assert (seen["state"], seen["acknowledged_by"]) == ("acknowledged", "Owner")
    assert post("acknowledge").json()["version"] == seen["version"]
    later = (clock.now() + timedelta(hours=2)).isoformat()
    assert post("snooze", {"until": later}).json()["state"] == "snoozed"
    for wrong in ({"until": "2020-01-01T00:00:00Z"}, {"until": "2999-01-01T00:00:00Z"}, {"until": "soon"}, {}):
        refused = post("snooze", wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "until")
    assert post("close", {"reason": "known"}).json()["state"] == "closed"
    watch()
    assert states() == ["closed"]
    failing(company, worker, "HAL-1", 7, start=50)  # graver: all that was said counts no more
    watch()
    (row,) = http.get(f"{BASE}/intelligence/anomalies?rule=failures&severity=high", headers=owner).json()["items"]
    assert (row["state"], row["acknowledged_by"], row["figures"]["count"]) == ("open", None, 10)
    execute("delete from task_executions")
    watch()
    assert states() == ["over"]
    assert post("close", {}).json()["type"] == "/problems/anomaly.over"
    assert post("undo").json()["type"] == "/problems/anomaly.nothing_to_undo"
    assert http.get(f"{BASE}/intelligence/anomalies/{uuid4()}", headers=owner).status_code == 404
    for wrong in ("state=odd", "rule=x", "severity=fatal", "agent=1", "cursor=zzz", "limit=0", "since=1"):
        assert http.get(f"{BASE}/intelligence/anomalies?{wrong}", headers=owner).status_code == 422, wrong
    member = company.person(Role.MEMBER).headers
    assert http.post(f"{one}/acknowledge", headers=member).status_code == 403


def test_a_policy_acts_at_once_records_why_and_can_be_taken_back(http: TestClient, company: Company) -> None:
    project, owner = company.project(), company.owner.headers
    loud, dull = company.agent("LOUD"), company.agent("DULL")
    actions = {"failures": "pause_agent", "silent": "give_back"}
    changed = http.patch(f"{BASE}/settings", json={"anomaly_rules": {"actions": actions}}, headers=owner)
    assert changed.json()["anomaly_rules"]["actions"] == actions
    for wrong in (
        {"actions": {"price": "pause_agent"}},
        {"actions": {"silent": "fire"}},
        {"silent_minutes": 0},
        {"x": 1},
    ):
        assert http.patch(f"{BASE}/settings", json={"anomaly_rules": wrong}, headers=owner).status_code == 422
    for n in range(3):
        company.task(project, f"T{n}", ready=True)
    take(company, "HAL-1", dull, Status.IN_PROGRESS)
    take(company, "HAL-2", dull)
    failing(company, loud, "HAL-3", 3)
    with time_machine.travel(clock.now() + timedelta(minutes=45), tick=False):
        watch()
        done = {one.rule: one for one in lasting(company) if one.action}
        assert {rule: one.action for rule, one in done.items()} == actions
        assert company.do(read_task, "HAL-1").parse().status == "READY"
        log = http.get(f"{BASE}/decisions/log", headers=owner).json()["items"]
        assert {one["id"] for one in log} == {str(one.decision_id) for one in done.values()}
        assert {one["title"] for one in log} == {"LOUD paused", "Tasks of DULL given back: HAL-1, HAL-2"}
        for one in done.values():
            undone = http.post(f"{BASE}/intelligence/anomalies/{one.id}/undo", headers=owner)
            assert (undone.status_code, undone.json()["undone_by"]) == (200, "Owner"), undone.text
            again = http.post(f"{BASE}/intelligence/anomalies/{one.id}/undo", headers=owner)
            assert again.json()["type"] == "/problems/anomaly.nothing_to_undo"
        assert execute("select status from agents where id = %(id)s", id=loud.id)[0]["status"] == "active"
        assert company.do(read_task, "HAL-1").parse().assignee_id == dull.id
        assert len(http.get(f"{BASE}/decisions/log", headers=owner).json()["items"]) == 4
        watch()
        assert execute("select status from agents where id = %(id)s", id=loud.id)[0]["status"] == "active"


def _actor(worker: Worker) -> Actor:
    return Actor(ActorKind.AGENT, worker.id, worker.out.name, scopes=frozenset(SCOPES), level=Level.SUPERVISED)
