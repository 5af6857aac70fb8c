"""An agent's keys: made with scopes and an end, shown once, revoked at once."""

from datetime import timedelta
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from orkwork.core import clock
from orkwork.core.actor import SCOPES
from orkwork.core.errors import Forbidden
from orkwork.domains.agents import queries, service
from orkwork.domains.agents.models import DEFAULT_SCOPES
from orkwork.domains.agents.schemas import KeyIn, KeyOut
from orkwork.ui.components import form
from orkwork.ui.components.button import button, copy_once
from orkwork.ui.components.dialog import closes, confirm, dialog
from orkwork.ui.components.panel import card
from orkwork.ui.components.pill import state_pill
from orkwork.ui.components.table import more, table
from orkwork.ui.components.when import when
from orkwork.ui.locale import t
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell

STEP = 50
DAYS = {"": None, "7": 7, "30": 30, "90": 90, "365": 365}


class KeyLine(TypedDict):
    """One key on the page; never the key itself."""

    id: str
    name: str
    prefix: str
    scopes: str
    state: str
    used: str
    until: str


def _line(key: KeyOut) -> KeyLine:
    over = key.expires_at is not None and key.expires_at <= clock.now()
    return {
        "id": str(key.id),
        "name": key.name,
        "prefix": f"{key.prefix}…",
        "scopes": ", ".join(key.scopes),
        "state": "revoked" if key.revoked_at else "expired" if over else "active",
        "used": key.last_used_at.isoformat() if key.last_used_at else "",
        "until": key.expires_at.isoformat() if key.expires_at else "",
    }


class Keys(Screen, rx.State):
    """The keys of the agent in the address, and the one that is being made."""

    keys: list[KeyLine] = []
    cursor: str = ""
    making: bool = False
    key: str = ""
    leaving: str = ""
    leaving_name: str = ""

    def _agent(self) -> UUID:
        return UUID(self.arg("id"))

    async def _read(self) -> None:
        try:
            found = await self.ask(queries.keys, self._agent(), limit=max(STEP, len(self.keys)))
        except Forbidden:
            self.keys, self.cursor = [], ""
        else:
            self.keys, self.cursor = [_line(row) for row in found.items], found.next_cursor or ""

    @handler
    async def load(self):
        """Read them, where one may, as many as were shown."""
        await self._read()

    @handler
    async def more(self):
        """Read the next page."""
        if self.cursor:
            found = await self.ask(queries.keys, self._agent(), cursor=self.cursor, limit=STEP)
            self.keys = [*self.keys, *(_line(row) for row in found.items)]
            self.cursor = found.next_cursor or ""

    @handler
    async def begin(self):
        """Open the form."""
        self.making, self.key, self.errors = True, "", {}

    @handler
    async def end(self):
        """Close it and forget the key."""
        self.making, self.key = False, ""

    @handler
    async def make(self, data: dict[str, Any]):
        """Make a key and show it once."""
        days = DAYS.get(str(data.get("days", "")))
        body = KeyIn(
            name=data.get("name") or "",
            scopes=[scope for scope in SCOPES if data.get(f"scope:{scope}")],
            expires_at=clock.now() + timedelta(days=days) if days else None,
        )
        made = await self.do(service.create_key, self._agent(), body)
        self.key, self.errors = made.key, {}
        await self._read()

    @handler
    async def ask_to_revoke(self, key_id: str, name: str):
        """Ask once before a key dies."""
        self.leaving, self.leaving_name = str(key_id), str(name)

    @handler
    async def keep(self):
        """Leave the key as it is."""
        self.leaving = ""

    @handler
    async def revoke(self):
        """End a key for good."""
        key_id, self.leaving = self.leaving, ""
        await self.do(service.revoke_key, self._agent(), UUID(key_id))
        await self._read()
        return toast("Key revoked")


