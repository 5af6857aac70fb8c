"""A project's tasks as a graph: what waits for what, and which chain takes longest."""

from typing import Any

import reflex as rx

from orkwork.domains.projects.ui.components import fact, views
from orkwork.domains.projects.ui.holding import hold_banner
from orkwork.domains.tasks.ui import foreseen, graphing
from orkwork.domains.tasks.ui.components import statuses
from orkwork.ui.components import filters
from orkwork.ui.components.button import button, icon_button
from orkwork.ui.components.empty import empty
from orkwork.ui.components.figure import key_figure, key_figures
from orkwork.ui.components.graph import GraphCode, graph
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, properties, skeleton
from orkwork.ui.components.pill import priority, status, status_pill
from orkwork.ui.components.table import more
from orkwork.ui.locale import duration, number, plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler
from orkwork.ui.shell import Shell

NAMES = ("status", "assignee", "label", "open", "critical", "task", "part")
STEP = 50
MOST_ROWS = 2_000
_NARROWING = ("status", "assignee", "label", "open", "critical")


class Graph(Screen, rx.State):
    """The picture, what narrows it, and the task that is looked at."""

    project: dict[str, Any] = {}
    figure: dict[str, Any] = {}
    looks: list[Any] = []
    figures: dict[str, Any] = {}
    foreseen: dict[str, Any] = foreseen.NOTHING
    rows: list[dict[str, Any]] = []
    left: int = 0
    drawn: int = 0
    chosen: dict[str, Any] = {}
    filter: dict[str, str] = dict.fromkeys(NAMES, "")
    assignees: list[dict[str, str]] = []
    labels: list[dict[str, str]] = []
    part: str = ""
    _ref: str = ""
    _shown: int = STEP

    def _args(self) -> dict[str, str]:
        return {name: self.arg(name)[:2000] for name in NAMES}

    def _go(self, **changed: str) -> Any:
        return go(f"/projects/{self.project['key']}/graph", **(self._args() | changed))

    @rx.var
    def title(self) -> str:
        """The project's name."""
        return str(self.project.get("name", ""))

    @rx.var
    def narrowed(self) -> bool:
        """Whether any filter is on."""
        return any(self.filter.get(name) for name in _NARROWING)

    @handler
    async def load(self):
        """Read and lay out what the address asks for."""
        self._shown = STEP
        if self.arg("ref") != self._ref:
            self._ref, self.project, self.figure = self.arg("ref"), {}, {}
        await self._fill()
        self.watch(f"project:{self.project['id']}")

    @handler
    async def changed(self):
        """Read again what is on the screen; only what has changed is sent."""
        await self._fill()

    async def _fill(self) -> None:
        args = self._args()
        seen = await self.ask(graphing.graph, self.arg("ref"), args, self._shown)
        options = seen.pop("options")
        fresh = seen | {
            "filter": args,
            "assignees": [{"value": "none", "text": "—"}, *options["agents"]],
            "labels": options["labels"],
        }
        for name, value in fresh.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    @handler
    async def more(self):
        """List more of the tasks."""
        self._shown = min(MOST_ROWS, self._shown + STEP)
        await self._fill()

    @handler
    async def narrow(self, name: str, value: str):
        """Change one filter in the address."""
        if name in _NARROWING:
            return self._go(**{name: str(value), "part": ""})

    @handler
    async def turn(self, name: str):
        """Turn one of the two switches on or off."""
        if name in ("open", "critical"):
            return self._go(**{name: "" if self.arg(name) else "1", "part": ""})

    @handler
    async def clear(self):
        """Take every filter away."""
        return self._go(**dict.fromkeys(_NARROWING, ""), part="")

    @handler
    async def choose(self, key: str):
        """Look at a task, or open a part of a large graph."""
        if str(key).startswith("part:"):
            return self._go(part=str(key).removeprefix("part:"), task="")
        return self._go(task=str(key), part=self.part)

    @handler
    async def leave(self):
        """Go from one part back to all of them."""
        return self._go(part="", task="")


def _switch(name: str, text: Any, icon_name: str) -> rx.Component:
    on = Graph.filter[name] != ""
    return rx.el.button(
        icon(icon_name, "s"),
        text,
        type="button",
        class_name=rx.cond(on, "chip on", "chip"),
        on_click=Graph.turn(name),
        custom_attrs={"aria-pressed": rx.cond(on, "true", "false")},
    )


