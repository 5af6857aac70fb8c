"""Signing in and out, inviting, and what people may."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, func, select

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.credentials import digest
from orkwork.core.errors import Conflict, Forbidden, NotFound, Unauthenticated
from orkwork.core.operation import operation
from orkwork.core.settings import settings
from orkwork.core.work import Work, changes
from orkwork.domains.auth import events, rules
from orkwork.domains.auth.models import Invite, OwnerLink, User, UserSession, UserStatus
from orkwork.domains.auth.schemas import (
    GitHubProfile,
    InviteIn,
    InviteMade,
    InviteOut,
    ProfilePatch,
    SignedIn,
    UserOut,
    UserPatch,
)
from orkwork.domains.settings import queries as company_queries


@operation(None, users=False, agents=False)
def create_owner_link(work: Work) -> str:
    """A fresh one-time link that signs its holder in as owner; earlier links stop working."""
    _check_links_on()
    now = clock.now()
    work.sql("update owner_links set used_at = %(now)s where used_at is null", {"now": now})
    token = rules.new_token()
    link = OwnerLink(token_hash=digest(token), expires_at=now + timedelta(hours=rules.OWNER_LINK_HOURS))
    work.add(link)
    work.emit(events.OwnerLinkCreated(subject_id=link.id))
    return f"{settings().address}/api/v2/auth/owner?token={token}"


def _check_links_on() -> None:
    if not settings().owner_link:
        raise Forbidden("auth.owner_link_off", "Owner links are turned off", "Set ORKWORK_OWNER_LINK=true, or sign in.")


@operation(None, users=False, agents=False)
def redeem_owner_link(work: Work, token: str, user_agent: str | None) -> SignedIn:
    """Sign in with the owner link: as the owner there is, or as the first one."""
    _check_links_on()
    link = work.session.exec(
        select(OwnerLink)
        .where(OwnerLink.token_hash == digest(token), col(OwnerLink.used_at).is_(None))
        .where(OwnerLink.expires_at > clock.now())
        .with_for_update()
    ).first()
    if link is None:
        raise Unauthenticated(
            "auth.owner_link", "This link was used, replaced or is too old", "Run `orkwork owner-link` for a fresh one."
        )
    link.used_at = clock.now()
    owner = work.session.exec(
        select(User).where(User.role == Role.OWNER, User.status == UserStatus.ACTIVE).order_by(col(User.id)).limit(1)
    ).first()
    if owner is None:
        owner = User(name="Owner", role=Role.OWNER)
        work.add(owner)
        work.emit(events.UserCreated(subject_id=owner.id, subject_label=owner.name, after={"role": Role.OWNER}))
    return _start_session(work, owner, user_agent)


@operation(None, users=False, agents=False)
def sign_in_with_github(
    work: Work, profile: GitHubProfile, invite_token: str | None, user_agent: str | None
) -> SignedIn:
    """Sign in someone whom GitHub vouches for: known, invited, or the first of all, who becomes owner."""
    work.sql("select pg_advisory_xact_lock(7, 1)")  # two first people at once: one becomes owner
    user = work.session.exec(select(User).where(User.github_id == profile.id)).first()
    if user is None or user.status == UserStatus.CONTRIBUTOR:
        user = _admit(work, profile, invite_token)
    if user.status != UserStatus.ACTIVE:
        raise Forbidden("auth.deactivated", "This account is deactivated", "Ask an owner to activate it.")
    user.github_login, user.avatar_url = profile.login, profile.avatar_url
    return _start_session(work, user, user_agent)


def _admit(work: Work, profile: GitHubProfile, invite_token: str | None) -> User:
    first = work.session.exec(select(User).where(User.status != UserStatus.CONTRIBUTOR).limit(1)).first() is None
    invite = None if first else _invite_for(work, profile.login, invite_token)
    if not first and invite is None:
        raise Forbidden("auth.not_invited", f"{profile.login} has no invite here", "Ask an owner or admin for one.")
    known = work.session.exec(
        select(User).where(func.lower(User.github_login) == profile.login.lower(), col(User.github_id).is_(None))
    ).first()
    role = Role.OWNER if invite is None else Role(invite.role)
    user = known or User(name=profile.name or profile.login, role=role)
    user.github_id, user.github_login, user.role, user.status = profile.id, profile.login, role, UserStatus.ACTIVE
    if (
        profile.email
        and work.session.exec(select(User).where(User.email == profile.email, User.id != user.id)).first() is None
    ):
        user.email = profile.email
    work.add(user)
    work.emit(
        events.UserCreated(subject_id=user.id, subject_label=user.name, after={"role": role, "github": profile.login})
    )
    if invite:
        _accept(work, invite, user)
    return user


def _invite_for(work: Work, login: str, token: str | None) -> Invite | None:
    open_invites = select(Invite).where(
        col(Invite.accepted_at).is_(None), col(Invite.revoked_at).is_(None), Invite.expires_at > clock.now()
    )
    if token:
        by_token = work.session.exec(open_invites.where(Invite.token_hash == digest(token)).with_for_update()).first()
        if by_token and (by_token.github_login is None or by_token.github_login.lower() == login.lower()):
            return by_token
    by_login = open_invites.where(func.lower(Invite.github_login) == login.lower())
    return work.session.exec(by_login.with_for_update()).first()


@operation(None, users=False, agents=False)
def accept_invite(work: Work, token: str, name: str | None, user_agent: str | None) -> SignedIn:
    """Join by an invite's link. One that names a GitHub login has to be taken through GitHub."""
    invite = work.session.exec(select(Invite).where(Invite.token_hash == digest(token)).with_for_update()).first()
    if invite is None or invite.accepted_at or invite.revoked_at or invite.expires_at <= clock.now():
        raise Unauthenticated("auth.invite", "This invite was used, taken back or is too old", "Ask for a fresh one.")
    if invite.github_login:
        raise Forbidden(
            "auth.invite_github", f"This invite is for {invite.github_login} on GitHub", "Sign in with GitHub."
        )
    user = User(name=name or invite.name or "Colleague", email=invite.email, role=invite.role)
    work.add(user)
    work.emit(events.UserCreated(subject_id=user.id, subject_label=user.name, after={"role": user.role}))
    _accept(work, invite, user)
    return _start_session(work, user, user_agent)


