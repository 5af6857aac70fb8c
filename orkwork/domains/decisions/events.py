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
class DecisionAskedAgain(Event):
    """What a decision is about has changed, so it is asked anew with what holds now."""

    name = "decision.asked_again"
    subject_kind = "decision"
    heard_with = "decisions:read"


@dataclass(frozen=True, kw_only=True)
class DecisionRecommended(Event):
    """A person recommends an option."""

    name = "decision.recommended"
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


@dataclass(frozen=True, kw_only=True)
class DecisionJudged(Event):
    """It showed whether a decision was right."""

    name = "decision.judged"
    subject_kind = "decision"
    heard_with = "decisions:read"
