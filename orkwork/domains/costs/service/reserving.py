"""Setting money aside before a call, so that callers at once can't spend together more than there is."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import Conflict, Forbidden, invalid
from orkwork.core.ids import uuid7
from orkwork.core.money import plain
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.costs import events
from orkwork.domains.costs.models import ReservationStatus
from orkwork.domains.costs.queries import budgets as queries
from orkwork.domains.costs.rules import prices
from orkwork.domains.costs.schemas.budgets import (
    ReservationIn,
    ReservationOut,
    ReservedOut,
    RoomOut,
    SettledOut,
    SettleIn,
)
from orkwork.domains.costs.schemas.ledger import CostIn, CostOut
from orkwork.domains.costs.service import recording
from orkwork.domains.settings.rules import over_budget

_PLACE = """
select coalesce(x.task_id, t.id) as task_id, coalesce(x.project_id, t.project_id, p.id) as project_id,
  (%(execution_id)s::uuid is null or (x.id is not null and x.agent_id = %(agent)s
    and (%(task_id)s::uuid is null or %(task_id)s = x.task_id) and (%(project_id)s::uuid is null or %(project_id)s = x.project_id)))
  and (%(task_id)s::uuid is null or (t.id is not null and (%(project_id)s::uuid is null or %(project_id)s = t.project_id)))
  and (%(project_id)s::uuid is null or p.id is not null)
  and (%(visible)s::uuid[] is null or coalesce(x.project_id, t.project_id, p.id) is null
    or coalesce(x.project_id, t.project_id, p.id) = any(%(visible)s)) as fits
from (select) one left join task_executions x on x.id = %(execution_id)s left join tasks t on t.id = %(task_id)s
  left join projects p on p.id = %(project_id)s
"""
_ROOM = "select reserve_budget(%(agent)s, %(project)s, %(estimate)s, %(now)s) as budgets"
_HOLD = """
insert into budget_reservations (id, agent_id, project_id, task_id, execution_id, provider, model, estimate_usd, status,
  external_id, request_hash, created_at, expires_at)
values (%(id)s, %(agent_id)s, %(project_id)s, %(task_id)s, %(execution_id)s, %(provider)s, %(model)s, %(estimate_usd)s, 'held',
  %(external_id)s, %(request_hash)s, %(now)s, %(expires_at)s)
