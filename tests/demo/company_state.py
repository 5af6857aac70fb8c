"""What a company consists of, to be held against itself later."""

from typing import Any
from uuid import UUID

from orkwork.core import db, door
from orkwork.core.actor import system
from orkwork.domains.audit import queries as audit
from orkwork.domains.audit import service as audit_service
from orkwork.domains.costs.service import recording as costs

RECORD = ("events", "event_log", "event_log_cursor", "event_deliveries", "alembic_version")
"""The record itself, which grows."""

_KEPT = "sum(amount_usd), sum(calls), sum(unpriced), sum(input_tokens), sum(output_tokens), sum(cached_tokens)"
SUMMED = {
    "cost_rollup": f"select row(kind, key, day, {_KEPT})::text from cost_rollup group by kind, key, day order by 1",
    "cost_cube": f"select row(day, agent, project, provider, model, {_KEPT})::text from cost_cube "
    "group by day, agent, project, provider, model order by 1",
}
"""Sums that are kept in parts: what counts is what they add up to."""


def everything() -> dict[str, list[str]]:
    """All rows of all tables but the record's, as text in one order."""
    with db.engine().connect() as connection:
        names = (
            connection.exec_driver_sql("select tablename from pg_tables where schemaname = 'public'").scalars().all()
        )
        return {
            name: list(
                connection.exec_driver_sql(SUMMED.get(name, f"select t::text from {name} t order by 1")).scalars()
            )
            for name in sorted(names)
            if name not in RECORD
        }


def rows(statement: str, **params: Any) -> list[dict[str, Any]]:
    return door.run(system("test"), lambda work: work.all(statement, params or None), write=False)


def demo_ids() -> list[UUID]:
    """Agents, projects, keys and tasks of the demo."""
    found = rows(
        "select id from agents where demo union all select id from projects where demo union all "
        "select k.id from api_keys k join agents a on a.id = k.agent_id where a.demo union all "
        "select t.id from tasks t join projects p on p.id = t.project_id where p.demo"
    )
    return [row["id"] for row in found]


def events_of(ids: list[UUID]) -> int:
    """Events that still name one of them as actor, subject or project."""
    found = rows(
        "select count(*) as n from events where actor_id = any(%(ids)s) or subject_id = any(%(ids)s) "
        "or project_id = any(%(ids)s)",
        ids=ids,
    )
    return found[0]["n"]


def sums_are_exact() -> bool:
    """Whether the sums equal those made anew from the ledger."""
    kept = everything()["cost_rollup"]
    door.run(system("test"), costs.rebuild_rollups, write=True)
    return everything()["cost_rollup"] == kept


def chain_holds() -> bool:
    """Whether the record verifies, sealed to its end."""
    while door.run(system("test"), audit_service.seal, write=True):
        pass
    found = door.run(system("test"), audit.verify, write=False)
    return found.ok and not found.unsealed
