"""The replay against an API in memory."""

import asyncio
import random
from decimal import Decimal
from pathlib import Path

import httpx

from bench.replay.again import nothing_changed, snapshot
from bench.replay.audit import audit_chain
from bench.replay.check import Check, compare, price_difference, read_ledger
from bench.replay.client import Client
from bench.replay.run import load_run
from bench.replay.work import Pass, Plan, work_run
from tests.bench.fake_api import FakeApi
from tests.bench.made_up import write_run

URL = "http://orkwork.test"


def plan_of(tmp_path: Path) -> Plan:
    return Plan(load_run(write_run(tmp_path)), "project-1", "tiny")


def clients_of(api: FakeApi, count: int = 2) -> list[Client]:
    return [Client(URL, key=f"ork_{n}", name=f"a{n}", transport=api.transport()) for n in range(count)]


async def worked(api: FakeApi, plan: Plan) -> tuple[Pass, list[Check], dict[str, Decimal]]:
    agents = clients_of(api)
    done = await work_run(plan, agents, agents[1:] + agents[:1])
    ledger = await read_ledger(agents[0], plan.project_id)
    return done, compare(plan, done, ledger), price_difference(ledger)


def failed(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if not check.ok]


def test_a_run_is_worked_and_everything_agrees(tmp_path: Path) -> None:
    api = FakeApi()
    done, checks, prices = asyncio.run(worked(api, plan_of(tmp_path)))
    assert failed(checks) == []
    assert (done.costs, len(api.costs), len(api.executions)) == (3, 3, 3)
    assert sorted(task["status"] for task in api.tasks.values()) == ["COMPLETED", "FAILED", "FAILED"]
    assert prices["difference"] == -486 * Decimal("0.00002")


def test_a_wrong_amount_is_found(tmp_path: Path) -> None:
    api = FakeApi()
    api.overcharge = Decimal("0.01")
    _, checks, _ = asyncio.run(worked(api, plan_of(tmp_path)))
    assert "total, to the cent" in failed(checks)
    assert "dollars of each execution = sum of its logged calls" in failed(checks)


def test_a_lost_call_is_found(tmp_path: Path) -> None:
    async def lose() -> list[Check]:
        plan, api = plan_of(tmp_path), FakeApi()
        agents = clients_of(api)
        done = await work_run(plan, agents, agents[1:] + agents[:1])
        api.costs.popitem()
        return compare(plan, done, await read_ledger(agents[0], plan.project_id))

    assert "LLM calls in the ledger" in failed(asyncio.run(lose()))


def test_answers_that_get_lost_are_asked_for_again_with_the_same_key(tmp_path: Path) -> None:
    api, draw = FakeApi(), random.Random(7)
    api.fail = lambda request: draw.choice([None, None, None, 0, 503, 429]) if request.method != "GET" else None
    done, checks, _ = asyncio.run(worked(api, plan_of(tmp_path)))
    assert failed(checks) == []
    assert done.retries > 0


def test_a_second_replay_changes_nothing(tmp_path: Path) -> None:
    async def twice() -> list[Check]:
        plan, api = plan_of(tmp_path), FakeApi()
        agents = clients_of(api)
        shots = []
        for _ in range(2):
            await work_run(plan, agents, agents[1:] + agents[:1])
            ledger = await read_ledger(agents[0], plan.project_id)
            shots.append(snapshot(ledger, (await audit_chain(agents[0], plan.project_id)).last_event))
        return nothing_changed(*shots)

    assert failed(asyncio.run(twice())) == []


def test_a_server_that_never_answers_ends_the_replay() -> None:
    api = FakeApi()
    api.fail = lambda request: 0
    client = Client(URL, key="ork_1", transport=api.transport())

    client.shortest_wait = 0.0

    async def ask() -> str:
        try:
            await client.get("/me")
        except httpx.ConnectError:
            return "gave up"
        return "answered"

    assert asyncio.run(ask()) == "gave up"
    assert client.retries > 3
