"""Why a task has the agent that it has, as it leaves."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from orkwork.core.money import Usd
from orkwork.core.schema import Out
from orkwork.domains.tasks.schemas import ClaimedTask


class Weights(Out):
    """How much each factor counts; together 1."""

    capability: Decimal
    performance: Decimal
    workload: Decimal
    cost: Decimal


class ScoredAgent(Out):
    """A candidate with its factors, each 0 to 1, the better the higher."""

    place: int
    """1 got the task."""
    agent_id: UUID
    agent_name: str
    """As it was called then."""
    capability: Decimal
    """Mean proficiency over the required capabilities; 1 when none are."""
    performance: Decimal
    """Its performance score / 100; 0.5 without one."""
    workload: Decimal
    """1 - running / max_concurrent_tasks."""
    cost: Decimal
    """1 for the cheapest candidate, 0 for the dearest, by mean cost per completed task; 1 when all are equal."""
    mean_cost_usd: Usd
    """Per task completed in the last 30 days; the company's mean for who completed none."""
    score: Decimal
    passed: bool
    """It had been given the task before and did not take it up, so it came behind all others."""
    outcome: Literal["winner", "runner_up", "lost"]
    because: str
    """Why it won or lost, in a sentence."""


class Objection(Out):
    """One thing that keeps an agent from a task."""

    code: str
    message: str
    way_out: str


class NearMiss(Out):
    """An agent that is no candidate, with all that stands against it."""

    agent_id: UUID
    agent_name: str
    lacks: list[str]
    """The required capabilities that it does not have."""
    objections: list[Objection]


class AssignmentOut(Out):
    """Why a task has the agent that it has, by the last decision about it."""

    task_id: UUID
    task_key: str
    assignee_id: UUID | None
    assignee_name: str | None
    auto_assigned: bool
    """Whether its present agent was chosen by score."""
    decision_id: UUID | None
    """Null when nothing was ever decided about it: it was claimed, or assigned by a person, or not assigned."""
    decided_at: datetime | None
    pending: bool
    """Nobody suited, and a person has to decide."""
    weights: Weights | None
    candidates: list[ScoredAgent]
    """All who could have been given it, best first."""
    near_misses: list[NearMiss]
    """When nobody suited: who nearly did."""


class AssignedOut(Out):
    """Who got the task; empty when nobody suits, with the reason and the decision that waits."""

    claims: list[ClaimedTask]
    reason: Literal["nobody_suitable"] | None = None
    assignment: AssignmentOut | None = None
    """How the score chose, when it did."""
