"""Setting up the made-up company; its agents then work through the public API like any others."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from orkwork.core.actor import Role
from orkwork.core.errors import Conflict
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.schemas import AgentIn, KeyIn
from orkwork.domains.demo import queries
from orkwork.domains.demo.rules import company
from orkwork.domains.demo.schemas import DemoAgent, DemoOut, DemoProject
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.schemas import ProjectIn

_ONE_AT_A_TIME = "select pg_advisory_xact_lock(7, 4)"
_KEY_NAME = "demo"


@operation(None, role=Role.OWNER, users=False, agents=False)
def start_demo(work: Work) -> DemoOut:
    """Make the made-up company where it is missing, and fresh keys for its agents; keys of earlier demos stop working."""
    work.sql(_ONE_AT_A_TIME)
    if queries.leaving(work):
        raise Conflict("demo.leaving", "An earlier demo is still being removed", "`orkwork demo --remove` ends that.")
    ventures = _projects(work)
    ids = [venture.id for venture in ventures]
    return DemoOut(agents=_agents(work, ids), projects=ventures)


def _projects(work: Work) -> list[DemoProject]:
    rows = {row["name"]: row for row in work.all("select id, name, key_prefix from projects where demo")}
    found = []
    for venture in company.VENTURES:
        row: Any = rows.get(venture.name)
        if row is None:
            row = projects.create_project(work, _project_in(work, venture), demo=True).model_dump()
        found.append(DemoProject(id=row["id"], name=row["name"], key_prefix=row["key_prefix"]))
    return found


def _project_in(work: Work, venture: company.Venture) -> ProjectIn:
    taken = work.one("select id from projects where key_prefix = %(prefix)s", {"prefix": venture.key_prefix})
    return ProjectIn(
        name=venture.name,
        key_prefix=None if taken else venture.key_prefix,
        description=venture.description,
        budget_usd=venture.budget_usd,
    )


def _agents(work: Work, project_ids: list[UUID]) -> list[DemoAgent]:
    rows = work.all("select id, name, demo, config->>'demo' as member from agents where status <> 'retired'")
    taken = {row["name"].lower() for row in rows}
    known = {row["member"]: row for row in rows if row["demo"]}
    found: list[DemoAgent] = []
    for member in company.MEMBERS:
        row: Any = known.get(member.name)
        if row is None:
            manager = found[0].id if found else None
            body = _agent_in(member, company.free_name(member.name, taken), project_ids, manager)
            row = agents.create_agent(work, body, demo=True).model_dump()
        found.append(
            DemoAgent(id=row["id"], name=row["name"], part=member.part, model=member.model, key=_key(work, row["id"]))
        )
    return found


def _agent_in(member: company.Member, name: str, project_ids: list[UUID], manager_id: UUID | None) -> AgentIn:
    return AgentIn(
        name=name,
        role=member.role,
        adapter=member.adapter,
        model=member.model,
        description="Made up for the demo.",
        config={"demo": member.name},
        manager_id=manager_id,
        daily_budget_usd=member.daily_budget_usd,
        max_concurrent_tasks=2,
        project_ids=project_ids,
        capabilities={capability: Decimal(level) for capability, level in member.capabilities.items()},
    )


def _key(work: Work, agent_id: UUID) -> str:
    earlier = work.all(
        "select id from api_keys where agent_id = %(id)s and name = %(name)s and revoked_at is null",
        {"id": agent_id, "name": _KEY_NAME},
    )
    for row in earlier:
        agents.revoke_key(work, agent_id, row["id"])
    return agents.create_key(work, agent_id, KeyIn(name=_KEY_NAME)).key
