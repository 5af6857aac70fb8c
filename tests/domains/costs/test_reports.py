"""What the ledger adds up to: crossed, corrected, checked, and equal to a real run to the cent."""

import csv
import io
import os
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from bench.replay.run import CENT, load_run
from orkwork.core import clock, db, door
from orkwork.core.actor import Role, system
from orkwork.core.errors import Conflict
from orkwork.domains.costs.queries import figures, ledger, reports
from orkwork.domains.costs.queries.reports import Part
from orkwork.domains.costs.schemas.ledger import CorrectionIn, CostBatchIn, CostIn
from orkwork.domains.costs.service import checking, correcting, recording
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import ClaimIn, MoveIn
from orkwork.domains.tasks.service import claims, lifecycle
from tests.bench.real_data import RUN, needs_data
from tests.domains.costs.test_ledger import recounted, rolled
from tests.domains.tasks.racing import acting
from tests.factories import Company, Worker
from tests.services import ROOT

BASE = "/api/v2"
DIMENSIONS = ("agent", "project", "task", "model", "provider", "day", "week", "month")


def rows(statement: str, **params: Any) -> list[dict[str, Any]]:
    with db.engine().connect() as connection:
        return [dict(row) for row in connection.exec_driver_sql(statement, params).mappings()]


def record(company: Company, worker: Worker, **fields: Any) -> Any:
    body = CostIn.model_validate({"provider": "x", "model": "y"} | fields)
    return company.do(recording.record_cost, body, actor=acting(worker))[0]


def key_of(row: dict[str, Any], by: str) -> str | None:
    """What a row counts for, worked out here."""
    day: date = row["day"]
    found = {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "model": row["model"],
        "provider": row["provider"],
    }.get(by, row.get(f"{by}_id"))
    return None if found is None else str(found)


def added_up(by: str, across: str) -> dict[tuple[str, str], tuple[Decimal, int, int]]:
    """Every pair's amount, calls and calls without a price, out of the rows."""
    out: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [Decimal(0), 0, 0])
    for row in rows("select * from costs"):
        pair = key_of(row, by), key_of(row, across)
        if pair[0] is not None and pair[1] is not None and (row["task_id"] or "task" not in (by, across)):
            sums = out[pair[0], pair[1]]
            sums[0] += row["amount_usd"] or 0
            sums[1] += row["corrects_id"] is None
            sums[2] += row["unpriced"]
    return {pair: tuple(sums) for pair, sums in out.items()}


def crossed(company: Company, by: Any, across: Any, **part: Any) -> dict[tuple[str, str], tuple[Decimal, int, int]]:
    found = company.do(reports.crossed, by, across, Part(**part))
    return {(one.key, one.across_key): (one.amount_usd, one.calls, one.unpriced) for one in found.items}


def make(company: Company) -> tuple[list[Worker], list[Any]]:
    workers, projects = [company.agent() for _ in range(3)], [company.project("One"), company.project("Two")]
    made = [company.task(project, f"T{n}") for n, project in enumerate(projects * 2)]
    for n, worker in enumerate(workers * 8):
        fields: dict[str, Any] = [
            {"task_id": str(made[n % 4].id)},
            {"project_id": str(projects[n % 2].id)},
            {},
        ][n % 3]
        amount = {"amount_usd": f"{n}.{n:03}"} if n % 4 else {"provider": "acme", "model": "home-made"}
        at = datetime(2026, 1, 30, 22, tzinfo=UTC) + timedelta(hours=17 * n)
        more = {"provider": ("openai", "anthropic")[n % 2], "model": ("gpt-4o", "o1", "claude")[n % 3]}
        record(company, worker, **(more | amount | fields | {"occurred_at": at, "input_tokens": n}))
    return workers, projects


