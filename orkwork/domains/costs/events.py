"""What happens to the ledger."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CostRecorded(Event):
    """A call that cost money was recorded."""

    name = "cost.recorded"
    subject_kind = "cost"
    heard_with = "costs:read"


@dataclass(frozen=True, kw_only=True)
class RollupsRebuilt(Event):
    """All sums were made anew from the ledger, since the company's days moved."""

    name = "costs.rebuilt"
    subject_kind = "company"