def _accept(work: Work, invite: Invite, user: User) -> None:
    invite.accepted_at, invite.accepted_by = clock.now(), user.id
    work.emit(events.InviteAccepted(subject_id=invite.id, subject_label=user.name))


def _start_session(work: Work, user: User, user_agent: str | None) -> SignedIn:
    token, now = rules.new_token(), clock.now()
    session = UserSession(
        user_id=user.id,
        token_hash=digest(token),
        expires_at=now + rules.SESSION_LIFETIME,
        ip=work.actor.ip,
        user_agent=(user_agent or "")[:300].replace("\x00", "") or None,
    )
    work.add(session)
    work.emit(events.SessionStarted(subject_id=session.id, subject_label=user.name, after={"user_id": user.id}))
    return SignedIn(
        token=token, user_id=user.id, expires_at=session.expires_at, locale=user.locale or _company_locale(work)
    )


def _company_locale(work: Work) -> str | None:
    """The company's language, once somebody has saved the settings that it stands in."""
    company = company_queries.company(work)
    return company.locale if company.version > 1 else None


@operation(None, role=Role.VIEWER, agents=False)
def logout(work: Work) -> None:
    """End the session that is calling."""
    if work.actor.session_id:
        _revoke(work, work.get(UserSession, work.actor.session_id, lock=True))


@operation(None, role=Role.VIEWER, agents=False)
def revoke_session(work: Work, session_id: UUID) -> None:
    """End a session: one's own, or anyone's for owners and admins."""
    session = work.get(UserSession, session_id, lock=True)
    admin = work.actor.role is not None and work.actor.role.covers(Role.ADMIN)
    if session.user_id != work.actor.id and not admin:
        raise NotFound("usersession.not_found", f"There is no session {session_id}")
    if session.user_id != work.actor.id:
        rules.check_role_change(work.actor.role, Role(work.get(User, session.user_id).role), Role.VIEWER)
    _revoke(work, session)


def _revoke(work: Work, session: UserSession) -> None:
    if session.revoked_at is None:
        session.revoked_at = clock.now()
        work.emit(events.SessionRevoked(subject_id=session.id, after={"user_id": session.user_id}))


