"""Who sits at the browser: the session cookie of its socket, read afresh at every call."""

import hashlib
from http.cookies import CookieError, SimpleCookie
from typing import Any

from orkwork.core.credentials import Credential, Identify, identify
from orkwork.core.settings import settings


def session_cookie() -> str:
    """The session cookie's name; `__Host-` ties it to this host where https allows it."""
    return "__Host-orkwork_session" if settings().https else "orkwork_session"


def credential_of(state: Any) -> Credential | None:
    """What the browser behind a state shows."""
    token = _token(state.router.headers.cookie)
    if not token:
        return None
    session = state.router.session
    return Credential("session", token, session.client_ip or None, f"socket-{session.session_id}"[:64])


def caller_of(state: Any) -> Identify:
    """How a door finds out who this is."""
    return identify(credential_of(state))


def mark_of(credential: Credential | None) -> str:
    """Tells sessions apart without keeping their token."""
    return hashlib.sha256(f"state:{credential.token}".encode("utf-8", "replace")).hexdigest() if credential else ""


def _token(header: str) -> str:
    try:
        cookies = SimpleCookie(header or "")
    except CookieError:
        return ""
    found = cookies.get(session_cookie())
    return found.value if found else ""
