"""Recording costs: the ledger row, its rollups and its event in one statement."""

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
from orkwork.domains.costs import events, queries, rules
from orkwork.domains.costs.schemas import CostBatchIn, CostBatchOut, CostIn, CostOut

_SUMS = """
  coalesce(sum({c}.amount_usd), 0) as amount_usd, coalesce(sum({c}.catalogue_usd), 0) as catalogue_usd,
  coalesce(sum({c}.caller_usd), 0) as caller_usd, coalesce(sum({c}.caller_usd - {c}.catalogue_usd), 0) as difference_usd,
  count(*) as calls, count(*) filter (where {c}.amount_usd is null) as unpriced,
  count(*) filter (where {c}.caller_usd <> {c}.catalogue_usd) as differing,
  sum({c}.input_tokens) as input_tokens, sum({c}.output_tokens) as output_tokens, sum({c}.cached_tokens) as cached_tokens
""".format(c="c")
_KEYS = """
  values ('company', 'all', c.day), ('agent', c.agent_id::text, c.day), ('project', c.project_id::text, c.day),
    ('model', c.model, c.day), ('task', c.task_id::text, '0001-01-01'::date),
    ('execution', c.execution_id::text, '0001-01-01'::date)
"""
_ROLL = f"""
  insert into cost_rollup (kind, key, day, shard, amount_usd, catalogue_usd, caller_usd, difference_usd, calls, unpriced,
    differing, input_tokens, output_tokens, cached_tokens)
  select k.kind, k.key, k.day, 0, {_SUMS}
  from {{source}} c cross join lateral ({_KEYS}) k(kind, key, day)
  where k.key is not null group by 1, 2, 3 order by 1, 2, 3
"""
_ADD = """
  on conflict (kind, key, day, shard) do update set
    amount_usd = r.amount_usd + excluded.amount_usd, catalogue_usd = r.catalogue_usd + excluded.catalogue_usd,
    caller_usd = r.caller_usd + excluded.caller_usd, difference_usd = r.difference_usd + excluded.difference_usd,
    calls = r.calls + excluded.calls, unpriced = r.unpriced + excluded.unpriced,
    differing = r.differing + excluded.differing, input_tokens = r.input_tokens + excluded.input_tokens,
    output_tokens = r.output_tokens + excluded.output_tokens, cached_tokens = r.cached_tokens + excluded.cached_tokens
"""
_RECORD = f"""
with asked as (
  select * from jsonb_to_recordset(%(rows)s) as a(n int, id uuid, provider text, model text, occurred_at timestamptz,
    input_tokens bigint, output_tokens bigint, cached_tokens bigint, cache_write_tokens bigint, amount_usd numeric,
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
    output_tokens, cached_tokens, cache_write_tokens, amount_usd, basis, caller_usd, catalogue_usd, price, external_id,
    request_hash, created_at)
  select p.id, p.agent_id, p.of_project, p.of_task, p.execution_id, p.provider, p.model, p.occurred_at,
    (p.occurred_at at time zone s.time_zone)::date, p.input_tokens, p.output_tokens, p.cached_tokens, p.cache_write_tokens,
    p.amount_usd, p.basis, p.caller_usd, p.catalogue_usd, p.price, p.external_id, p.request_hash, %(e_now)s
  from placed p cross join settings s
  where (select bool_and(fits) from placed)
  order by p.external_id
  on conflict (agent_id, external_id) where external_id is not null do nothing returning *),
rolled as ({_ROLL.format(source="ins").replace("insert into cost_rollup", "insert into cost_rollup as r")} {_ADD}),
facts as (
  select 'cost.recorded' as name, 'cost' as subject_kind, i.id as subject_id, i.model as subject_label, i.project_id,
    null::jsonb as before, jsonb_build_object('amount_usd', trim_scale(i.amount_usd)::text, 'task_id', i.task_id,
      'execution_id', i.execution_id, 'agent_id', i.agent_id, 'input_tokens', i.input_tokens,
      'output_tokens', i.output_tokens) as after
  from ins i),
{core_events.EMIT}
select p.n, p.fits, i.* from placed p left join ins i on i.id = p.id order by p.n
"""


@operation("costs:write", role=Role.ADMIN, atomic=True)
def record_cost(work: Work, body: CostIn) -> tuple[CostOut, bool]:
    """Record one call, and say whether it is new: sent twice under one external_id, it is recorded once."""
    return _record(work, [body])[0]


@operation("costs:write", role=Role.ADMIN, atomic=True)
def record_costs(work: Work, body: CostBatchIn) -> CostBatchOut:
    """Record many calls, all or none."""
    found = _record(work, body.items)
    return CostBatchOut(items=[row for row, _ in found], recorded=sum(new for _, new in found))


def _record(work: Work, items: list[CostIn]) -> list[tuple[CostOut, bool]]:
    """The rows in the order of the request, each with whether it is new."""
    agent_id = work.actor.id if work.actor.is_agent else None
    if agent_id is None and not work.actor.is_user:
        raise Forbidden("auth.agent_only", "Only agents and people report costs")
    asked = [_row(n, item) for n, item in enumerate(items)]
    params = work.telling() | {"rows": Jsonb(asked), "agent": agent_id, "visible": work.actor.projects}
    try:
        rows = work.all(_RECORD, params)
    except NumericValueOutOfRange as error:
        raise invalid("amount_usd", "would make a sum larger than can be kept") from error
    for row in rows:
        if not row["fits"]:
            _refuse(items[row["n"]], row["n"], len(items))
    found = [
        (queries.cost_out(row), True) if row["id"] else (_known(work, items[row["n"]], asked[row["n"]]), False)
        for row in rows
    ]
    for out, new in found:
        if new:
            work.hint("cost.recorded", "cost", out.task_id, out.project_id)
    return found


def _row(n: int, item: CostIn) -> dict[str, Any]:
    occurred_at = item.occurred_at or clock.now()
    tokens = rules.Tokens(item.input_tokens, item.output_tokens, item.cached_tokens, item.cache_write_tokens)
    stated = item.unit_prices_usd
    pair = (stated.input, stated.output) if stated else None
    priced = rules.price(item.provider, item.model, tokens, occurred_at, item.amount_usd, pair)
    fields = item.model_dump(exclude={"unit_prices_usd", "amount_usd", "occurred_at"})
    return fields | {
        "n": n,
        "id": uuid7(),
        "occurred_at": occurred_at,
        "amount_usd": _text(priced.amount_usd),
        "basis": priced.basis,
        "caller_usd": _text(priced.caller_usd),
        "catalogue_usd": _text(priced.catalogue_usd),
        "price": priced.snapshot,
        "request_hash": rules.fingerprint(item.model_dump_json()),
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
    return queries.cost_out(row)


@operation(None, users=False, agents=False)
def rebuild_rollups(work: Work) -> int:
    """Make all sums anew from the ledger in the company's present time zone; how many rows of sums there are."""
    work.sql("lock table costs in share row exclusive mode")
    work.sql(
        "update costs c set day = (c.occurred_at at time zone s.time_zone)::date from settings s "
        "where c.day <> (c.occurred_at at time zone s.time_zone)::date"
    )
    work.sql("delete from cost_rollup")
    count = work.sql(_ROLL.format(source="costs")).rowcount
    work.emit(events.RollupsRebuilt(subject_id=None, after={"rows": count}))
    return count
