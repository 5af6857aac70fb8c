"""Correcting the ledger by further rows: what was recorded stays."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from orkwork.core import events as core_events
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict, invalid
from orkwork.core.ids import uuid7
from orkwork.core.money import plain
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.costs.queries import ledger as queries
from orkwork.domains.costs.schemas.ledger import CorrectionIn, CostOut
from orkwork.domains.costs.service.recording import JUDGED, ROLLED, hint_budgets

_COUNTS = (
    "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "input_audio_tokens", "output_audio_tokens",
    "reasoning_tokens", "requests",
)  # fmt: skip
_STANDS = f"""
select o.id, o.basis, o.corrects_id, sum(c.amount_usd) as amount_usd, sum(c.unpriced) as unpriced,
  {", ".join(f"sum(c.{name}) as {name}" for name in _COUNTS)}
from costs o join costs c on c.id = o.id or c.corrects_id = o.id where o.id = %(id)s group by o.id, o.basis, o.corrects_id
"""
_CORRECT = f"""
with ins as (
  insert into costs (id, agent_id, project_id, task_id, execution_id, provider, model, occurred_at, day, amount_usd, basis,
    corrects_id, reason, unpriced, created_at, {", ".join(_COUNTS)})
  select %(id)s, o.agent_id, o.project_id, o.task_id, o.execution_id, o.provider, o.model, o.occurred_at, o.day,
    %(amount_usd)s, 'correction', o.id, %(reason)s, %(unpriced)s, %(e_now)s, {", ".join(f"%({name})s" for name in _COUNTS)}
  from costs o where o.id = %(corrects_id)s returning *),
{ROLLED},
facts as (
  select 'cost.corrected' as name, 'cost' as subject_kind, i.id as subject_id, i.model as subject_label, i.project_id,
    jsonb_build_object('amount_usd', %(before)s::text) as before, jsonb_build_object('amount_usd', %(after)s::text,
      'corrects_id', i.corrects_id, 'task_id', i.task_id, 'agent_id', i.agent_id, 'reason', i.reason) as after
  from ins i),
{core_events.EMIT}
select i.*, {JUDGED} from ins i
"""


@operation(None, role=Role.ADMIN, agents=False)
def correct_cost(work: Work, cost_id: UUID, body: CorrectionIn) -> CostOut:
    """Say what a row should have said: a further row holds the difference, on the same day, and all sums follow exactly.

    The row and its corrections together never go below zero. 409 when it is a correction itself, or nothing would change.
    """
    if body.reverse and body.amount_usd is not None:
        raise invalid("amount_usd", "goes without reverse: give one of the two")
    if not body.reverse and body.amount_usd is None:
        raise invalid("reverse", "must be true where no amount_usd is given")
    queries.cost(work, cost_id)
    work.sql("select from costs where id = %(id)s for no key update", {"id": cost_id})
    stands = work.one(_STANDS, {"id": cost_id})
    assert stands is not None
    if stands["corrects_id"] is not None:
        raise Conflict("cost.correction", "This row is a correction itself", "Correct the row that it corrects.")
    target = Decimal(0) if body.reverse else body.amount_usd
    assert target is not None
    was = stands["amount_usd"]
    counts = {name: -stands[name] if body.reverse else 0 for name in _COUNTS}
    if was == target and not any(counts.values()):
        raise Conflict("cost.unchanged", f"It stands at {target} USD already", "Give another amount.")
    row = work.one(_CORRECT, _params(work, cost_id, body, stands) | counts | _amounts(was, target))
    assert row is not None
    work.hint("cost.corrected", "cost", row["task_id"], row["project_id"])
    if row["judged"]:
        hint_budgets(work)
    return queries.cost_out(row)


def _params(work: Work, cost_id: UUID, body: CorrectionIn, stands: dict[str, Any]) -> dict[str, Any]:
    return work.telling() | {
        "telling": work.telling_json(),
        "id": uuid7(),
        "corrects_id": cost_id,
        "reason": body.reason,
        "unpriced": -stands["unpriced"],  # a call that got a price is unpriced no longer
    }


def _amounts(was: Decimal | None, target: Decimal) -> dict[str, Any]:
    return {
        "amount_usd": target - (was or Decimal(0)),
        "before": None if was is None else plain(was),
        "after": plain(target),
    }
