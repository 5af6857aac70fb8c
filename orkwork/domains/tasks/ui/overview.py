"""One project at a glance: how its tasks stand, what it costs, who works there, what happened."""

from typing import Any

import reflex as rx

from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.projects import queries, service
from orkwork.domains.projects.models import ProjectStatus
from orkwork.domains.projects.schemas import ProjectPatch
from orkwork.domains.projects.ui.components import fact, parts, standing_pill, tone, views
from orkwork.domains.projects.ui.form import ProjectForm, project_form
from orkwork.domains.projects.ui.holding import ProjectHold, hold_banner, hold_dialog
from orkwork.domains.tasks.queries import history, lookup
from orkwork.domains.tasks.ui import foreseen, shown
from orkwork.domains.tasks.ui.components import feed_line
from orkwork.domains.tasks.ui.trying import Trying, try_dialog
from orkwork.ui.components import filters
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button, menu
from orkwork.ui.components.dialog import confirm, opens
from orkwork.ui.components.empty import empty
from orkwork.ui.components.figure import bar, key_figure, key_figures
from orkwork.ui.components.icon import icon
from orkwork.ui.components.markdown import markdown
from orkwork.ui.components.panel import body, card, grid, link, row, skeleton, stack, two_lines
from orkwork.ui.components.pill import status
from orkwork.ui.locale import day, money, number, plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler, toast
from orkwork.ui.shell import Shell

_ORDER = ("IN_PROGRESS", "REVIEW", "ASSIGNED", "READY", "PLANNING", "CREATED", "COMPLETED", "FAILED", "CANCELLED")


def names(work: Work) -> dict[str, str]:
    """What every agent is called, retired ones too."""
    return {str(agent.id): agent.name for agent in agents.agents(work, status=list(AgentStatus))}


def _read(work: Work, ref: str) -> dict[str, Any]:
    project = queries.project(work, ref)
    known = names(work)
    base = f"/tasks?project={project.key_prefix}"
    most = max(project.tasks.values(), default=0)
    return {
        "project": parts(project),
        "foreseen": foreseen.read(work, ref),
        "lines": [
            {"status": s, "tasks": n, "share": round(100 * n / most), "href": f"{base}&status={s}"}
            for s in _ORDER
            if (n := project.tasks.get(s, 0)) > 0
        ],
        "team": [
            member.model_dump(include={"name", "role", "holding", "completed", "runs"})
            | {"href": f"/agents/{member.agent_id}"}
            for member in lookup.team(work, project.id, limit=12)
        ],
        "facts": [shown.fact(told, known) for told in history.project_history(work, project.id, limit=15)],
    }


class Overview(Screen, rx.State):
    """A project and what goes on in it."""

    project: dict[str, Any] = {}
    foreseen: dict[str, Any] = foreseen.NOTHING
    lines: list[dict[str, Any]] = []
    team: list[dict[str, Any]] = []
    facts: list[dict[str, Any]] = []
    _ref: str = ""

    @rx.var
    def title(self) -> str:
        """The project's name."""
        return str(self.project.get("name", ""))

    @handler
    async def load(self):
        """Read the project."""
        if self.arg("ref") != self._ref:
            self._ref, self.project = self.arg("ref"), {}
        await self._fill()
        self.watch(f"project:{self.project['id']}")

    @handler
    async def changed(self):
        """Read it again."""
        await self._fill()

    async def _fill(self) -> None:
        seen = await self.ask(_read, self.arg("ref"))
        for name, value in seen.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    @handler
    async def edit(self):
        """Open its form."""
        return ProjectForm.change(self.project["key"])

    @handler
    async def turn(self, to: str):
        """Let it go on, or call it completed."""
        before = self.project["status"]
        await self.do(service.update_project, self.project["id"], ProjectPatch(status=ProjectStatus(to)))
        await self._fill()
        return toast("Project changed", undo=Overview.turn(before))

    @handler
    async def archive(self):
        """Archive it, or delete it when nothing ever happened there."""
        await self.do(service.delete_project, self.project["id"])
        yield toast("Project archived")
        yield go("/projects")


def _figures() -> rx.Component:
    project = Overview.project
    budget = rx.cond(
        project["budget"] != "",
        rx.fragment(
            bar(
                project["used"],
                label=t("{n}% of the budget spent", n=project["used"]),
                tone=rx.cond(project["over"], "bad", ""),
            ),
            t("of {amount}", amount=money(project["budget"])),
        ),
        t("no budget"),
    )
    deadline = rx.cond(
        project["late"],
        rx.el.span(t("has passed"), class_name="bad"),
        rx.cond(project["deadline"] != "", plural("in {n} day", "in {n} days", project["days"]), t("no deadline")),
    )
    progress = rx.fragment(
        bar(project["percent"], label=t("{n}% done", n=project["percent"]), tone=tone(project["state"])),
        plural("{done} of {n} task", "{done} of {n} tasks", project["total"], done=project["done"]),
    )
    return card(
        key_figures(
            key_figure(t("Progress"), number(project["percent"]), unit="%", change=progress),
            rx.el.a(
                key_figure(t("Spent"), money(project["spent"]), change=budget),
                href=rx.Var.create("/costs/rows?project=") + project["id"].to(str),
                class_name="kf-link",
            ),
            key_figure(t("Deadline"), day(project["deadline"]), change=deadline),
        ),
        class_name="pfigures",
    )


