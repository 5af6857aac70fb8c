"""Every part of the kit on pages to look at and to test, with a made-up company instead of a database.

The root loads it when ORKWORK_KIT=1: `/kit`, `/kit/board` and the places of the real application's frame.
"""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import reflex as rx
from reflex_components_core.core.upload import Upload

from orkwork.core import door, live
from orkwork.core.actor import Actor, ActorKind, Role
from orkwork.core.credentials import Credential, Found
from orkwork.core.errors import Conflict, FieldError, Invalid, Unauthenticated
from orkwork.ui import caller, nav
from orkwork.ui.components import filters, form
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.board import board
from orkwork.ui.components.button import button, command, copy_once, icon_button, kbd, menu
from orkwork.ui.components.dialog import closes, confirm, dialog, opens
from orkwork.ui.components.empty import empty
from orkwork.ui.components.figure import bar, gauge, key_figure, key_figures, sparkline
from orkwork.ui.components.icon import icon
from orkwork.ui.components.kit import NewPill
from orkwork.ui.components.markdown import markdown
from orkwork.ui.components.panel import body, card, grid, link, notice, properties, skeleton, stack, two_lines
from orkwork.ui.components.pill import label, pill, priority, state_pill, status_pill
from orkwork.ui.components.table import num, sort, table
from orkwork.ui.components.when import today, when
from orkwork.ui.locale import duration, money, number, percent, plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import switches

GOOD_SESSIONS = {"good": "Olena Kovalenko", "other": "Taras Bondar"}
NOW = datetime.now(UTC)
STATUSES = ["CREATED", "PLANNING", "READY", "ASSIGNED", "IN_PROGRESS", "REVIEW", "COMPLETED", "FAILED", "CANCELLED"]
RULES: dict[str, Any] = {
    "READY": {
        "ASSIGNED": {"ok": True, "text": "Drop to assign"},
        "IN_PROGRESS": {"ok": False, "text": "A Ready task is assigned before it starts."},
    },
    "ASSIGNED": {
        "IN_PROGRESS": {"ok": True, "text": "Drop to start"},
        "READY": {"ok": True, "text": "Drop to release"},
    },
    "IN_PROGRESS": {
        "REVIEW": {"ok": True, "text": "Drop to hand in for review"},
        "READY": {"ok": True, "text": "Drop to release"},
        "COMPLETED": {"ok": False, "text": "Review first: this task needs it"},
    },
    "REVIEW": {
        "COMPLETED": {"ok": True, "text": "Drop to accept"},
        "IN_PROGRESS": {"ok": True, "text": "Drop to ask for changes"},
    },
}
TEXT = """Every cost-bearing call checks the **daily budget**; see [the rules](https://example.org)
and `budget_exceeded`.

- [x] locks the row
- [ ] says when it opens

<script>window.pwned = 1</script> <img src=x onerror="window.pwned=1"> [bad](javascript:window.pwned=1) ![pixel](https://tracker.invalid/x.png)

```
SELECT 1
```
"""


def _identify(shown: Credential | None) -> Any:
    def find(*_: Any) -> Found:
        revoked = os.environ.get("ORKWORK_KIT_REVOKED", "")
        name = GOOD_SESSIONS.get(shown.token) if shown else None
        if shown is None or name is None or (revoked and Path(revoked).exists()):
            raise Unauthenticated("auth.unauthenticated", "Nobody is signed in", "Sign in.")
        return Found(Actor(ActorKind.USER, UUID(int=1), name, Role.OWNER, ip=shown.ip), None)

    return find


caller.identify = _identify


class _Work:
    """Enough of a Work for the gallery's queries."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor


def _run(who: Any, work: Any, **_: Any) -> Any:
    return work(_Work(who if isinstance(who, Actor) else who().actor))


COMPANY: dict[str, Any] = {"count": 3, "moved": {}}


async def _hints(_: Any) -> Any:
    """Changes that tests make by writing to a file's time."""
    seen = 0
    path = Path(os.environ.get("ORKWORK_KIT_NEWS") or "/nowhere")
    while True:
        await asyncio.sleep(0.02)
        if path.exists() and path.stat().st_mtime_ns > seen:
            seen = path.stat().st_mtime_ns
            COMPANY["count"] = int(path.read_text() or 0)
            yield [live.Hint("gallery.changed", "gallery", None, None)]


door.run = _run
live.listen = _hints


def _count(work: Any) -> int:
    return COMPANY["count"]


