"""What happens to anomalies."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class AnomalyFound(Event):
    """Something is out of line."""

    name = "anomaly.found"
    subject_kind = "anomaly"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class AnomalyWorsened(Event):
    """Something that was seen already became graver; whatever was said of it before counts no more."""

    name = "anomaly.worsened"
    subject_kind = "anomaly"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class AnomalyOver(Event):
    """Something is in line again."""

    name = "anomaly.over"
    subject_kind = "anomaly"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class AnomalyAcknowledged(Event):
    """A person has seen it."""

    name = "anomaly.acknowledged"
    subject_kind = "anomaly"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class AnomalySnoozed(Event):
    """A person wants to hear of it later."""

    name = "anomaly.snoozed"
    subject_kind = "anomaly"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class AnomalyClosed(Event):
    """A person wants to hear no more of it."""

    name = "anomaly.closed"
    subject_kind = "anomaly"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class AnomalyActed(Event):
    """The system did by policy what `after` says."""

    name = "anomaly.acted"
    subject_kind = "anomaly"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class AnomalyUndone(Event):
    """A person took back what the system did."""

    name = "anomaly.undone"
    subject_kind = "anomaly"
    heard_with = "agents:read"