@operation(None, role=Role.ADMIN, agents=False)
def invite(work: Work, body: InviteIn) -> InviteMade:
    """Offer a place; the link is shown once and lasts a week."""
    rules.check_role_change(work.actor.role, body.role, body.role)
    token = rules.new_token()
    assert work.actor.id is not None
    row = Invite(
        **body.model_dump(),
        token_hash=digest(token),
        created_by=work.actor.id,
        expires_at=clock.now() + timedelta(days=rules.INVITE_DAYS),
    )
    work.add(row)
    label = row.name or row.github_login or row.email or ""
    work.emit(events.InviteCreated(subject_id=row.id, subject_label=label, after={"role": row.role}))
    out = InviteOut.model_validate(row)
    return InviteMade(**out.model_dump(), url=f"{settings().address}/invite?token={token}")


@operation(None, role=Role.ADMIN, agents=False)
def revoke_invite(work: Work, invite_id: UUID) -> None:
    """Take an offer back."""
    row = work.get(Invite, invite_id, lock=True)
    if row.accepted_at:
        raise Conflict("invite.accepted", "The invite was accepted already", "Deactivate the user instead.")
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        work.emit(events.InviteRevoked(subject_id=row.id, subject_label=row.name or row.github_login or ""))


@operation(None, role=Role.ADMIN, agents=False)
def update_user(work: Work, user_id: UUID, patch: UserPatch, if_match: int | None = None) -> UserOut:
    """Change a person's role, or whether they may sign in. The last owner stays one."""
    user = work.get(User, user_id, lock=True, if_match=if_match)
    rules.check_role_change(work.actor.role, Role(user.role), patch.role or Role(user.role))
    wanted: dict[str, object] = {}
    if patch.role is not None:
        wanted["role"] = patch.role.value
    if patch.active is not None:
        wanted["status"] = UserStatus.ACTIVE.value if patch.active else UserStatus.DEACTIVATED.value
    _keep_an_owner(work, user, wanted)
    _change(work, user, wanted)
    if wanted.get("status") == UserStatus.DEACTIVATED:
        for session in work.session.exec(select(UserSession).where(UserSession.user_id == user.id)):
            _revoke(work, session)
    return UserOut.model_validate(user)


def _keep_an_owner(work: Work, user: User, wanted: dict[str, object]) -> None:
    stays = wanted.get("role", user.role) == Role.OWNER and wanted.get("status", user.status) == UserStatus.ACTIVE
    if user.role != Role.OWNER or stays:
        return
    work.sql("select pg_advisory_xact_lock(7, 1)")
    other = select(User).where(User.role == Role.OWNER, User.status == UserStatus.ACTIVE, User.id != user.id).limit(1)
    if work.session.exec(other).first() is None:
        raise Conflict("user.last_owner", "This is the last owner", "Make someone else an owner first.")


@operation(None, role=Role.VIEWER, agents=False)
def update_profile(work: Work, patch: ProfilePatch, if_match: int | None = None) -> UserOut:
    """Change one's own name or language; the language is used wherever one signs in next."""
    assert work.actor.id is not None
    user = work.get(User, work.actor.id, lock=True, if_match=if_match)
    _change(work, user, patch.model_dump(exclude_unset=True))
    return UserOut.model_validate(user)


def _change(work: Work, user: User, wanted: dict[str, object]) -> None:
    before, after = changes(user.model_dump(), wanted)
    if after:
        user.sqlmodel_update(after | {"version": user.version + 1})
        work.emit(events.UserChanged(subject_id=user.id, subject_label=user.name, before=before, after=after))


@operation(None, users=False, agents=False)
def forget_expired(work: Work) -> int:
    """Delete sessions, links and kept answers that are long over; how many rows went."""
    month, answers = clock.now() - timedelta(days=30), clock.now() - timedelta(days=rules.ANSWER_DAYS)
    gone = 0
    for statement, before in (
        ("delete from sessions where expires_at < %(before)s or revoked_at < %(before)s", month),
        ("delete from owner_links where expires_at < %(before)s", month),
        ("delete from idempotency_keys where created_at < %(before)s", answers),
    ):
        gone += work.sql(statement, {"before": before}).rowcount
    return gone
