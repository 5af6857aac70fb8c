"""Recording costs: the ledger row, its sums, its event and what it does to budgets in one statement."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.errors import NumericValueOutOfRange
from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core import events as core_events
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict, Forbidden, invalid
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.costs import events
from orkwork.domains.costs.queries import budgets as queries
from orkwork.domains.costs.queries.ledger import cost_out
from orkwork.domains.costs.rules import prices, usage
from orkwork.domains.costs.schemas.ledger import (
    BudgetNear,
    CallIn,
    CostBatchIn,
    CostBatchOut,
    CostIn,
    CostOut,
    RecordedOut,
)

SKEW = timedelta(minutes=5)
"""How far a caller's clock may be ahead."""
_SUMS = """
  coalesce(sum(c.amount_usd), 0) as amount_usd, coalesce(sum(c.catalogue_usd), 0) as catalogue_usd,
  coalesce(sum(c.caller_usd), 0) as caller_usd, coalesce(sum(c.caller_usd - c.catalogue_usd), 0) as difference_usd,
  count(*) filter (where c.corrects_id is null) as calls, sum(c.unpriced) as unpriced,
  count(*) filter (where c.caller_usd <> c.catalogue_usd) as differing,
  sum(c.input_tokens) as input_tokens, sum(c.output_tokens) as output_tokens, sum(c.cached_tokens) as cached_tokens,
  sum(c.cache_write_tokens) as cache_write_tokens, sum(c.input_audio_tokens + c.output_audio_tokens) as audio_tokens,
  sum(c.reasoning_tokens) as reasoning_tokens, sum(c.requests) as requests
"""
SUMS = (
    "amount_usd", "catalogue_usd", "caller_usd", "difference_usd", "calls", "unpriced", "differing", "input_tokens",
    "output_tokens", "cached_tokens", "cache_write_tokens", "audio_tokens", "reasoning_tokens", "requests",
)  # fmt: skip
CUBE_SUMS = ("amount_usd", "calls", "unpriced", "input_tokens", "output_tokens", "cached_tokens")
_KEYS = """
  values ('company', 'all', c.day), ('agent', c.agent_id::text, c.day), ('project', c.project_id::text, c.day),
    ('model', c.model, c.day), ('provider', c.provider, c.day), ('task', c.task_id::text, '0001-01-01'::date),
    ('execution', c.execution_id::text, '0001-01-01'::date)
"""


_SHARD = "pg_backend_pid() %% 16"
"""Callers at once add to rows of their own, so that none waits for another's commit; who reads adds them up."""


def rollup_of(source: str, shard: str = "0") -> str:
    """The sums of ledger rows, by what they are kept: a SELECT over `source`. One task's and one run's are never parted."""
    return f"""
  select k.kind, k.key, k.day, case when k.kind in ('task', 'execution') then 0 else {shard} end, {_SUMS}
  from {source} c cross join lateral ({_KEYS}) k(kind, key, day)
  where k.key is not null group by 1, 2, 3 order by 1, 2, 3"""


def cube_of(source: str, shard: str = "0") -> str:
    """The crossed sums of ledger rows: a SELECT over `source`."""
    return f"""
  select c.day, coalesce(c.agent_id::text, ''), coalesce(c.project_id::text, ''), c.provider, c.model, {shard},
    coalesce(sum(c.amount_usd), 0), count(*) filter (where c.corrects_id is null), sum(c.unpriced),
    sum(c.input_tokens), sum(c.output_tokens), sum(c.cached_tokens)
  from {source} c group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5"""


def _added(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} = r.{name} + excluded.{name}" for name in names)


