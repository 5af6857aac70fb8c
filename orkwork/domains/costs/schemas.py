"""Costs as they enter and leave."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, ValidationInfo, field_validator

from orkwork.core.money import Usd, UsdIn
from orkwork.core.schema import In, Int, Out, Str
from orkwork.domains.costs.models import Basis

ModelName = Annotated[Str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,119}$")]
MOST_USD = 10**12
"""What the ledger can hold in one row."""
Tokens = Annotated[Int, Field(ge=0, le=10**12)]


class UnitPrices(In):
    """Dollars for one token, as the caller states them: kept for comparison, never counted."""

    input: UsdIn
    output: UsdIn


class CostIn(In):
    """One call to a model."""

    provider: ModelName
    """openai, anthropic, …"""
    model: ModelName
    occurred_at: AwareDatetime | None = None
    """When the call was made; now when absent."""
    input_tokens: Tokens = 0
    """Cached ones included."""
    output_tokens: Tokens = 0
    cached_tokens: Tokens = 0
    """The part of the input that was read from a cache."""
    cache_write_tokens: Tokens = 0
    amount_usd: UsdIn | None = None
    """What the call cost, where the caller knows; then this counts, and the catalogue's price stands beside it."""
    unit_prices_usd: UnitPrices | None = None
    execution_id: UUID | None = None
    """The run that it was for; task and project follow from it."""
    task_id: UUID | None = None
    project_id: UUID | None = None
    external_id: Annotated[Str, StringConstraints(min_length=1, max_length=200)] | None = None
    """The caller's own id of the call: sent twice, it is recorded once."""

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

    @field_validator("unit_prices_usd")
    @classmethod
    def _countable(cls, value: UnitPrices | None, info: ValidationInfo) -> UnitPrices | None:
        tokens = info.data.get("input_tokens", 0), info.data.get("output_tokens", 0)
        if value is not None and tokens[0] * value.input + tokens[1] * value.output >= MOST_USD:
            raise ValueError(f"times the tokens must stay below {MOST_USD} dollars")
        return value


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
    amount_usd: Usd | None
    """What counts; null while unpriced."""
    basis: Basis
    caller_usd: Usd | None
    catalogue_usd: Usd | None
    difference_usd: Usd | None
    """The caller's less the catalogue's."""
    external_id: str | None
    created_at: datetime


class CostBatchOut(Out):
    """The rows, in the order of the request."""

    items: list[CostOut]
    recorded: int
    """How many were new."""


GroupBy = Literal["agent", "project", "task", "execution", "model", "day"]


class CostSum(Out):
    """A sum over part of the ledger."""

    amount_usd: Usd
    catalogue_usd: Usd
    caller_usd: Usd
    difference_usd: Usd
    """Caller less catalogue, over the calls that have both."""
    calls: int
    unpriced: int
    """Calls without a price; the amount does not hold them."""
    differing: int
    """Calls whose caller and catalogue disagree."""
    input_tokens: int
    output_tokens: int
    cached_tokens: int


class CostGroup(CostSum):
    """The sum for one agent, project, task, execution, model or day."""

    key: str
    label: str


class CostReport(Out):
    """A breakdown and its total."""

    group_by: GroupBy
    items: list[CostGroup]
    total: CostSum
    next_cursor: str | None = None
