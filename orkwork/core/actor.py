"""Who acts: a user, an agent or the system, with what it may."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final
from uuid import UUID


class ActorKind(StrEnum):
    """The three kinds of actors."""

    USER = "user"
    AGENT = "agent"
    SYSTEM = "system"


class Role(StrEnum):
    """What a user may; each role may what the ones after it may."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"

    @property
    def rank(self) -> int:
        """The higher, the more it may."""
        return _RANKS[self]

    def covers(self, needed: "Role") -> bool:
        """Whether this role may what `needed` may."""
        return self.rank >= needed.rank


_RANKS: Final = {Role.OWNER: 3, Role.ADMIN: 2, Role.MEMBER: 1, Role.VIEWER: 0}


class Level(IntEnum):
    """How far an agent may go alone."""

    TOOL = 0
    ASSISTANT = 1
    SUPERVISED = 2
    AUTONOMOUS = 3
    STRATEGIC = 4


SCOPES: Final = {
    "agents:read": "Read agents and the organisation",
    "agents:write": "Send heartbeats",
    "projects:read": "Read projects",
    "projects:write": "Create and change projects",
    "tasks:read": "Read tasks, comments and executions",
    "tasks:write": "Claim, work on and comment on tasks",
    "decisions:read": "Read decisions",
    "decisions:write": "Ask people to decide",
    "costs:read": "Read costs",
    "costs:write": "Report costs",
}
"""The scopes a key can carry, each with what it allows."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One caller of one operation; frozen, made by a door."""

    kind: ActorKind
    id: UUID | None
    name: str
    role: Role | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    level: Level | None = None
    project_ids: tuple[UUID, ...] | None = None
    """The projects an agent is restricted to; None is all."""
    key_id: UUID | None = None
    session_id: UUID | None = None
    ip: str | None = None
    request_id: str | None = None

    @property
    def is_agent(self) -> bool:
        """Whether an agent acts."""
        return self.kind is ActorKind.AGENT

    @property
    def is_user(self) -> bool:
        """Whether a person acts."""
        return self.kind is ActorKind.USER

    @property
    def projects(self) -> list[UUID] | None:
        """The restriction as SQL wants it."""
        return None if self.project_ids is None else list(self.project_ids)


def system(name: str, request_id: str | None = None) -> Actor:
    """The system acting under a job's or command's name."""
    return Actor(ActorKind.SYSTEM, None, name, request_id=request_id)
