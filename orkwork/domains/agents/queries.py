"""Reading agents and keys, and the bearer key."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from orkwork.core import clock
from orkwork.core.actor import Actor, ActorKind, Level, Role
from orkwork.core.credentials import Credential, reads
from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.paging import Order, order_by, page_of
from orkwork.core.paging import after as behind_cursor
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.rules import looks_like_key, state_of
from orkwork.domains.agents.schemas import AgentAtWork, AgentOut, KeyOut, Spending
from orkwork.domains.audit.schemas import EventOut

TOUCH_AFTER = timedelta(minutes=1)
_KEY = """
select k.id as caller_key_id, k.scopes as caller_scopes, k.last_used_at as caller_last_used_at, a.id as caller_id,
  a.name as caller_name, a.autonomy_level as caller_level, a.project_ids as caller_projects
from api_keys k join agents a on a.id = k.agent_id and a.status <> 'retired'
where k.key_hash = %(hash)s and k.revoked_at is null and (k.expires_at is null or k.expires_at > %(now)s)
"""
_TOUCH = "update api_keys set last_used_at = %(now)s where id = %(id)s and (last_used_at is null or last_used_at < %(stale)s)"


@reads("bearer", _KEY, accepts=looks_like_key)
def key_actor(connection: psycopg.Connection, row: dict[str, Any], credential: Credential) -> Actor:
    """The agent behind a key."""
    now = clock.now()
    if row["caller_last_used_at"] is None or row["caller_last_used_at"] < now - TOUCH_AFTER:
        connection.execute(_TOUCH, {"id": row["caller_key_id"], "now": now, "stale": now - TOUCH_AFTER})
    projects = row["caller_projects"]
    return Actor(
        ActorKind.AGENT,
        row["caller_id"],
        row["caller_name"],
        scopes=frozenset(row["caller_scopes"]),
        level=Level(row["caller_level"]),
        project_ids=None if projects is None else tuple(projects),
        key_id=row["caller_key_id"],
        ip=credential.ip,
        request_id=credential.request_id,
    )


AGENTS = """
select a.*, l.running, l.last_heartbeat_at, l.last_assigned_at,
  coalesce((select jsonb_object_agg(c.name, ac.proficiency::text order by c.name) from agent_capabilities ac
    join capabilities c on c.id = ac.capability_id where ac.agent_id = a.id), '{}') as capabilities,
  coalesce((select sum(amount_usd) from cost_rollup r where r.kind = 'agent' and r.key = a.id::text
    and r.day = (%(now)s at time zone s.time_zone)::date), 0) as spent_today_usd,
  coalesce((select sum(amount_usd) from cost_rollup r where r.kind = 'agent' and r.key = a.id::text), 0) as total_spent_usd
from agents a join agent_load l on l.agent_id = a.id cross join settings s
"""


@query("agents:read")
def agents(
    work: Work, *, status: list[AgentStatus] | None = None, after: tuple[str, str] | None = None, limit: int = 200
) -> list[AgentOut]:
    """Agents by name, retired ones only when asked for."""
    params: dict[str, Any] = {
        "now": clock.now(),
        "status": status or ["active", "paused"],
        "name": after[0] if after else None,
        "id": after[1] if after else None,
        "limit": limit,
    }
    rows = work.all(
        AGENTS + "where a.status = any(%(status)s) and (%(name)s::text is null or (lower(a.name), a.id) > "
        "(lower(%(name)s), %(id)s::uuid)) order by lower(a.name), a.id limit %(limit)s",
        params,
    )
    return [AgentOut.model_validate(row) for row in rows]


@query("agents:read")
def agent(work: Work, agent_id: UUID) -> AgentOut:
    """One agent."""
    row = work.one(AGENTS + "where a.id = %(id)s", {"now": clock.now(), "id": agent_id})
    if row is None:
        raise NotFound("agent.not_found", f"There is no agent {agent_id}", "GET /agents lists them.")
    return AgentOut.model_validate(row)


_AT_WORK = """
with today as (select (%(now)s at time zone time_zone)::date as day from settings),
spent as (
  select r.key, coalesce(sum(r.amount_usd), 0) as total,
    coalesce(sum(r.amount_usd) filter (where r.day = t.day), 0) as today,
    coalesce(sum(r.amount_usd) filter (where r.day >= date_trunc('month', t.day)), 0) as month,
    (select array_agg(coalesce(d.amount, 0) order by n.day) from generate_series(t.day - 13, t.day, '1 day') as n(day)
      left join (select o.day, sum(o.amount_usd) as amount from cost_rollup o
        where o.kind = 'agent' and o.key = r.key and o.day > t.day - 14 group by o.day) d on d.day = n.day) as days
  from cost_rollup r cross join today t where r.kind = 'agent' group by r.key, t.day)
select a.id, a.name, a.role, a.adapter, a.model, a.status, a.manager_id, a.max_concurrent_tasks, a.daily_budget_usd, a.version,
  l.running, l.last_heartbeat_at, coalesce(s.today, 0) as spent_today_usd, coalesce(s.month, 0) as spent_month_usd,
  coalesce(s.total, 0) as total_spent_usd, coalesce(s.days, array_fill(0::numeric, array[14])) as spent_days_usd,
  to_jsonb(c) as current, exists (select from budgets b
    where b.stopped_until > %(now)s and (b.agent_id = a.id or b.scope = 'company')) as stopped
