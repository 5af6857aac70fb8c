"""Prices. Pure, but for the catalogue that genai-prices ships."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any, Final

from genai_prices import Usage, calc_price

from orkwork.domains.costs.models import Basis

ALL_DAYS: Final = date(1, 1, 1)
"""The day of sums that are not by day."""
PLACES: Final = Decimal("1e-12")
"""The ledger's precision; a price for one token has fewer places."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a call used. Cached and written tokens and sound are part of the input, thought and sound of the output."""

    input: int
    output: int
    cached: int = 0
    cache_write: int = 0
    input_audio: int = 0
    output_audio: int = 0
    reasoning: int = 0
    requests: int = 1

    def kept(self) -> dict[str, int]:
        """By the ledger's columns."""
        return {f"{name}_tokens" if name != "requests" else name: value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Price:
    """What counts, where it comes from, and what else was said."""

    amount_usd: Decimal | None
    basis: Basis
    caller_usd: Decimal | None
    catalogue_usd: Decimal | None
    snapshot: dict[str, Any] | None


def price(
    provider: str,
    model: str,
    tokens: Tokens,
    occurred_at: datetime,
    amount_usd: Decimal | None,
    unit_prices: tuple[Decimal, Decimal] | None,
) -> Price:
    """The amount that counts: the caller's, else the catalogue's at the time of use, else none (unpriced).

    `unit_prices` are dollars for one input and one output token as the caller states them; they are only compared.
    """
    catalogue, snapshot = _catalogue(provider, model, tokens, occurred_at.date())
    stated = amount_usd
    if stated is None and unit_prices is not None:
        stated = tokens.input * unit_prices[0] + tokens.output * unit_prices[1]
    basis = Basis.CALLER if amount_usd is not None else Basis.CATALOGUE if catalogue is not None else Basis.UNPRICED
    counts = amount_usd if amount_usd is not None else catalogue
    return Price(_exact(counts), basis, _exact(stated), _exact(catalogue), snapshot)


def _exact(amount: Decimal | None) -> Decimal | None:
    if amount is None:
        return None
    with localcontext(prec=40):
        return amount.quantize(PLACES)


@lru_cache(maxsize=4096)
def _catalogue(provider: str, model: str, tokens: Tokens, day: date) -> tuple[Decimal | None, dict[str, Any] | None]:
    """The catalogue's price of a call, by the day that it happened on; None for a model that it does not know."""
    usage = Usage(
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cached or None,
        cache_write_tokens=tokens.cache_write or None,
        input_audio_tokens=tokens.input_audio or None,
        output_audio_tokens=tokens.output_audio or None,
    )
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    for provider_id in (provider, None):
        try:
            found = calc_price(usage, model, provider_id=provider_id, genai_request_timestamp=moment)
        except (LookupError, ValueError):
            continue
        snapshot = {
            "provider": found.provider.id,
            "model": found.model.id,
            "prices": str(found.model_price),
            "input_usd": str(found.input_price),
            "output_usd": str(found.output_price),
        }
        return Decimal(found.total_price), snapshot
    return None, None


def fingerprint(request: str) -> str:
    """What tells a repeated request from another one under the same external id."""
    return hashlib.sha256(request.encode()).hexdigest()[:32]
