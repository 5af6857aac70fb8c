"""What happens to people and their sign-ins."""

from dataclasses import dataclass

from orkwork.core.actor import Role
from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class UserCreated(Event):
    """A person joined."""

    name = "user.created"
    subject_kind = "user"
    heard_by = Role.ADMIN


@dataclass(frozen=True, kw_only=True)
class UserChanged(Event):
    """A person's name, role, status or language changed."""

    name = "user.changed"
    subject_kind = "user"
    heard_by = Role.ADMIN


@dataclass(frozen=True, kw_only=True)
class SessionStarted(Event):
    """A person signed in."""

    name = "session.started"
    subject_kind = "session"
    heard_by = Role.ADMIN


@dataclass(frozen=True, kw_only=True)
class SessionRevoked(Event):
    """A sign-in ended."""

    name = "session.revoked"
    subject_kind = "session"
    heard_by = Role.ADMIN


@dataclass(frozen=True, kw_only=True)
class InviteCreated(Event):
    """A place was offered."""

    name = "invite.created"
    subject_kind = "invite"
    heard_by = Role.ADMIN


@dataclass(frozen=True, kw_only=True)
class InviteAccepted(Event):
    """A place was taken."""

    name = "invite.accepted"
    subject_kind = "invite"
    heard_by = Role.ADMIN


@dataclass(frozen=True, kw_only=True)
class InviteRevoked(Event):
    """An offer was taken back."""

    name = "invite.revoked"
    subject_kind = "invite"
    heard_by = Role.ADMIN


@dataclass(frozen=True, kw_only=True)
class OwnerLinkCreated(Event):
    """A one-time owner link was printed."""

    name = "owner_link.created"
    subject_kind = "owner_link"
    heard_by = Role.ADMIN
