"""What happens to agents and their keys."""

from dataclasses import dataclass

from orkwork.core.actor import Role
from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class AgentCreated(Event):
    """An agent joined."""

    name = "agent.created"
    subject_kind = "agent"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class AgentChanged(Event):
    """Something about an agent changed."""

    name = "agent.changed"
    subject_kind = "agent"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class AgentPaused(Event):
    """An agent gets no new work until it is resumed."""

    name = "agent.paused"
    subject_kind = "agent"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class AgentRetired(Event):
    """An agent left; its keys are dead and its work goes back."""

    name = "agent.retired"
    subject_kind = "agent"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class AgentSeen(Event):
    """An agent gave its first sign of life, or came back after a silence."""

    name = "agent.seen"
    subject_kind = "agent"
    heard_with = "agents:read"


@dataclass(frozen=True, kw_only=True)
class KeyCreated(Event):
    """An agent got a key."""

    name = "key.created"
    subject_kind = "key"
    heard_by = Role.ADMIN


@dataclass(frozen=True, kw_only=True)
class KeyRevoked(Event):
    """A key stopped working."""

    name = "key.revoked"
    subject_kind = "key"
    heard_by = Role.ADMIN
