"""The record: filters in the address, rows with what changed, export, and the state of the chain."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict
from urllib.parse import urlencode

import reflex as rx

from orkwork.core.errors import Forbidden
from orkwork.domains.audit import queries
from orkwork.domains.audit.queries import EventFilter
from orkwork.domains.audit.schemas import EventOut
from orkwork.domains.audit.ui import panels, words
from orkwork.ui import nav
from orkwork.ui.components.empty import empty
from orkwork.ui.components.panel import card
from orkwork.ui.components.table import more
from orkwork.ui.locale import t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler

nav.place("Audit log", "/audit", "scroll-text", keys="gl", order=80, foot=True)
NAMES = ("actor", "resource", "action", "from", "to")
LONGEST = 200
SHOWN_CHARACTERS = 4000


class Change(TypedDict):
    """One field that changed."""

    field: str
    before: str
    after: str


class RecordLine(TypedDict):
    """One row of the record."""

    line: words.EventLine
    kind: str
    actor_kind: str
    ip: str
    request: str
    changes: list[Change]


def _shown(value: Any) -> str:
    if value is None:
        return "—"
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:SHOWN_CHARACTERS]


def changes_of(event: EventOut) -> list[Change]:
    """What changed, field by field."""
    before, after = event.before or {}, event.after or {}
    names = sorted({*before, *after})
    return [{"field": name, "before": _shown(before.get(name)), "after": _shown(after.get(name))} for name in names]


def row_of(event: EventOut) -> RecordLine:
    """An event as the record shows it."""
    return {
        "line": words.line(event),
        "kind": event.subject_kind,
        "actor_kind": event.actor_kind,
        "ip": event.ip or "",
        "request": event.request_id or "",
        "changes": changes_of(event),
    }


def day(text: str, after: int = 0) -> datetime | None:
    """The beginning of a day that an address names, in UTC; None for what is no day."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=after)
    except (ValueError, OverflowError):
        return None


def filter_of(values: dict[str, str]) -> EventFilter:
    """The filter that an address means; what it does not understand it leaves out."""
    resource = values.get("resource", "").replace("\x00", "")
    kind = bool(resource) and resource.isalpha() and resource.islower()
    return EventFilter(
        actor=values.get("actor", "").replace("\x00", "") or None,
        subject_kind=resource if kind else None,
        subject=resource or None if not kind else None,
        name=values.get("action", "").replace("\x00", "") or None,
        since=day(values.get("from", "")),
        until=day(values.get("to", ""), 1),
    )


class Record(Screen, rx.State):
    """The rows that the address asks for."""

    values: dict[str, str] = {}
    rows: list[RecordLine] = []
    cursor: str = ""
    sealed: int = 0
    refused: bool = False
    known: bool = False
    news: int = 0
    checked: dict[str, Any] = {}
    export: str = ""

    @handler
    async def load(self):
        """Read the first page."""
        self.values = {name: self.arg(name)[:LONGEST] for name in NAMES}
        try:
            page_of = await self.ask(queries.events, filter_of(self.values))
            self.sealed = (await self.ask(queries.checkpoint)).pos
        except Forbidden:
            self.refused, self.known, self.rows = True, True, []
            return
        self.rows, self.cursor = [row_of(event) for event in page_of.items], page_of.next_cursor or ""
        self.refused, self.known, self.news, self.export = False, True, 0, _export(self.values)

    @handler
    async def changed(self):
        """Something was added: say so instead of moving what is being read."""
        if self.refused or not self.rows:
            return Record.load
        page_of = await self.ask(queries.events, filter_of(self.values))
        latest = self.rows[0]["line"]["seq"]
        self.news = sum(event.seq > latest for event in page_of.items)
        return None

    @handler
    async def more(self):
        """Read the next page."""
        if self.cursor:
            page_of = await self.ask(queries.events, filter_of(self.values), cursor=self.cursor)
            self.rows = [*self.rows, *(row_of(event) for event in page_of.items)]
            self.cursor = page_of.next_cursor or ""

    @handler
    async def narrow(self, name: str, value: str):
        """Change one filter."""
        if name in NAMES:
            wanted = self.values | {name: str(value)[:LONGEST]}
            return go("/audit", **wanted)
        return None

    @handler
    async def clear(self):
        """Take all filters away."""
        return go("/audit")

    @handler
    async def verify(self):
        """Recompute the chain."""
        self.checked = {"running": True}
        yield
        found = await self.ask(queries.verify)
        self.checked = found.model_dump(mode="json") | {"running": False}
        self.sealed = found.sealed


def _export(values: dict[str, str]) -> str:
    """The filters as the API's export takes them."""
    since, until = day(values["from"]), day(values["to"], 1)
    times = {"from": since.isoformat() if since else "", "to": until.isoformat() if until else ""}
    return urlencode({name: text for name, text in (values | times).items() if text})


@page(
    "/audit",
    title="Audit log",
    state=Record,
    topics={"task", "agent", "project", "user", "session", "invite", "key", "company", "execution", "cost"},
    fact=lambda: panels.chain_in_words(Record),
)
def audit() -> rx.Component:
    """The record."""
    refused = card(
        empty("lock", t("Only owners and admins read the record"), t("Ask an owner for the role, if you need it."))
    )
    none = empty(
        "scroll-text",
        t("Nothing matches"),
        t("Every change by anyone or anything is kept here. Take a filter away to see more."),
    )
    rows = rx.fragment(
        rx.foreach(Record.rows, panels.entry), more(Record.more, Record.cursor != "", t("Show earlier ones"))
    )
    whole = rx.el.div(
        panels.filter_bar(Record),
        panels.chain_result(Record),
        card(rx.cond(Record.rows, rows, none), title=t("Every change"), aside=panels.exports(Record)),
        class_name="stack",
    )
    return rx.cond(Record.refused, refused, rx.cond(Record.known, whole))
