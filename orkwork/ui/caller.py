"""Who sits at the browser: the session cookie of the socket, which the identity domain turns into an actor."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

import reflex as rx

from orkwork.core.door import Identify
from orkwork.core.errors import Unauthenticated

SESSION_COOKIES = ("__Host-orkwork_session", "orkwork_session")


@dataclass(frozen=True, slots=True)
class Caller:
    """What a browser brings along."""

    cookie: str
    """The session token, or an empty string."""
    ip: str | None
    request_id: str

    @property
    def mark(self) -> str:
        """Tells sessions apart without keeping their token."""
        return hashlib.sha256(self.cookie.encode()).hexdigest() if self.cookie else ""


def _nobody(caller: Caller) -> Identify:
    raise Unauthenticated("auth.no_session", "Nobody is signed in", "Sign in.")


_identify: Callable[[Caller], Identify] = _nobody


def connect(identify: Callable[[Caller], Identify]) -> None:
    """Give the way from a browser's cookie to an actor; the root does this once."""
    global _identify
    _identify = identify


def identify(caller: Caller) -> Identify:
    """How a door finds out who this is."""
    return _identify(caller)


def caller_of(state: rx.State) -> Caller:
    """The caller behind a state, read afresh from its socket."""
    return Caller(
        cookie=_session(state.router.headers.cookie),
        ip=state.router.session.client_ip or None,
        request_id=f"socket-{state.router.session.session_id}",
    )


def _session(header: str) -> str:
    try:
        cookies = SimpleCookie(header or "")
    except CookieError:
        return ""
    return next((cookies[name].value for name in SESSION_COOKIES if name in cookies), "")
