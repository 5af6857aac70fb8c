"""Reading agents and keys, and the bearer key."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from orkwork.core import clock
from orkwork.core.actor import Actor, ActorKind, Level, Role
from orkwork.core.credentials import Credential, digest, reads
from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.rules import looks_like_key
from orkwork.domains.agents.schemas import AgentOut, KeyOut

TOUCH_AFTER = timedelta(minutes=1)
_KEY = """
select k.id as key_id, k.scopes, k.last_used_at, a.id, a.name, a.autonomy_level, a.project_ids
from api_keys k join agents a on a.id = k.agent_id and a.status <> 'retired'
where k.key_hash = %(hash)s and k.revoked_at is null and (k.expires_at is null or k.expires_at > %(now)s)
"""
_TOUCH = "update api_keys set last_used_at = %(now)s where id = %(id)s and (last_used_at is null or last_used_at < %(stale)s)"


@reads("bearer")
def key_actor(connection: psycopg.Connection, credential: Credential) -> Actor | None:
    """The agent behind a key."""
    if not looks_like_key(credential.token):
        return None
    now = clock.now()
    cursor = connection.cursor(row_factory=dict_row)
    row = cursor.execute(_KEY, {"hash": digest(credential.token), "now": now}).fetchone()
    if row is None:
        return None
    if row["last_used_at"] is None or row["last_used_at"] < now - TOUCH_AFTER:
        cursor.execute(_TOUCH, {"id": row["key_id"], "now": now, "stale": now - TOUCH_AFTER})
    projects = row["project_ids"]
    return Actor(
        ActorKind.AGENT,
        row["id"],
        row["name"],
        scopes=frozenset(row["scopes"]),
        level=Level(row["autonomy_level"]),
        project_ids=None if projects is None else tuple(projects),
        key_id=row["key_id"],
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
    work: Work, *, status: list[AgentStatus] | None = None, after_name: str | None = None, limit: int = 200
) -> list[AgentOut]:
    """Agents by name, retired ones only when asked for."""
    params: dict[str, Any] = {"now": clock.now(), "status": status or ["active", "paused"], "after": after_name, "limit": limit}
    rows = work.all(
        AGENTS + "where a.status = any(%(status)s) and (%(after)s::text is null or (lower(a.name), a.name) > "
        "(lower(%(after)s), %(after)s)) order by lower(a.name), a.name limit %(limit)s",
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


@query(None, agents=False, users=False)
def agent_id_by_name(work: Work, name: str) -> UUID:
    """The id of a living agent by its name, any case."""
    row = work.one("select id from agents where lower(name) = lower(%(name)s) and status <> 'retired'", {"name": name})
    if row is None:
        raise NotFound("agent.not_found", f"There is no agent named {name}", "`orkwork seed` makes the starter agents.")
    return row["id"]


@query(None, role=Role.ADMIN, agents=False)
def keys(work: Work, agent_id: UUID) -> list[KeyOut]:
    """An agent's keys, live ones first; never the keys themselves."""
    agent(work, agent_id)
    rows = work.all(
        "select * from api_keys where agent_id = %(id)s order by revoked_at is not null, id desc limit 200", {"id": agent_id}
    )
    return [KeyOut.model_validate(row) for row in rows]


@query("agents:read")
def capabilities(work: Work) -> dict[str, int]:
    """The known capabilities, each with how many living agents have it."""
    rows = work.all(
        "select c.name, count(a.id) as agents from capabilities c left join agent_capabilities ac on ac.capability_id = c.id "
        "left join agents a on a.id = ac.agent_id and a.status <> 'retired' group by c.name order by c.name limit 2000"
    )
    return {row["name"]: row["agents"] for row in rows}
