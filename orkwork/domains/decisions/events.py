"""What happens to decisions."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class DecisionNeeded(Event):
    """A person has to decide something."""

    name = "decision.needed"
    subject_kind = "decision"
    heard_with = "decisions:read"


@dataclass(frozen=True, kw_only=True)
class DecisionResolved(Event):
    """Something was decided, or needs no decision any more."""

    name = "decision.resolved"
    subject_kind = "decision"
    heard_with = "decisions:read"


@dataclass(frozen=True, kw_only=True)
class DecisionRecorded(Event):
    """The system decided by a rule and kept why."""

    name = "decision.recorded"
    subject_kind = "decision"
    heard_with = "decisions:read"
