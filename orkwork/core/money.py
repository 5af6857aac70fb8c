"""Money: Decimal US dollars, exact in every sum, rounded only for display."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer


def plain(amount: Decimal) -> str:
    """An amount as a plain decimal string: no exponent, no trailing zeros past the cents."""
    text = format(amount, "f")
    if "." not in text:
        return text
    text = text.rstrip("0")
    return text[:-1] if text.endswith(".") else text


Usd = Annotated[Decimal, Field(examples=["12.5"]), PlainSerializer(plain, return_type=str, when_used="json")]
"""An amount that leaves as a decimal string."""

UsdIn = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=12, allow_inf_nan=False, examples=["12.50"])]
"""An amount that enters: not negative, below 1,000,000 dollars, at most 12 decimals."""

BudgetIn = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False, examples=["250"])]
"""A budget that enters: not negative, at most 6 decimals, as it is kept."""
