"""Places kept for people who are still to come."""

from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from orkwork.core import clock
from orkwork.core.errors import Forbidden
from orkwork.domains.auth import queries, service
from orkwork.domains.auth.schemas import InviteIn, InviteOut
from orkwork.ui.components import form
from orkwork.ui.components.button import button, copy_once
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.panel import card
from orkwork.ui.components.pill import state_pill
from orkwork.ui.components.table import more, table
from orkwork.ui.components.when import when
from orkwork.ui.locale import t
from orkwork.ui.screen import Screen, handler, toast

STEP = 50


class InviteLine(TypedDict):
    """One invite on the page."""

    id: str
    whom: str
    role: str
    state: str
    until: str


def _line(invite: InviteOut) -> InviteLine:
    state = "accepted" if invite.accepted_at else "revoked" if invite.revoked_at else "pending"
    if state == "pending" and invite.expires_at <= clock.now():
        state = "expired"
    whom = invite.name or (invite.github_login and f"@{invite.github_login}") or invite.email or ""
    return {
        "id": str(invite.id),
        "whom": whom,
        "role": invite.role,
        "state": state,
        "until": invite.expires_at.isoformat(),
    }


class Invites(Screen, rx.State):
    """The invites, and the one that is being made."""

    invites: list[InviteLine] = []
    cursor: str = ""
    making: bool = False
    link: str = ""

    async def _read(self) -> None:
        found = await self.ask(queries.invites, limit=max(STEP, len(self.invites)))
        self.invites, self.cursor = [_line(row) for row in found.items], found.next_cursor or ""

    @handler
    async def load(self):
        """Read them, where one may, as many as were shown."""
        try:
            await self._read()
        except Forbidden:
            self.invites, self.cursor = [], ""

    @handler
    async def more(self):
        """Read the next page."""
        if self.cursor:
            found = await self.ask(queries.invites, cursor=self.cursor, limit=STEP)
            self.invites = [*self.invites, *(_line(row) for row in found.items)]
            self.cursor = found.next_cursor or ""

    @handler
    async def begin(self):
        """Open the form."""
        self.making, self.link, self.errors = True, "", {}

    @handler
    async def end(self):
        """Close it and forget the link."""
        self.making, self.link = False, ""

    @handler
    async def make(self, data: dict[str, Any]):
        """Offer a place and show its link once."""
        fields = {name: data.get(name) or None for name in ("name", "github_login")}
        made = await self.do(service.invite, InviteIn(role=data.get("role") or "member", **fields))
        self.link, self.errors = made.url, {}
        await self._read()

    @handler
    async def revoke(self, invite_id: str):
        """Take an offer back."""
        await self.do(service.revoke_invite, UUID(str(invite_id)))
        await self._read()
        return toast("Invite revoked")


def _cells(line: rx.Var) -> list[rx.Component]:
    whom = rx.cond(line["whom"], line["whom"], rx.el.span(t("Whoever has the link"), class_name="m2"))
    revoke = rx.cond(
        line["state"] == "pending", button(t("Revoke"), kind="ghost sm", on_click=Invites.revoke(line["id"]))
    )
    until = rx.el.span(when(line["until"], "moment"), class_name="meta nw")
    return [whom, state_pill(line["role"]), state_pill(line["state"]), until, rx.el.div(revoke, class_name="num")]


def invites_card() -> rx.Component:
    """The invites, open ones first."""
    heads = [t("For"), t("Role"), t("Status"), t("Good until"), rx.el.span(t("Actions"), class_name="sr")]
    none = rx.el.p(
        t("Nobody is invited. A link lets one person join; it lasts a week and is shown once."), class_name="cb m2"
    )
    return card(
        rx.cond(Invites.invites, table(heads, Invites.invites, _cells, label=t("Invites")), none),
        more(Invites.more, Invites.cursor != "", t("Show more invites")),
        title=t("Invites"),
        aside=button(t("Invite someone"), kind="sm", icon_name="user-plus", on_click=Invites.begin),
    )


def invite_dialog() -> rx.Component:
    """The form, and then the link."""
    roles = [("member", t("Member")), ("viewer", t("Viewer")), ("admin", t("Admin")), ("owner", t("Owner"))]
    fields = form.form(
        form.text("name", t("Their name"), errors=Invites.errors, max_length=120),
        form.two(
            form.choice(
                "role",
                t("Role"),
                roles,
                errors=Invites.errors,
                hint=t("Viewers read, members work, admins manage, owners decide how far agents go."),
                default_value="member",
            ),
            form.text(
                "github_login",
                t("GitHub name"),
                errors=Invites.errors,
                hint=t("Ties the invite to this account."),
                max_length=39,
            ),
        ),
        form.actions(button(t("Cancel"), **closes()), button(t("Create invite"), kind="solid", type="submit")),
        on_submit=Invites.make,
    )
    shown = rx.el.div(
        copy_once(Invites.link, t("Send this link to the person. It works once and is not shown again.")),
        form.actions(button(t("Done"), **closes())),
        class_name="stack",
    )
    return dialog(
        "invite", t("Invite someone"), rx.cond(Invites.link, shown, fields), open=Invites.making, on_close=Invites.end
    )
