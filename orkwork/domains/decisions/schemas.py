"""Decisions as they enter and leave."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints

from orkwork.core.schema import Body, In, Out, Str
from orkwork.domains.decisions.models import Category, DecisionStatus


class Option(Out):
    """One way to decide."""

    id: str
    label: str
    action: str | None = None
    """What choosing it carries out; null does nothing."""
    arguments: dict[str, Any] = {}


class DecisionItem(Out):
    """A decision in a list."""

    id: UUID
    category: Category
    status: DecisionStatus
    title: str
    task_id: UUID | None
    task_key: str | None
    agent_id: UUID | None
    agent_name: str | None
    project_id: UUID | None
    options: list[Option]
    recommendation: str | None
    """The id of the option that the system would choose."""
    chosen: str | None
    """The id of the option that was chosen; null while pending, and when it closed by itself."""
    reasoning: str
    decided_by_kind: str | None
    decided_by_id: UUID | None
    decided_by_name: str | None
    created_at: datetime
    resolved_at: datetime | None
    version: int


class DecisionOut(DecisionItem):
    """A decision with what it rests on."""

    context: dict[str, Any]
    """For an assignment: the weights and every candidate with its factors and score, or who nearly suits."""


class ResolveIn(In):
    """What was decided."""

    option: Annotated[Str, StringConstraints(min_length=1, max_length=100)]
    """The id of one of its options."""
    reasoning: Body = ""


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
