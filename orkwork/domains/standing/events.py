"""What happens to standing rules, and to decisions that nobody makes."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class LeftToPerson(Event):
    """A standing rule could not decide, so a person has to."""

    name = "decision.left_to_person"
    subject_kind = "decision"
    heard_with = "decisions:read"


@dataclass(frozen=True, kw_only=True)
class RuleMade(Event):
    """From now on decisions of one likeness are made by a rule."""

    name = "decision_rule.created"
    subject_kind = "decision_rule"


@dataclass(frozen=True, kw_only=True)
class RuleRevoked(Event):
    """People decide them again."""

    name = "decision_rule.revoked"
    subject_kind = "decision_rule"
