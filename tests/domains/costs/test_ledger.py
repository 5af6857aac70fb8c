"""The ledger: what counts, what is recorded once, and sums that equal the rows exactly."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs import outbox
from orkwork.core import clock, db, door
from orkwork.core.actor import system
from orkwork.core.errors import Conflict, Invalid, OrkworkError
from orkwork.domains.costs.schemas.ledger import CostBatchIn, CostIn
from orkwork.domains.costs.service import recording as service
from tests.domains.tasks.racing import acting, at_once
from tests.factories import Company, Worker

BASE = "/api/v2"
MODEL = {"provider": "openai", "model": "gpt-4-0125-preview"}
SUMS = "amount_usd catalogue_usd caller_usd difference_usd calls unpriced differing input_tokens output_tokens cached_tokens"
COLUMNS = SUMS.split()


def record(company: Company, worker: Worker, **fields: Any) -> Any:
    return company.do(service.record_cost, CostIn.model_validate(MODEL | fields), actor=acting(worker))[0]


def rolled() -> dict[tuple[str, str, str], tuple[Decimal, ...]]:
    """The sums as they are kept."""
    statement = (
        f"select kind, key, day::text, {', '.join(f'sum({c})' for c in COLUMNS)} from cost_rollup group by 1, 2, 3"
    )
    with db.engine().connect() as connection:
        return {tuple(row[:3]): tuple(row[3:]) for row in connection.exec_driver_sql(statement)}


def recounted() -> dict[tuple[str, str, str], tuple[Decimal, ...]]:
    """The same out of the rows, in Python."""
    found: dict[Any, list[Any]] = {}
    with db.engine().connect() as connection:
        rows = connection.exec_driver_sql(
            "select c.*, (occurred_at at time zone s.time_zone)::date::text as zone_day from costs c cross join settings s"
        ).mappings()
        for row in rows.all():
            both = row["caller_usd"] is not None and row["catalogue_usd"] is not None
            values = [
                row["amount_usd"] or 0,
                row["catalogue_usd"] or 0,
                row["caller_usd"] or 0,
                row["caller_usd"] - row["catalogue_usd"] if both else 0,
                int(row["corrects_id"] is None),
                row["unpriced"],
                int(both and row["caller_usd"] != row["catalogue_usd"]),
                row["input_tokens"],
                row["output_tokens"],
                row["cached_tokens"],
            ]
            always, day = "0001-01-01", row["zone_day"]
            keys = [("company", "all", day), ("agent", row["agent_id"], day), ("project", row["project_id"], day)]
            keys += [
                ("model", row["model"], day),
                ("provider", row["provider"], day),
                ("task", row["task_id"], always),
                ("execution", row["execution_id"], always),
            ]
            for kind, key, of in keys:
                if key is not None:
                    sums = found.setdefault((kind, str(key), of), [0] * len(COLUMNS))
                    for i, value in enumerate(values):
                        sums[i] += value
    return {key: tuple(Decimal(v) for v in values) for key, values in found.items()}


def test_the_callers_amount_counts_else_the_catalogues_else_none(company: Company) -> None:
    worker = company.agent()
    priced = record(company, worker, input_tokens=1000, output_tokens=100)
    assert (priced.basis, priced.amount_usd, priced.caller_usd, priced.difference_usd) == (
        "catalogue",
        Decimal("0.013"),
        None,
        None,
    )
    stated = record(company, worker, input_tokens=1000, output_tokens=100, amount_usd="0.02")
    assert (stated.basis, stated.amount_usd, stated.catalogue_usd) == ("caller", Decimal("0.02"), Decimal("0.013"))
    assert stated.difference_usd == Decimal("0.007")
    unknown = record(company, worker, provider="acme", model="home-made-7", input_tokens=5)
    assert (unknown.basis, unknown.amount_usd) == ("unpriced", None)
    compared = record(
        company, worker, input_tokens=1000, output_tokens=100, unit_prices_usd={"input": "0.00001", "output": "0.00001"}
    )
    assert (compared.basis, compared.amount_usd, compared.caller_usd) == (
        "catalogue",
        Decimal("0.013"),
        Decimal("0.011"),
    )
    free = record(company, worker, amount_usd="0")
    assert (free.basis, free.amount_usd) == ("caller", Decimal(0))


def test_the_second_report_is_200_with_the_first_row_and_another_call_409(http: TestClient, company: Company) -> None:
    one, other = company.agent(), company.agent()
    body = MODEL | {"input_tokens": 10, "external_id": "call-1"}
    first = http.post(f"{BASE}/costs", json=body, headers=one.headers)
    again = http.post(f"{BASE}/costs", json=body, headers=one.headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert http.post(f"{BASE}/costs", json=body, headers=other.headers).status_code == 201
    changed = http.post(f"{BASE}/costs", json=body | {"input_tokens": 11}, headers=one.headers)
    assert changed.status_code == 409
    assert changed.json()["type"] == "/problems/cost.external_id"
    total = http.get(f"{BASE}/intelligence/costs", headers=one.headers).json()["total"]
    assert (total["calls"], total["input_tokens"]) == (2, 20)


def test_eight_threads_report_the_same_fifty_calls_once(company: Company) -> None:
    worker = company.agent()
    items = [CostIn.model_validate(MODEL | {"input_tokens": n, "external_id": f"c{n}"}) for n in range(50)]

    def report(n: int) -> int:
        if n % 2:
            body = CostBatchIn(items=items if n % 4 == 1 else items[::-1])
            return company.do(service.record_costs, body, actor=acting(worker)).recorded
        return sum(company.do(service.record_cost, item, actor=acting(worker))[1] for item in items)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(report, range(8))) == 50
    with db.engine().connect() as connection:
        assert connection.exec_driver_sql("select count(*) from costs").scalar_one() == 50
        assert connection.exec_driver_sql("select count(*) from events where name = 'cost.recorded'").scalar_one() == 50
    assert rolled() == recounted()


def test_a_batch_is_recorded_whole_or_not_at_all(http: TestClient, company: Company) -> None:
    worker = company.agent()
    wrong = {"items": [MODEL, MODEL | {"task_id": "01a20000-0000-7000-8000-000000000000"}]}
    refused = http.post(f"{BASE}/costs/batch", json=wrong, headers=worker.headers)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "items.1.task_id"
    assert rolled() == recounted() == {}
    twice = {"items": [MODEL | {"external_id": "a"}, MODEL | {"external_id": "a"}]}
    answer = http.post(f"{BASE}/costs/batch", json=twice, headers=worker.headers)
    assert answer.status_code == 201
    assert answer.json()["recorded"] == 1
    assert answer.json()["items"][0] == answer.json()["items"][1]


def test_what_a_run_knows_cant_be_contradicted_nor_anothers_be_charged(http: TestClient, company: Company) -> None:
    worker, other, project = company.agent(), company.agent(), company.project()
    stray = company.task(company.project("Other"))
    company.task(project, ready=True)
    [claim] = http.post(f"{BASE}/tasks/claim", json={"start": True}, headers=worker.headers).json()["claims"]
    run = {"execution_id": claim["execution"]["id"]}
    made = http.post(f"{BASE}/costs", json=MODEL | run, headers=worker.headers).json()
    assert (made["task_id"], made["project_id"]) == (claim["task"]["id"], str(project.id))
    for who, fields in (
        (other, run),
        (worker, run | {"task_id": str(stray.id)}),
        (worker, run | {"project_id": str(stray.project_id)}),
        (worker, {"task_id": str(stray.id), "project_id": str(project.id)}),
    ):
        assert http.post(f"{BASE}/costs", json=MODEL | fields, headers=who.headers).status_code == 422
    assert rolled() == recounted()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount_usd": "-1"}, "amount_usd"),
        ({"amount_usd": "NaN"}, "amount_usd"),
        ({"amount_usd": "1e400"}, "amount_usd"),
        ({"amount_usd": "0.0000000000001"}, "amount_usd"),
        ({"amount_usd": 10**30}, "amount_usd"),
        ({"input_tokens": -1}, "input_tokens"),
        ({"input_tokens": 1.5}, "input_tokens"),
        ({"input_tokens": True}, "input_tokens"),
        ({"input_tokens": "5"}, "input_tokens"),
        ({"input_tokens": 10**13}, "input_tokens"),
        ({"input_tokens": 5, "cached_tokens": 6}, "cached_tokens"),
        ({"occurred_at": "1999-12-31T23:59:59Z"}, "occurred_at"),
        ({"occurred_at": "2200-01-01T00:00:00Z"}, "occurred_at"),
        ({"occurred_at": "2026-01-01"}, "occurred_at"),
        ({"unit_prices_usd": {"input": "999999", "output": "0"}, "input_tokens": 10**12}, "unit_prices_usd"),
        ({"unit_prices_usd": {"input": "1"}}, "unit_prices_usd.output"),
        ({"model": "a b"}, "model"),
        ({"external_id": ""}, "external_id"),
    ],
)
def test_a_bad_figure_is_named(http: TestClient, company: Company, fields: dict[str, Any], field: str) -> None:
    refused = http.post(f"{BASE}/costs", json=MODEL | fields, headers=company.agent().headers)
    assert refused.status_code == 422, refused.text
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert rolled() == {}


def test_days_are_the_companys_and_a_new_zone_moves_them(http: TestClient, company: Company) -> None:
    worker = company.agent()
    for hour in (0, 10, 23):
        record(company, worker, amount_usd="1.5", occurred_at=f"2026-03-29T{hour:02}:30:00Z")

    def by_day() -> dict[str, str]:
        answer = http.get(f"{BASE}/intelligence/costs?group_by=day", headers=company.owner.headers).json()
        return {item["key"]: item["amount_usd"] for item in answer["items"]}

    assert by_day() == {"2026-03-29": "4.5"}
    for zone, days in (
        ("Pacific/Kiritimati", {"2026-03-29": "1.5", "2026-03-30": "3"}),
        ("America/Los_Angeles", {"2026-03-28": "1.5", "2026-03-29": "3"}),
        ("Europe/Kyiv", {"2026-03-29": "3", "2026-03-30": "1.5"}),
    ):
        http.patch(f"{BASE}/settings", json={"time_zone": zone}, headers=company.owner.headers)
        outbox.drain()
        assert by_day() == days
        assert rolled() == recounted()


def test_people_report_once_too(company: Company) -> None:
    body = CostIn.model_validate(MODEL | {"external_id": "invoice-7", "input_tokens": 3})
    found = [company.do(service.record_cost, body) for _ in range(3)]
    assert [new for _, new in found] == [True, False, False]


MONEY = st.decimals(min_value=0, max_value=999_999, places=12, allow_nan=False)
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "provider": st.sampled_from(["openai", "anthropic", "acme"]),
            "model": st.sampled_from(["gpt-4o", "claude-3-5-sonnet-latest", "home-made"]),
            "input_tokens": st.integers(0, 10**9),
            "output_tokens": st.integers(0, 10**9),
            "occurred_at": st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
            "amount_usd": st.none() | MONEY,
            "external_id": st.none() | st.sampled_from("abcdef"),
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(calls=CALLS, batch=st.booleans(), zone=st.sampled_from(["UTC", "Europe/Kyiv", "Pacific/Apia"]))
def test_sums_equal_the_rows_exactly_after_whatever_happened(
    company: Company, calls: list[dict[str, Any]], batch: bool, zone: str
) -> None:
    worker = company.agent()
    items = [CostIn.model_validate(call) for call in calls]
    try:
        if batch:
            company.do(service.record_costs, CostBatchIn(items=items), actor=acting(worker))
        else:
            at_once([lambda i=item: company.do(service.record_cost, i, actor=acting(worker)) for item in items[:6]])
    except (Conflict, Invalid) as refusal:
        assert isinstance(refusal, OrkworkError)
    assert rolled() == recounted()
    with db.engine().begin() as connection:
        connection.exec_driver_sql("update settings set time_zone = %(zone)s", {"zone": zone})
    door.run(system("test"), service.rebuild_rollups, write=True)
    assert rolled() == recounted()


def test_the_list_walks_every_row_once(http: TestClient, company: Company) -> None:
    worker = company.agent()
    at = clock.now() - timedelta(days=1)
    for n in range(23):
        record(company, worker, input_tokens=n, occurred_at=at + timedelta(seconds=n // 5))
    seen: list[int] = []
    cursor = ""
    while True:
        page = http.get(f"{BASE}/costs?limit=4{cursor}", headers=worker.headers).json()
        seen += [row["input_tokens"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == list(range(23))


def test_a_sum_that_cannot_be_kept_is_refused_and_named(http: TestClient, company: Company) -> None:
    call = {"provider": "openai", "model": "gpt-4o", "input_tokens": 9, "amount_usd": "999999"}
    worker = company.agent()
    assert http.post(f"{BASE}/costs", json=call, headers=worker.headers).status_code == 201
    with db.engine().begin() as connection:
        connection.exec_driver_sql(
            "insert into cost_rollup select (jsonb_populate_record(r, jsonb_build_object('shard', s))).* from cost_rollup r "
            "cross join generate_series(0, 15) s on conflict do nothing"
        )
        connection.exec_driver_sql("update cost_rollup set amount_usd = 999999999999")
    refused = http.post(f"{BASE}/costs", json=call, headers=worker.headers)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "amount_usd"), refused.text
    with db.engine().connect() as connection:
        assert connection.exec_driver_sql("select count(*) from costs").scalar_one() == 1