def _move(work: Any, card_id: str, to: str) -> None:
    if card_id == "stuck":
        raise Conflict("task.blocked", "ORK-119 is not finished", "Finish it first.")
    COMPANY["moved"][card_id] = to


def _cards(work: Any, many: int) -> list[dict[str, Any]]:
    titles = [
        "Budget check under a lock: two calls can’t overshoot",
        "Price table for 14 models with cached-token rates",
        "Alert settings page",
        "Leaderboard with weekly and monthly trend",
        "Decisions carry the full score table",
        "Cost ledger, append-only",
    ]
    people, out = ["CLAUDE", "CODE", "QA", "PM", ""], []
    weights = ["READY", "READY", "ASSIGNED", "IN_PROGRESS", "IN_PROGRESS", "REVIEW", "COMPLETED", "COMPLETED", "FAILED"]
    for n in range(many):
        key = "stuck" if n == 3 else f"t{n}"
        status = COMPANY["moved"].get(key, weights[n % 9])
        line: dict[str, Any] = {
            "id": key,
            "key": f"ORK-{120 + n}",
            "title": titles[n % 6],
            "href": f"/kit?task={n}",
            "status": status,
        }
        line |= {
            "priority": ["urgent", "high", "medium", "low", "none"][n % 5],
            "assignee": people[n % 5],
            "cost": f"{n * 1.37 % 9:.2f}",
        }
        line |= {"due": "52 min" if n % 4 == 0 else "", "due_tone": "warn b5", "depends": n % 3}
        if status == "IN_PROGRESS":
            line["progress"] = 68 - n % 40
        if n % 7 == 3:
            line |= {"note": "Blocks 9 tasks, on the critical path", "note_icon": "share-2", "note_tone": "warn"}
        out.append(line)
    return out


Upload.is_used = True  # so that the framework opens its way in for files, which no page of ours does


class Gallery(Screen, rx.State):
    """What the gallery plays with."""

    count: int = 0
    kept: str = ""
    view: str = "board"
    filter: str = ""
    open: bool = False
    rows: list[dict[str, Any]] = []

    @handler
    async def load(self):
        """Read the made-up company."""
        self.count = await self.ask(_count)
        self.rows = [
            {
                "name": name,
                "state": state,
                "score": score,
                "spent": spent,
                "seen": (NOW - timedelta(minutes=ago)).isoformat(),
            }
            for name, state, score, spent, ago in [
                ("CLAUDE", "working", 91, "38.90", 1),
                ("CODE", "blocked", 84, "8.24", 14),
                ("QA", "working", 76, "11.07", 130),
                ("PM", "idle", None, "0.44", 3000),
            ]
        ]

    @handler
    async def more(self):
        """Count up."""
        self.count += 1
        yield toast("Task moved", undo=Gallery.less)

    @handler
    async def less(self):
        """Take it back."""
        self.count -= 1

    @handler
    async def save(self, data: dict[str, Any]):
        """Refuse a form."""
        raise Invalid("agent.invalid", "Some fields are wrong", errors=[FieldError("name", "Give the agent a name")])

    @handler
    async def keep(self, text: str):
        """Remember a text, to see whose state this is."""
        self.kept = str(text)

    @handler
    async def pick(self, value: str):
        """Choose a view."""
        self.view = value

    @handler
    async def narrow(self, value: str):
        """Filter."""
        self.filter = value

    @handler
    async def breaks(self):
        """Fail inside."""
        raise RuntimeError("a secret of the server")

    @rx.event
    async def unmarked(self):
        """A Reflex handler, but not marked for browsers."""
        self.kept = "unmarked ran"

    @rx.event
    async def unmarked_upload(self, files: list[rx.UploadFile]):
        """One that takes files, which is not marked either."""
        self.kept = "unmarked ran"

    @rx.event(background=True)
    async def unmarked_chunks(self, chunks: rx.UploadChunkIterator):
        """The same for files that come in parts."""
        async with self:
            self.kept = "background ran"

    @handler
    async def take(self, files: list[rx.UploadFile]):
        """One that takes files and may."""
        self.kept = f"took {files[0].name}"

    @rx.event(background=True)
    async def unmarked_background(self):
        """The same in the background."""
        async with self:
            self.kept = "background ran"

    async def plain(self):
        """A public method, which Reflex makes a handler of."""
        self.kept = "plain ran"