def _bar() -> rx.Component:
    def chip(name: str, text: Any, choices: Any) -> rx.Component:
        return filters.choose(text, Graph.filter[name], choices, Graph.narrow(name))

    return filters.bar(
        chip("status", t("State"), statuses()),
        chip("assignee", t("Assignee"), Graph.assignees),
        rx.cond(Graph.labels.length() > 0, chip("label", t("Label"), Graph.labels), rx.fragment()),
        _switch("open", t("Open tasks only"), "circle"),
        _switch("critical", t("Critical path only"), "milestone"),
        rx.cond(
            Graph.narrowed, button(t("Clear"), kind="ghost sm", icon_name="x", on_click=Graph.clear), rx.fragment()
        ),
        rx.el.span(views(Graph.project["key"], "share-2"), class_name="end"),
        slides=True,
    )


def _task_link(key: Any) -> rx.Component:
    return rx.el.button(key, type="button", class_name="link", on_click=Graph.choose(key))


def _figures() -> rx.Component:
    found, tasks = Graph.figures, plural("{n} task", "{n} tasks", Graph.figures["path"])
    time = rx.cond(found["seconds"].to(int) > 0, rx.fragment(", ", duration(found["seconds"])), rx.fragment())
    none = rx.el.span("—")
    return card(
        key_figures(
            key_figure(
                t("Critical path"),
                rx.cond(found["path"].to(int) > 0, rx.fragment(tasks, time), none),
                change=rx.cond(
                    found["path"].to(int) > 0,
                    t("{n} of them not done yet", n=number(found["path_left"])),
                    t("no task waits for another"),
                ),
                small=True,
            ),
            foreseen.figure(Graph.foreseen),
            key_figure(
                t("Bottleneck"),
                rx.cond(found["bottleneck"] != "", _task_link(found["bottleneck"]), none),
                change=rx.cond(
                    found["bottleneck"] != "",
                    plural("blocks {n} task", "blocks {n} tasks", found["blocks"]),
                    t("nothing holds others up"),
                ),
                small=True,
            ),
            key_figure(
                t("Blocked by a failure"),
                plural("{n} task", "{n} tasks", found["held"]),
                change=rx.cond(
                    found["behind"] != "",
                    rx.fragment(t("behind"), " ", _task_link(found["behind"])),
                    t("no failed task is in the way"),
                ),
                small=True,
            ),
            key_figure(
                t("Under way"),
                plural("{n} task", "{n} tasks", found["going"]),
                change=plural("{n} more is ready to start", "{n} more are ready to start", found["ready"]),
                small=True,
            ),
        ),
        class_name="graphfigures",
    )


def _near(task: rx.Var) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            status(task["status"], bare=True),
            rx.el.span(task["key"], class_name="mono m2 nw"),
            rx.el.span(task["title"], class_name="trunc"),
            type="button",
            class_name="row plain",
            on_click=Graph.choose(task["key"]),
        ),
        key=task["key"],
    )


def _beside(heading: Any, tasks: rx.Var) -> rx.Component:
    inside = rx.el.div(rx.el.h3(heading, class_name="meta"), rx.el.ul(rx.foreach(tasks, _near)), class_name="near")
    return rx.cond(tasks.length() > 0, inside, rx.fragment())


def _facts() -> rx.Component:
    task = Graph.chosen
    return properties(
        (t("State"), status_pill(task["status"])),
        (t("Assignee"), rx.cond(task["assignee"] != "", task["assignee"], "—")),
        (t("Priority"), priority(task["priority"])),
        (t("Estimate"), rx.cond(task["seconds"].to(int) > 0, duration(task["seconds"]), "—")),
        (t("Critical path"), rx.cond(task["critical"], t("on it"), t("not on it"))),
        (t("Waits for"), plural("{n} unfinished task", "{n} unfinished tasks", task["waits"])),
        (t("Blocks"), plural("{n} open task", "{n} open tasks", task["blocks"])),
    )


def _panel() -> rx.Component:
    task = Graph.chosen
    inside = rx.el.aside(
        rx.el.div(
            rx.el.span(task["key"], class_name="mono m2 grow"),
            icon_button("x", t("Close"), on_click=Graph.choose("")),
            class_name="row",
        ),
        rx.el.h2(task["title"], class_name="h-sec"),
        button(t("Open task"), kind="solid", icon_name="arrow-up-right", href=task["href"].to(str)),
        _facts(),
        _beside(t("Unfinished before it"), task["needs"].to(list[dict[str, str]])),
        _beside(t("Waiting for it"), task["behind"].to(list[dict[str, str]])),
        class_name="graphpanel",
        aria_label=t("The chosen task"),
    )
    return rx.cond(task["key"], inside, rx.fragment())


def _line(row: rx.Var) -> rx.Component:
    return rx.el.div(
        status(row["status"], bare=True),
        rx.el.span(row["key"], class_name="mono m2 taskkey"),
        rx.el.a(row["title"], href=row["href"], class_name="trunc grow rowlink", custom_attrs={"data-main": "1"}),
        rx.cond(
            row["critical"],
            rx.el.span(icon("milestone", "s", "acc"), t("Critical path"), class_name="row tight meta nw"),
            rx.fragment(),
        ),
        rx.el.span(t("step {n}", n=row["step"]), class_name="meta t nw"),
        rx.el.span(rx.cond(row["assignee"] != "", row["assignee"], "—"), class_name="meta trunc graphwho"),
        class_name="r taskrow",
        custom_attrs={"data-row": "1"},
        key=row["key"],
    )


