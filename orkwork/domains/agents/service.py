"""Changing agents and keys."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.credentials import digest
from orkwork.core.errors import Conflict, Forbidden, NotFound, invalid
from orkwork.core.operation import operation
from orkwork.core.work import Work, changes
from orkwork.domains.agents import events, queries, rules
from orkwork.domains.agents.models import USUAL_LEVEL, Agent, AgentLoad, AgentStatus, ApiKey
from orkwork.domains.agents.schemas import (
    AgentIn,
    AgentOut,
    AgentPatch,
    HeartbeatIn,
    HeartbeatOut,
    KeyIn,
    KeyMade,
    KeyOut,
)
from orkwork.domains.projects.queries import HOLDS_ON


@operation(None, role=Role.ADMIN, agents=False)
def create_agent(work: Work, body: AgentIn, *, demo: bool = False) -> AgentOut:
    """Add an agent; it can work as soon as it has a key."""
    _check_level(work, body.autonomy_level)
    fields = body.model_dump(exclude={"capabilities", "limits"})
    _check_name(work, body.name)
    _check_manager(work, None, body.manager_id)
    agent = Agent(**fields, limits=body.limits.kept() if body.limits else None, demo=demo)
    work.add(agent)
    work.add(AgentLoad(agent_id=agent.id, max_concurrent=agent.max_concurrent_tasks))
    _set_capabilities(work, agent.id, body.capabilities)
    work.emit(events.AgentCreated(subject_id=agent.id, subject_label=agent.name, after=body.model_dump(mode="json")))
    return queries.agent(work, agent.id)


@operation(None, role=Role.ADMIN, agents=False)
def update_agent(work: Work, agent_id: UUID, patch: AgentPatch, if_match: int | None = None) -> AgentOut:
    """Change an agent; pausing keeps new work from it, retiring ends it."""
    agent = work.get(Agent, agent_id, lock=True, if_match=if_match)
    wanted = patch.model_dump(exclude_unset=True)
    if "limits" in wanted:
        wanted["limits"] = patch.limits and patch.limits.kept()
    name = wanted.get("name", agent.name)
    comes_back = agent.status == AgentStatus.RETIRED and wanted.get("status", agent.status) != AgentStatus.RETIRED
    if comes_back or name.lower() != agent.name.lower():
        _check_name(work, name)
    if "manager_id" in wanted:
        _check_manager(work, agent_id, wanted["manager_id"])
    capabilities: dict[str, Decimal] | None = wanted.pop("capabilities", None)
    before, after = changes(agent.model_dump(), wanted)
    if capabilities is not None:
        before["capabilities"] = queries.agent(work, agent_id).capabilities
        after["capabilities"] = capabilities
        _set_capabilities(work, agent_id, capabilities)
    if after:
        _apply(work, agent, before, after)
    return queries.agent(work, agent_id)


def _apply(work: Work, agent: Agent, before: dict[str, Any], after: dict[str, Any]) -> None:
    kept = {name: value for name, value in after.items() if name != "capabilities"}
    agent.sqlmodel_update(kept | {"version": agent.version + 1, "updated_at": clock.now()})
    work.session.flush()
    if "max_concurrent_tasks" in after:
        work.sql(
            "update agent_load set max_concurrent = %(n)s where agent_id = %(id)s",
            {"n": agent.max_concurrent_tasks, "id": agent.id},
        )
    kind: type[events.Event] = events.AgentChanged
    if after.get("status") == AgentStatus.PAUSED:
        kind = events.AgentPaused
    elif after.get("status") == AgentStatus.RETIRED:
        kind = events.AgentRetired
        work.sql(
            "update api_keys set revoked_at = %(now)s where agent_id = %(id)s and revoked_at is null", _now(agent.id)
        )
    work.emit(kind(subject_id=agent.id, subject_label=agent.name, before=before, after=after))


def _now(row_id: UUID) -> dict[str, Any]:
    return {"id": row_id, "now": clock.now()}


@operation(None, role=Role.ADMIN, agents=False)
def retire_agent(work: Work, agent_id: UUID) -> AgentOut:
    """End an agent: its keys die, its work goes back, its history stays."""
    return update_agent(work, agent_id, AgentPatch(status=AgentStatus.RETIRED))


@operation(None, role=Role.OWNER, agents=False)
def set_autonomy(work: Work, agent_id: UUID, level: int, if_match: int | None = None) -> AgentOut:
    """Set how far an agent may go alone."""
    agent = work.get(Agent, agent_id, lock=True, if_match=if_match)
    before, after = changes(agent.model_dump(), {"autonomy_level": level})
    if after:
        _apply(work, agent, before, after)
    return queries.agent(work, agent_id)


def _check_level(work: Work, level: int) -> None:
    if work.actor.is_user and work.actor.role is not Role.OWNER and level != USUAL_LEVEL:
        raise Forbidden("agent.autonomy", "Only an owner sets an autonomy level", "Leave autonomy_level out.")


def _check_name(work: Work, name: str) -> None:
    if work.one(
        "select true as taken from agents where lower(name) = lower(%(name)s) and status <> 'retired'", {"name": name}
    ):
        raise Conflict("agent.name_taken", f"There is an agent named {name} already", "Choose another name.")


def _check_manager(work: Work, agent_id: UUID | None, manager_id: UUID | None) -> None:
    """The manager exists, and nobody becomes their own boss's boss."""
    if manager_id is None:
        return
    work.sql("select pg_advisory_xact_lock(7, 2)")
    chain = work.all(
        "with recursive up(id, manager_id) as (select id, manager_id from agents where id = %(id)s union "
        "select a.id, a.manager_id from agents a join up on a.id = up.manager_id) select id from up",
        {"id": manager_id},
    )
    if not chain:
        raise invalid("manager_id", f"there is no agent {manager_id}")
    if any(row["id"] == agent_id for row in chain):
        raise invalid("manager_id", "would make the agent report to itself")