_ROLL = f"insert into cost_rollup as r (kind, key, day, shard, {', '.join(SUMS)})"
_CUBE = f"insert into cost_cube as r (day, agent, project, provider, model, shard, {', '.join(CUBE_SUMS)})"
ROLLED = f"""
rolled as (
  {_ROLL} {rollup_of("ins", _SHARD)}
  on conflict (kind, key, day, shard) do update set {_added(SUMS)} returning true as yes),
crossed as (
  {_CUBE} {cube_of("ins", _SHARD)}
  on conflict (day, agent, project, provider, model, shard) do update set {_added(CUBE_SUMS)} returning true as yes)
"""
"""The CTEs that add what a CTE `ins` has put into the ledger to all sums."""
JUDGED = """
(select judge_budgets(array_agg(distinct j.agent_id), coalesce(array_agg(distinct j.project_id), '{}'), %(telling)s)
  from ins j where j.amount_usd <> 0 and (select count(*) from rolled) > 0 having count(*) > 0) as judged
"""
"""The column that stops budgets which that reached, and tells of their thresholds; it looks when all sums are made."""
_RECORD = f"""
with asked as (
  select * from jsonb_to_recordset(%(rows)s) as a(n int, id uuid, provider text, model text, occurred_at timestamptz,
    input_tokens bigint, output_tokens bigint, cached_tokens bigint, cache_write_tokens bigint, input_audio_tokens bigint,
    output_audio_tokens bigint, reasoning_tokens bigint, requests bigint, amount_usd numeric,
    basis text, caller_usd numeric, catalogue_usd numeric, price jsonb, execution_id uuid, task_id uuid, project_id uuid,
    external_id text, request_hash text)),
placed as (  -- what the run knows, the caller need not say, and can't contradict
  select a.*, coalesce(x.agent_id, %(agent)s) as agent_id, coalesce(x.task_id, t.id) as of_task,
    coalesce(x.project_id, t.project_id, p.id) as of_project,
    (a.execution_id is null or (x.id is not null and (%(agent)s::uuid is null or x.agent_id = %(agent)s)
      and (a.task_id is null or a.task_id = x.task_id) and (a.project_id is null or a.project_id = x.project_id)))
    and (a.task_id is null or (t.id is not null and (a.project_id is null or a.project_id = t.project_id)))
    and (a.project_id is null or p.id is not null)
    and (%(visible)s::uuid[] is null or coalesce(x.project_id, t.project_id, p.id) is null
      or coalesce(x.project_id, t.project_id, p.id) = any(%(visible)s)) as fits
  from asked a left join task_executions x on x.id = a.execution_id left join tasks t on t.id = a.task_id
    left join projects p on p.id = a.project_id),
ins as (
  insert into costs (id, agent_id, project_id, task_id, execution_id, provider, model, occurred_at, day, input_tokens,
    output_tokens, cached_tokens, cache_write_tokens, input_audio_tokens, output_audio_tokens, reasoning_tokens, requests,
    amount_usd, basis, caller_usd, catalogue_usd, price, external_id, request_hash, unpriced, created_at)
  select p.id, p.agent_id, p.of_project, p.of_task, p.execution_id, p.provider, p.model, p.occurred_at,
    (p.occurred_at at time zone s.time_zone)::date, p.input_tokens, p.output_tokens, p.cached_tokens, p.cache_write_tokens,
    p.input_audio_tokens, p.output_audio_tokens, p.reasoning_tokens, p.requests, p.amount_usd, p.basis, p.caller_usd,
    p.catalogue_usd, p.price, p.external_id, p.request_hash, (p.amount_usd is null)::int, %(e_now)s
  from placed p cross join settings s
  where (select bool_and(fits) from placed)
  order by p.external_id
  on conflict (agent_id, external_id) where external_id is not null do nothing returning *),
{ROLLED},
facts as (
  select 'cost.recorded' as name, 'cost' as subject_kind, i.id as subject_id, i.model as subject_label, i.project_id,
    null::jsonb as before, jsonb_build_object('amount_usd', trim_scale(i.amount_usd)::text, 'task_id', i.task_id,
      'execution_id', i.execution_id, 'agent_id', i.agent_id, 'input_tokens', i.input_tokens,
      'output_tokens', i.output_tokens) as after
  from ins i),
{core_events.EMIT}
select p.n, p.fits, p.agent_id as by_agent, p.of_project as in_project, exists (
    select from budgets b where b.limit_usd is not null and (b.told > 0 or b.stopped_until is not null)
      and (b.scope = 'company' or b.agent_id = p.agent_id or b.project_id = p.of_project)) as watched,
  i.*, {JUDGED}
from placed p left join ins i on i.id = p.id order by p.n
"""


@operation("costs:write", role=Role.ADMIN, atomic=True)
def record_cost(work: Work, body: CostIn) -> tuple[RecordedOut, bool]:
    """Record one call, and say whether it is new: sent twice under one external_id, it is recorded once.

    The answer names the budgets that are spent now, or nearly, with what is left and when they begin anew.
    """
    found, budgets = record(work, [body])
    row, new = found[0]
    return RecordedOut(**dict(row), budgets=budgets), new


@operation("costs:write", role=Role.ADMIN, atomic=True)
def record_costs(work: Work, body: CostBatchIn) -> CostBatchOut:
    """Record many calls, all or none."""
    found, budgets = record(work, body.items)
    return CostBatchOut(items=[row for row, _ in found], recorded=sum(new for _, new in found), budgets=budgets)