def _part_line(row: rx.Var) -> rx.Component:
    def count(item: rx.Var) -> rx.Component:
        return rx.el.span(status(item["status"]), number(item["n"]), class_name="row tight nw", key=item["status"])

    return rx.el.div(
        rx.el.button(
            part_name(row),
            type="button",
            class_name="link rowlink",
            on_click=Graph.choose(rx.Var.create("part:") + row["part"].to(str)),
            custom_attrs={"data-main": "1"},
        ),
        rx.el.span(plural("{n} task", "{n} tasks", row["n"]), class_name="meta t nw"),
        rx.cond(
            row["critical"],
            rx.el.span(icon("milestone", "s", "acc"), t("on the critical path"), class_name="row tight meta nw"),
            rx.fragment(),
        ),
        rx.el.span(rx.foreach(row["counts"].to(list[dict[str, Any]]), count), class_name="row w meta end"),
        class_name="r taskrow partrow",
        custom_attrs={"data-row": "1"},
        key=row["part"],
    )


def part_name(row: rx.Var) -> rx.Component:
    """What a part of a large graph is called."""
    steps = rx.cond(
        row["first"] == row["last"],
        t("Step {n}", n=row["first"]),
        t("Steps {first} to {last}", first=row["first"], last=row["last"]),
    )
    piece = rx.cond(row["piece"].to(int) > 0, rx.fragment(", ", t("group {n}", n=row["piece"])), rx.fragment())
    about = rx.cond(row["label"] != "", rx.fragment(" · ", row["label"]), rx.fragment())
    return rx.fragment(rx.cond(row["apart"], t("Separate tasks"), rx.fragment(steps, piece)), about)


def _list() -> rx.Component:
    in_parts = Graph.figure["mode"] == "parts"
    rows = rx.cond(
        in_parts,
        rx.el.div(rx.foreach(Graph.rows, _part_line)),
        rx.el.div(rx.foreach(Graph.rows, _line)),
    )
    return card(
        rows,
        more(Graph.more, Graph.left > 0, t("Show more")),
        title=rx.cond(in_parts, t("Parts of the graph"), t("Tasks in the graph")),
        count=number(Graph.rows.length() + Graph.left),
        class_name="graphlist",
    )


def _nothing() -> rx.Component:
    create = rx.cond(
        Shell.can_write,
        button(
            t("Create task"),
            kind="solid",
            icon_name="plus",
            href=rx.Var.create("/tasks?new=1&project=") + Graph.project["key"].to(str),
        ),
        rx.fragment(),
    )
    return rx.cond(
        Graph.narrowed,
        empty(
            "list-filter",
            t("No task fits these filters"),
            t("Take a filter away to see more of the graph."),
            action=button(t("Clear the filters"), on_click=Graph.clear),
        ),
        empty(
            "share-2",
            t("The project's tasks will stand here by what waits for what"),
            t("A dependency draws a line between two tasks; the longest chain is the critical path."),
            action=create,
        ),
    )


def _part_bar() -> rx.Component:
    return rx.cond(
        Graph.part != "",
        button(t("All parts"), kind="sm", icon_name="arrow-left", on_click=Graph.leave, class_name="graphback"),
        rx.fragment(),
    )


@page(
    "/projects/[ref]/graph",
    title="Graph",
    name=Graph.title,
    state=Graph,
    nav="/projects",
    mini=True,
    body="main wide graphpage",
    crumbs=lambda: [(t("Projects"), "/projects")],
    fact=lambda: fact(Graph.project),
)
def project_graph() -> list[rx.Component]:
    """The figures, the picture with the chosen task beside it, and the same tasks as a list."""
    picture = rx.el.div(
        graph(
            Graph.figure,
            looks=Graph.looks,
            chosen=rx.cond(Graph.chosen["key"], Graph.chosen["key"], "").to(str),
            label=t("Graph of {name}", name=Graph.title),
            on_choose=Graph.choose,
        ),
        _part_bar(),
        _panel(),
        class_name="graphbox",
    )
    filled = rx.cond(
        Graph.drawn > 0,
        rx.fragment(rx.el.div(_figures(), picture, class_name="graphtop"), _list()),
        card(_nothing()),
    )
    held = rx.cond(Graph.project["id"], hold_banner(Graph.project["hold"], Graph.project["key"]), rx.fragment())
    return [GraphCode.create(), held, _bar(), rx.cond(Graph.project["id"], filled, card(skeleton(8)))]