class KitBoard(Screen, rx.State):
    """A board of made-up tasks."""

    cards: list[dict[str, Any]] = []

    @handler
    async def load(self):
        """Read as many cards as the address says."""
        self.cards = await self.ask(_cards, min(int(self.arg("n", "24")), 5000))

    @handler(refuses="card_id")
    async def move(self, card_id: str, to: str, before: str):
        """Move a card, or be refused."""
        await self.do(_move, card_id, to)
        self.cards = [line | {"status": to} if line["id"] == card_id else line for line in self.cards]


for _place in (
    nav.Place("Dashboard", "/", "layout-dashboard", "gd", 10, phone=True, short="Home"),
    nav.Place("Tasks", "/kit/board", "list-checks", "gt", 20, phone=True, short="Work"),
    nav.Place("Agents", "/agents", "bot", "ga", 30, phone=True),
    nav.Place("Audit log", "/audit", "scroll-text", "gl", 80, foot=True),
    nav.Place("Settings", "/settings", "settings", "gs", 90, foot=True, phone=True),
):
    if not any(item.href == _place.href for item in nav.PLACES):
        nav.PLACES.append(_place)
if not any(item.keys == "c" for item in nav.ACTIONS):
    nav.action("Create task", "/kit?new=1", "list-checks", keys="c")


@nav.search
def _search(work: Any, text: str) -> list[nav.Found]:
    return [
        {"title": line["title"], "key": line["key"], "href": line["href"], "status": line["status"]}
        for line in _cards(work, 12)
        if text.lower() in line["title"].lower()
    ]


@nav.shortcuts
def _projects(work: Any) -> list[nav.Shortcut]:
    return [
        {"key": key, "title": title, "href": f"/projects/{key}"}
        for key, title in (("ORK", "orkwork v2"), ("MOQ", "Moqup Studio"), ("PAY", "Payments"))
    ]


def _figures() -> rx.Component:
    spark = sparkline([3, 4, 3, 6, 5, 8, 9], label=t("Score, 30 days"))
    return card(
        key_figures(
            key_figure(t("Score, 30 days"), number(84), unit=t("of 100"), change=plural("{n} task", "{n} tasks", 43)),
            key_figure(t("Spend today"), money("8.24"), unit="/ $30", change=bar(27, label=t("{n}% done", n=27))),
            key_figure(t("Uptime, 7 days"), percent(0.992, 1), change=duration(4860)),
            key_figure(t("Score, 30 days"), "—", change=t("too little data")),
        ),
        rx.el.div(
            spark,
            sparkline([1, 1, 2, 1, 9], label="4.1×", bad=True),
            icon("zap"),
            avatar("CLAUDE"),
            avatar("CODE", size="md"),
            avatar("QA", size="lg"),
            avatar("Olena Kovalenko", person=True, size="md"),
            kbd("J", "K"),
            label("backend"),
            class_name="cb row w",
        ),
        body(
            bar(68, label=t("{n}% done", n=68), text="68%"), bar(97, label=t("{n}% done", n=97), text="97%", tone="bad")
        ),
    )


def _health() -> rx.Component:
    causes = rx.fragment(
        rx.el.li(
            icon("triangle-alert", "s", "bad"),
            rx.el.a("MOQ past its date", href="/kit", class_name="trunc"),
            rx.el.span("−8", class_name="num"),
        ),
        rx.el.li(
            icon("activity", "s", "warn"),
            rx.el.a("QA errors 6.2%", href="/kit", class_name="trunc"),
            rx.el.span("−6", class_name="num"),
        ),
    )
    return card(
        gauge(82, label=t("{n}% done", n=82), causes=causes),
        title=t("Health"),
        aside=rx.el.span("−3", class_name="meta"),
    )


def _states() -> rx.Component:
    return card(
        *[
            rx.el.div(status_pill(value), state_pill(other), priority(rank), class_name="r")
            for value, other, rank in zip(
                STATUSES,
                ["working", "blocked", "idle", "running", "at_risk", "late", "revoked", "owner", "on_track"],
                ["urgent", "high", "medium", "low", "none"] * 2,
                strict=False,
            )
        ],
        rx.el.div(
            pill("shield-check", t("Active"), "ok"),
            state_pill("something_new"),
            priority("urgent", bare=True),
            class_name="r",
        ),
        title=t("States"),
        count=9,
        on=True,
    )


