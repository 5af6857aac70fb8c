"""The ledger with many rows: every figure of its page beside a read by primary key and the raw GROUP BY, and ingest."""

import os
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from bench.against_bare import yardstick
from bench.assigning import timed
from bench.company import Company
from bench.measure import Target, interleaved, ratio
from bench.quiet import cpu_seconds
from bench.result import Table
from orkwork.core import clock, db, door
from orkwork.core.actor import system
from orkwork.core.settings import settings
from orkwork.core.work import Work
from orkwork.domains import registry
from orkwork.domains.costs.queries import budgets, figures, reports
from orkwork.domains.costs.queries.reports import Part
from orkwork.domains.costs.service import checking, recording

MOST_READS, LEAST_RAW, LEAST_INGEST = 20.0, 100.0, 0.4
AGENTS, PROJECTS, DAYS, TIMES = 20, 5, 365, 21
WHO = system("bench")
_COMPANY = f"""
with agents_made as (
  insert into agents (id, name, role, adapter, model, description, config, status, autonomy_level, daily_budget_usd,
    max_concurrent_tasks, demo, created_at, updated_at, version)
  select gen_random_uuid(), 'costs-' || n, '', 'api', '', '', '{{}}', 'active', 2, 1000000, 1, false, now(), now(), 1
  from generate_series(1, {AGENTS}) n returning id)
insert into projects (id, name, key_prefix, description, status, budget_usd, auto_assign, demo, created_at, updated_at, version)
select gen_random_uuid(), 'Costs ' || n, 'COS' || n, '', 'active', 100000000, false, false, now(), now(), 1
from generate_series(1, {PROJECTS}) n
"""
_ROWS = f"""
insert into costs (id, agent_id, project_id, provider, model, occurred_at, day, input_tokens, output_tokens, cached_tokens,
  cache_write_tokens, amount_usd, basis, external_id, unpriced, created_at)
select gen_random_uuid(), a.ids[1 + n %% {AGENTS}], p.ids[1 + n %% {PROJECTS}], (array['openai','anthropic','google'])[1 + n %% 3],
  'model-' || n %% 7, m.at, (m.at at time zone s.time_zone)::date, n %% 9000, n %% 700, n %% 300, 0,
  case when n %% 97 > 0 then (n %% 9973) / 100000.0 end, case when n %% 97 > 0 then 'caller' else 'unpriced' end, 'bench-' || n,
  (n %% 97 = 0)::int, now()
from generate_series(%(first)s::bigint, %(last)s::bigint) n
  cross join lateral (select now() - interval '1 day' * (n %% {DAYS}) - interval '1 second' * (n %% 80000) as at) m
  cross join (select array_agg(id order by name) as ids from agents where name like 'costs-%%') a
  cross join (select array_agg(id order by name) as ids from projects where name like 'Costs %%') p cross join settings s
"""
_RAW = "from costs c where day between %(since)s and %(today)s group by"
_DIFFERING = """
select count(*) as n from (select day, sum(amount_usd) as usd, count(*) as calls from costs group by day) c
full join (select day, sum(amount_usd) as usd, sum(calls) as calls from cost_rollup where kind = 'company' group by day) r
  using (day) where (c.usd, c.calls) is distinct from (r.usd, r.calls)
"""


@dataclass(frozen=True)
class Figure:
    """One figure of the page, and the same out of the rows."""

    name: str
    kept: Callable[[Work], Any]
    raw: str
    days: int = 30


def _crossed(by: Any, across: Any, days: int) -> Callable[[Work], Any]:
    def read(work: Work) -> Any:
        until = clock.now().date()
        return reports.crossed(
            work, by, across, Part(since=until - timedelta(days=days - 1), until=until), limit=20_000
        )

    return read


FIGURES = (
    Figure("today, week, month, 90 days", figures.spending, f"select day, sum(amount_usd), count(*) {_RAW} day", 90),
    Figure("forecast of the month", figures.forecast, f"select day, sum(amount_usd) {_RAW} day", 61),
    Figure("agent by day, 30 days", _crossed("agent", "day", 30), f"select agent_id, day, sum(amount_usd) {_RAW} 1, 2"),
    Figure("project by week, 12 weeks", _crossed("project", "week", 84), f"select project_id, day, sum(amount_usd) {_RAW} 1, 2", 84),
    Figure("model by month, a year", _crossed("model", "month", 365), f"select model, day, sum(amount_usd) {_RAW} 1, 2", 365),
    Figure("provider by day, 30 days", _crossed("provider", "day", 30), f"select provider, day, sum(amount_usd) {_RAW} 1, 2"),
    Figure("agent by model, 7 days", _crossed("agent", "model", 7), f"select agent_id, model, sum(amount_usd) {_RAW} 1, 2", 7),
    Figure(
        "project by provider, 30 days", _crossed("project", "provider", 30),
        f"select project_id, provider, sum(amount_usd) {_RAW} 1, 2",
    ),
    Figure("budgets", budgets.budgets, f"select agent_id, sum(amount_usd) {_RAW} 1", 1),
)  # fmt: skip


