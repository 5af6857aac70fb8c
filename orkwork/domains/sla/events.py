"""What happens to service levels."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class RuleCreated(Event):
    """Something is promised."""

    name = "sla.rule_created"
    subject_kind = "sla_rule"


@dataclass(frozen=True, kw_only=True)
class RuleChanged(Event):
    """Something else is promised."""

    name = "sla.rule_changed"
    subject_kind = "sla_rule"


@dataclass(frozen=True, kw_only=True)
class RuleDeleted(Event):
    """It is promised no longer."""

    name = "sla.rule_deleted"
    subject_kind = "sla_rule"


@dataclass(frozen=True, kw_only=True)
class SlaWarned(Event):
    """A task has used four fifths of its time."""

    name = "sla.warned"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class SlaBreached(Event):
    """A task took longer than was promised, or is still late when the next level is due; `after` says which level."""

    name = "sla.breached"
    subject_kind = "task"
    heard_with = "tasks:read"