def record(work: Work, items: list[CostIn]) -> tuple[list[tuple[CostOut, bool]], list[BudgetNear]]:
    """The rows in the order of the request, each with whether it is new; and the budgets that are spent or nearly."""
    agent_id = work.actor.id if work.actor.is_agent else None
    if agent_id is None and not work.actor.is_user:
        raise Forbidden("auth.agent_only", "Only agents and people report costs")
    asked = [_row(n, item, len(items)) for n, item in enumerate(items)]
    params = work.telling() | {"rows": Jsonb(asked), "agent": agent_id, "visible": work.actor.projects}
    params["telling"] = work.telling_json()
    try:
        rows = work.all(_RECORD, params)
    except NumericValueOutOfRange as error:
        raise invalid("amount_usd", "would make a sum larger than can be kept") from error
    for row in rows:
        if not row["fits"]:
            _refuse(items[row["n"]], row["n"], len(items))
    found = [
        (cost_out(row), True) if row["id"] else (_known(work, items[row["n"]], asked[row["n"]]), False) for row in rows
    ]
    for out, new in found:
        if new:
            work.hint("cost.recorded", "cost", out.task_id, out.project_id)
    if rows and rows[0]["judged"]:
        hint_budgets(work)
    return found, _near(work, rows)


def _near(work: Work, rows: list[dict[str, Any]]) -> list[BudgetNear]:
    """Read only when one has reached a threshold before or just now: far from all of them nothing is asked."""
    if not any(row["watched"] or row["judged"] for row in rows):
        return []
    named = ({row[name] for row in rows} - {None} for name in ("by_agent", "in_project"))
    return queries.near(work, *(sorted(ids) for ids in named))


def hint_budgets(work: Work) -> None:
    """Let screens hear that a budget reached something, or lets work go on: the database told it."""
    for kind in ("budget", "agent"):
        work.hint("budget.reached", kind, None, None)


def _row(n: int, item: CostIn, of: int) -> dict[str, Any]:
    where = "" if of == 1 else f"items.{n}."
    priced = priced_call(item, item.provider, item.model, where)
    fields = item.model_dump(include={"execution_id", "task_id", "project_id", "external_id"})
    return fields | priced | {"n": n, "id": uuid7(), "request_hash": prices.fingerprint(item.model_dump_json())}


def priced_call(call: CallIn, provider: str, model: str, where: str = "") -> dict[str, Any]:
    """What the ledger keeps of a call: when, what it used and what it costs. Invalid names `where` and the field."""
    now = clock.now()
    if call.occurred_at is not None and call.occurred_at > now + SKEW:
        raise invalid(f"{where}occurred_at", "lies in the future; report a call when it was made")
    occurred_at = call.occurred_at or now
    tokens = usage.counted(call, where)
    stated = call.unit_prices_usd
    pair = (stated.input, stated.output) if stated else None
    found = prices.price(provider, model, tokens, occurred_at, call.amount_usd, pair)
    return tokens.kept() | {
        "provider": provider,
        "model": model,
        "occurred_at": occurred_at,
        "amount_usd": _text(found.amount_usd),
        "basis": found.basis,
        "caller_usd": _text(found.caller_usd),
        "catalogue_usd": _text(found.catalogue_usd),
        "price": found.snapshot,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _refuse(item: CostIn, n: int, of: int) -> None:
    field = "execution_id" if item.execution_id else "task_id" if item.task_id else "project_id"
    where = field if of == 1 else f"items.{n}.{field}"
    raise invalid(where, "names nothing that this agent works on, or contradicts the others")


def _known(work: Work, item: CostIn, asked: dict[str, Any]) -> CostOut:
    """The row that was recorded under the same external id before."""
    agent_id: UUID | None = work.actor.id if work.actor.is_agent else None
    row = work.one(
        "select c.* from costs c where c.external_id = %(external_id)s and c.agent_id is not distinct from "
        "coalesce(%(agent)s, (select agent_id from task_executions where id = %(execution)s))",
        {"external_id": item.external_id, "agent": agent_id, "execution": item.execution_id},
    )
    if row is None or row["request_hash"] != asked["request_hash"]:
        raise Conflict(
            "cost.external_id",
            f"external_id {item.external_id} was used for another call",
            "Give each call its own external_id.",
        )
    return cost_out(row)


@operation(None, users=False, agents=False)
def rebuild_rollups(work: Work) -> int:
    """Make all sums anew from the ledger in the company's present time zone; how many rows of sums there are."""
    work.sql("lock table costs in share row exclusive mode")
    work.sql(
        "update costs c set day = (c.occurred_at at time zone s.time_zone)::date from settings s "
        "where c.day <> (c.occurred_at at time zone s.time_zone)::date"
    )
    work.sql("delete from cost_rollup")
    work.sql("delete from cost_cube")
    count = work.sql(f"{_ROLL} {rollup_of('costs')}").rowcount
    work.sql(f"{_CUBE} {cube_of('costs')}")
    work.emit(events.RollupsRebuilt(subject_id=None, after={"rows": count}))
    work.sql("select judge_budgets(null, null, %(telling)s)", {"telling": work.telling_json()})
    return count
