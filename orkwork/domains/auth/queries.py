"""Reading people, sessions and invites, and the session cookie."""

from typing import Any

import psycopg

from orkwork.core import clock
from orkwork.core.actor import Actor, ActorKind, Role
from orkwork.core.credentials import Credential, reads
from orkwork.core.operation import query
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


@query(None, agents=False)
def users(work: Work) -> list[UserOut]:
    """All people, owners first."""
    rows = work.all(
        "select * from users order by array_position(array['owner','admin','member','viewer'], role), name, id limit 1000"
    )
    return [UserOut.model_validate(row) for row in rows]


@query(None, agents=False)
def sessions(work: Work) -> list[SessionOut]:
    """The live sessions: one's own, or everybody's for owners and admins."""
    everyone = work.actor.role is not None and work.actor.role.covers(Role.ADMIN)
    rows = work.all(
        "select s.*, u.name as user_name, s.id = %(current)s as current from sessions s join users u on u.id = s.user_id "
        "where s.revoked_at is null and s.expires_at > %(now)s and (%(everyone)s or s.user_id = %(user)s) "
        "order by s.last_used_at desc limit 200",
        {"current": work.actor.session_id, "now": clock.now(), "everyone": everyone, "user": work.actor.id},
    )
    return [SessionOut.model_validate(row) for row in rows]


@query(None, role=Role.ADMIN, agents=False)
def invites(work: Work) -> list[InviteOut]:
    """The invites of the last months, open ones first."""
    rows = work.all(
        "select * from invites order by (accepted_at is null and revoked_at is null) desc, id desc limit 200"
    )
    return [InviteOut.model_validate(row) for row in rows]


@query(None, users=False, agents=False)
def has_owner(work: Work) -> bool:
    """Whether someone owns this installation already."""
    return work.one("select from users where role = 'owner' and status = 'active' limit 1") is not None
