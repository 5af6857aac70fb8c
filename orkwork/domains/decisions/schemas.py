"""Decisions as they enter and leave."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from orkwork.core.money import Usd, UsdIn
from orkwork.core.schema import Body, In, JsonObject, Moment, Name, Out, PageOut, Short, Str, Title
from orkwork.domains.decisions.models import Category, DecisionStatus, Kind, Outcome

OptionId = Annotated[Str, StringConstraints(min_length=1, max_length=100)]
MOST_OPTIONS = 20


class Option(Out):
    """One way to decide."""

    id: str
    label: str
    detail: str = ""
    action: str | None = None
    """What choosing it carries out; null does nothing."""
    arguments: dict[str, Any] = {}
    runs_as: Literal["asker", "decider"] | None = None
    """In whose name the action is carried out."""
    cost_usd: Usd | None = None
    """What it costs, as the asker says."""
    delay_hours: float | None = None
    """By how much it delays the work, as the asker says."""
    digest: str | None = None
    """SHA-256 of the action, its arguments and whose name it bears, as they were frozen when it was asked."""


class Change(Out):
    """What a decision rests on and is otherwise now."""

    what: str
    before: str
    now: str


class Recommendation(Out):
    """What a person recommends."""

    by_id: UUID
    by_name: str
    option: str
    note: str
    at: datetime


class DecisionItem(Out):
    """A decision in a list."""

    id: UUID
    category: Category
    kind: Kind
    status: DecisionStatus
    title: str
    task_id: UUID | None
    task_key: str | None
    agent_id: UUID | None
    agent_name: str | None
    project_id: UUID | None
    options: list[Option]
    recommendation: str | None
    """The id of the option that the asker would choose."""
    chosen: str | None
    """The id of the option that was chosen; null while pending, with several, and when it closed by itself."""
    picked: list[str]
    """The ids of all options that were chosen."""
    answer: str
    reasoning: str
    asked_by_kind: str | None
    """Null where the product itself asked."""
    asked_by_id: UUID | None
    asked_by_name: str | None
    decided_by_kind: str | None
    decided_by_id: UUID | None
    decided_by_name: str | None
    deadline: datetime | None
    default_option: str | None
    """The id of the option that is carried out when the deadline passes; null lets it lapse."""
    outcome: Outcome | None
    """Whether it turned out right; null while nobody has judged it."""
    outcome_note: str
    outcome_by_name: str | None
    outcome_at: datetime | None
    rule_id: UUID | None
    """The standing rule that decided it."""
    created_at: datetime
    resolved_at: datetime | None
    version: int


class DecisionOut(DecisionItem):
    """A decision with what it rests on."""

    context: dict[str, Any]
    """What the asker says, as `text`; for an assignment the weights and every candidate, or who nearly suits."""
    facts: dict[str, Any]
    """What it rests on, as it stood when it was asked."""
    changes: list[Change]
    """What had changed when it was asked again."""
    asked_again: int
    recommendations: list[Recommendation]
    """What people recommend, one each."""
    likeness: str
    """The same for decisions that are alike."""
    rule_note: str
    """Why the standing rule left it to a person; empty when it did not."""


class DelayOut(Out):
    """What waiting costs; each figure is computed from what is on record."""

    blocked_tasks: int
    """The task that it is about, if it is not finished, and all that wait for it."""
    idle_agents: list[str]
    """Agents that hold nothing else, by name."""
    chain_tasks: int
    """The longest chain of those tasks."""
    critical_days: float | None
    """How long that chain takes; null while no task was completed in the last 30 days."""
    usd_per_day: Usd | None
    """Null while the ledger holds nothing that it could be computed from."""


class Effect(Out):
    """What choosing an option means, as far as the record can tell."""

    option: str
    cost_usd: Usd | None = None
    """What it is expected to cost: as the asker says, or the mean of what the same cost before."""
    cost_from: str = ""
    """`asker`, `agent` (mean of its completed tasks) or `task` (mean of its runs)."""
    daily_usd: Usd | None = None
    """By how much it raises what may be spent in a day."""
    delay_hours: float | None = None
    frees_tasks: int = 0
    """How many tasks go on, or may once the one that it is about is done."""
    runs_as: str = ""
    """In whose name its action is carried out: `asker` or `decider`; empty without one."""
    action: str = ""
    """The frozen action as it is written."""


class Precedents(Out):
    """How decisions like this one went."""

    decided: int = 0
    """By people, over all time."""
    answers: dict[str, int] = {}
    """How often each option was chosen, by its id."""
    right: int = 0
    wrong: int = 0
    """Judged wrong or mixed."""
    offers: list[str] = []
    """What a standing rule would choose, where one is offered."""


class PendingOut(DecisionOut):
    """A decision that waits, with what waiting costs, what each option means, and how its like went."""

    delay: DelayOut
    effects: list[Effect]
    precedents: Precedents
    stale: list[Change]
    """What has changed since it was asked; it is asked again within seconds, and can't be decided before."""
    task_title: str | None
    due_at: datetime | None
    """When the task is due."""
    sla_due_at: datetime | None
    """When the next clock of the task's service level runs out."""