def measure_costs(company: Company, table: Table, *, sizes: tuple[int, ...], rounds: int, seconds: float) -> None:
    """Fill the ledger step by step and read every figure at each size; then report calls."""
    os.environ["DATABASE_URL"] = company.server.database_url
    settings.cache_clear()
    registry.load_operations()
    with psycopg.connect(company.server.database_url, autocommit=True) as connection:
        connection.execute(_COMPANY.encode())
        made = 0
        for size in sizes:
            connection.execute(_ROWS.encode(), {"first": made + 1, "last": size})
            made = size
            door.run(WHO, recording.rebuild_rollups, write=True)
            connection.execute("vacuum analyze costs, cost_rollup, cost_cube")
            _figures(connection, table, size)
            _equal(connection, table, size)
    _ingest(company, table, made, rounds=rounds, seconds=seconds)
    db.dispose()
    table.notes.append("Reads alternate with a read by primary key through the same door, one client, without HTTP.")


def _figures(connection: psycopg.Connection, table: Table, size: int) -> None:
    ids = [row[0] for row in connection.execute("select id from costs limit 500").fetchall()]
    for figure in FIGURES:
        kept, bare = [], []
        for _ in range(TIMES):
            bare.append(timed(lambda: door.run(WHO, lambda work: _by_key(work, random.choice(ids)), write=False)))
            kept.append(timed(lambda figure=figure: door.run(WHO, figure.kept, write=False)))
        today = clock.now().date()
        days = {"since": today - timedelta(days=figure.days - 1), "today": today}
        raw = timed(lambda figure=figure, days=days: connection.execute(figure.raw.encode(), days).fetchall())
        ours, key = statistics.median(kept), statistics.median(bare)
        said = (
            f"{ours:.2f} ms = {ours / key:.1f} × a read by key ({key:.3f} ms); rows {raw:,.0f} ms = {raw / ours:,.0f} ×"
        )
        wanted = size >= 1_000_000
        ok = ours <= MOST_READS * key and (not wanted or raw >= LEAST_RAW * ours)
        target = f"≤ {MOST_READS:g} × a read" + (f", ≥ {LEAST_RAW:g} × faster than the rows" if wanted else "")
        table.add(f"{size:,}", figure.name, said, target, ok=ok)


def _by_key(work: Work, row_id: Any) -> Any:
    return work.one("select * from costs where id = %(id)s", {"id": row_id})


def _equal(connection: psycopg.Connection, table: Table, size: int) -> None:
    found = connection.execute(_DIFFERING.encode()).fetchone()
    differing = (found[0] if found else -1) + door.run(WHO, checking.check_sums, write=True)
    table.add(f"{size:,}", "sums that differ from their rows", f"{differing}", "none", ok=differing == 0)


def _ingest(company: Company, table: Table, size: int, *, rounds: int, seconds: float) -> None:
    for clients in (1, 8):
        with yardstick(company) as bare:
            both = [
                Target("orkwork", company.server.port, _calls(clients, "/api/v2/costs", company.headers)),
                Target("bare insert", bare.port, _calls(clients, "/costs", {})),
            ]
            found = interleaved(
                both,
                rounds=rounds,
                seconds=seconds,
                cpu=lambda: cpu_seconds(company.server.pid) + cpu_seconds(bare.pid),
            )
        share = ratio(found[0], found[1], "per_second")
        said = f"{found[0].median('per_second'):,.0f}/s, bare {found[1].median('per_second'):,.0f}/s = {share:.2f} ×"
        said += f"; p50 {found[0].median('p50_ms'):.2f} / {found[1].median('p50_ms'):.2f} ms"
        ok = share >= LEAST_INGEST
        table.add(f"{size:,}", f"report a call, {clients} at once", said, f"≥ {LEAST_INGEST:g} × a bare INSERT", ok=ok)


def _calls(clients: int, path: str, headers: dict[str, str]) -> list[list[dict[str, Any]]]:
    body = {"provider": "openai", "model": "gpt-4o", "input_tokens": 900, "output_tokens": 90, "amount_usd": "0.01"}
    return [[{"method": "POST", "path": path, "headers": headers, "body": body}]] * clients
