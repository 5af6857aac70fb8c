"""Reading why a task has the agent that it has."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.queries.explained import AssignmentOut, NearMiss, ScoredAgent, Weights
from orkwork.domains.tasks.queries.tasks import standing_row
from orkwork.domains.tasks.rules import Scored

_LAST = """
select t.id as task_id, t.key as task_key, t.assignee_id, a.name as assignee_name,
  t.auto_assigned and t.assignee_id is not null as auto_assigned, d.id as decision_id, d.created_at as decided_at,
  coalesce(d.status = 'pending', false) as pending, d.context::text as context
from tasks t left join agents a on a.id = t.assignee_id
left join lateral (select * from decisions x where x.task_id = t.id and x.category = 'task_assign'
  and x.asked_by_kind is null
  order by x.status = 'pending' desc, x.id desc limit 1) d on true
where t.id = %(id)s
"""


@query("tasks:read")
def assignment(work: Work, ref: str | UUID) -> AssignmentOut:
    """Why a task has the agent that it has: every candidate with its factors and score, and why each other lost.

    By the last decision about it; without one it was claimed, assigned by a person, or not assigned.
    """
    row = work.one(_LAST, {"id": standing_row(work, ref)["id"]})
    assert row is not None
    context = json.loads(row.pop("context") or "{}", parse_float=Decimal, parse_int=Decimal)
    weights = tuple(Decimal(weight) for weight in context.get("weights", ()))
    return AssignmentOut(
        **row,
        weights=Weights(**dict(zip(rules.FACTORS, weights, strict=True))) if weights else None,
        candidates=_explained(context.get("candidates", []), weights),
        near_misses=[NearMiss.model_validate(miss) for miss in context.get("near_misses", [])],
    )


def _explained(rows: list[list[Any]], weights: tuple[Decimal, ...]) -> list[ScoredAgent]:
    """The kept table with the reasons, which follow from it."""
    every = [Scored(tuple(Decimal(f) for f in row[2:6]), Decimal(row[6]), bool(row[8])) for row in rows]
    found = []
    for place, (row, scored) in enumerate(zip(rows, every, strict=True), 1):
        found.append(
            ScoredAgent(
                place=place,
                agent_id=row[0],
                agent_name=row[1],
                **dict(zip(rules.FACTORS, scored.factors, strict=True)),
                score=scored.score,
                mean_cost_usd=Decimal(row[7]),
                passed=scored.passed,
                outcome="winner" if place == 1 else "runner_up" if place == 2 else "lost",
                because="has the best score" if place == 1 else rules.why_not(every[0], scored, weights),
            )
        )
    return found
