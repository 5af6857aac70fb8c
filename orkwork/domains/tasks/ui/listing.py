"""All tasks, narrowed by the address."""

from typing import Any
from uuid import UUID

import reflex as rx

from orkwork.core.errors import NotFound, OrkworkError
from orkwork.core.ids import is_uuid
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.projects import queries as projects
from orkwork.domains.projects.ui.components import parts
from orkwork.domains.projects.ui.holding import hold_banner
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import export, lookup
from orkwork.domains.tasks.queries import tasks as queries
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import claims, lifecycle
from orkwork.domains.tasks.ui import filtering, form, reasons, shown
from orkwork.domains.tasks.ui.components import agent_line, agent_picker, priorities, statuses, waiting
from orkwork.ui.components import filters
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button, icon_button
from orkwork.ui.components.dialog import opens
from orkwork.ui.components.empty import empty
from orkwork.ui.components.icon import icon
from orkwork.ui.components.kit import NewPill
from orkwork.ui.components.panel import card, skeleton
from orkwork.ui.components.pill import label, priority, status
from orkwork.ui.components.table import more
from orkwork.ui.components.when import when
from orkwork.ui.locale import money, plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler, toast
from orkwork.ui.shell import Shell

STEP = 50
MOST_SELECTED = 500
NO_HOLD: dict[str, Any] = {"key": "", "hold": {}}


def _read(work: Work, args: dict[str, str]) -> dict[str, Any]:
    """A page's first view, in one transaction."""
    found = queries.tasks(work, filtering.read(args), sort=filtering.sort(args), limit=STEP).parse()
    return {
        "rows": [shown.line(item) for item in found.items],
        "cursor": found.next_cursor or "",
        "options": filtering.options(work, args.get("project", "")),
        "agents": [agent_line(agent) for agent in agents.agents(work)],
        "held": _held(work, args),
    }


def _held(work: Work, args: dict[str, str]) -> dict[str, Any]:
    """The hold of the one project that is looked at; nothing while work goes on, or with more of them."""
    chosen = filtering.values(args, "project")
    try:
        found = projects.project(work, chosen[0]) if len(chosen) == 1 else None
    except NotFound:
        found = None
    return {"key": found.key_prefix, "hold": parts(found)["hold"]} if found else NO_HOLD


def _again(work: Work, args: dict[str, str], ids: list[UUID]) -> tuple[dict[str, Any], int, dict[str, Any]]:
    """The rows on the screen as they are now, how many the first page has that are not on it, and the project's hold."""
    now = {str(item.id): shown.line(item) for item in lookup.tasks_by_id(work, ids).parse().items}
    first = queries.tasks(work, filtering.read(args), sort=filtering.sort(args), limit=STEP).parse()
    known = {str(row_id) for row_id in ids}
    return now, sum(str(item.id) not in known for item in first.items), _held(work, args)


