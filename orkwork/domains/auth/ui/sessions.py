"""Browsers that are signed in."""

import re
from typing import TypedDict
from uuid import UUID

import reflex as rx

from orkwork.domains.auth import queries, service
from orkwork.domains.auth.schemas import SessionOut
from orkwork.domains.settings.ui.frame import tabs
from orkwork.ui.components.button import button
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, two_lines
from orkwork.ui.components.pill import pill
from orkwork.ui.components.table import how_many, more
from orkwork.ui.components.when import when
from orkwork.ui.locale import plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast

_BROWSERS = [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]
_SYSTEMS = [
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
]  # fmt: skip
STEP = 50


class SessionLine(TypedDict):
    """One browser on the page."""

    id: str
    who: str
    browser: str
    system: str
    phone: bool
    ip: str
    used: str
    current: bool


def device(user_agent: str | None) -> tuple[str, str]:
    """The browser and the system that a user agent names, as people call them; empty where it names none."""
    text = user_agent or ""
    browser = next((name for sign, name in _BROWSERS if sign in text), re.split(r"[/\s]", text, maxsplit=1)[0][:40])
    return browser, next((name for sign, name in _SYSTEMS if sign in text), "")


def _line(session: SessionOut) -> SessionLine:
    browser, system = device(session.user_agent)
    return {
        "id": str(session.id),
        "who": session.user_name,
        "browser": browser,
        "system": system,
        "phone": system in ("Android", "iPhone"),
        "ip": session.ip or "",
        "used": session.last_used_at.isoformat(),
        "current": session.current,
    }


class Sessions(Screen, rx.State):
    """The sessions that one may see."""

    sessions: list[SessionLine] = []
    cursor: str = ""

    @handler
    async def load(self):
        """Read them, this one first, as many as were shown."""
        found = await self.ask(queries.sessions, limit=max(STEP, len(self.sessions)))
        self.sessions, self.cursor = [_line(row) for row in found.items], found.next_cursor or ""

    @handler
    async def more(self):
        """Read the next page."""
        if self.cursor:
            found = await self.ask(queries.sessions, cursor=self.cursor, limit=STEP)
            self.sessions = [*self.sessions, *(_line(row) for row in found.items)]
            self.cursor = found.next_cursor or ""

    @handler
    async def revoke(self, session_id: str):
        """End one."""
        await self.do(service.revoke_session, UUID(str(session_id)))
        self.sessions = [line for line in self.sessions if line["id"] != session_id]
        return toast("Session ended")


def _device(line: rx.Var) -> rx.Component:
    browser = rx.cond(line["browser"], line["browser"], t("Unknown browser"))
    system = rx.cond(line["system"], rx.el.span(", ", line["system"]), rx.fragment())
    return rx.el.span(line["who"], rx.el.span(" · ", browser, system, class_name="m2"))


def _row(line: rx.Var) -> rx.Component:
    end = button(t("End session"), kind="sm", on_click=Sessions.revoke(line["id"]))
    return two_lines(
        _device(line),
        rx.el.span(when(line["used"]), rx.cond(line["ip"], rx.el.span(" · ", line["ip"], class_name="t"))),
        before=icon(rx.cond(line["phone"], "smartphone", "monitor"), tone="idle"),
        after=rx.cond(line["current"], pill("circle-check", t("This browser"), "ok"), end),
    )


@page(
    "/settings/sessions",
    title="Sessions",
    state=Sessions,
    topics={"session"},
    nav="/settings",
    crumbs=lambda: [(t("Settings"), "/settings")],
    fact=lambda: rx.cond(
        Sessions.cursor, "", plural("{n} signed-in browser", "{n} signed-in browsers", Sessions.sessions.length())
    ),
)
def sessions() -> list[rx.Component]:
    """The signed-in browsers."""
    return [
        tabs("/settings/sessions"),
        card(
            rx.foreach(Sessions.sessions, _row),
            more(Sessions.more, Sessions.cursor != "", t("Show more sessions")),
            title=t("Signed-in browsers"),
            count=how_many(Sessions.sessions, Sessions.cursor),
            aside=rx.el.span(t("A session ends after 30 days without use"), class_name="meta no-m"),
        ),
    ]
