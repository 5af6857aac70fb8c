"""The one row of the company's settings."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, Column, Integer, Numeric, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core import clock


def _share(default: str) -> Any:
    return Field(Decimal(default), sa_column=Column(Numeric(4, 3), nullable=False, server_default=default))


class Company(SQLModel, table=True):
    """The company; exactly one row, with id 1."""

    __tablename__ = "settings"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint(
            "weight_capability + weight_performance + weight_workload + weight_cost = 1 and weight_capability >= 0 "
            "and weight_performance >= 0 and weight_workload >= 0 and weight_cost >= 0",
            name="weights",
        ),
        CheckConstraint(
            "score_completion + score_speed + score_quality + score_defects + score_cost = 1 and score_completion >= 0 "
            "and score_speed >= 0 and score_quality >= 0 and score_defects >= 0 and score_cost >= 0",
            name="score_weights",
        ),
        CheckConstraint("take_up_seconds between 10 and 86400", name="take_up_seconds"),
        CheckConstraint("loop_breaker_runs between 2 and 100", name="loop_breaker_runs"),
        CheckConstraint("offer_rule_after between 2 and 100", name="offer_rule_after"),
    )

    id: int = Field(1, sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    name: str = "My company"
    time_zone: str = "UTC"
    """IANA name; days, crons and budgets count in it."""
    locale: str = "en"
    weight_capability: Decimal = _share("0.40")
    """The weights of the assignment's score; together they are 1."""
    weight_performance: Decimal = _share("0.30")
    weight_workload: Decimal = _share("0.20")
    weight_cost: Decimal = _share("0.10")
    score_completion: Decimal = _share("0.30")
    """The weights of an agent's performance score; together they are 1."""
    score_speed: Decimal = _share("0.20")
    score_quality: Decimal = _share("0.25")
    score_defects: Decimal = _share("0.15")
    score_cost: Decimal = _share("0.10")
    anomaly_rules: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    """What counts as an anomaly and what is done about it: `schemas.AnomalyRules`."""
    take_up_seconds: int = Field(600, sa_column=Column(Integer, nullable=False, server_default="600"))
    """How long an agent may leave a task that the score gave it, before another gets it."""
    hold: dict[str, Any] | None = Field(None, sa_column=Column(JSONB(none_as_null=True)))
    """While nothing begins in the whole company: why, since when and by whom."""
    resumed_at: datetime | None = None
    """When the last hold ended; leases count from here at the earliest."""
    limits: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    """The clocks and the retry policy where neither task, project nor agent has any: `schemas.Limits`."""
    loop_breaker_runs: int = Field(3, sa_column=Column(SmallInteger, nullable=False, server_default="3"))
    """How often one agent may fail at one task for one reason, without getting further, before it is kept from it."""
    offer_rule_after: int = Field(3, sa_column=Column(SmallInteger, nullable=False, server_default="3"))
    """After how many like answers in a row a standing rule is offered."""
    budget_thresholds: list[int] = Field(
        default_factory=lambda: [50, 80, 100],
        sa_column=Column(ARRAY(Integer), nullable=False, server_default="{50,80,100}"),
    )
    """At how many per cent of a budget people are told; 100 is always among them."""
    version: int = 1
    updated_at: datetime = Field(default_factory=clock.now)