from agents a join agent_load l on l.agent_id = a.id left join spent s on s.key = a.id::text
left join lateral (
  select t.key, t.title, t.status,
    (select x.progress from task_executions x where x.task_id = t.id and x.status = 'running' limit 1) as progress
  from tasks t where t.assignee_id = a.id and t.status in ('ASSIGNED', 'IN_PROGRESS')
  order by t.status desc, t.started_at desc nulls last, t.id limit 1) c on true
where a.status = any(%(status)s) order by lower(a.name), a.name limit 500
"""


@query("agents:read")
def at_work(work: Work, *, status: list[AgentStatus] | None = None) -> list[AgentAtWork]:
    """The agents with what they do and spend now, by name; retired ones only when asked for."""
    rows = work.all(_AT_WORK, {"now": clock.now(), "status": status or ["active", "paused"]})
    return [
        AgentAtWork.model_validate(row | {"state": state_of(row["status"], row["running"], stopped=row["stopped"])})
        for row in rows
    ]


_SPENT_BY_DAY = """
with today as (select (%(now)s at time zone time_zone)::date as day from settings)
select n.day::date as day, coalesce(sum(r.amount_usd), 0) as amount_usd
from today t cross join generate_series(t.day - %(days)s + 1, t.day, '1 day') as n(day)
left join cost_rollup r on r.kind = 'agent' and r.key = %(id)s::text and r.day = n.day::date
group by 1 order by 1
"""
_SPENT_BY_MONTH = """
with today as (select (%(now)s at time zone time_zone)::date as day from settings)
select coalesce(sum(amount_usd) filter (where r.day >= date_trunc('month', t.day)), 0) as month_usd,
  coalesce(sum(amount_usd) filter (where r.day < date_trunc('month', t.day)), 0) as month_before_usd
from today t join cost_rollup r on r.kind = 'agent' and r.key = %(id)s::text
  and r.day >= date_trunc('month', t.day) - interval '1 month'
  and (r.day >= date_trunc('month', t.day) or r.day <= t.day - interval '1 month')
"""
_SPENT_BY_MODEL = """
select c.model, coalesce(sum(c.amount_usd), 0) as amount_usd, sum(c.calls)::bigint as calls,
  coalesce(sum(c.input_tokens + c.output_tokens), 0)::bigint as tokens
from cost_cube c where c.agent = %(id)s::text and c.day >= %(first)s group by 1 order by 2 desc, 1 limit 12
"""


@query("costs:read")
def spending(work: Work, agent_id: UUID, days: int = 30) -> Spending:
    """What an agent spent in its last days, by day and by model, and this month against the one before."""
    params: dict[str, Any] = {"id": agent_id, "now": clock.now(), "days": days}
    by_day = work.all(_SPENT_BY_DAY, params)
    by_model = work.all(_SPENT_BY_MODEL, params | {"first": by_day[0]["day"]})
    months = work.one(_SPENT_BY_MONTH, params) or {}
    return Spending.model_validate({"days": by_day, "models": by_model} | months)


@query("agents:read")
def history(work: Work, agent_id: UUID, limit: int = 20) -> list[EventOut]:
    """What happened to an agent, the latest first; from which address, only owners and admins see."""
    rows = work.all(
        "select * from events where subject_id = %(id)s order by seq desc limit %(limit)s",
        {"id": agent_id, "limit": limit},
    )
    return [EventOut.seen_by(work.actor, row) for row in rows]


@query(None, agents=False, users=False)
def agent_id_by_name(work: Work, name: str) -> UUID:
    """The id of a living agent by its name, any case."""
    row = work.one("select id from agents where lower(name) = lower(%(name)s) and status <> 'retired'", {"name": name})
    if row is None:
        raise NotFound("agent.not_found", f"There is no agent named {name}", "`orkwork seed` makes the starter agents.")
    return row["id"]


_KEYS = [Order("(revoked_at is null)", "boolean", True), Order("id", "uuid", True)]


@query(None, role=Role.ADMIN, agents=False)
def keys(work: Work, agent_id: UUID, *, cursor: str | None = None, limit: int = 50) -> PageOut[KeyOut]:
    """An agent's keys, live ones first, then the latest; never the keys themselves."""
    agent(work, agent_id)
    behind, params = behind_cursor(_KEYS, cursor)
    rows = work.all(
        f"select *, revoked_at is null as live from api_keys where agent_id = %(id)s and {behind} "
        f"order by {order_by(_KEYS)} limit {int(limit) + 1}",
        params | {"id": agent_id},
    )
    kept, following = page_of(rows, limit, ["live", "id"])
    return PageOut(items=[KeyOut.model_validate(row) for row in kept], next_cursor=following)


@query("agents:read")
def capabilities(work: Work) -> dict[str, int]:
    """The known capabilities, each with how many living agents have it."""
    rows = work.all(
        "select c.name, count(a.id) as agents from capabilities c left join agent_capabilities ac on ac.capability_id = c.id "
        "left join agents a on a.id = ac.agent_id and a.status <> 'retired' group by c.name order by c.name limit 2000"
    )
    return {row["name"]: row["agents"] for row in rows}