returning *
"""
_KNOWN = "select * from budget_reservations where agent_id = %(agent)s and external_id = %(external_id)s"
_NAME = """coalesce((select name from agents where id = b.agent_id), (select name from projects where id = b.project_id),
  (select name from settings)) as name"""


@operation("costs:write", users=False)
def reserve(work: Work, body: ReservationIn) -> tuple[ReservedOut, bool]:
    """Set money aside for a call before it is made, and say whether it is new; 402 when a budget has no room for it.

    What is set aside counts as spent for everyone else until it is settled, released or expires.
    """
    agent_id = _agent(work)
    request_hash = prices.fingerprint(body.model_dump_json())
    if body.external_id is not None:
        work.sql("select pg_advisory_xact_lock(8, hashtext(%(key)s))", {"key": f"{agent_id} {body.external_id}"})
        if known := work.one(_KNOWN, {"agent": agent_id, "external_id": body.external_id}):
            return _same(known, request_hash, body.external_id), False
    place = _place(work, agent_id, body)
    now, estimate = clock.now(), _estimate(body)
    rooms = _rooms(work, agent_id, place["project_id"], estimate, now)
    row = work.one(
        _HOLD,
        body.model_dump(include={"execution_id", "external_id"})
        | place
        | {
            "id": uuid7(),
            "agent_id": agent_id,
            "provider": body.provider or "",
            "model": body.model or "",
            "estimate_usd": estimate,
            "request_hash": request_hash,
            "now": now,
            "expires_at": now + timedelta(seconds=body.expires_in_seconds),
        },
    )
    assert row is not None
    _tell(work, events.ReservationHeld, row)
    return ReservedOut.model_validate(row | {"budgets": rooms}), True


def _agent(work: Work) -> UUID:
    if work.actor.id is None:
        raise Forbidden("auth.agent_only", "Only an agent sets money aside", "Call it with an agent's key.")
    return work.actor.id


def _same(row: dict[str, Any], request_hash: str, external_id: str) -> ReservedOut:
    if row["request_hash"] != request_hash:
        raise Conflict(
            "reservation.external_id",
            f"external_id {external_id} was used for another call",
            "Give each call its own external_id.",
        )
    return ReservedOut.model_validate(row | {"budgets": []})


def _place(work: Work, agent_id: UUID, body: ReservationIn) -> dict[str, Any]:
    wanted = body.model_dump(include={"execution_id", "task_id", "project_id"})
    row = work.one(_PLACE, wanted | {"agent": agent_id, "visible": work.actor.projects})
    if row is None or not row["fits"]:
        field = "execution_id" if body.execution_id else "task_id" if body.task_id else "project_id"
        raise invalid(field, "names nothing that this agent works on, or contradicts the others")
    return {"task_id": row["task_id"], "project_id": row["project_id"]}


def _estimate(body: ReservationIn) -> Decimal:
    """The most that the call can cost; Invalid for a model without a known price."""
    if body.estimate_usd is not None:
        return body.estimate_usd
    if body.provider is None or body.model is None:
        raise invalid("estimate_usd", "is needed, or provider, model and tokens to price")
    tokens = prices.Tokens(body.input_tokens, body.max_output_tokens)
    found = prices.price(body.provider or "", body.model or "", tokens, clock.now(), None, None)
    if found.amount_usd is None:
        raise invalid("model", f"{body.model} has no known price: give estimate_usd")
    return found.amount_usd


def _rooms(
    work: Work, agent_id: UUID, project_id: UUID | None, estimate: Decimal, now: datetime
) -> list[dict[str, Any]]:
    """How each budget stands behind the reservation, under their locks; 402 when one has no room."""
    row = work.one(_ROOM, {"agent": agent_id, "project": project_id, "estimate": estimate, "now": now})
    assert row is not None
    out = []
    for budget in row["budgets"]:
        if not budget["has_room"]:
            raise over_budget(_named(work, budget), now)
        held = Decimal(budget["reserved_usd"]) + estimate
        left = Decimal(budget["limit_usd"]) - Decimal(budget["spent_usd"]) - held
        out.append(budget | {"reserved_usd": held, "left_usd": left})
    return [RoomOut.model_validate(one).model_dump() for one in out]


def _named(work: Work, budget: dict[str, Any]) -> dict[str, Any]:
    row = work.one(f"select {_NAME} from budgets b where b.id = %(id)s", {"id": budget["id"]})
    kept = ("scope", "period", "limit_usd", "spent_usd", "reserved_usd", "ends_at")
    return {name: budget[name] for name in kept} | {"budget_id": budget["id"], "name": row["name"] if row else ""}


_LOCKED = "select * from budget_reservations where id = %(id)s and agent_id = %(agent)s for no key update"
_SETTLE = """
update budget_reservations set status = 'settled', cost_id = %(cost_id)s, amount_usd = %(amount)s, ended_at = %(now)s
where id = %(id)s returning *
"""


@operation("costs:write", users=False)
def settle(work: Work, reservation_id: UUID, body: SettleIn) -> SettledOut:
    """Record what the call really cost and give back what it did not need.

    The cost is recorded whatever it is: dearer than set aside, or after the reservation expired; the answer says so.
    Settled again with the same call it answers the same, with another 409.
    """
    row = _locked(work, reservation_id)
    if row["status"] == ReservationStatus.RELEASED:
        raise Conflict("reservation.released", "This reservation was released", "Report the call with POST /costs.")
    now = clock.now()
    found_rows, budgets = recording.record(work, [_cost_of(row, body)])
    cost, new = found_rows[0]
    if not new:
        return _settled(row, cost).model_copy(update={"budgets": budgets})
    was_late = row["status"] == ReservationStatus.LAPSED or row["expires_at"] <= now
    found = work.one(_SETTLE, {"id": reservation_id, "cost_id": cost.id, "amount": cost.amount_usd, "now": now})
    assert found is not None
    over = _over(found)
    _tell(work, events.ReservationSettled, found, {"over_estimate_usd": plain(over), "was_late": was_late})
    return SettledOut(
        reservation=ReservationOut.model_validate(found),
        cost=cost,
        over_estimate_usd=over,
        was_late=was_late,
        budgets=queries.near(work, [row["agent_id"]], [row["project_id"]] if row["project_id"] else [])
        if budgets
        else [],
    )


def _cost_of(row: dict[str, Any], body: SettleIn) -> CostIn:
    provider, model = body.provider or row["provider"], body.model or row["model"]
    if not provider or not model:
        raise invalid("model" if provider else "provider", "is neither named here nor in the reservation")
    said = body.model_dump(exclude={"provider", "model"}, exclude_unset=True)
    place = {name: row[name] for name in ("execution_id", "task_id", "project_id")}
    named = {"provider": provider, "model": model, "external_id": f"reservation:{row['id']}"}
    return CostIn.model_validate(said | place | named)


def _over(row: dict[str, Any]) -> Decimal:
    return max(Decimal(0), (row["amount_usd"] or Decimal(0)) - row["estimate_usd"])


def _settled(row: dict[str, Any], cost: CostOut) -> SettledOut:
    return SettledOut(
        reservation=ReservationOut.model_validate(row),
        cost=cost,
        over_estimate_usd=_over(row),
        was_late=row["ended_at"] is not None and row["expires_at"] <= row["ended_at"],
    )


_END = "update budget_reservations set status = %(status)s, ended_at = %(now)s where id = %(id)s returning *"


@operation("costs:write", users=False)
def release(work: Work, reservation_id: UUID) -> ReservationOut:
    """Give back what was set aside, since the call was not made. 409 when it is settled; again it changes nothing."""
    row = _locked(work, reservation_id)
    if row["status"] == ReservationStatus.SETTLED:
        raise Conflict("reservation.settled", "This reservation is settled", "A correction takes a cost back.")
    if row["status"] != ReservationStatus.HELD:
        return ReservationOut.model_validate(row)
    ended = {"id": reservation_id, "status": ReservationStatus.RELEASED, "now": clock.now()}
    found = work.one(_END, ended)
    assert found is not None
    _tell(work, events.ReservationReleased, found)
    return ReservationOut.model_validate(found)


def _locked(work: Work, reservation_id: UUID) -> dict[str, Any]:
    row = work.one(_LOCKED, {"id": reservation_id, "agent": _agent(work)})
    if row is None:
        raise queries.missing(reservation_id)
    return row


_LAPSED = """
update budget_reservations r set status = 'lapsed', ended_at = %(now)s from (
  select id from budget_reservations where status = 'held' and expires_at <= %(now)s
  order by expires_at limit %(limit)s for no key update skip locked) x
where r.id = x.id returning r.*
"""


@operation(None, users=False, agents=False)
def lapse_reservations(work: Work, limit: int = 500) -> int:
    """End the reservations of which nobody said in time what became of the call; how many."""
    rows = work.all(_LAPSED, {"now": clock.now(), "limit": limit})
    for row in rows:
        _tell(work, events.ReservationLapsed, row)
    return len(rows)


def _tell(
    work: Work, kind: type[events.ReservationHeld] | Any, row: dict[str, Any], more: dict[str, Any] | None = None
) -> None:
    told = {
        "agent_id": row["agent_id"],
        "task_id": row["task_id"],
        "estimate_usd": plain(row["estimate_usd"]),
        "status": row["status"],
    }
    work.emit(
        kind(
            subject_id=row["id"],
            subject_label=row["model"] or row["provider"],
            project_id=row["project_id"],
            after=told | (more or {}),
        )
    )
