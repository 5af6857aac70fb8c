"""Who may change whom, and how long a sign-in lasts. Pure."""

import secrets
from datetime import timedelta
from typing import Final

from orkwork.core.actor import Role
from orkwork.core.errors import Forbidden

SESSION_DAYS: Final = 30
INVITE_DAYS: Final = 7
OWNER_LINK_HOURS: Final = 24
ANSWER_DAYS: Final = 2
"""How long the answer under an Idempotency-Key is kept."""
SESSION_LIFETIME: Final = timedelta(days=SESSION_DAYS)
TOUCH_AFTER: Final = timedelta(minutes=1)
"""How stale last_used_at may be before a call renews it."""


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def own_path(path: str | None) -> str:
    """Where to go after signing in: a path of ours, whatever a link says; the first page otherwise."""
    ours = path and path.startswith("/") and not path.startswith(("//", "/\\", "/login", "/api/"))
    return path if path and ours and path.isprintable() else "/"


def check_role_change(actor: Role | None, target: Role, to: Role) -> None:
    """Only owners make owners or change one."""
    if actor is not Role.OWNER and Role.OWNER in (target, to):
        raise Forbidden("user.owner", "Only an owner can make an owner or change one", "Ask an owner.")
