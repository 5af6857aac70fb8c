"""The company's settings as they enter and leave."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from orkwork.core.schema import In, Int, Name, Out, Short, Str
from orkwork.domains.anomalies.models import ABOUT_AGENTS, AnomalyAction, AnomalyRule
from orkwork.domains.tasks.models import Failure

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


class PerformanceWeights(In):
    """How much each part of an agent's performance score counts; together 1."""

    completion: Weight
    speed: Weight
    quality: Weight
    defects: Weight
    cost: Weight

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.completion + self.speed + self.quality + self.defects + self.cost
        if total != 1:
            raise PydanticCustomError("weights_sum", "must add up to 1; they add up to {total}", {"total": str(total)})
        return self


class AnomalyRules(In):
    """From when on something is an anomaly, and what the system does about it by itself. What is absent is as usual."""

    silent_minutes: Annotated[Int, Field(ge=1, le=10_080)] = 30
    """An active agent without a sign of life for longer than this."""
    window_days: Annotated[Int, Field(ge=1, le=365)] = 30
    """The days in which runs and costs are compared."""
    tokens_factor: Annotated[float, Field(gt=1, le=1000, allow_inf_nan=False)] = 3
    """A run with more than this many times the mean tokens of its agent's runs."""
    tokens_samples: Annotated[Int, Field(ge=2, le=100_000)] = 20
    """With fewer runs in the window an agent has no mean."""
    failures: Annotated[Int, Field(ge=2, le=1000)] = 3
    """So many runs of one agent that failed in one way."""
    failures_hours: Annotated[Int, Field(ge=1, le=720)] = 24
    """Within so many hours."""
    review_hours: Annotated[Int, Field(ge=1, le=2160)] = 24
    """A task that waits longer than this for its review."""
    cost_deviation: Annotated[float, Field(ge=1, le=100, allow_inf_nan=False)] = 3.5
    """A completed task whose modified z-score against its like is above this."""
    cost_samples: Annotated[Int, Field(ge=5, le=100_000)] = 10
    """With fewer tasks alike none is out of line."""
    price_days: Annotated[Int, Field(ge=1, le=90)] = 7
    """A changed price is told for so long."""
    actions: dict[AnomalyRule, AnomalyAction] = {}
    """What is done at once when a rule finds something, and can be undone; nothing where a rule is absent."""

    @field_validator("actions")
    @classmethod
    def _possible(cls, value: dict[AnomalyRule, AnomalyAction]) -> dict[AnomalyRule, AnomalyAction]:
        for rule in value:
            if rule not in ABOUT_AGENTS:
                offered = ", ".join(sorted(ABOUT_AGENTS))
                raise PydanticCustomError(
                    "anomaly_action",
                    "{rule} concerns no agent; there are: {offered}",
                    {"rule": rule, "offered": offered},
                )
        return value


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


Seconds = Annotated[Int, Field(ge=1, le=31_536_000)]
"""1 second to a year."""


class RetryPolicy(In):
    """How failures that may pass by themselves are tried again. What is null is left to the next in line."""

    initial_seconds: Seconds | None = None
    """The first pause."""
    factor: Annotated[float, Field(ge=1, le=100, allow_inf_nan=False)] | None = None
    """By how much each pause is longer than the one before."""
    cap_seconds: Seconds | None = None
    """The longest pause."""
    attempts: Annotated[Int, Field(ge=1, le=21)] | None = None
    """Runs altogether, the first one counted."""
    non_retryable: Annotated[list[Failure], Field(max_length=len(Failure))] | None = None
    """Failures that are not tried again, although they may pass."""

    def retries(self, max_retries: int | None) -> int | None:
        """The attempts without the first; refused when a number of retries is named that says otherwise."""
        retries = None if self.attempts is None else self.attempts - 1
        if max_retries not in (None, retries):
            raise PydanticCustomError("retries_differ", "max_retries must be limits.retry.attempts less one")
        return retries


class Limits(In):
    """Four clocks in seconds, and what happens after a failure. What is null is left to the next in line: a task asks
    its project, that its agent, that the company. Where nobody says, there is no clock."""

    waiting_seconds: Seconds | None = None
    """From READY to the start; when it is over somebody is told."""
    running_seconds: Seconds | None = None
    """From start to end of one run; when it is over the run ends as timed_out_running."""
    total_seconds: Seconds | None = None
    """From first READY to the end, over all attempts; when it is over nothing is tried again."""
    silence_seconds: Annotated[Int, Field(ge=5, le=31_536_000)] | None = None
    """Without a report, a line of log, an artifact or a heartbeat; when it is over the run ends as timed_out_silent."""
    retry: RetryPolicy = RetryPolicy()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        first, cap = self.retry.initial_seconds, self.retry.cap_seconds
        if first is not None and cap is not None and cap < first:
            raise PydanticCustomError("limits_cap", "retry.cap_seconds must not be less than retry.initial_seconds")
        if self.total_seconds is not None:
            for name in ("running_seconds", "silence_seconds"):
                if (getattr(self, name) or 0) > self.total_seconds:
                    raise PydanticCustomError(
                        "limits_total", "{name} must not be more than total_seconds: it could never end", {"name": name}
                    )
        return self

    def kept(self) -> dict[str, Any]:
        """What is said, as a table keeps it."""
        said = self.model_dump(mode="json", exclude_none=True)
        return {name: value for name, value in said.items() if value not in ({}, [])}


class CompanyOut(Out):
    """The company."""

    name: str
    time_zone: str
    locale: str
    assignment_weights: AssignmentWeights
    performance_weights: PerformanceWeights
    anomaly_rules: AnomalyRules
    take_up_seconds: int
    """How long an agent may leave a task that the score gave it, before another gets it."""
    hold: HoldOut | None
    """Set while the whole company is on hold."""
    limits: Limits
    """Clocks and retry policy where neither task, project nor agent says otherwise."""
    loop_breaker_runs: int
    """How often one agent may fail at one task for one reason, without getting further, before it is kept from it."""
    offer_rule_after: int
    """After how many like answers in a row a standing rule is offered."""
    budget_thresholds: list[int]
    """At how many per cent of a budget people are told."""
    version: int
    updated_at: datetime


class CompanyPatch(In):
    """What to change; what is absent stays."""

    name: Name | None = None
    time_zone: Str | None = None
    """IANA name: `Europe/Kyiv`."""
    locale: Locale | None = None
    assignment_weights: AssignmentWeights | None = None
    performance_weights: PerformanceWeights | None = None
    anomaly_rules: AnomalyRules | None = None
    take_up_seconds: Annotated[Int, Field(ge=10, le=86_400)] | None = None
    limits: Limits | None = None
    loop_breaker_runs: Annotated[Int, Field(ge=2, le=100)] | None = None
    offer_rule_after: Annotated[Int, Field(ge=2, le=100)] | None = None
    budget_thresholds: (
        Annotated[list[Annotated[Int, Field(ge=1, le=100)]], Field(min_length=1, max_length=10)] | None
    ) = None
    """Per cent, ascending; 100, at which work stops, is the last."""

    @field_validator("budget_thresholds")
    @classmethod
    def _ascending(cls, value: list[int] | None) -> list[int] | None:
        if value is not None and (value != sorted(set(value)) or value[-1] != 100):
            raise ValueError("must ascend and end with 100, at which work stops")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError("is not an IANA time zone, such as Europe/Kyiv")
        return value