def test_any_two_dimensions_crossed_equal_the_rows_exactly(http: TestClient, company: Company) -> None:
    with db.engine().begin() as connection:
        connection.exec_driver_sql("update settings set time_zone = 'Europe/Kyiv'")
    workers, projects = make(company)
    for by, across in permutations(DIMENSIONS, 2):
        assert crossed(company, by, across) == added_up(by, across), (by, across)
    part = {"agent_id": str(workers[0].id), "project": str(projects[0].id), "from": "2026-02-01", "to": "2026-02-09"}
    wanted = [
        row for row in rows("select * from costs")
        if (row["agent_id"], row["project_id"]) == (workers[0].id, projects[0].id)
        and date(2026, 2, 1) <= row["day"] <= date(2026, 2, 9)
    ]  # fmt: skip
    answer = http.get(
        f"{BASE}/intelligence/costs", params=part | {"by": "model", "across": "week"}, headers=company.owner.headers
    )
    assert Decimal(answer.json()["total"]["amount_usd"]) == sum(row["amount_usd"] or 0 for row in wanted)
    listed = {"agent_id": part["agent_id"], "project": part["project"], "day_from": part["from"], "day_to": part["to"]}
    behind = http.get(f"{BASE}/costs", params=listed, headers=company.owner.headers).json()["items"]
    assert {row["id"] for row in behind} == {str(row["id"]) for row in wanted}, "a figure opens its rows"
    table = http.get(f"{BASE}/costs/export", params=listed, headers=company.owner.headers)
    assert {line["id"] for line in csv.DictReader(io.StringIO(table.text))} == {row["id"] for row in behind}
    for bad in ({"across": "week"}, {"by": "agent", "group_by": "agent"}, {"by": "agent", "across": "execution"}):
        assert http.get(f"{BASE}/intelligence/costs", params=bad, headers=company.owner.headers).status_code == 422


def test_a_correction_is_a_further_row_and_sums_never_fall_below_zero(http: TestClient, company: Company) -> None:
    worker, admin = company.agent(daily_budget_usd=Decimal(5)), company.person(Role.ADMIN)
    dear = record(company, worker, amount_usd="6", input_tokens=10, output_tokens=4)
    unknown = record(company, worker, input_tokens=7)
    assert company.do(claims.claim, ClaimIn(), actor=acting(worker)).parse().reason == "over_budget"
    path = f"{BASE}/costs/{dear.id}/corrections"
    made = http.post(path, json={"amount_usd": "1.5", "reason": "wrong price"}, headers=admin.headers)
    assert made.status_code == 201, made.text
    assert (made.json()["amount_usd"], made.json()["corrects_id"], made.json()["basis"]) == (
        "-4.5",
        str(dear.id),
        "correction",
    )
    assert company.do(claims.claim, ClaimIn(), actor=acting(worker)).parse().reason == "nothing_ready"
    assert http.post(path, json={"amount_usd": "1.5", "reason": "again"}, headers=admin.headers).status_code == 409
    assert http.post(path, json={"amount_usd": "-1", "reason": "less"}, headers=admin.headers).status_code == 422
    assert (
        http.post(path, json={"reverse": True, "amount_usd": "1", "reason": "both"}, headers=admin.headers).status_code
        == 422
    )
    assert http.post(path, json={"reverse": True, "reason": "x"}, headers=worker.headers).status_code == 403
    again = f"{BASE}/costs/{made.json()['id']}/corrections"
    assert http.post(again, json={"reverse": True, "reason": "x"}, headers=admin.headers).status_code == 409
    company.do(correcting.correct_cost, dear.id, CorrectionIn(reverse=True, reason="never happened"))
    company.do(correcting.correct_cost, unknown.id, CorrectionIn(amount_usd=Decimal("0.25"), reason="the invoice"))
    total = company.do(reports.report, "agent").total
    assert (total.amount_usd, total.calls, total.unpriced) == (Decimal("0.25"), 2, 0)
    assert (total.input_tokens, total.output_tokens) == (7, 0)
    assert rolled() == recounted()
    assert crossed(company, "agent", "day") == added_up("agent", "day")
    listed = company.do(ledger.costs, ledger.CostFilter(corrects_id=dear.id)).items
    assert [row.reason for row in listed] == ["never happened", "wrong price"]
    with pytest.raises(Conflict):
        company.do(correcting.correct_cost, dear.id, CorrectionIn(reverse=True, reason="twice"))


