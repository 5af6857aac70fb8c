"""`/me`, `/auth`, `/users`, `/sessions`, `/invites`."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from asgi_correlation_id import correlation_id
from fastapi import Query, Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.responses import RedirectResponse

from orkwork.core import actor as actors
from orkwork.core import door as doors
from orkwork.core.actor import Actor
from orkwork.core.errors import OrkworkError
from orkwork.core.paging import MAX_LIMIT
from orkwork.core.schema import Name, PageOut, Str
from orkwork.core.settings import settings
from orkwork.core.work import Work
from orkwork.domains.auth import clients, queries, rules, service
from orkwork.domains.auth.schemas import (
    InviteIn,
    InviteMade,
    InviteOut,
    MeOut,
    ProfilePatch,
    SessionOut,
    SignedIn,
    UserOut,
    UserPatch,
)
from orkwork.web import limits
from orkwork.web.caller import Caller, ip_of, session_cookie
from orkwork.web.routes import Routes

routes = Routes(tags=["auth"])
LOGIN_COOKIE = "orkwork_login"
LOGIN_SECONDS = 600
LOCALE_COOKIE = "orkwork_locale"
LOCALE_SECONDS = 365 * 24 * 3600
SIGN_INS_PER_MINUTE = 30
Cursor = Annotated[str | None, Query(max_length=2000)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@routes.get("/me", operation_id="auth.me", summary="Who is calling", response_model=MeOut)
def me(door: Caller) -> Response:
    """The person or agent behind the session or key."""
    return door.ask(queries.me)


@routes.patch(
    "/me", operation_id="auth.update_profile", summary="Change one's own name or language", response_model=UserOut
)
def update_me(patch: ProfilePatch, door: Caller) -> Response:
    """For people; an agent is changed under /agents."""
    return door.do(service.update_profile, patch, door.if_match)


@routes.post("/auth/logout", operation_id="auth.logout", summary="Sign out", status_code=204)
def logout(door: Caller) -> Response:
    """Ends the session that is calling."""
    response = door.remove(service.logout)
    response.delete_cookie(session_cookie(), path="/", secure=settings().https, httponly=True, samesite="lax")
    return response


@routes.get("/auth/owner", operation_id="auth.owner", summary="Sign in with the one-time owner link", status_code=303)
def owner(request: Request, token: Annotated[Str, Query(max_length=200)]) -> Response:
    """Printed by the first start, or by `orkwork owner-link`."""
    return _sign_in(request, lambda work: service.redeem_owner_link(work, token, _agent(request)))


@routes.get("/auth/invite", operation_id="auth.accept_invite", summary="Join by an invite's link", status_code=303)
def accept_invite(
    request: Request, token: Annotated[Str, Query(max_length=200)], name: Annotated[Name | None, Query()] = None
) -> Response:
    """For invites that name no GitHub login."""
    return _sign_in(request, lambda work: service.accept_invite(work, token, name, _agent(request)))


@routes.get("/auth/login/github", operation_id="auth.github_login", summary="Sign in with GitHub", status_code=303)
def github_login(
    request: Request,
    invite: Annotated[Str | None, Query(max_length=200)] = None,
    next_path: Annotated[Str | None, Query(max_length=2000, alias="next")] = None,
) -> Response:
    """Sends the browser to GitHub, and afterwards to the page `next`."""
    limits.take(f"sign-in:{ip_of(request)}", SIGN_INS_PER_MINUTE)
    url, state, verifier = clients.authorize_url()
    response = RedirectResponse(url, 303)
    kept = _serializer().dumps(
        {"state": state, "verifier": verifier, "invite": invite, "next": rules.own_path(next_path)}
    )
    response.set_cookie(
        LOGIN_COOKIE, kept, LOGIN_SECONDS, path="/api/v2/auth", secure=settings().https, httponly=True, samesite="lax"
    )
    return response


@routes.get("/auth/callback/github", operation_id="auth.github_callback", summary="GitHub's way back", status_code=303)
def github_callback(
    request: Request,
    code: Annotated[Str | None, Query(max_length=500)] = None,
    state: Annotated[Str | None, Query(max_length=500)] = None,
    error: Annotated[Str | None, Query(max_length=200)] = None,
    error_description: Annotated[Str | None, Query(max_length=500)] = None,
    error_uri: Annotated[Str | None, Query(max_length=500)] = None,
) -> Response:
    """Checks the state, trades the code and signs in."""
    kept = _kept_login(request)
    if error or not code or not kept or state != kept["state"]:
        detail = error_description or error or "The sign-in is too old or did not start here"
        return _to_login("auth.github_state", detail)

    def sign_in(work: Work) -> SignedIn:
        return service.sign_in_with_github(work, profile, kept["invite"], _agent(request))

    try:
        profile = clients.profile(code, kept["verifier"])
    except OrkworkError as refusal:
        return _to_login(refusal.code, refusal.message)
    response = _sign_in(request, sign_in, kept["next"])
    response.delete_cookie(LOGIN_COOKIE, path="/api/v2/auth")
    return response


def _sign_in(request: Request, body: Callable[[Work], SignedIn], to: str = "/") -> Response:
    """Run a sign-in, set the cookie and go on; a refusal goes to the login page with its reason."""
    limits.take(f"sign-in:{ip_of(request)}", SIGN_INS_PER_MINUTE)
    try:
        signed = doors.run(_visitor(request), body, write=True)
    except OrkworkError as refusal:
        if "text/html" in request.headers.get("accept", ""):
            return _to_login(refusal.code, refusal.message)
        raise
    response = RedirectResponse(to, 303)
    seconds = int(rules.SESSION_LIFETIME.total_seconds())
    response.set_cookie(
        session_cookie(), signed.token, seconds, path="/", secure=settings().https, httponly=True, samesite="lax"
    )
    _speak(response, signed.locale)
    response.headers["Cache-Control"] = "no-store"
    return response


def _speak(response: Response, locale: str | None) -> None:
    """Tell the pages which language the person reads; the cookie is theirs to read and to change."""
    if locale:
        response.set_cookie(LOCALE_COOKIE, locale, LOCALE_SECONDS, path="/", secure=settings().https, samesite="lax")
    else:
        response.delete_cookie(LOCALE_COOKIE, path="/")


def _visitor(request: Request) -> Actor:
    actor = actors.system("sign-in", correlation_id.get())
    return Actor(actor.kind, None, actor.name, ip=ip_of(request), request_id=actor.request_id)


def _to_login(code: str, detail: str) -> Response:
    return RedirectResponse(f"/login?error={quote(code)}&detail={quote(detail[:300])}", 303)


def _agent(request: Request) -> str | None:
    return request.headers.get("user-agent")


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().signing_secret(), salt="login")


def _kept_login(request: Request) -> dict[str, Any] | None:
    try:
        return _serializer().loads(request.cookies.get(LOGIN_COOKIE, ""), max_age=LOGIN_SECONDS)
    except BadSignature:
        return None


@routes.get("/users", operation_id="auth.users", summary="The people", response_model=PageOut[UserOut], tags=["users"])
def users(door: Caller, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """Everyone known here, contributors of imported trackers included."""
    return door.ask(queries.users, cursor=cursor, limit=limit)


@routes.patch(
    "/users/{user_id}",
    operation_id="auth.update_user",
    summary="Change a person",
    response_model=UserOut,
    tags=["users"],
)
def update_user(user_id: UUID, patch: UserPatch, door: Caller) -> Response:
    """Role, or whether they may sign in. Only owners make owners; the last owner stays."""
    return door.do(service.update_user, user_id, patch, door.if_match)


@routes.get(
    "/sessions",
    operation_id="auth.sessions",
    summary="Signed-in browsers",
    response_model=PageOut[SessionOut],
    tags=["users"],
)
def sessions(door: Caller, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """This one first; one's own, or everybody's for owners and admins."""
    return door.ask(queries.sessions, cursor=cursor, limit=limit)


@routes.delete(
    "/sessions/{session_id}",
    operation_id="auth.revoke_session",
    summary="End a session",
    status_code=204,
    tags=["users"],
)
def revoke_session(session_id: UUID, door: Caller) -> Response:
    """It stops working at once."""
    return door.remove(service.revoke_session, session_id)


@routes.get(
    "/invites", operation_id="auth.invites", summary="Invites", response_model=PageOut[InviteOut], tags=["users"]
)
def invites(door: Caller, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """Open ones first."""
    return door.ask(queries.invites, cursor=cursor, limit=limit)


@routes.post(
    "/invites",
    operation_id="auth.invite",
    summary="Offer a place",
    status_code=201,
    response_model=InviteMade,
    tags=["users"],
)
def invite(body: InviteIn, door: Caller) -> Response:
    """The link lasts a week and is shown this once; a retry under the same Idempotency-Key shows it again for two days."""
    return door.create_secret(service.invite, body)


@routes.delete(
    "/invites/{invite_id}",
    operation_id="auth.revoke_invite",
    summary="Take an offer back",
    status_code=204,
    tags=["users"],
)
def revoke_invite(invite_id: UUID, door: Caller) -> Response:
    """Its link stops working at once."""
    return door.remove(service.revoke_invite, invite_id)
