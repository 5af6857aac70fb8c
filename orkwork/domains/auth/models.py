"""Tables of people and how they sign in."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, LargeBinary, func, text
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.ids import uuid7


class UserStatus(StrEnum):
    """Whether a person can sign in."""

    ACTIVE = "active"
    CONTRIBUTOR = "contributor"
    """Known from an imported tracker; can't sign in until invited."""
    DEACTIVATED = "deactivated"


class User(SQLModel, table=True):
    """A person."""

    __tablename__ = "users"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("role in ('owner','admin','member','viewer')", name="role"),
        CheckConstraint("status in ('active','contributor','deactivated')", name="status"),
        Index("uq_users_github_login", func.lower(text("github_login")), unique=True),
        Index("uq_users_email", func.lower(text("email")), unique=True),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str
    email: str | None = None
    github_id: int | None = Field(default=None, sa_column=Column(BigInteger, unique=True))
    github_login: str | None = None
    avatar_url: str | None = None
    role: str = "viewer"
    status: str = UserStatus.ACTIVE
    locale: str | None = None
    """The person's language; the company's when absent."""
    created_at: datetime = Field(default_factory=clock.now)
    last_seen_at: datetime | None = None
    version: int = 1


class UserSession(SQLModel, table=True):
    """One signed-in browser; the cookie's token is kept only as its SHA-256."""

    __tablename__ = "sessions"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    user_id: UUID = Field(sa_column=Column(ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True))
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    created_at: datetime = Field(default_factory=clock.now)
    last_used_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    revoked_at: datetime | None = None
    ip: str | None = None
    user_agent: str | None = None


class Invite(SQLModel, table=True):
    """A place kept for one person; its link's token is kept only as its SHA-256."""

    __tablename__ = "invites"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (CheckConstraint("role in ('owner','admin','member','viewer')", name="role"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    role: str = "member"
    name: str | None = None
    email: str | None = None
    github_login: str | None = None
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    created_by: UUID = Field(foreign_key="users.id")
    created_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    accepted_at: datetime | None = None
    accepted_by: UUID | None = Field(None, foreign_key="users.id")
    revoked_at: datetime | None = None


class OwnerLink(SQLModel, table=True):
    """The one-time link that makes, or signs in, the owner."""

    __tablename__ = "owner_links"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    created_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    used_at: datetime | None = None