def _cells(key: rx.Var) -> list[rx.Component]:
    name = rx.el.span(
        rx.el.span(key["name"], class_name="b5 trunc"), rx.el.span(key["prefix"], class_name="mono m2"), class_name="col",
        style={"paddingBlock": "8px"},
    )  # fmt: skip
    scopes = rx.el.div(key["scopes"], class_name="meta", style={"minWidth": "160px"})
    until = rx.cond(key["until"], when(key["until"], "day"), rx.el.span(t("Never"), class_name="m2"))
    revoke = button(t("Revoke"), kind="ghost sm", on_click=Keys.ask_to_revoke(key["id"], key["name"]))
    return [
        name,
        scopes,
        state_pill(key["state"]),
        rx.el.span(rx.cond(key["used"], when(key["used"]), t("never used")), class_name="meta nw"),
        rx.el.span(until, class_name="meta nw"),
        rx.el.div(rx.cond(key["state"] == "active", revoke), class_name="num"),
    ]


def keys_card() -> rx.Component:
    """The keys, live ones first."""
    heads = [
        t("Key"),
        t("Scopes"),
        t("Status"),
        t("Last used"),
        t("Expires"),
        rx.el.span(t("Actions"), class_name="sr"),
    ]
    none = rx.el.p(
        t("Without a key nothing can act as this agent. A key is shown once and can be revoked at any time."),
        class_name="cb m2",
    )
    return rx.cond(
        Shell.can_manage,
        card(
            rx.cond(Keys.keys, table(heads, Keys.keys, _cells, label=t("Keys"), row_id=lambda key: key["id"]), none),
            more(Keys.more, Keys.cursor != "", t("Show more keys")),
            title=t("Keys"),
            aside=button(t("Create key"), kind="sm", icon_name="key-round", on_click=Keys.begin),
            id="keys-card",
        ),
    )


def _scopes() -> rx.Component:
    boxes = [
        form.check(f"scope:{scope}", rx.el.span(rx.el.span(scope, class_name="mono"), " ", rx.el.span(_SAYS[scope], class_name="m2")),
                   default_checked=scope in DEFAULT_SCOPES, id=f"scope-{scope.replace(':', '-')}")
        for scope in SCOPES
    ]  # fmt: skip
    return rx.el.fieldset(
        rx.el.legend(t("Scopes"), class_name="b5", style={"fontSize": "13px", "padding": "0"}),
        rx.el.div(*boxes, class_name="col"),
    )


_SAYS = {
    "agents:read": t("Read agents and the organisation"),
    "agents:write": t("Send heartbeats"),
    "projects:read": t("Read projects"),
    "projects:write": t("Create and change projects"),
    "tasks:read": t("Read tasks, comments and executions"),
    "tasks:write": t("Claim, work on and comment on tasks"),
    "decisions:read": t("Read decisions"),
    "decisions:write": t("Ask people to decide"),
    "costs:read": t("Read costs"),
    "costs:write": t("Report costs"),
}


def key_dialogs() -> rx.Component:
    """The form, then the key; and the question before a key dies."""
    ends = [
        ("", t("Never")),
        ("7", t("In 7 days")),
        ("30", t("In 30 days")),
        ("90", t("In 90 days")),
        ("365", t("In a year")),
    ]
    fields = form.form(
        form.two(
            form.text(
                "name",
                t("Key's name"),
                errors=Keys.errors,
                hint=t("Where it will be used: laptop, CI."),
                max_length=120,
            ),
            form.choice("days", t("Expires"), ends, default_value="90"),
        ),
        _scopes(),
        rx.cond(Keys.errors["scopes"], rx.el.p(t("Choose at least one scope."), class_name="bad meta", role="alert")),
        form.actions(button(t("Cancel"), **closes()), button(t("Create key"), kind="solid", type="submit")),
        on_submit=Keys.make,
    )
    shown = rx.el.div(
        copy_once(Keys.key, t("Copy the key now: it is kept only as a hash and cannot be shown again.")),
        form.actions(button(t("Done"), **closes())),
        class_name="stack",
    )
    return rx.fragment(
        dialog("make-key", t("Create key"), rx.cond(Keys.key, shown, fields), open=Keys.making, on_close=Keys.end),
        confirm(
            "revoke-key",
            t("Revoke the key {name}?", name=Keys.leaving_name),
            t("The next call with it is refused. This cannot be undone; a new key is another one."),
            t("Revoke key"),
            Keys.revoke,
            open=Keys.leaving != "",
            on_close=Keys.keep,
        ),
    )
