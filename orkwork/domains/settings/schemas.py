"""The company's settings as they enter and leave."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from orkwork.core.schema import In, Int, Name, Out, Short, Str

Locale = Literal["en", "uk"]


Weight = Annotated[Decimal, Field(ge=0, le=1, max_digits=4, decimal_places=3, allow_inf_nan=False, examples=["0.4"])]


class AssignmentWeights(In):
    """How much each factor of the assignment's score counts; together 1."""

    capability: Weight
    performance: Weight
    workload: Weight
    cost: Weight

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.capability + self.performance + self.workload + self.cost
        if total != 1:
            raise PydanticCustomError("weights_sum", "must add up to 1; they add up to {total}", {"total": str(total)})
        return self


class HoldIn(In):
    """Why nothing should begin for now."""

    reason: Short = ""


class HoldOut(Out):
    """A hold: nothing is claimed, assigned or started until it ends. Work that is under way may be handed in."""

    scope: Literal["company", "project"]
    project_id: UUID | None
    """Null for the whole company."""
    reason: str
    since: datetime
    by_kind: str
    by_id: UUID | None
    by_name: str


class CompanyOut(Out):
    """The company."""

    name: str
    time_zone: str
    locale: str
    assignment_weights: AssignmentWeights
    take_up_seconds: int
    """How long an agent may leave a task that the score gave it, before another gets it."""
    hold: HoldOut | None
    """Set while the whole company is on hold."""
    version: int
    updated_at: datetime


class CompanyPatch(In):
    """What to change; what is absent stays."""

    name: Name | None = None
    time_zone: Str | None = None
    """IANA name: `Europe/Kyiv`."""
    locale: Locale | None = None
    assignment_weights: AssignmentWeights | None = None
    take_up_seconds: Annotated[Int, Field(ge=10, le=86_400)] | None = None

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError("is not an IANA time zone, such as Europe/Kyiv")
        return value