def _set_capabilities(work: Work, agent_id: UUID, capabilities: dict[str, Decimal]) -> None:
    names = sorted(capabilities)
    params = {"agent": agent_id, "names": names, "levels": [capabilities[name] for name in names]}
    work.sql("insert into capabilities (name) select unnest(%(names)s::text[]) on conflict do nothing", params)
    work.sql(
        "delete from agent_capabilities ac using capabilities c "
        "where ac.agent_id = %(agent)s and c.id = ac.capability_id and c.name <> all(%(names)s::text[])",
        params,
    )
    work.sql(
        "insert into agent_capabilities (agent_id, capability_id, proficiency) "
        "select %(agent)s, c.id, n.level from unnest(%(names)s::text[], %(levels)s::numeric[]) as n(name, level) "
        "join capabilities c on c.name = n.name "
        "on conflict (agent_id, capability_id) do update set proficiency = excluded.proficiency",
        params,
    )


@operation(None, role=Role.ADMIN, agents=False)
def create_key(work: Work, agent_id: UUID, body: KeyIn) -> KeyMade:
    """Make a key that acts as the agent. It is shown this once and kept only as a hash."""
    agent = work.get(Agent, agent_id)
    if agent.status == AgentStatus.RETIRED:
        raise Conflict("agent.retired", f"{agent.name} is retired", "Create a new agent.")
    if body.expires_at is not None and body.expires_at <= clock.now():
        raise invalid("expires_at", "must be in the future")
    key = rules.new_key()
    row = ApiKey(
        agent_id=agent_id,
        **body.model_dump(),
        prefix=key[: rules.SHOWN_LENGTH],
        key_hash=digest(key),
        created_by=work.actor.id,
    )
    work.add(row)
    told = {
        "agent": agent.name,
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes,
        "expires_at": row.expires_at,
    }
    work.emit(events.KeyCreated(subject_id=row.id, subject_label=f"{agent.name}: {row.name}", after=told))
    return KeyMade(**KeyOut.model_validate(row).model_dump(), key=key)


@operation(None, role=Role.ADMIN, agents=False)
def revoke_key(work: Work, agent_id: UUID, key_id: UUID) -> None:
    """Stop a key; the next call with it is refused."""
    row = work.get(ApiKey, key_id, lock=True)
    if row.agent_id != agent_id:
        raise NotFound("apikey.not_found", f"There is no key {key_id} of this agent")
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        work.emit(events.KeyRevoked(subject_id=row.id, subject_label=row.name, after={"prefix": row.prefix}))


_HEARTBEAT = f"""
with held as (
  update tasks set lease_until = greatest(lease_until, %(until)s)
  where assignee_id = %(id)s and status in ('ASSIGNED', 'IN_PROGRESS') and lease_until is not null
    and %(until)s::timestamptz is not null
  returning id),
seen as (  -- tasks before load, as every move locks them
  update agent_load l set last_heartbeat_at = %(now)s
  from (select agent_id, last_heartbeat_at as before from agent_load where agent_id = %(id)s) o
  where l.agent_id = o.agent_id and (select count(*) from held) >= 0 returning o.before)
select a.status, (select count(*) from held) as holds, seen.before, {HOLDS_ON} as on_hold from agents a, seen where a.id = %(id)s
"""
SILENCE_SECONDS = 300
"""A heartbeat after a longer silence is told as a fact; the others leave no event."""


@operation("agents:write", users=False, level=rules.HEARTBEAT_LEVEL)
def heartbeat(work: Work, body: HeartbeatIn) -> HeartbeatOut:
    """Give a sign of life and prolong the leases of the tasks that the agent holds."""
    if work.actor.id is None:
        raise Forbidden("auth.agent_only", "Only an agent has a heartbeat", "Call it with an agent's key.")
    now = clock.now()
    until = clock.later(now, body.lease_seconds)
    row = work.one(_HEARTBEAT, {"id": work.actor.id, "agent": work.actor.id, "now": now, "until": until})
    assert row is not None
    if row["before"] is None or (now - row["before"]).total_seconds() > SILENCE_SECONDS:
        work.emit(events.AgentSeen(subject_id=work.actor.id, subject_label=work.actor.name, after={"note": body.note}))
    told = {name: row[name] for name in ("status", "holds", "on_hold")}
    return HeartbeatOut.model_validate(told | {"agent_id": work.actor.id, "at": now})
