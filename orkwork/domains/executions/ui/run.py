"""One run: how it stands, what it says as it goes, what it left and cost, and what to do when it failed."""

from typing import Any
from uuid import UUID

import reflex as rx

from orkwork.core.errors import NotFound
from orkwork.domains.executions.queries import leavings
from orkwork.domains.executions.service import leaving
from orkwork.domains.executions.ui import reading
from orkwork.domains.tasks.ui.clocks import clock_row
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button, icon_button
from orkwork.ui.components.dialog import confirm
from orkwork.ui.components.figure import bar
from orkwork.ui.components.icon import icon
from orkwork.ui.components.kit import LogView
from orkwork.ui.components.markdown import markdown
from orkwork.ui.components.panel import body, card, grid, properties, skeleton, stack
from orkwork.ui.components.pill import state_pill
from orkwork.ui.components.when import when
from orkwork.ui.locale import duration, money, number, say, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell

NOTHING = {"id": "", "name": ""}


class OneRun(Screen, rx.State):
    """The run of the address. The log goes to the browser in batches of what is new, and is kept there."""

    run: dict[str, Any] = {}
    clocks: list[dict[str, Any]] = []
    artifacts: list[dict[str, Any]] = []
    batch: dict[str, Any] = {}
    earlier: bool = False
    written: int = 0
    leaving: dict[str, str] = NOTHING
    """The artifact that somebody is asked about before it goes."""
    _first: int = 0
    _opened: str = ""

    @rx.var
    def name(self) -> str:
        """The task's key, as the page's title shows it."""
        return str(self.run.get("key", ""))

    async def _fill(self) -> None:
        numbered = self.arg("run")
        if not numbered.isdecimal() or len(numbered) > 9:
            raise NotFound("execution.not_found", f"There is no run {numbered[:20]}", "The task's page lists its runs.")
        for name, value in (await self.ask(reading.run, self.arg("ref"), int(numbered))).items():
            if getattr(self, name) != value:
                setattr(self, name, value)
        self.watch(f"execution:{self.run['id']}", f"task:{self.run['task_id']}")

    @handler
    async def load(self):
        """Read the run and the end of its log."""
        if (self.arg("ref"), self.arg("run")) != tuple(self._opened.split("/", 1)):
            self.reset()
            self._opened = f"{self.arg('ref')}/{self.arg('run')}"
        await self._fill()
        found = await self.ask(leavings.log_before, UUID(self.run["id"]), limit=reading.PAGE)
        self._keep(found.items, fresh=True)
        self.earlier, self.written = found.next_cursor is not None, found.last
        self._first = found.items[0].sequence if found.items else 0

    @handler
    async def changed(self):
        """Read it again, and what its log says since."""
        await self._fill()
        await self._follow(self.written)

    @handler
    async def fill_gap(self, last: int):
        """Bring the lines that the browser misses after one."""
        await self._follow(last if isinstance(last, int) and last >= 0 else 0)

    async def _follow(self, after: int) -> None:
        found = await self.ask(leavings.log, UUID(self.run["id"]), after=after, limit=1000)
        if found.items:
            self._keep(found.items, after=after)
            self._first = self._first or found.items[0].sequence
            self.written = found.items[-1].sequence

    @handler
    async def show_earlier(self):
        """Bring the lines before the first one shown."""
        found = await self.ask(leavings.log_before, UUID(self.run["id"]), before=self._first, limit=reading.PAGE)
        self.earlier = found.next_cursor is not None
        if found.items:
            self._first = found.items[0].sequence
            self._keep(found.items, earlier=True)

    @handler
    async def ask_removal(self, artifact_id: str):
        """Ask once before an artifact goes."""
        found = next((one for one in self.artifacts if one["id"] == str(artifact_id)), NOTHING)
        self.leaving = {name: str(found[name]) for name in NOTHING}

    @handler
    async def keep_it(self):
        """Let it be."""
        self.leaving = NOTHING

    @handler
    async def remove(self):
        """Take the artifact away that was asked about."""
        gone, self.leaving = self.leaving, NOTHING
        if gone["id"]:
            await self.do(leaving.remove_artifact, UUID(gone["id"]))
            await self._fill()
            return toast("Artifact removed")

    def _keep(self, items: list[Any], **how: Any) -> None:
        self.batch = {"run": self.run["id"], "lines": reading.lines(items)} | how


def _top() -> rx.Component:
    run = OneRun.run
    share = rx.el.span(
        bar(run["progress"], label=t("{n}% done", n=run["progress"]), tone=run["tone"].to(str)),
        rx.el.span(run["progress"], "%", class_name="num"),
        class_name="row progress",
    )
    return rx.el.div(
        rx.el.div(
            rx.el.a(run["key"], href=rx.Var.create("/tasks/") + run["key"].to(str), class_name="mono link"),
            rx.el.span(run["title"], class_name="b5 wrap"),
            class_name="row w",
        ),
        rx.el.div(
            state_pill(run["status"]),
            rx.el.a(avatar(run["agent"]), run["agent"], href=run["agent_href"].to(str), class_name="row"),
            share,
            rx.el.span(run["note"], class_name="meta wrap"),
            class_name="row w",
        ),
        class_name="stack tasktop",
    )


