"""Budgets and reservations as they enter and leave."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from orkwork.core.money import BudgetIn, Usd, UsdIn
from orkwork.core.schema import In, Int, Out
from orkwork.domains.costs.models import Period, ReservationStatus, Scope
from orkwork.domains.costs.schemas.ledger import BudgetNear, CallIn, CostOut, ExternalId, ModelName, Tokens


class BudgetOut(Out):
    """A limit, what of it is used, and whether it stops work."""

    id: UUID
    scope: Scope
    agent_id: UUID | None
    project_id: UUID | None
    name: str
    """The agent's, the project's or the company's."""
    period: Period
    limit_usd: Usd
    spent_usd: Usd
    """In the present period."""
    reserved_usd: Usd
    """Set aside for calls under way."""
    left_usd: Usd
    """The limit less both; never below zero."""
    used_percent: int
    """Of the limit, by what is spent; may pass 100."""
    told: int
    """The highest threshold reached in this period, in per cent; 0 for none."""
    stopped: bool
    """Whether nothing new begins."""
    ends_at: datetime | None
    """When the period ends, and the budget begins anew; null for a project's total."""
    version: int


class AgentBudgetIn(In):
    """What an agent may spend; what is absent stays, null takes the limit away."""

    daily_usd: BudgetIn | None = None
    monthly_usd: BudgetIn | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("budget_nothing", "give daily_usd, monthly_usd or both")
        return self


class ProjectBudgetIn(In):
    """What a project may spend altogether; null takes the limit away."""

    total_usd: BudgetIn | None


class CompanyBudgetIn(In):
    """What the company may spend in a month; null takes the limit away."""

    monthly_usd: BudgetIn | None


class ReservationIn(In):
    """A call that is about to be made: what it will cost at most, said as an amount or as tokens of a priced model."""

    estimate_usd: UsdIn | None = None
    """The most that the call can cost."""
    provider: ModelName | None = None
    model: ModelName | None = None
    input_tokens: Tokens = 0
    """With provider and model, in place of estimate_usd."""
    max_output_tokens: Tokens = 0
    execution_id: UUID | None = None
    """The run that it is for; task and project follow from it."""
    task_id: UUID | None = None
    project_id: UUID | None = None
    expires_in_seconds: Annotated[Int, Field(ge=10, le=86_400)] = 600
    """After this much silence the money is free again."""
    external_id: ExternalId | None = None
    """The caller's own id: sent twice, it is set aside once."""


class RoomOut(Out):
    """How a budget stands behind a reservation."""

    id: UUID
    scope: Scope
    period: Period
    limit_usd: Usd
    spent_usd: Usd
    reserved_usd: Usd
    """Including this one."""
    left_usd: Usd
    ends_at: datetime | None


class ReservationOut(Out):
    """Money set aside for a call."""

    id: UUID
    agent_id: UUID
    project_id: UUID | None
    task_id: UUID | None
    execution_id: UUID | None
    provider: str
    model: str
    estimate_usd: Usd
    status: ReservationStatus
    external_id: str | None
    cost_id: UUID | None
    amount_usd: Usd | None
    """What was spent; null while held, and for a call without a known price."""
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class ReservedOut(ReservationOut):
    """A new reservation, and what each budget has left behind it."""

    budgets: list[RoomOut]


class SettleIn(CallIn):
    """What the call used; run, task and project are the reservation's."""

    provider: ModelName | None = None
    """The reservation's when absent."""
    model: ModelName | None = None


class SettledOut(Out):
    """The reservation, its cost, and how both compare."""

    reservation: ReservationOut
    cost: CostOut
    over_estimate_usd: Usd
    """How much dearer it was than set aside; zero when it was not."""
    was_late: bool
    """Whether the reservation had expired: the cost counts, but its money may have been given to others."""
    budgets: list[BudgetNear] = []
    """The budgets that are spent or nearly."""