def test_calls_that_lie_in_the_future_or_name_another_currency_are_refused(http: TestClient, company: Company) -> None:
    worker, call = company.agent(), {"provider": "x", "model": "y"}
    ahead = (clock.now() + timedelta(hours=1)).isoformat()
    for body, field in (
        (call | {"occurred_at": ahead}, "occurred_at"),
        (call | {"currency": "EUR"}, "currency"),
        (call | {"usage": {"prompt_tokens": -1}}, "usage.prompt_tokens"),
        (call | {"usage": {"prompt_tokens": 1}, "input_tokens": 1}, "usage"),
        (call | {"output_tokens": 1, "reasoning_tokens": 2}, "reasoning_tokens"),
    ):
        refused = http.post(f"{BASE}/costs", json=body, headers=worker.headers)
        assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, [field]), (
            refused.text
        )
    many = {"items": [call, call | {"occurred_at": ahead}]}
    refused = http.post(f"{BASE}/costs/batch", json=many, headers=worker.headers)
    assert refused.json()["errors"][0]["field"] == "items.1.occurred_at"
    soon = http.post(
        f"{BASE}/costs",
        json=call | {"occurred_at": (clock.now() + timedelta(minutes=1)).isoformat()},
        headers=worker.headers,
    )
    assert soon.status_code == 201, "a clock may be a little ahead"
    whole = {"provider": "anthropic", "model": "claude-3-5-sonnet-latest"}
    body = {
        "usage": {
            "input_tokens": 3,
            "cache_read_input_tokens": 1000,
            "cache_creation_input_tokens": 0,
            "output_tokens": 9,
        }
    }
    made = http.post(f"{BASE}/costs", json=whole | body, headers=worker.headers).json()
    assert (made["input_tokens"], made["cached_tokens"], made["basis"]) == (1003, 1000, "catalogue")
    assert made["price"]["model"].startswith("claude-3-5-sonnet")


def test_the_check_compares_every_sum_and_tells_of_one_that_differs(company: Company) -> None:
    worker = company.agent()
    task = company.task(company.project())
    today = clock.now()
    for days in (0, 1, 3, 12):
        record(company, worker, amount_usd="1", occurred_at=today - timedelta(days=days), task_id=str(task.id))

    def check() -> int:
        return door.run(system("test"), checking.check_sums, write=True)

    assert [check() for _ in range(4)] == [0, 0, 0, 0]
    looked = company.do(figures.checks)
    assert sum(one.calls for one in looked[-4:]) >= 4 and all(one.differing == 0 for one in looked)
    with db.engine().begin() as connection:
        connection.exec_driver_sql(
            "update cost_rollup set amount_usd = amount_usd + 0.000000000001 where kind in ('model', 'task')"
        )
        connection.exec_driver_sql("update cost_cube set calls = calls + 1")
    assert check() > 0
    [latest, *_] = company.do(figures.checks)
    assert {one["kind"] for one in latest.examples} <= {"model", "task", "crossed"}
    assert rows("select count(*) as n from events where name = 'costs.drifted'") != [{"n": 0}]
    door.run(system("test"), recording.rebuild_rollups, write=True)
    assert check() == 0


KILLED = """
import sys
from orkwork.core import door
from orkwork.core.actor import system
from orkwork.core.operation import OPERATIONS
from orkwork.domains import registry

registry.load_operations()
entry = OPERATIONS[sys.argv[1]]
door.run(system("test"), getattr(sys.modules[entry.fn.__module__], entry.fn.__name__), write=True)
"""


@pytest.mark.parametrize("job", ["costs.rebuild_rollups", "costs.check_sums"])
def test_a_kill_in_the_middle_leaves_every_sum_as_it_was(company: Company, tmp_path: Path, job: str) -> None:
    workers, _ = make(company)
    before, armed = rolled(), tmp_path / "failpoints"
    armed.mkdir()
    (armed / job).touch()
    env = os.environ | {"ORKWORK_FAILPOINTS": str(armed)}
    command = [sys.executable, "-c", KILLED, job]
    killed = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert rolled() == before == recounted()
    record(company, workers[0], amount_usd="1")
    assert rolled() == recounted()
    assert door.run(system("test"), checking.check_sums, write=True) == 0


def finish(company: Company, worker: Worker, amount: str) -> str:
    [claim] = company.do(claims.claim, ClaimIn(start=True), actor=acting(worker)).parse().claims
    record(company, worker, amount_usd=amount, execution_id=str(claim.execution.id))
    company.do(lifecycle.transition, claim.task.key, MoveIn(to=Status.REVIEW, fence=claim.fence), actor=acting(worker))
    company.do(lifecycle.transition, claim.task.key, MoveIn(to=Status.COMPLETED))
    return claim.task.key


