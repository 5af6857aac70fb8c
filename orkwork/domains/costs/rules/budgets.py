"""What is said and asked when a budget is nearly or wholly used up. Pure."""

from datetime import datetime
from decimal import ROUND_UP, Decimal

from orkwork.core.money import plain
from orkwork.domains.costs.models import Period, Scope

HALF, DOUBLE = Decimal("1.5"), Decimal(2)
CENT = Decimal("0.01")


def raises(limit: Decimal, spent: Decimal) -> list[Decimal]:
    """To what a limit could be raised so that work goes on: by half, and to the double, each above what is spent."""
    return [_rounded(max(limit, spent) * factor) for factor in (HALF, DOUBLE)]


def _rounded(amount: Decimal) -> Decimal:
    """Up to a whole dollar, or to the cent below ten dollars."""
    return amount.quantize(CENT if amount < 10 else Decimal(1), rounding=ROUND_UP)


_IN = {Period.DAY: "today", Period.MONTH: "this month", Period.TOTAL: "altogether"}


def nearly(name: str, period: Period, spent: Decimal, limit: Decimal, ends_at: datetime | None) -> str:
    """What is said of a budget that is nearly spent, in the words of one that is."""
    anew = f", and it begins anew at {ends_at.isoformat().replace('+00:00', 'Z')}" if ends_at else ""
    left = plain(max(limit - spent, Decimal(0)))
    return f"{name} has spent {plain(spent)} of its {plain(limit)} USD {_IN[period]}: {left} USD are left{anew}."


def title(scope: Scope, name: str, period: Period) -> str:
    """The question in one line."""
    of = {Period.DAY: "budget of the day", Period.MONTH: "budget of the month", Period.TOTAL: "budget"}[period]
    who = "The company" if scope is Scope.COMPANY else name
    return f"{who} has spent its {of}"
