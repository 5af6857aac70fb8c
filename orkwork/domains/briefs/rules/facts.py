"""What a brief is made of: numbers with the rows behind them. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from orkwork.domains.briefs.schemas import BriefRef


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows, and the first of them."""

    count: int = 0
    refs: tuple[BriefRef, ...] = ()


NONE = Rows()


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetFact:
    """A budget that is nearly or wholly spent."""

    ref: BriefRef
    period: Literal["day", "month", "total"]
    limit_usd: Decimal
    spent_usd: Decimal
    is_used_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFact:
    """The company's month, whose band reaches above its budget."""

    p50_usd: Decimal
    p85_usd: Decimal
    limit_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineFact:
    """A project that will hold its deadline in less than half of the paths of its last forecast."""

    ref: BriefRef
    deadline: date
    in_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that one brief knows."""

    since: datetime
    now: datetime
    completed: Rows = NONE
    handed_in: Rows = NONE
    failed: Rows = NONE
    """Moves to FAILED in the time told of, whatever became of them."""
    spent_usd: Decimal = Decimal(0)
    failing: Rows = NONE
    """Tasks that stand in FAILED now."""
    overdue: Rows = NONE
    due_soon: Rows = NONE
    sla_late: Rows = NONE
    sla_near: Rows = NONE
    deadlines: list[DeadlineFact] = field(default_factory=list)
    budgets: list[BudgetFact] = field(default_factory=list)
    more_budgets: int = 0
    month: MonthFact | None = None
    working: Rows = NONE
    silent: Rows = NONE
    paused: Rows = NONE
    paused_holding: Rows = NONE
    """Paused agents that have tasks in hand."""
    pressing: Rows = NONE
    """Decisions whose deadline passes within a day."""
    deciding: Rows = NONE
    """All decisions that wait."""
    reviewing: Rows = NONE
    grave: Rows = NONE
    """Open anomalies of the highest severity, without those that other sections tell of."""
    odd: Rows = NONE
    """The other open ones."""
