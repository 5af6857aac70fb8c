"""What happens to the ledger, to budgets and to money that is set aside."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CostRecorded(Event):
    """A call that cost money was recorded."""

    name = "cost.recorded"
    subject_kind = "cost"
    heard_with = "costs:read"


@dataclass(frozen=True, kw_only=True)
class CostCorrected(Event):
    """A row of the ledger was corrected by another."""

    name = "cost.corrected"
    subject_kind = "cost"
    heard_with = "costs:read"


@dataclass(frozen=True, kw_only=True)
class RollupsRebuilt(Event):
    """All sums were made anew from the ledger, since the company's days moved."""

    name = "costs.rebuilt"
    subject_kind = "company"


@dataclass(frozen=True, kw_only=True)
class SumsDiffer(Event):
    """The check found sums that are not those of their rows."""

    name = "costs.drifted"
    subject_kind = "company"


@dataclass(frozen=True, kw_only=True)
class BudgetChanged(Event):
    """A limit was set, raised, lowered or taken away."""

    name = "budget.changed"
    subject_kind = "budget"


@dataclass(frozen=True, kw_only=True)
class BudgetReached(Event):
    """So many per cent of a budget are spent: told once for each budget, period and threshold."""

    name = "budget.reached"
    subject_kind = "budget"
    heard_with = "costs:read"


@dataclass(frozen=True, kw_only=True)
class BudgetRenewed(Event):
    """A budget that had stopped work lets it go on: its period turned, or it was raised."""

    name = "budget.renewed"
    subject_kind = "budget"
    heard_with = "costs:read"


@dataclass(frozen=True, kw_only=True)
class ReservationHeld(Event):
    """Money was set aside for a call."""

    name = "reservation.held"
    subject_kind = "reservation"
    heard_with = "costs:read"


@dataclass(frozen=True, kw_only=True)
class ReservationSettled(Event):
    """The call was made, and its cost recorded."""

    name = "reservation.settled"
    subject_kind = "reservation"
    heard_with = "costs:read"


@dataclass(frozen=True, kw_only=True)
class ReservationReleased(Event):
    """The call was not made; its money is free again."""

    name = "reservation.released"
    subject_kind = "reservation"
    heard_with = "costs:read"


@dataclass(frozen=True, kw_only=True)
class ReservationLapsed(Event):
    """Nobody said in time what became of a call; its money is free again."""

    name = "reservation.lapsed"
    subject_kind = "reservation"
    heard_with = "costs:read"
