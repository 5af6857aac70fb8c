"""Reading what is ready and nobody has, with the agent that suits each best."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.operation import query
from orkwork.core.schema import Out
from orkwork.core.work import Work
from orkwork.domains.tasks.queries import candidates

_HEADS = """
select t.id, t.key, t.title, p.key_prefix as project_key from ready_tasks r join tasks t on t.id = r.task_id
join projects p on p.id = r.project_id and p.status = 'active' and not p.auto_assign join settings s on s.hold is null
where t.status = 'READY' order by r.priority, r.due_at, r.crit desc, r.task_id limit %(limit)s
"""
_BEST = f"""
with task as materialized (
  select t.id, t.key, t.project_id, t.capset_id from tasks t where t.id = %(id)s and t.status = 'READY' and {candidates.HAS_MONEY}),
{candidates.RANKED}
select r.id as agent_id, r.name as agent_name, r.score, (select count(*) from ranked)::int as suited from ranked r where r.place = 1
"""


class OfferOut(Out):
    """A READY task of a project whose tasks are not given by themselves."""

    id: UUID
    key: str
    title: str
    project_key: str
    agent_id: UUID | None = None
    """Who suits it best now, by the score of assignments; null when nobody does, or all who do are full."""
    agent_name: str = ""
    score: Decimal | None = None
    suited: int = 0
    """How many suit it and have room."""


@query("tasks:read", agents=False)
def offers(work: Work, limit: int = 3) -> list[OfferOut]:
    """The tasks that a claim would take first, each with the agent that suits it best."""
    found = []
    for row in work.all(_HEADS, {"limit": limit}):
        best: dict[str, Any] = work.one(_BEST, {"id": row["id"], "e_now": clock.now()}) or {}
        found.append(OfferOut.model_validate(row | best))
    return found