class Tasks(Screen, rx.State):
    """The list, what narrows it and what is selected."""

    rows: list[dict[str, Any]] = []
    cursor: str = ""
    fresh: int = 0
    ready: bool = False
    filter: dict[str, str] = dict.fromkeys(filtering.NAMES, "")
    projects: list[dict[str, str]] = []
    agents: list[dict[str, Any]] = []
    assignees: list[dict[str, str]] = []
    labels: list[dict[str, str]] = []
    selected: list[str] = []
    asking: dict[str, str] = reasons.NOTHING
    held: dict[str, Any] = NO_HOLD

    def _args(self) -> dict[str, str]:
        return {name: self.arg(name)[:2000] for name in filtering.NAMES}

    @rx.var
    def narrowed(self) -> bool:
        """Whether any filter is on."""
        return any(value for name, value in self.filter.items() if name != "sort")

    @handler
    async def load(self):
        """Read the first page of what the address asks for."""
        args = self._args()
        seen = await self.ask(_read, args)
        self.rows, self.cursor, self.agents = seen["rows"], seen["cursor"], seen["agents"]
        self.held = seen["held"]
        self.projects, self.labels = seen["options"]["projects"], seen["options"]["labels"]
        self.assignees = [{"value": "none", "text": "—"}, *seen["options"]["agents"]]
        self.filter, self.fresh, self.selected, self.ready = args, 0, [], True
        if self.arg("new"):
            return form.NewTask.begin(args["project"])

    @handler
    async def changed(self):
        """Bring the rows up to date where they stand; new ones are only counted."""
        ids = [UUID(row["id"]) for row in self.rows]
        now, fresh, held = await self.ask(_again, self._args(), ids)
        rows = [now.get(row["id"], row) for row in self.rows]
        if rows != self.rows:
            self.rows = rows
        if held != self.held:
            self.held = held
        if not self.rows and fresh:
            return Tasks.load
        self.fresh = fresh

    @handler
    async def more(self):
        """Read the next page."""
        args = self._args()
        found = await self.ask(
            queries.tasks, filtering.read(args), sort=filtering.sort(args), cursor=self.cursor or None, limit=STEP
        )
        parsed, known = found.parse(), {row["id"] for row in self.rows}
        self.rows = [*self.rows, *(shown.line(i) for i in parsed.items if str(i.id) not in known)]
        self.cursor = parsed.next_cursor or ""

    @handler
    async def narrow(self, name: str, value: str):
        """Change one filter in the address."""
        return go("/tasks", **{n: str(value) if n == name else v for n, v in self._args().items()})

    @handler
    async def clear(self):
        """Take every filter away."""
        return go("/tasks")

    @handler
    async def select(self, row_id: str):
        """Select a row, or no longer."""
        chosen = [x for x in self.selected if x != row_id]
        if len(chosen) == len(self.selected) and any(row["id"] == row_id for row in self.rows):
            chosen.append(row_id)
        self.selected = chosen

    @handler
    async def unselect(self):
        """Select nothing."""
        self.selected = []

    @handler
    async def move(self, to: str):
        """Move the selected tasks."""
        if to not in set(Status) - {Status.ASSIGNED}:
            return None
        stand = {str(row["status"]) for row in self.rows if row["id"] in self.selected}
        if any(reasons.needs_words(before, to) for before in stand):
            self.errors, self.asking = {}, reasons.asked("selected", "", to)
            return None
        return await self._each(lifecycle.transition, MoveIn(to=Status(to)))

    @handler
    async def keep(self):
        """Leave the selected tasks where they stand."""
        self.asking = reasons.NOTHING

    @handler
    async def say_why(self, data: dict[str, Any]):
        """Move the selected tasks with words."""
        move = reasons.move_of(self.asking, data)
        self.asking = reasons.NOTHING
        return await self._each(lifecycle.transition_saying, move)

    @handler
    async def assign(self, agent_id: str):
        """Assign the selected tasks."""
        if is_uuid(agent_id):
            return await self._each(claims.assign, AssignIn(agent_id=UUID(agent_id)))

    async def _each(self, operation: Any, body: Any) -> Any:
        done, refused = 0, []
        for row_id in self.selected[:MOST_SELECTED]:
            try:
                await self.do(operation, row_id, body)
                done += 1
            except OrkworkError as error:
                refused.append(error.message)
        self.selected = []
        hint = "; ".join(refused[:3]) + (f" +{len(refused) - 3}" if len(refused) > 3 else "")
        return toast("Tasks changed: {n}", n=str(done), hint=hint, tone="warn" if refused else "ok")

    @handler
    async def download(self):
        """Exactly what is filtered, for a spreadsheet."""
        args = self._args()
        text = await self.ask(export.tasks_csv, filtering.read(args), sort=filtering.sort(args))
        return rx.download(data=text, filename="tasks.csv")


def _line(row: rx.Var) -> rx.Component:
    return rx.el.div(
        rx.cond(
            Shell.can_write,
            rx.el.label(
                rx.el.input(
                    type="checkbox",
                    checked=Tasks.selected.contains(row["id"]),
                    on_change=lambda _: Tasks.select(row["id"]),
                    aria_label=t("Select {key}", key=row["key"]),
                ),
                class_name="pick",
            ),
            rx.fragment(),
        ),
        priority(row["priority"], bare=True),
        rx.el.span(row["key"], class_name="mono m2 taskkey"),
        status(row["status"], bare=True),
        rx.el.a(row["title"], href=row["href"], class_name="trunc grow rowlink", custom_attrs={"data-main": "1"}),
        rx.cond(row["flagged"], icon("flag", "s", "bad"), rx.fragment()),
        rx.cond(row["blocked"].to(int) > 0, waiting(row["blocked"]), rx.fragment()),
        rx.el.span(rx.foreach(row["labels"].to(list[str]), label), class_name="row tight no-m"),
        rx.el.span(
            rx.cond(row["due"] != "", when(row["due"], "day"), rx.fragment()),
            class_name=rx.cond(row["late"], "meta nw no-m taskdue bad", "meta nw no-m taskdue"),
        ),
        rx.el.span(money(row["cost"]), class_name="num meta no-m taskcost"),
        rx.el.span(
            rx.cond(
                row["assignee"] != "",
                rx.fragment(avatar(row["assignee"]), rx.el.span(row["assignee"], class_name="trunc no-m")),
                rx.el.span("—", class_name="m2 no-m"),
            ),
            class_name="row taskwho",
            title=row["assignee"],
        ),
        class_name="r taskrow",
        custom_attrs={"data-row": "1"},
        key=row["id"],
    )


