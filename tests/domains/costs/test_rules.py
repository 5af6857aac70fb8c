"""Usage bodies as providers send them, refusals of budgets, and the forecast: pure rules."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from orkwork.core.errors import Invalid
from orkwork.domains.costs.models import Period, Scope, UsageFormat
from orkwork.domains.costs.rules import budgets, forecast, usage
from orkwork.domains.costs.rules.prices import Tokens, price
from orkwork.domains.settings.rules import over_budget

OPENAI_CHAT = {
    "prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306,
    "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 10},
    "completion_tokens_details": {
        "reasoning_tokens": 128, "audio_tokens": 5, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
    },
}  # fmt: skip
OPENAI_RESPONSES = {
    "input_tokens": 36, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 87,
    "output_tokens_details": {"reasoning_tokens": 64}, "total_tokens": 123,
}  # fmt: skip
ANTHROPIC = {
    "input_tokens": 21, "cache_creation_input_tokens": 188086, "cache_read_input_tokens": 1000, "output_tokens": 393,
    "cache_creation": {"ephemeral_5m_input_tokens": 188086, "ephemeral_1h_input_tokens": 0},
    "server_tool_use": {"web_search_requests": 2}, "service_tier": "standard",
}  # fmt: skip
ANTHROPIC_PLAIN = {"input_tokens": 10, "cache_read_input_tokens": None, "output_tokens": 5}
LITELLM = {
    "prompt_tokens": 1500, "completion_tokens": 40, "total_tokens": 1540,
    "prompt_tokens_details": {"audio_tokens": None, "cached_tokens": 1000, "cache_creation_tokens": 400},
    "cache_creation_input_tokens": 400, "cache_read_input_tokens": 1000,
    "completion_tokens_details": None,
}  # fmt: skip
LITELLM_OLD = {
    "prompt_tokens": 100,
    "completion_tokens": 40,
    "cache_creation_input_tokens": 400,
    "cache_read_input_tokens": 1000,
}


@pytest.mark.parametrize(
    ("body", "whose", "tokens"),
    [
        (OPENAI_CHAT, "openai", Tokens(2006, 300, cached=1920, input_audio=10, output_audio=5, reasoning=128)),
        (OPENAI_RESPONSES, "openai", Tokens(36, 87, cached=4, reasoning=64)),
        (ANTHROPIC, "anthropic", Tokens(189107, 393, cached=1000, cache_write=188086, requests=3)),
        (ANTHROPIC_PLAIN, "anthropic", Tokens(10, 5)),
        (LITELLM, "litellm", Tokens(1500, 40, cached=1000, cache_write=400)),
        (LITELLM_OLD, "litellm", Tokens(1500, 40, cached=1000, cache_write=400)),
        ({"input_tokens": 7, "output_tokens": 2}, "openai", Tokens(7, 2)),
    ],
)
def test_a_usage_body_is_recognised_and_counted_one_way(body: dict[str, Any], whose: str, tokens: Tokens) -> None:
    assert usage.recognised(body) == whose
    assert usage.read(body, None) == tokens
    assert usage.read(body, UsageFormat(whose)) == tokens


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "usage"),
        ({"tokens": 5}, "usage"),
        ({"prompt_tokens": -1}, "usage.prompt_tokens"),
        ({"prompt_tokens": 1.5}, "usage.prompt_tokens"),
        ({"prompt_tokens": True}, "usage.prompt_tokens"),
        ({"prompt_tokens": 10**13}, "usage.prompt_tokens"),
        ({"prompt_tokens": "5"}, "usage.prompt_tokens"),
        ({"prompt_tokens": 5, "prompt_tokens_details": [1]}, "usage.prompt_tokens_details"),
        (
            {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": -2}},
            "usage.prompt_tokens_details.cached_tokens",
        ),
        ({"prompt_tokens": 5, "completion_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 2}}, "usage"),
        (
            {"input_tokens": 5, "server_tool_use": {"web_search_requests": -1}},
            "usage.server_tool_use.web_search_requests",
        ),
    ],
)
def test_a_usage_body_that_cant_be_is_refused_and_its_field_named(body: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        usage.read(body, None)
    assert [error.field for error in refusal.value.errors] == [field]


def test_cached_and_written_tokens_have_their_own_price() -> None:
    at = datetime(2025, 6, 1, tzinfo=UTC)

    def cost(**tokens: int) -> Decimal:
        found = price("anthropic", "claude-3-5-sonnet-latest", Tokens(**{"output": 0, **tokens}), at, None, None)
        assert found.amount_usd is not None and found.snapshot is not None
        return found.amount_usd

    assert cost(input=1000, cached=1000) < cost(input=1000) < cost(input=1000, cache_write=1000)


def stop(**changed: Any) -> dict[str, Any]:
    base = {"scope": "agent", "period": "day", "name": "CODE", "limit_usd": "1", "spent_usd": "1.2", "budget_id": "b"}
    return base | {"ends_at": "2026-03-30T00:00:00+03:00"} | changed


def test_a_refusal_says_what_is_spent_when_it_ends_and_who_can_raise_it() -> None:
    now = datetime(2026, 3, 29, 20, 59, tzinfo=UTC)
    refusal = over_budget(stop(), now)
    assert (refusal.status, refusal.code) == (402, "agent.over_budget")
    assert refusal.message == "CODE has spent 1.2 of its 1 USD today"
    assert refusal.extra["retry_after_seconds"] == 60
    assert "an admin can raise it" in refusal.hint
    never = over_budget(stop(scope="project", period="total", ends_at=None), now)
    assert "retry_after_seconds" not in never.extra
    assert never.hint == "Ask for more: an admin can raise it."
    assert "an owner can raise it" in over_budget(stop(scope="company", period="month"), now).hint


def test_a_raise_lies_above_what_is_spent() -> None:
    assert budgets.raises(Decimal(10), Decimal("13.01")) == [Decimal(20), Decimal(27)]
    assert budgets.raises(Decimal("0.5"), Decimal("0.4")) == [Decimal("0.75"), Decimal("1.00")]
    assert budgets.title(Scope.COMPANY, "Acme", Period.MONTH) == "The company has spent its budget of the month"


def history(days: int, amount: str = "10", today: date = date(2026, 3, 16)) -> forecast.History:
    return forecast.whole_days({today - timedelta(days=n): Decimal(amount) for n in range(1, days + 1)}, today)


def test_a_forecast_of_equal_days_is_their_sum_and_less_than_a_week_gives_none() -> None:
    today = date(2026, 3, 16)
    assert forecast.forecast(history(6), today, Decimal(60), Decimal(0)) is None
    band = forecast.forecast(history(30), today, Decimal(150), Decimal(4))
    assert band is not None
    assert band.p50[0] == Decimal(156), "today still brings what is missing to ten"
    assert band.p50[-1] == band.p85[-1] == Decimal(306)
    assert len(band.p50) == 16


def test_a_forecast_is_a_band_that_widens_and_is_the_same_for_the_same_days() -> None:
    today = date(2026, 3, 2)
    spent = {today - timedelta(days=n): Decimal(n * 37 % 23) for n in range(1, 40)}
    days = forecast.whole_days(spent, today)
    band = forecast.forecast(days, today, Decimal(20), Decimal(0))
    assert band is not None and band == forecast.forecast(days, today, Decimal(20), Decimal(0))
    assert list(band.p50) == sorted(band.p50)
    assert all(low <= high for low, high in zip(band.p50, band.p85, strict=True))
    assert band.p85[-1] > band.p50[-1]


def test_weekends_are_drawn_from_weekends_and_days_without_costs_count() -> None:
    today = date(2026, 3, 27)  # a Friday; after it come two of the weekend
    spent = {day: Decimal(100) for n in range(1, 30) if (day := today - timedelta(days=n)).weekday() < 5}
    band = forecast.forecast(forecast.whole_days(spent, today), today, Decimal(0), Decimal(100))
    assert band is not None
    assert [int(amount) for amount in band.p50] == [0, 0, 0, 100, 200]


@pytest.mark.parametrize("values", [["0", "0"], ["0.003", "4.9"], ["0.2", "5"], ["7", "7"], ["0.0000001", "999999"]])
def test_every_value_lies_in_one_bar_of_a_distribution(values: list[str]) -> None:
    least, most = map(Decimal, values)
    edges = forecast.bounds(least, most)
    assert edges == sorted(set(edges)) and len(edges) <= 13
    for value in (least, most):
        assert sum(low <= value < high for low, high in pairwise(edges)) == 1
