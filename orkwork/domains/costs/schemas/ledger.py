"""Costs as they enter and leave."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, ValidationInfo, field_validator

from orkwork.core.money import Usd, UsdIn
from orkwork.core.schema import Bool, In, Int, JsonObject, Out, Str
from orkwork.domains.costs.models import Basis, Period, Scope, UsageFormat

ModelName = Annotated[Str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,119}$")]
MOST_USD = 10**12
"""What the ledger can hold in one row."""
Tokens = Annotated[Int, Field(ge=0, le=10**12)]
Reason = Annotated[Str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
ExternalId = Annotated[Str, StringConstraints(min_length=1, max_length=200)]


class UnitPrices(In):
    """Dollars for one token, as the caller states them: kept for comparison, never counted."""

    input: UsdIn
    output: UsdIn


class CallIn(In):
    """What a call to a model used: tokens by kind, or the provider's own usage body."""

    occurred_at: AwareDatetime | None = None
    """When the call was made; now when absent."""
    usage: JsonObject | None = None
    """The usage body of OpenAI, Anthropic or LiteLLM as it came, in place of the counts below."""
    usage_format: UsageFormat | None = None
    """Whose it is; recognised by its fields when absent."""
    input_tokens: Tokens = 0
    """Cached ones included."""
    output_tokens: Tokens = 0
    cached_tokens: Tokens = 0
    """The part of the input that was read from a cache."""
    cache_write_tokens: Tokens = 0
    """The part of the input that was written to a cache."""
    input_audio_tokens: Tokens = 0
    """The part of the input that was sound."""
    output_audio_tokens: Tokens = 0
    """The part of the output that was sound."""
    reasoning_tokens: Tokens = 0
    """The part of the output that was thought and not said."""
    requests: Annotated[Int, Field(ge=0, le=10**6)] = 1
    """What a provider that charges by request counts."""
    amount_usd: UsdIn | None = None
    """What the call cost, where the caller knows; then this counts, and the catalogue's price stands beside it."""
    unit_prices_usd: UnitPrices | None = None
    currency: Str = "USD"
    """Only USD is kept."""

    @field_validator("currency")
    @classmethod
    def _dollars(cls, value: str) -> str:
        if value != "USD":
            raise ValueError("must be USD: convert the amount first")
        return value

    @field_validator("occurred_at")
    @classmethod
    def _plausible(cls, value: datetime | None) -> datetime | None:
        if value is not None and not 2000 <= value.year < 2200:
            raise ValueError("must lie between the years 2000 and 2200")
        return value

    @field_validator("cached_tokens", "cache_write_tokens")
    @classmethod
    def _part_of_input(cls, value: int, info: ValidationInfo) -> int:
        if "input_tokens" in info.data and value + info.data.get("cached_tokens", 0) > info.data["input_tokens"]:
            raise ValueError("cached_tokens and cache_write_tokens are part of input_tokens and can't exceed them")
        return value

    @field_validator("input_audio_tokens", "output_audio_tokens", "reasoning_tokens")
    @classmethod
    def _part(cls, value: int, info: ValidationInfo) -> int:
        whole = "input_tokens" if info.field_name == "input_audio_tokens" else "output_tokens"
        if value > info.data.get(whole, value):
            raise ValueError(f"is part of {whole} and can't exceed them")
        return value

    @field_validator("unit_prices_usd")
    @classmethod
    def _countable(cls, value: UnitPrices | None, info: ValidationInfo) -> UnitPrices | None:
        tokens = info.data.get("input_tokens", 0), info.data.get("output_tokens", 0)
        if value is not None and tokens[0] * value.input + tokens[1] * value.output >= MOST_USD:
            raise ValueError(f"times the tokens must stay below {MOST_USD} dollars")
        return value


class CostIn(CallIn):
    """One call to a model."""

    provider: ModelName
    """openai, anthropic, …"""
    model: ModelName
    execution_id: UUID | None = None
    """The run that it was for; task and project follow from it."""
    task_id: UUID | None = None
    project_id: UUID | None = None
    external_id: ExternalId | None = None
    """The caller's own id of the call: sent twice, it is recorded once."""


class CostBatchIn(In):
    """Many calls at once: all of them are recorded, or none."""

    items: Annotated[list[CostIn], Field(min_length=1, max_length=500)]


class CostOut(Out):
    """One row of the ledger."""

    id: UUID
    agent_id: UUID | None
    project_id: UUID | None
    task_id: UUID | None
    execution_id: UUID | None
    provider: str
    model: str
    occurred_at: datetime
    day: date
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    input_audio_tokens: int
    output_audio_tokens: int
    reasoning_tokens: int
    requests: int
    amount_usd: Usd | None
    """What counts; null while unpriced."""
    basis: Basis
    caller_usd: Usd | None
    catalogue_usd: Usd | None
    difference_usd: Usd | None
    """The caller's less the catalogue's."""
    price: dict[str, Any] | None
    """The catalogue's price at the time of use."""
    external_id: str | None
    corrects_id: UUID | None
    """The row that this one corrects; then amount and tokens are differences."""
    reason: str | None
    created_at: datetime


class BudgetNear(Out):
    """A budget that is spent, or nearly: from the last threshold below 100 % on."""

    budget_id: UUID
    scope: Scope
    name: str
    """The agent's, the project's or the company's."""
    period: Period
    limit_usd: Usd
    spent_usd: Usd
    left_usd: Usd
    """The limit less what is spent and set aside; never below zero."""
    used_percent: int
    stopped: bool
    """Whether it is spent: claims, starts and reservations answer 402 until it begins anew or is raised."""
    ends_at: datetime | None
    """When it begins anew; null for a project's total."""
    says: str
    """The same in a sentence, and what to do."""


class RecordedOut(CostOut):
    """A recorded call, and the budgets that it leaves spent or nearly."""

    budgets: list[BudgetNear] = []
    """The agent's, the project's and the company's, those that are spent first; empty while there is room."""


class CorrectionIn(In):
    """What a row should have said."""

    amount_usd: UsdIn | None = None
    """What the call really cost."""
    reverse: Bool = False
    """The call did not happen: its amount and tokens are taken back."""
    reason: Reason


class CostBatchOut(Out):
    """The rows, in the order of the request."""

    items: list[CostOut]
    recorded: int
    """How many were new."""
    budgets: list[BudgetNear] = []
    """The budgets that are spent or nearly, after all of them."""
