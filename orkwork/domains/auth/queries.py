"""Reading people, sessions and invites, and the session cookie."""

from typing import Any

import psycopg

from orkwork.core import clock
from orkwork.core.actor import Actor, ActorKind, Role
from orkwork.core.credentials import Credential, reads
from orkwork.core.operation import query
from orkwork.core.paging import Order, after, order_by, page_of
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.auth.rules import SESSION_LIFETIME, TOUCH_AFTER
from orkwork.domains.auth.schemas import InviteOut, MeOut, SessionOut, UserOut

_SESSION = """
select s.id as caller_session_id, s.last_used_at as caller_last_used_at, u.id as caller_id, u.name as caller_name,
  u.role as caller_role, null::uuid[] as caller_projects
from sessions s join users u on u.id = s.user_id and u.status = 'active'
where s.token_hash = %(hash)s and s.revoked_at is null and s.expires_at > %(now)s
"""
_TOUCH = """
with s as (update sessions set last_used_at = %(now)s, expires_at = %(until)s
           where id = %(id)s and last_used_at < %(stale)s returning user_id)
update users set last_seen_at = %(now)s where id = (select user_id from s)
"""


@reads("session", _SESSION)
def session_actor(connection: psycopg.Connection, row: dict[str, Any], credential: Credential) -> Actor:
    """The person behind a session cookie; using it prolongs it."""
    now, session_id = clock.now(), row["caller_session_id"]
    if row["caller_last_used_at"] < now - TOUCH_AFTER:
        touch = {"id": session_id, "now": now, "until": now + SESSION_LIFETIME, "stale": now - TOUCH_AFTER}
        connection.execute(_TOUCH, touch)
    return Actor(
        ActorKind.USER,
        row["caller_id"],
        row["caller_name"],
        role=Role(row["caller_role"]),
        session_id=session_id,
        ip=credential.ip,
        request_id=credential.request_id,
    )


@query(None)
def me(work: Work) -> MeOut:
    """Who is calling, with what they may and how they like to read."""
    actor = work.actor
    row = work.one(
        "select c.name as company, c.time_zone, coalesce(u.locale, c.locale) as locale, u.email, u.avatar_url "
        "from settings c left join users u on u.id = %(id)s where c.id = 1",
        {"id": actor.id},
    )
    fields: dict[str, Any] = {"kind": actor.kind, "id": actor.id, "name": actor.name, "role": actor.role}
    level = None if actor.level is None else int(actor.level)
    return MeOut(**fields, scopes=sorted(actor.scopes), autonomy_level=level, **(row or {}))


_RANKS = "array_position(array['viewer','member','admin','owner'], u.role)"
_PEOPLE = [Order(f"-{_RANKS}", "int"), Order("u.name", "text"), Order("u.id", "uuid")]


@query(None, agents=False)
def users(work: Work, *, cursor: str | None = None, limit: int = 50) -> PageOut[UserOut]:
    """All people, owners first, then by name."""
    behind, params = after(_PEOPLE, cursor)
    rows = work.all(
        f"select u.*, {_PEOPLE[0].expression} as rank from users u where {behind} order by {order_by(_PEOPLE)} "
        f"limit {int(limit) + 1}",
        params,
    )
    kept, following = page_of(rows, limit, ["rank", "name", "id"])
    return PageOut(items=[UserOut.model_validate(row) for row in kept], next_cursor=following)


_CURRENT = "coalesce(s.id = %(current)s::uuid, false)"
_SESSIONS = [
    Order(_CURRENT, "boolean", True),
    Order("s.last_used_at", "timestamptz", True),
    Order("s.id", "uuid", True),
]


@query(None, agents=False)
def sessions(work: Work, *, cursor: str | None = None, limit: int = 50) -> PageOut[SessionOut]:
    """The live sessions, the calling one first, then by use: one's own, or everybody's for owners and admins."""
    everyone = work.actor.role is not None and work.actor.role.covers(Role.ADMIN)
    behind, params = after(_SESSIONS, cursor)
    rows = work.all(
        f"select s.*, u.name as user_name, {_CURRENT} as current from sessions s join users u on u.id = s.user_id "
        f"where s.revoked_at is null and s.expires_at > %(now)s and (%(everyone)s or s.user_id = %(user)s) and {behind} "
        f"order by {order_by(_SESSIONS)} limit {int(limit) + 1}",
        params | {"current": work.actor.session_id, "now": clock.now(), "everyone": everyone, "user": work.actor.id},
    )
    kept, following = page_of(rows, limit, ["current", "last_used_at", "id"])
    return PageOut(items=[SessionOut.model_validate(row) for row in kept], next_cursor=following)


_OPEN = "(accepted_at is null and revoked_at is null)"
_INVITES = [Order(_OPEN, "boolean", True), Order("id", "uuid", True)]


@query(None, role=Role.ADMIN, agents=False)
def invites(work: Work, *, cursor: str | None = None, limit: int = 50) -> PageOut[InviteOut]:
    """The invites, open ones first, then the latest."""
    behind, params = after(_INVITES, cursor)
    rows = work.all(
        f"select *, {_OPEN} as open from invites where {behind} order by {order_by(_INVITES)} limit {int(limit) + 1}",
        params,
    )
    kept, following = page_of(rows, limit, ["open", "id"])
    return PageOut(items=[InviteOut.model_validate(row) for row in kept], next_cursor=following)


@query(None, users=False, agents=False)
def has_owner(work: Work) -> bool:
    """Whether someone owns this installation already."""
    return work.one("select from users where role = 'owner' and status = 'active' limit 1") is not None