class GainOut(Out):
    """What answering some decisions sets free."""

    decisions: int
    tasks: int
    agents: int
    usd_per_day: Usd | None


class PendingPage(PageOut[PendingOut]):
    """One page of what waits, the dearest first."""

    total: int
    """How many wait altogether, under these filters."""
    usd_per_day: Usd | None
    """What waiting for all of them costs."""
    first_three: GainOut
    """What answering the first three gains."""


class DecisionStats(Out):
    """How deciding goes."""

    pending: int
    decided: int
    median_answer_seconds: float | None
    """From question to answer by a person, over the last 7 days; null with fewer than 5."""
    median_answer_seconds_before: float | None
    """The same over the 7 days before."""
    judged: int
    """Of the decisions of the last 30 days."""
    right: int


class OptionIn(In):
    """One way to decide."""

    id: Annotated[OptionId, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$")]
    label: Name
    detail: Short = ""
    action: Annotated[Str, StringConstraints(min_length=1, max_length=100)] | None = None
    """The operation that choosing it carries out: `tasks.transition`. Null does nothing."""
    arguments: JsonObject = {}
    """The operation's arguments by name: `{"ref": "ORK-1", "body": {"to": "READY"}}`."""
    runs_as: Literal["asker", "decider"] | None = None
    """In whose name: the asking agent's unless said, where agents may do it at all; else that of the person who decides."""
    cost_usd: UsdIn | None = None
    delay_hours: Annotated[float, Field(ge=0, le=87_600, allow_inf_nan=False)] | None = None


class DecisionIn(In):
    """What a person should decide."""

    category: Category
    kind: Kind | None = None
    """`choose` unless said, or `answer` when there are no options."""
    title: Title
    context: Body = ""
    """What one has to know to decide; Markdown."""
    task: Annotated[Str, StringConstraints(min_length=1, max_length=40)] | None = None
    """Id or key of the task that it is about."""
    project_id: UUID | None = None
    """The task's unless said."""
    agent_id: UUID | None = None
    """The agent that it is about; the asking agent unless said."""
    options: Annotated[list[OptionIn], Field(max_length=MOST_OPTIONS)] | None = None
    """What there is to choose; to `approve`, approve and deny unless said."""
    recommendation: OptionId | None = None
    """The id of the option that the asker would choose."""
    deadline: Moment | None = None
    default: OptionId | None = None
    """The id of the option that is carried out when the deadline passes. One that carries out an action can only be
    named by who may decide."""


class ResolveIn(In):
    """What was decided."""

    option: OptionId | None = None
    """The id of one of its options."""
    options: Annotated[list[OptionId], Field(max_length=MOST_OPTIONS)] | None = None
    """The ids of several of them, where several may be chosen."""
    answer: Body = ""
    """The words, where it asks for words."""
    reasoning: Body = ""
    version: Annotated[int, Field(strict=True, ge=1)] | None = None
    """The version that was read: when it was asked again since, nothing is decided."""


class RecommendIn(In):
    """What one would choose."""

    option: OptionId
    note: Body = ""


class OutcomeIn(In):
    """How a decision turned out."""

    outcome: Outcome
    note: Annotated[Str, StringConstraints(max_length=2000, strip_whitespace=True)] = ""


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks through a door."""

    kind: str
    id: UUID | None
    name: str
    scopes: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What a domain wants decided."""

    category: Category
    title: str
    task_id: UUID | None = None
    agent_id: UUID | None = None
    project_id: UUID | None = None
    context: dict[str, Any] = field(default_factory=dict)
    options: list[Option] = field(default_factory=list)
    recommendation: str | None = None
    kind: Kind = Kind.CHOOSE
    deadline: datetime | None = None
    default: str | None = None
    """The id of the option that is carried out when the deadline passes."""
    facts: tuple[str, ...] = ()
    """What it rests on, by names of `queries.FACTS`: when one changes it is asked again, not decided blindly."""
    asked_by: Asker | None = None