def _failure() -> rx.Component:
    run = OneRun.run
    content = rx.el.div(
        rx.el.p(rx.el.span(say(run["summary"]), class_name="b5"), ". ", say(run["advice"]), class_name="advice"),
        rx.cond(
            run["detail"] != "",
            rx.el.pre(run["detail"], class_name="frozen", tab_index=0, aria_label=t("What went wrong")),
        ),
        class_name="col gap",
    )
    title = rx.el.span(icon("circle-x", tone="bad"), t("Why it failed"), class_name="row")
    return rx.cond(
        run["failure"] != "",
        card(body(content), title=title, aside=rx.el.span(run["failure"], class_name="mono m2")),
    )


def _log() -> rx.Component:
    run = OneRun.run
    follows = rx.el.span(rx.el.span(class_name="dot"), t("Live"), class_name="row meta", role="status")
    more = rx.el.div(
        button(t("Show earlier lines"), kind="ghost sm", on_click=OneRun.show_earlier), class_name="cb tightrow"
    )
    none = body(
        rx.el.p(
            rx.cond(run["status"] == "running", t("It has written nothing yet."), t("It wrote nothing.")),
            class_name="m2",
        )
    )
    view = LogView.create(batch=OneRun.batch, label=t("Log of the run"), on_gap=OneRun.fill_gap)
    return card(
        rx.cond(OneRun.written > 0, rx.fragment(rx.cond(OneRun.earlier, more), view), none),
        title=t("Log"),
        count=rx.cond(OneRun.written > 0, number(OneRun.written), ""),
        aside=rx.cond(run["status"] == "running", follows),
    )


def _output() -> rx.Component:
    return rx.cond(OneRun.run["output"] != "", card(body(markdown(OneRun.run["output"])), title=t("Result")))


def _facts() -> rx.Component:
    run = OneRun.run
    return card(
        properties(
            (t("Started"), when(run["started"], "moment")),
            (t("Ended"), when(run["ended"], "moment")),
            (t("Duration"), duration(run["seconds"])),
            (t("Tokens in"), number(run["tokens_in"])),
            (t("Tokens out"), number(run["tokens_out"])),
            (t("Cost"), money(run["cost"], 4)),
            (t("Reported"), rx.cond(run["reported"] != "", money(run["reported"], 4), "—")),
        ),
        title=t("Time and money"),
    )


def _clocks() -> rx.Component:
    return rx.cond(
        OneRun.clocks.length() > 0,
        card(rx.foreach(OneRun.clocks, clock_row), title=t("Clocks"), class_name="usage"),
    )


def _artifacts() -> rx.Component:
    def line(one: rx.Var) -> rx.Component:
        size = rx.el.span(
            one["kind"], ", ", t("{n} kB", n=number(one["size"].to(float) / 1000, 1)), class_name="meta trunc"
        )
        words = rx.el.span(
            rx.el.span(one["name"], class_name="b5 wrap"),
            rx.cond(one["link"], rx.el.span(one["href"], class_name="meta trunc"), size),
            class_name="col grow",
        )
        link = rx.el.a(
            icon("link"), words, icon("external-link", "s", "idle"),
            href=one["href"].to(str), target="_blank", rel="noopener noreferrer nofollow", class_name="r two grow",
        )  # fmt: skip
        file = rx.el.a(
            icon("file-text"), words, icon("download", "s", "idle"),
            href=one["href"].to(str), download=one["name"].to(str), reload_document=True, title=one["sha256"].to(str),
            class_name="r two grow",
        )  # fmt: skip
        remove = icon_button("trash-2", t("Remove {name}", name=one["name"]), on_click=OneRun.ask_removal(one["id"]))
        return rx.el.div(
            rx.cond(one["link"], link, file),
            rx.cond(Shell.can_manage, remove, rx.fragment()),
            class_name="artifact",
            key=one["id"],
        )

    none = body(rx.el.p(t("Files and links that it leaves appear here."), class_name="m2"))
    return card(
        rx.cond(OneRun.artifacts.length() > 0, rx.foreach(OneRun.artifacts, line), none),
        title=t("Artifacts"),
        count=rx.cond(OneRun.artifacts.length() > 0, number(OneRun.artifacts.length()), ""),
    )


@page(
    "/tasks/[ref]/runs/[run]",
    title="Run",
    name=rx.cond(OneRun.name != "", t("Run {n}", n=OneRun.run["number"]), t("Run")),
    state=OneRun,
    nav="/tasks",
    crumbs=lambda: [(t("Tasks"), "/tasks"), (OneRun.name, rx.Var.create("/tasks/") + OneRun.name)],
)
def run() -> list[rx.Component]:
    """State on top; what it says and gave on the left, its facts on the right."""
    left = stack(_failure(), _log(), _output())
    right = stack(_facts(), _clocks(), _artifacts())
    content = rx.fragment(_top(), grid(rx.el.div(left, class_name="c8"), rx.el.div(right, class_name="c4")))
    asked = confirm(
        "remove-artifact",
        t("Remove {name}?", name=OneRun.leaving["name"]),
        t("It is gone for everybody, also for the agents that come after. The audit keeps that it was there."),
        t("Remove it"),
        OneRun.remove,
        open=OneRun.leaving["id"] != "",
        on_close=OneRun.keep_it,
    )
    return [rx.cond(OneRun.name != "", content, card(skeleton(8))), asked]
