"""Reading budgets and what is set aside."""

from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.paging import Order, after, order_by, page_of
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.costs.models import ReservationStatus, Scope
from orkwork.domains.costs.schemas.budgets import BudgetOut, ReservationOut

_BUDGETS = """
select x.*, coalesce(a.name, p.name, s.name) as name, greatest(0, x.limit_usd - x.spent_usd - x.reserved_usd) as left_usd,
  case when x.limit_usd = 0 then 100 else least(1000000, trunc(x.spent_usd * 100 / x.limit_usd)) end::int as used_percent
from (
  select b.id, b.scope, b.agent_id, b.project_id, b.period, b.limit_usd, b.version,
    budget_spent(b.scope, coalesce(b.agent_id::text, b.project_id::text, 'all'), b.period, f.first) as spent_usd,
    budget_held(b.scope, b.agent_id, b.project_id, %(now)s) as reserved_usd,
    case when b.told_for = f.first then b.told else 0 end as told,
    coalesce(b.stopped_until > %(now)s, false) as stopped,
    case when b.period <> 'total' then budget_end(b.period, f.first, c.time_zone) end as ends_at
  from budgets b cross join settings c cross join lateral (select budget_start(b.period, %(now)s, c.time_zone) as first) f
  where b.limit_usd is not null and (%(agent_id)s::uuid is null or b.agent_id = %(agent_id)s)
    and (%(project_id)s::uuid is null or b.project_id = %(project_id)s)
    and (%(scope)s::text is null or b.scope = %(scope)s) and (%(id)s::uuid is null or b.id = %(id)s)
    and (%(own)s::uuid is null or b.agent_id = %(own)s or (b.project_id is not null
      and (%(visible)s::uuid[] is null or b.project_id = any(%(visible)s))))) x
cross join settings s left join agents a on a.id = x.agent_id left join projects p on p.id = x.project_id
where a.id is null or a.status <> 'retired'
order by x.scope = 'company' desc, x.scope, lower(coalesce(a.name, p.name, s.name)), x.period limit 1000
"""


def _params(work: Work, **chosen: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("agent_id", "project_id", "scope", "id"))
    own = {"own": work.actor.id if work.actor.is_agent else None, "visible": work.actor.projects}
    return nothing | own | {"now": clock.now()} | chosen


@query("costs:read")
def budgets(
    work: Work, *, scope: Scope | None = None, agent_id: UUID | None = None, project_id: UUID | None = None
) -> list[BudgetOut]:
    """Every limit with what of it is spent and set aside in its present period. An agent sees its own and its projects'."""
    rows = work.all(_BUDGETS, _params(work, scope=scope, agent_id=agent_id, project_id=project_id))
    return [BudgetOut.model_validate(row) for row in rows]


@query("costs:read")
def budget(work: Work, budget_id: UUID) -> BudgetOut:
    """One budget."""
    row = work.one(_BUDGETS, _params(work, id=budget_id))
    if row is None:
        raise NotFound("budget.not_found", f"There is no budget {budget_id}", "GET /budgets lists them.")
    return BudgetOut.model_validate(row)


_NEWEST = [Order("r.id", "uuid", True)]
_MINE = "(%(own)s::uuid is null or r.agent_id = %(own)s)"


@query("costs:read")
def reservations(
    work: Work, *, status: ReservationStatus | None = None, cursor: str | None = None, limit: int = 50
) -> PageOut[ReservationOut]:
    """Money set aside for calls, the newest first. An agent sees its own."""
    behind, params = after(_NEWEST, cursor)
    rows = work.all(
        f"select r.* from budget_reservations r where {_MINE} and (%(status)s::text is null or r.status = %(status)s) "
        f"and {behind} order by {order_by(_NEWEST)} limit {int(limit) + 1}",
        {"own": work.actor.id if work.actor.is_agent else None, "status": status} | params,
    )
    kept, following = page_of(rows, limit, ["id"])
    return PageOut(items=[ReservationOut.model_validate(row) for row in kept], next_cursor=following)


@query("costs:read")
def reservation(work: Work, reservation_id: UUID) -> ReservationOut:
    """One reservation; an agent finds only its own."""
    row = work.one(
        f"select r.* from budget_reservations r where r.id = %(id)s and {_MINE}",
        {"id": reservation_id, "own": work.actor.id if work.actor.is_agent else None},
    )
    if row is None:
        raise missing(reservation_id)
    return ReservationOut.model_validate(row)


def missing(reservation_id: UUID) -> NotFound:
    """The error for an id that leads nowhere, or to another agent's."""
    return NotFound(
        "reservation.not_found", f"You have no reservation {reservation_id}", "GET /budgets/reservations lists yours."
    )
