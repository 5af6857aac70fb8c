"""Reading budgets and what is set aside."""

from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import NotFound
from orkwork.core.money import plain
from orkwork.core.operation import query
from orkwork.core.paging import Order, after, order_by, page_of
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.costs.models import Period, ReservationStatus, Scope
from orkwork.domains.costs.rules import budgets as rules
from orkwork.domains.costs.schemas.budgets import BudgetOut, ReservationOut
from orkwork.domains.costs.schemas.ledger import BudgetNear
from orkwork.domains.settings.rules import stop_words

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


NEARLY = 80
"""Where no threshold lies below 100 %, a budget is nearly spent from this share on."""
_NEAR = f"""
select x.*, greatest(0, x.limit_usd - x.spent_usd - x.reserved_usd) as left_usd,
  case when x.limit_usd = 0 then 100 else least(1000000, trunc(x.spent_usd * 100 / x.limit_usd)) end::int as used_percent
from (
  select b.id as budget_id, b.scope, b.period, b.limit_usd, coalesce(a.name, p.name, s.name) as name,
    budget_spent(b.scope, coalesce(b.agent_id::text, b.project_id::text, 'all'), b.period, f.first) as spent_usd,
    budget_held(b.scope, b.agent_id, b.project_id, %(now)s) as reserved_usd,
    coalesce(b.stopped_until > %(now)s, false) as stopped,
    coalesce((select max(m) from unnest(s.budget_thresholds) m where m < 100), {NEARLY}) as nearly,
    case when b.period <> 'total' then budget_end(b.period, f.first, s.time_zone) end as ends_at
  from budgets b cross join settings s cross join lateral (select budget_start(b.period, %(now)s, s.time_zone) as first) f
  left join agents a on a.id = b.agent_id left join projects p on p.id = b.project_id
  where b.limit_usd is not null and (b.scope = 'company' or b.agent_id = any(%(agents)s) or b.project_id = any(%(projects)s))) x
where x.stopped or x.spent_usd * 100 >= x.limit_usd * x.nearly order by x.stopped desc, x.scope, x.period, x.budget_id
"""


def near(work: Work, agent_ids: list[UUID], project_ids: list[UUID]) -> list[BudgetNear]:
    """The budgets of these agents and projects, and the company's, that are spent or nearly."""
    rows = work.all(_NEAR, {"agents": agent_ids, "projects": project_ids, "now": clock.now()})
    return [BudgetNear.model_validate(row | {"says": _says(row)}) for row in rows]


def _says(row: dict[str, Any]) -> str:
    if not row["stopped"]:
        return rules.nearly(row["name"], Period(row["period"]), row["spent_usd"], row["limit_usd"], row["ends_at"])
    amounts = {name: plain(row[name]) for name in ("limit_usd", "spent_usd", "reserved_usd")}
    ends = row["ends_at"] and row["ends_at"].isoformat().replace("+00:00", "Z")
    _, message, way_out = stop_words(row | amounts | {"ends_at": ends})
    return f"{message}. {way_out}"


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
