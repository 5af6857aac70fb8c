"""Forecasts and tried changes as they enter and leave."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from orkwork.core.money import BudgetIn, Usd
from orkwork.core.schema import In, Int, Out, Str
from orkwork.domains.forecast.models import Method
from orkwork.domains.tasks.models import Priority

MOST_CHANGES = 50
MOST_NEW_TASKS = 2_000
TaskRef = Annotated[Str, Field(min_length=1, max_length=40, examples=["ORK-12"])]
Share = Annotated[float, Field(ge=0, le=1)]


class Moments(Out):
    """By when, in so many of 100 paths."""

    p10: datetime
    p50: datetime
    p80: datetime
    p85: datetime
    p95: datetime


class Amounts(Out):
    """At most so much in all, with what is spent already, in so many of 100 paths."""

    p10: Usd
    p50: Usd
    p80: Usd
    p85: Usd
    p95: Usd


class TaskFigure(Out):
    """What the forecast says of one task."""

    task_id: UUID
    key: str
    title: str
    criticality: Share
    """The share of paths in which the end would be later if this took longer."""
    done_by: datetime
    """Its own P50."""


class Bottleneck(Out):
    """With what the chain of tasks that ends last spends its time."""

    kind: Literal["agent", "reviews", "ceo", "again", "arrivals"]
    """Waiting for an agent's slot, for reviews by agents, for people's reviews and decisions; runs done again; new work."""
    agent_id: UUID | None
    name: str
    days: float
    """On average over the paths."""


class MonthBand(Out):
    """How many of the open issues close within so many months: an 80 % band with its middle."""

    months: int
    p10: int
    p50: int
    p90: int
    low: Share = 0.1
    high: Share = 0.9
    """The model's own quantiles that `p10` and `p90` are: further out where earlier forecasts missed too often."""
    closed: int | None = None
    """How many did, once the months are over; judged after one, two, three and six."""
    held: bool | None = None
    """Whether that lies in the band."""


class Figures(Out):
    """What is expected."""

    open_tasks: int
    done: Moments | None
    cost: Amounts | None
    deadline: datetime | None
    in_time: Share | None
    """The share of paths that end by the deadline."""
    budget_usd: Usd | None
    in_budget: Share | None
    tasks: list[TaskFigure]
    """The 100 most critical."""
    bottlenecks: list[Bottleneck]
    """The worst first."""
    work_days: float
    """Of work on the chain that ends last, waits left out."""
    unable: list[str]
    """Keys of tasks that no agent can do; they are taken as done by others after a decision."""
    new_tasks_a_day: float
    endless: Share
    """The share of paths in which new work comes faster than it is done: no end is known of them."""
    prior_weight: Share
    """How much of the durations comes from the general prior, and not from finished runs."""
    months: list[MonthBand]
    """Of imported trackers without runs."""


class Held(Out):
    """How often the P80 of this project's forecasts held; all projects' while it has none of its own.

    Of a tracker's forecasts each band counts that is judged: one, two, three and six months."""

    forecasts: int
    held: int
    own: bool


Empty = Literal["no_tasks", "no_agents", "done"]


class ForecastOut(Out):
    """A forecast of a project."""

    id: UUID | None
    """Null when it was made for this answer alone and is not kept."""
    project_id: UUID
    project_key: str
    as_of: datetime
    method: Method | None
    empty: Empty | None
    """Why there is nothing to say: no tasks, no agent that could work, or all done."""
    figures: Figures | None
    cold: bool
    """The general prior says more than finished runs: the bands are wide, and say little."""
    own_runs: int
    other_runs: int
    """Finished runs that it drew from: of the project, and of the rest of the company."""
    paths: int
    seed: int
    fingerprint: str
    held: Held | None


class OptionDates(Out):
    """What choosing an option does to the day by which the project is done in 80 of 100 cases."""

    option: str
    does: Literal["goes_on", "delayed", "held", "cut"]
    """What becomes of the task: it goes on, goes on later by what the asker says, stays where it is, or is cancelled with
    all that waits for it."""
    p80: datetime | None
    """Null where it is held: nobody knows for how long. Then `wait_days` says what each day does."""
    days: float | None
    """Against going on now: above zero is later."""


class DecisionDates(Out):
    """What a decision does to dates; each plan simulated with the same draws, on fewer paths than a forecast has."""

    decision_id: UUID
    version: int
    """Of the decision that was looked at."""
    why_not: Literal["no_task", "decided", "finished", "no_agents", "too_little_data", "too_large"] | None
    """Why nothing can be said."""
    project_key: str
    deadline: datetime | None
    p80: datetime | None
    """When the project is done in 80 of 100 cases if the task goes on now."""
    wait_days: float | None
    """By how many days one day of waiting moves it."""
    options: list[OptionDates]
    paths: int
    as_of: datetime


class AddAgent(In):
    """One agent more."""

    kind: Literal["agent_added"]
    max_concurrent_tasks: Annotated[Int, Field(ge=1, le=1000)] = 1


class RemoveAgent(In):
    """One agent less. Made, it is paused, and what it holds of the project goes back."""

    kind: Literal["agent_removed"]
    agent_id: UUID


class Concurrency(In):
    """How many tasks an agent works on at once."""

    kind: Literal["concurrency"]
    agent_id: UUID
    max_concurrent_tasks: Annotated[Int, Field(ge=1, le=1000)]


class BudgetChange(In):
    """Another budget of the project; null is none."""

    kind: Literal["budget"]
    budget_usd: BudgetIn | None


class PriorityChange(In):
    """Another priority of a task."""

    kind: Literal["priority"]
    task: TaskRef
    priority: Priority


class AddTasks(In):
    """More tasks, which wait for nothing."""

    kind: Literal["scope_added"]
    tasks: Annotated[Int, Field(ge=1, le=MOST_NEW_TASKS)]
    estimate_minutes: Annotated[Int, Field(ge=1, le=1_000_000)] | None = None


class CutTask(In):
    """A task cancelled, with all that waits for it."""

    kind: Literal["scope_cut"]
    task: TaskRef


class EstimateChange(In):
    """Another estimate of a task."""

    kind: Literal["estimate"]
    task: TaskRef
    estimate_minutes: Annotated[Int, Field(ge=1, le=1_000_000)] | None


Change = Annotated[
    AddAgent | RemoveAgent | Concurrency | BudgetChange | PriorityChange | AddTasks | CutTask | EstimateChange,
    Field(discriminator="kind"),
]
MAKEABLE = ("agent_removed", "concurrency", "budget", "priority", "scope_cut", "estimate")
"""The kinds that can be made for real, through the operations that exist for them."""


class WhatIfIn(In):
    """What to try."""

    project: Annotated[Str, Field(min_length=1, max_length=40, examples=["ORK"])]
    """Id or key prefix."""
    changes: Annotated[list[Change], Field(min_length=1, max_length=MOST_CHANGES)]


class WhatIfOut(Out):
    """The forecast as things stand, and with the changes; nothing is written."""

    before: ForecastOut
    after: ForecastOut


class MadeChange(Out):
    """One change that was made: what it changed, from what, to what."""

    kind: str
    subject_id: UUID
    label: str
    before: Any
    after: Any
    restored: bool | None = None
    """After undoing: whether it is as before; false when somebody had changed it since."""


class ChangeSetOut(Out):
    """Changes made as one."""

    id: UUID
    project_id: UUID
    changes: list[MadeChange]
    made_by_name: str
    made_at: datetime
    undone_at: datetime | None
