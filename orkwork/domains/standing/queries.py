"""Reading standing rules, and the pending decisions that they or the time decide."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from orkwork.core import clock
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.decisions import queries as decisions
from orkwork.domains.decisions.queries import ITEM, PRESENT
from orkwork.domains.decisions.schemas import DecisionItem
from orkwork.domains.standing import rules as backtest
from orkwork.domains.standing.schemas import BackTestOut, RuleOut

_RULES = """
select r.*, (select p.key_prefix from projects p where p.id = r.project_id) as project_key from decision_rules r
where (%(visible)s::uuid[] is null or r.project_id = any(%(visible)s))
order by r.revoked_at is not null, coalesce(r.revoked_at, r.created_at) desc, r.id limit 200
"""


@query("decisions:read")
def rules(work: Work) -> list[RuleOut]:
    """The standing rules in force, then the latest that were revoked."""
    return [RuleOut.model_validate(row) for row in work.all(_RULES, {"visible": work.actor.projects})]


_PAST = f"""
select {ITEM} from decisions d where d.likeness = %(likeness)s and d.decided_by_kind = 'user' and d.resolved_at >= %(since)s
order by d.resolved_at desc limit 1000
"""
SHOWN_DIFFERING: Final = 5


@query("decisions:read")
def back_test(work: Work, decision_id: UUID, options: list[str]) -> BackTestOut:
    """What a standing rule after the example of a decision would have done with its like in the last 30 days."""
    found, picked = decisions.decision(work, decision_id), tuple(sorted(set(options)))
    named = {"likeness": found.likeness, "since": clock.now() - decisions.MONTH}
    rows = [DecisionItem.model_validate(row) for row in work.all(_PAST, named)] if found.likeness else []
    past = [backtest.Past(frozenset(o.id for o in row.options), tuple(sorted(row.picked)), row.outcome) for row in rows]
    result = backtest.back_test(picked, past)
    differing = [
        row for row in rows if set(picked) <= {o.id for o in row.options} and tuple(sorted(row.picked)) != picked
    ]
    return BackTestOut(picked=options, differing=differing[:SHOWN_DIFFERING], **vars(result))


_DUE = f"""
select d.id, {PRESENT} as present, r.id as rule, r.picked, r.label, r.made_by_id from decisions d
left join decision_rules r on r.likeness = d.likeness and r.revoked_at is null and r.created_at <= d.created_at
  and d.rule_note = ''
where d.status = 'pending' and (d.deadline <= %(now)s or r.id is not null
  or (d.facts <> '{{}}' and not {PRESENT} @> d.facts))
order by d.id limit 1 for update of d skip locked
"""


def due(work: Work, now: datetime) -> dict[str, Any] | None:
    """A pending decision that has changed, that a rule decides, or whose deadline is over; this Work's alone."""
    return work.one(_DUE, {"now": now})


_PERSON = "select id, name, role from users where id = %(id)s and status = 'active'"


def person(work: Work, user_id: UUID | None) -> dict[str, Any] | None:
    """The person in whose name something is decided, while their account is in use."""
    return work.one(_PERSON, {"id": user_id})