def test_an_outcome_is_verified_when_a_review_took_it_and_nobody_opened_it_again(company: Company) -> None:
    project, worker = company.project(), company.agent()
    assert company.do(figures.outcomes).per_verified_usd is None, "too little data is no zero"
    for _ in range(7):
        company.task(project, ready=True)
    keys = [finish(company, worker, str(n)) for n in range(1, 7)]
    company.do(lifecycle.transition, keys[0], MoveIn(to=Status.READY))
    found = company.do(figures.outcomes)
    assert (found.completed, found.verified, found.spent_usd) == (5, 5, Decimal(21))
    finish(company, worker, "3")
    found = company.do(figures.outcomes)
    assert (found.completed, found.verified) == (6, 5)
    assert (found.per_completed_usd, found.per_verified_usd) == (Decimal(4), Decimal("4.8"))
    assert (found.task_p50_usd, found.task_max_usd) == (Decimal(4), Decimal(6))
    assert [task.key for task in found.dearest][:2] == [keys[5], keys[4]]
    assert sum(bucket.tasks for bucket in found.buckets) == 6


def test_totals_stand_against_the_same_stretch_before_and_the_forecast_says_when_it_knows_too_little(
    http: TestClient, company: Company
) -> None:
    now = datetime(2026, 3, 18, 12, tzinfo=UTC)  # a Wednesday
    with time_machine.travel(now, tick=False):
        worker = company.agent()
        cold = http.get(f"{BASE}/intelligence/costs/forecast", headers=company.person(Role.VIEWER).headers).json()
        assert (cold["enough"], cold["p50_usd"], cold["history_days"]) == (False, None, 0)
        for days in range(40):
            record(company, worker, amount_usd="2", occurred_at=now - timedelta(days=days))
        record(company, worker, occurred_at=now)
        spent = company.do(figures.spending)
        assert (spent.today.amount_usd, spent.today.before_usd, spent.today.unpriced) == (Decimal(2), Decimal(2), 1)
        assert (spent.week.amount_usd, spent.week.before_usd) == (Decimal(6), Decimal(6))
        assert (spent.month.amount_usd, spent.month.before_usd) == (Decimal(36), Decimal(24))
        found = company.do(figures.forecast)
        assert (found.enough, found.p50_usd, found.p85_usd) == (True, Decimal(62), Decimal(62))
        assert found.certain == pytest.approx(36 / 62)
        assert [day.spent_usd for day in found.days][16:19] == [Decimal(34), Decimal(36), None]


@pytest.mark.realdata
@needs_data
def test_the_sums_of_a_real_run_are_those_of_its_cost_files_to_the_cent(company: Company) -> None:
    run = load_run(RUN)
    assert run.calls == 4_765
    workers, project = [company.agent() for _ in range(4)], company.project()
    stated: dict[str, Counter[str]] = {name: Counter() for name in ("agent", "task", "model", "cross")}
    for n, trajectory in enumerate(run.trajectories):
        worker, task = workers[n % 4], company.task(project, trajectory.name)
        prices = trajectory.stated
        assert prices.total_cost is not None
        items = [
            {
                "provider": "openai", "model": prices.model or "gpt-4-0125-preview", "task_id": str(task.id),
                "occurred_at": call.at, "input_tokens": call.input_tokens, "output_tokens": call.output_tokens,
"amount_usd": None if call.cost is None else call.cost.quantize(Decimal("1e-12")),
                "external_id": f"{trajectory.name}:{call.number}",
            }
            for call in trajectory.calls
        ]  # fmt: skip
        for start in range(0, len(items), 500):
            company.do(
                recording.record_costs,
                CostBatchIn.model_validate({"items": items[start : start + 500]}),
                actor=acting(worker),
            )
        for name, key in (
            ("agent", str(worker.id)),
            ("task", str(task.id)),
            ("model", prices.model),
            ("cross", f"{worker.id} {prices.model}"),
        ):
            stated[name][key or ""] += prices.total_cost  # pyright: ignore[reportArgumentType]
    whole = sum((one.stated.total_cost or Decimal(0) for one in run.trajectories), Decimal(0))
    for by in ("agent", "task", "model"):
        found = {one.key: one.amount_usd for one in company.do(reports.report, by, limit=1000).items}
        assert {key: amount.quantize(CENT) for key, amount in found.items()} == {
            key: Decimal(amount).quantize(CENT) for key, amount in stated[by].items() if key in found
        }
        assert sum(found.values(), Decimal(0)).quantize(CENT) == whole.quantize(CENT)
    pairs = company.do(reports.crossed, "agent", "model", Part()).items
    assert {f"{one.key} {one.across_key}": one.amount_usd.quantize(CENT) for one in pairs} == {
        key: Decimal(amount).quantize(CENT) for key, amount in stated["cross"].items()
    }
    for by in ("day", "week", "month", "provider", "project"):
        assert company.do(reports.crossed, by, "agent", Part()).total.amount_usd.quantize(CENT) == whole.quantize(CENT)
    assert rolled() == recounted()