def _agents() -> rx.Component:
    def line(agent: Any) -> list[Any]:
        return [
            rx.el.span(avatar(agent["name"]), agent["name"], class_name="row"),
            state_pill(agent["state"]),
            number(agent["score"]),
            money(agent["spent"]),
            when(agent["seen"]),
        ]

    return card(
        table(
            [t("Agent"), t("State"), num(t("Score")), num(t("Spent")), sort(t("Seen"), Gallery.more, "descending")],
            Gallery.rows,
            line,
            label=t("Agents"),
        ),
        title=t("Agents"),
        aside=rx.el.div(
            NewPill.create(count=Gallery.count, on_show=Gallery.less), link(t("Open"), "/kit"), class_name="row"
        ),
    )


def _form() -> rx.Component:
    return card(
        body(
            form.form(
                form.two(
                    form.text("name", t("Name"), errors=Gallery.errors, hint=t("What it is called everywhere")),
                    form.choice("level", t("Autonomy"), [("0", "0"), ("1", "1")], errors=Gallery.errors),
                ),
                form.long_text("about", t("Description"), errors=Gallery.errors),
                form.check(
                    "review", t("Needs a review"), hint=t("Nothing is finished before somebody else has looked at it")
                ),
                form.actions(button(t("Cancel")), button(t("Save"), kind="solid", type="submit")),
                on_submit=Gallery.save,
            )
        ),
        title=t("Form"),
    )


def _buttons() -> rx.Component:
    return filters.bar(
        filters.segments(
            t("View"), [("list", t("List"), "list"), ("board", t("Board"), "kanban")], Gallery.view, Gallery.pick
        ),
        filters.filter_chip(t("Priority"), Gallery.filter, [("high", t("High")), ("low", t("Low"))], Gallery.narrow),
        filters.chip("Phase 3", Gallery.less, t("Remove the filter")),
        filters.search_box("", Gallery.keep, t("Search this page")),
        button(t("New task"), kind="solid", icon_name="plus", on_click=Gallery.more),
        button(t("Delete the agent"), kind="", **opens("remove")),
        button(t("Form"), **opens("plain-dialog")),
        button("break", kind="ghost", on_click=Gallery.breaks),
        icon_button("pencil", t("Edit")),
        menu(t("More"), rx.el.button(icon("pause"), t("Pause"), type="button")),
        rx.el.output(Gallery.count, id="count", class_name="t"),
        rx.el.output(Gallery.kept, id="kept"),
    )


def _dialogs() -> rx.Component:
    return rx.fragment(
        confirm("remove", t("Delete the agent"), "CODE, 3 keys, 43 runs", t("Delete the agent"), Gallery.less),
        dialog("plain-dialog", t("Form"), rx.el.p("…"), form.actions(button(t("Close"), **closes()))),
    )


@page("/kit", title="Kit", state=Gallery, topics={"gallery"}, fact=today)
def kit() -> list[rx.Component]:
    """Everything."""
    return [
        _buttons(),
        _figures(),
        grid(
            rx.el.div(
                stack(
                    _agents(),
                    _form(),
                    card(
                        empty(
                            "bot",
                            t("No agents yet"),
                            t("An agent is any program that claims tasks."),
                            action=button(t("Create agent"), kind="solid", icon_name="plus"),
                            copy="curl -X POST http://localhost:8000/api/v2/tasks/claim",
                        )
                    ),
                ),
                class_name="c8",
            ),
            rx.el.div(
                stack(
                    _health(),
                    _states(),
                    card(
                        properties((t("Agent"), "CLAUDE"), (t("Priority"), priority("high"))),
                        two_lines(
                            "MOQ-88",
                            "waits for your decision",
                            before=avatar("CODE", size="md"),
                            after=state_pill("blocked"),
                            href="/kit",
                        ),
                        title=t("Properties"),
                    ),
                    card(skeleton(), title=t("Settings")),
                    switches(),
                ),
                class_name="c4",
            ),
        ),
        card(body(markdown(TEXT)), title=t("Description")),
        notice(t("Nothing is called that. Try another word."), "warn"),
        copy_once("ork_7Kq2abcdef", t("Secret")),
        command("claude mcp add --transport http orkwork http://localhost:8000/mcp"),
        _dialogs(),
    ]


@page(
    "/kit/board", title="Board", state=KitBoard, mini=True, body="boardpage", crumbs=lambda: [(t("Projects"), "/kit")]
)
def kit_board() -> rx.Component:
    """The board."""
    return board(
        KitBoard.cards,
        rules=RULES,
        on_move=KitBoard.move,
        refusal=KitBoard.refusal,
        collapsed=["CREATED", "PLANNING", "FAILED", "CANCELLED"],
    )
