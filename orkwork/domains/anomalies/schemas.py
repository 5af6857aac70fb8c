"""Anomalies as they enter and leave."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import StringConstraints

from orkwork.core.schema import In, Moment, Out, Str
from orkwork.domains.anomalies.models import AnomalyAction, AnomalyRule, AnomalyState, Severity

EvidenceKind = Literal["agent", "task", "execution", "project", "cost", "job"]


class Evidence(Out):
    """One thing that shows it."""

    kind: EvidenceKind
    id: str
    """Its id; of a job its name."""
    label: str
    """What a person calls it."""
    href: str | None = None
    """Its page below the server's address."""
    at: datetime | None = None
    """When it happened, or since when it is so."""
    says: str = ""
    """What it shows."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a rule found now."""

    rule: AnomalyRule
    key: str
    severity: Severity
    subject: str
    agent_id: UUID | None = None
    project_id: UUID | None = None
    task_id: UUID | None = None
    execution_id: UUID | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)


class AnomalyOut(Out):
    """Something out of line."""

    id: UUID
    rule: AnomalyRule
    severity: Severity
    state: AnomalyState
    subject: str
    says: str
    """What is out of line, in a sentence."""
    agent_id: UUID | None
    project_id: UUID | None
    task_id: UUID | None
    execution_id: UUID | None
    figures: dict[str, Any]
    """What was found, and what would have been in line."""
    evidence: list[Evidence]
    first_seen_at: datetime
    last_seen_at: datetime
    over_at: datetime | None
    """When it was in line again."""
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    close_reason: str
    action: AnomalyAction | None
    """What the system did about it by policy."""
    decision_id: UUID | None
    """The decision that recorded that."""
    undone_at: datetime | None
    undone_by: str | None
    version: int


class SnoozeIn(In):
    """Until when it is not to be shown."""

    until: Moment


class CloseIn(In):
    """Why nobody needs to hear of it."""

    reason: Annotated[Str, StringConstraints(max_length=1000, strip_whitespace=True)] = ""
