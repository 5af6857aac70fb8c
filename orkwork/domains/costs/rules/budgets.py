"""What is asked when a budget is used up. Pure."""

from decimal import ROUND_UP, Decimal

from orkwork.domains.costs.models import Period, Scope

HALF, DOUBLE = Decimal("1.5"), Decimal(2)
CENT = Decimal("0.01")


def raises(limit: Decimal, spent: Decimal) -> list[Decimal]:
    """To what a limit could be raised so that work goes on: by half, and to the double, each above what is spent."""
    return [_rounded(max(limit, spent) * factor) for factor in (HALF, DOUBLE)]


def _rounded(amount: Decimal) -> Decimal:
    """Up to a whole dollar, or to the cent below ten dollars."""
    return amount.quantize(CENT if amount < 10 else Decimal(1), rounding=ROUND_UP)


def title(scope: Scope, name: str, period: Period) -> str:
    """The question in one line."""
    of = {Period.DAY: "budget of the day", Period.MONTH: "budget of the month", Period.TOTAL: "budget"}[period]
    who = "The company" if scope is Scope.COMPANY else name
    return f"{who} has spent its {of}"
