"""Who is here, and what each may."""

from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from orkwork.core.actor import Role
from orkwork.domains.auth import queries, service
from orkwork.domains.auth.schemas import UserOut, UserPatch
from orkwork.domains.auth.ui.invites import Invites, invite_dialog, invites_card
from orkwork.domains.settings.ui.frame import tabs
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import confirm
from orkwork.ui.components.panel import card
from orkwork.ui.components.pill import pill, state_pill
from orkwork.ui.components.table import how_many, more, table
from orkwork.ui.components.when import when
from orkwork.ui.locale import plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell

STEP = 50
ROLES = [("owner", t("Owner")), ("admin", t("Admin")), ("member", t("Member")), ("viewer", t("Viewer"))]


class PersonLine(TypedDict):
    """One person on the page."""

    id: str
    name: str
    about: str
    role: str
    status: str
    seen: str
    me: bool


def _line(user: UserOut, me: UUID | None) -> PersonLine:
    about = " · ".join(part for part in (user.github_login and f"@{user.github_login}", user.email) if part)
    seen = user.last_seen_at.isoformat() if user.last_seen_at else ""
    return {
        "id": str(user.id), "name": user.name, "about": about, "role": user.role, "status": user.status,
        "seen": seen, "me": user.id == me,
    }  # fmt: skip


def _people(work: Any, cursor: str, limit: int) -> tuple[list[PersonLine], str]:
    found = queries.users(work, cursor=cursor or None, limit=limit)
    return [_line(user, work.actor.id) for user in found.items], found.next_cursor or ""


class People(Screen, rx.State):
    """The people."""

    people: list[PersonLine] = []
    cursor: str = ""
    leaving: str = ""
    leaving_name: str = ""

    async def _read(self) -> None:
        self.people, self.cursor = await self.ask(_people, "", max(STEP, len(self.people)))

    @handler
    async def load(self):
        """Read them, as many as were shown, and the invites with them."""
        await self._read()
        return Invites.load

    @handler
    async def more(self):
        """Read the next page."""
        if self.cursor:
            found, self.cursor = await self.ask(_people, self.cursor, STEP)
            self.people = [*self.people, *found]

    @handler
    async def set_role(self, user_id: str, role: str):
        """Give a person another role."""
        before = next((line["role"] for line in self.people if line["id"] == user_id), "")
        await self.do(service.update_user, UUID(str(user_id)), UserPatch(role=Role(str(role))))
        await self._read()
        return toast("Role changed", undo=People.set_role(user_id, before) if before else None)

    @handler
    async def ask_to_leave(self, user_id: str, name: str):
        """Ask once before somebody loses their sessions."""
        self.leaving, self.leaving_name = str(user_id), str(name)

    @handler
    async def stay(self):
        """Leave everything as it is."""
        self.leaving = ""

    @handler
    async def deactivate(self):
        """End a person's sign-ins and refuse new ones."""
        user_id, self.leaving = self.leaving, ""
        await self.do(service.update_user, UUID(user_id), UserPatch(active=False))
        await self._read()
        return toast("Account deactivated", undo=People.activate(user_id))

    @handler
    async def activate(self, user_id: str):
        """Let a person sign in again."""
        await self.do(service.update_user, UUID(str(user_id)), UserPatch(active=True))
        await self._read()
        return toast("Account activated")


def _role(line: rx.Var) -> rx.Component:
    choice = rx.el.select(
        *[rx.el.option(words, value=value) for value, words in ROLES],
        value=line["role"],
        on_change=lambda role: People.set_role(line["id"], role),
        aria_label=t("Role of {name}", name=line["name"]),
        class_name="input",
        style={"width": "auto", "minWidth": "112px"},
    )
    may = Shell.can_manage & (line["status"] == "active") & ((Shell.role == "owner") | (line["role"] != "owner"))
    return rx.cond(may, choice, state_pill(line["role"]))


def _act(line: rx.Var) -> rx.Component:
    deactivate = button(t("Deactivate"), kind="ghost sm", on_click=People.ask_to_leave(line["id"], line["name"]))
    activate = button(t("Activate"), kind="sm", on_click=People.activate(line["id"]))
    return rx.cond(
        Shell.can_manage & ~line["me"].to(bool),
        rx.match(line["status"], ("active", deactivate), ("deactivated", activate), rx.fragment()),
    )


def _status(line: rx.Var) -> rx.Component:
    return rx.match(
        line["status"],
        ("active", state_pill("active")),
        ("contributor", pill("user", t("Contributor"))),
        pill("ban", t("Deactivated")),
    )


def _cells(line: rx.Var) -> list[rx.Component]:
    name = rx.el.span(
        avatar(line["name"], person=True, size="md"),
        rx.el.span(
            rx.el.span(
                line["name"], rx.cond(line["me"], rx.el.span(" ", t("(you)"), class_name="m2")), class_name="trunc b5"
            ),
            rx.cond(line["about"], rx.el.span(line["about"], class_name="meta trunc")),
            class_name="col",
        ),
        class_name="row",
        style={"paddingBlock": "8px"},
    )
    return [
        name,
        _role(line),
        _status(line),
        rx.el.span(when(line["seen"]), class_name="meta nw"),
        rx.el.div(_act(line), class_name="num"),
    ]


def _goodbye() -> rx.Component:
    return confirm(
        "leave",
        t("Deactivate {name}?", name=People.leaving_name),
        t("All sign-ins of {name} end at once, and new ones are refused. The history stays.", name=People.leaving_name),
        t("Deactivate account"),
        People.deactivate,
        open=People.leaving != "",
        on_close=People.stay,
    )


@page(
    "/settings/people",
    title="People",
    state=People,
    topics={"user", "invite"},
    nav="/settings",
    crumbs=lambda: [(t("Settings"), "/settings")],
    fact=lambda: rx.cond(People.cursor, "", plural("{n} person", "{n} people", People.people.length())),
)
def people() -> list[rx.Component]:
    """The people and the places kept for more of them."""
    heads = [t("Person"), t("Role"), t("Status"), t("Last seen"), rx.el.span(t("Actions"), class_name="sr")]
    return [
        tabs("/settings/people"),
        rx.cond(
            People.people,
            rx.el.div(
                card(
                    table(heads, People.people, _cells, label=t("People"), row_id=lambda line: line["id"]),
                    more(People.more, People.cursor != "", t("Show more people")),
                    title=t("People"),
                    count=how_many(People.people, People.cursor),
                ),
                rx.cond(Shell.can_manage, invites_card()),
                class_name="stack",
            ),
        ),
        invite_dialog(),
        _goodbye(),
    ]