def _states() -> rx.Component:
    def line(item: rx.Var) -> rx.Component:
        return row(
            rx.el.span(status(item["status"]), class_name="pstatus"),
            rx.el.span(bar(item["share"], label=number(item["tasks"]), tone="idle"), class_name="grow"),
            rx.el.span(number(item["tasks"]), class_name="num b5 pnum"),
            href=item["href"],
        )

    key = rx.Var.create("/tasks?new=1&project=") + Overview.project["key"].to(str)
    none = empty(
        "list-checks",
        t("No task yet"),
        t("Its tasks will stand here by state."),
        action=rx.cond(
            Shell.can_write, button(t("Create task"), kind="solid", icon_name="plus", href=key), rx.fragment()
        ),
    )
    return card(
        rx.cond(Overview.lines.length() > 0, rx.el.div(rx.foreach(Overview.lines, line)), none),
        title=t("Tasks by state"),
        count=number(Overview.project["total"]),
        aside=link(t("Open the board"), rx.Var.create("/projects/") + Overview.project["key"].to(str) + "/board"),
    )


def _team() -> rx.Component:
    def line(member: rx.Var) -> rx.Component:
        holds = rx.cond(
            member["holding"].to(int) > 0,
            plural("holds {n} task", "holds {n} tasks", member["holding"]),
            t("idle here"),
        )
        done = plural("{n} completed", "{n} completed", member["completed"])
        return two_lines(
            member["name"],
            rx.fragment(holds, " · ", done),
            before=avatar(member["name"], size="md"),
            href=member["href"],
        )

    none = body(rx.el.p(t("No agent has worked here yet."), class_name="m2"))
    return card(
        rx.cond(Overview.team.length() > 0, rx.el.div(rx.foreach(Overview.team, line)), none),
        title=t("Team"),
        count=rx.cond(Overview.team.length() > 0, number(Overview.team.length()), ""),
    )


def _activity() -> rx.Component:
    feed = rx.el.ul(rx.foreach(Overview.facts, feed_line), class_name="feed")
    none = body(rx.el.p(t("What happens in the project is told here."), class_name="m2"))
    return card(rx.cond(Overview.facts.length() > 0, feed, none), title=t("Recent activity"))


def _bar() -> rx.Component:
    project = Overview.project
    acts = rx.fragment(
        rx.cond(
            project["status"] == "active",
            button(t("Hold…"), icon_name="circle-pause", on_click=ProjectHold.ask_reason(project["key"])),
            rx.cond(
                project["status"] == "paused",
                rx.fragment(),
                button(t("Resume"), icon_name="play", on_click=Overview.turn("active")),
            ),
        ),
        button(t("Edit"), icon_name="pencil", on_click=Overview.edit),
        rx.cond(
            (Shell.role == "owner") & (project["status"] != "archived"),
            menu(
                t("More"),
                rx.el.button(icon("check"), t("Mark completed"), type="button", on_click=Overview.turn("completed")),
                rx.el.button(icon("archive"), t("Archive the project"), type="button", **opens("archive-project")),
            ),
            rx.fragment(),
        ),
    )
    return filters.bar(
        standing_pill(project["state"]),
        rx.cond(Shell.can_manage, acts, rx.fragment()),
        rx.el.span(views(project["key"], "layout-dashboard"), class_name="end"),
    )


@page(
    "/projects/[ref]",
    title="Project",
    name=Overview.title,
    state=Overview,
    nav="/projects",
    crumbs=lambda: [(t("Projects"), "/projects")],
    fact=lambda: fact(Overview.project),
)
def project() -> list[rx.Component]:
    """The overview, its form and the question before archiving."""
    key = Overview.project["key"]
    left = stack(
        foreseen.panel(Overview.foreseen, on_take=Trying.take(key), on_try=Trying.begin(key)),
        _states(),
        rx.cond(
            Overview.project["description"] != "",
            card(body(markdown(Overview.project["description"])), title=t("Description")),
            rx.fragment(),
        ),
        _activity(),
    )
    content = rx.fragment(
        hold_banner(Overview.project["hold"], Overview.project["key"]),
        _bar(),
        _figures(),
        grid(rx.el.div(left, class_name="c8"), rx.el.div(_team(), class_name="c4")),
    )
    return [
        rx.cond(Overview.project["id"], content, card(skeleton(6))),
        project_form(),
        hold_dialog(),
        try_dialog(),
        confirm(
            "archive-project",
            t("Archive {name}?", name=Overview.title),
            t(
                "It leaves the lists and agents no longer get its tasks. Its history stays. An empty project is deleted."
            ),
            t("Archive the project"),
            Overview.archive,
        ),
    ]
