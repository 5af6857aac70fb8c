"""People, sessions and invites as they enter and leave."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from orkwork.core.actor import Role
from orkwork.core.schema import Bool, In, Name, Out, Str
from orkwork.domains.settings.schemas import Locale

Login = Annotated[Str, StringConstraints(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$")]
Email = Annotated[Str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$")]


class MeOut(Out):
    """Who is calling."""

    kind: str
    id: UUID
    name: str
    role: str | None = None
    scopes: list[str] = []
    autonomy_level: int | None = None
    email: str | None = None
    avatar_url: str | None = None
    locale: str = "en"
    time_zone: str = "UTC"
    company: str = ""


class UserOut(Out):
    """A person."""

    id: UUID
    name: str
    email: str | None
    github_login: str | None
    avatar_url: str | None
    role: str
    status: str
    locale: str | None
    created_at: datetime
    last_seen_at: datetime | None
    version: int


class UserPatch(In):
    """What an owner or admin changes; what is absent stays."""

    role: Role | None = None
    active: Bool | None = None


class ProfilePatch(In):
    """What a person changes of their own; what is absent stays."""

    name: Name = ""
    locale: Locale | None = None


class SessionOut(Out):
    """One signed-in browser."""

    id: UUID
    user_id: UUID
    user_name: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ip: str | None
    user_agent: str | None
    current: bool


class InviteIn(In):
    """A place to offer. The link serves whoever has it; a GitHub login ties it to that account."""

    role: Role = Role.MEMBER
    name: Name | None = None
    email: Email | None = None
    github_login: Login | None = None


class InviteOut(Out):
    """An offered place."""

    id: UUID
    role: str
    name: str | None
    email: str | None
    github_login: str | None
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None


class InviteMade(InviteOut):
    """A new invite with its link, which is shown once."""

    url: str


class GitHubProfile(BaseModel):
    """What GitHub says of a person, among other things."""

    id: int
    login: str
    name: str | None = None
    email: str | None = None
    avatar_url: str | None = None


class SignedIn(Out):
    """A fresh session; the token goes into the cookie and nowhere else."""

    token: str
    user_id: UUID
    expires_at: datetime
    locale: str | None
    """The person's language, else the company's; None leaves it to the browser."""