def _bar() -> rx.Component:
    """What is on the right moves with the chosen project."""
    sorts = [
        ("-updated_at", t("Last changed")),
        ("priority", t("Priority")),
        ("due_at", t("Due")),
        ("key", t("Key")),
        ("created_at", t("Oldest")),
    ]

    due = [("past", t("Past due")), ("day", t("Within a day"))]

    def chip(name: str, text: Any, choices: Any) -> rx.Component:
        return filters.choose(text, Tasks.filter[name], choices, Tasks.narrow(name))

    return filters.bar(
        filters.search_box(Tasks.filter["q"], lambda value: Tasks.narrow("q", value), t("Search tasks")),
        chip("project", t("Project"), Tasks.projects),
        chip("status", t("State"), [("open", t("All open")), *statuses()]),
        chip("priority", t("Priority"), priorities()),
        chip("assignee", t("Assignee"), Tasks.assignees),
        rx.cond(Tasks.labels.length() > 0, chip("label", t("Label"), Tasks.labels), rx.fragment()),
        rx.cond(
            Tasks.filter["due"],
            filters.filter_chip(t("Due"), Tasks.filter["due"], due, lambda value: Tasks.narrow("due", value)),
        ),
        filters.filter_chip(
            t("Order"), Tasks.filter["sort"], sorts, lambda value: Tasks.narrow("sort", value), any_text=t("Newest")
        ),
        rx.cond(
            Tasks.narrowed, button(t("Clear"), kind="ghost sm", icon_name="x", on_click=Tasks.clear), rx.fragment()
        ),
        rx.el.span(
            NewPill.create(count=Tasks.fresh, on_show=Tasks.load),
            class_name="end row",
        ),
        slides=True,
    )


def _bulk() -> rx.Component:
    targets = [(s, w) for s, w in statuses() if s not in ("ASSIGNED", "CANCELLED")]
    inside = rx.el.div(
        rx.el.span(
            plural("{n} task selected", "{n} tasks selected", Tasks.selected.length()),
            class_name="b5 nw",
            role="status",
        ),
        rx.el.select(
            rx.el.option(t("Move to…"), value=""),
            *[rx.el.option(words, value=value) for value, words in targets],
            value="",
            on_change=Tasks.move,
            aria_label=t("Move the selected tasks"),
            class_name="input",
        ),
        button(t("Assign…"), icon_name="user-plus", **opens("assign-selected")),
        button(t("Cancel tasks"), icon_name="ban", on_click=Tasks.move("CANCELLED")),
        icon_button("x", t("Select nothing"), on_click=Tasks.unselect),
        class_name="bulk",
        role="group",
        aria_label=t("Selected tasks"),
    )
    return rx.cond(Tasks.selected.length() > 0, inside, rx.fragment())


def _nothing() -> rx.Component:
    create = rx.cond(
        Shell.can_write,
        button(t("Create task"), kind="solid", icon_name="plus", href="/tasks?new=1"),
        rx.fragment(),
    )
    return rx.cond(
        Tasks.narrowed,
        empty(
            "list-filter",
            t("No task fits these filters"),
            t("Take a filter away, or search for another word."),
            action=button(t("Clear the filters"), on_click=Tasks.clear),
        ),
        empty(
            "list-checks",
            t("Tasks will be listed here"),
            t("A task is a piece of work that one agent claims, does and hands in. Agents and people create them."),
            action=create,
            copy="orkwork import tracker issues.json",
        ),
    )


def _download() -> list[rx.Component]:
    return [icon_button("download", t("Download what is listed as CSV"), on_click=Tasks.download)]


@page("/tasks", title="Tasks", state=Tasks, topics={"task", "execution", "project"}, extra=_download)
def tasks() -> list[rx.Component]:
    """The list with its filters, the form of a new task and the bar of what is selected."""
    rows = rx.fragment(
        rx.el.div(rx.foreach(Tasks.rows, _line), class_name="tasklist"),
        more(Tasks.more, Tasks.cursor != "", t("Show more tasks")),
    )
    return [
        hold_banner(Tasks.held["hold"], Tasks.held["key"]),
        _bar(),
        card(rx.cond(Tasks.ready, rx.cond(Tasks.rows.length() > 0, rows, _nothing()), skeleton(6))),
        _bulk(),
        agent_picker("assign-selected", Tasks.agents, Tasks.assign),
        reasons.reason_dialog(Tasks.asking, Tasks.errors, Tasks.say_why, Tasks.keep),
        form.new_task(),
    ]
