"""All projects."""

from typing import Any

import reflex as rx

from orkwork.core.work import Work
from orkwork.domains.projects import queries
from orkwork.domains.projects.models import ProjectStatus
from orkwork.domains.projects.ui.components import parts, standing_pill, tone
from orkwork.domains.projects.ui.form import ProjectForm, project_form
from orkwork.ui.components import filters
from orkwork.ui.components.button import button
from orkwork.ui.components.empty import empty
from orkwork.ui.components.figure import bar
from orkwork.ui.components.panel import card, skeleton
from orkwork.ui.locale import day, money, plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler
from orkwork.ui.shell import Shell


def _read(work: Work, archived: bool) -> list[dict[str, Any]]:
    status = [ProjectStatus.ARCHIVED] if archived else None
    return [parts(project) for project in queries.projects(work, status=status)]


class Projects(Screen, rx.State):
    """The list."""

    rows: list[dict[str, Any]] = []
    archived: bool = False
    ready: bool = False

    @handler
    async def load(self):
        """Read the projects."""
        await self._fill()
        if self.arg("new"):
            return ProjectForm.begin

    @handler
    async def changed(self):
        """Read them again."""
        await self._fill()

    async def _fill(self) -> None:
        self.archived = self.arg("show") == "archived"
        rows = await self.ask(_read, self.archived)
        if rows != self.rows:
            self.rows = rows
        self.ready = True

    @handler
    async def show(self, which: str):
        """Show those that go on, or the archived ones."""
        return go("/projects", show="archived" if which == "archived" else None)


def _line(row: rx.Var) -> rx.Component:
    tasks = plural("{done} of {n} task", "{done} of {n} tasks", row["total"], done=row["done"])
    return rx.el.a(
        rx.el.span(row["key"], class_name="key"),
        rx.el.span(
            rx.el.span(row["name"], class_name="b5 trunc"), rx.el.span(tasks, class_name="meta"), class_name="col grow"
        ),
        rx.el.span(
            bar(row["percent"], label=t("{n}% done", n=row["percent"]), tone=tone(row["state"])),
            rx.el.span(row["percent"], "%", class_name="num"),
            class_name="row progress",
        ),
        rx.el.span(standing_pill(row["state"]), class_name="pstate"),
        rx.el.span(
            rx.cond(
                row["deadline"] != "",
                rx.el.span(day(row["deadline"]), class_name=rx.cond(row["late"], "bad", "")),
                rx.el.span("—", class_name="m2"),
            ),
            class_name="pdue num no-m",
        ),
        rx.el.span(
            rx.el.span(money(row["spent"]), class_name="num"),
            rx.el.span(
                rx.cond(row["budget"] != "", t("of {amount}", amount=money(row["budget"])), t("no budget")),
                class_name=rx.cond(row["over"], "meta num bad", "meta num"),
            ),
            class_name="col pspent",
        ),
        href=row["href"],
        class_name="r two prow",
        custom_attrs={"data-row": "1"},
        key=row["id"],
    )


def _nothing() -> rx.Component:
    create = rx.cond(
        Shell.can_manage,
        button(t("New project"), kind="solid", icon_name="plus", on_click=ProjectForm.begin),
        rx.fragment(),
    )
    return rx.cond(
        Projects.archived,
        empty("archive", t("No project is archived"), t("An archived project leaves the lists; its history stays.")),
        empty(
            "folder-kanban",
            t("Projects will be listed here"),
            t("A project is a goal with its tasks, a budget and a date. Its key stands before its tasks' numbers."),
            action=create,
            copy="orkwork import tracker issues.json",
        ),
    )


def _heads() -> rx.Component:
    return rx.el.div(
        rx.el.span(t("Project"), class_name="grow"),
        rx.el.span(t("Progress"), class_name="progress"),
        rx.el.span(t("State"), class_name="pstate"),
        rx.el.span(t("Deadline"), class_name="pdue num"),
        rx.el.span(t("Spent"), class_name="pspent num"),
        class_name="r prow phead meta no-m",
        aria_hidden="true",
    )


@page(
    "/projects",
    title="Projects",
    state=Projects,
    topics={"project", "task", "cost"},
    fact=lambda: rx.cond(
        Projects.rows.length() > 0, plural("{n} project", "{n} projects", Projects.rows.length()), rx.fragment()
    ),
)
def projects() -> list[rx.Component]:
    """The list, and the form of a new one."""
    which = rx.cond(Projects.archived, "archived", "open")
    rows = rx.fragment(_heads(), rx.foreach(Projects.rows, _line))
    return [
        filters.bar(
            filters.segments(
                t("Which projects"),
                [("open", t("Current"), "folder-kanban"), ("archived", t("Archived"), "archive")],
                which,
                Projects.show,
            ),
            rx.cond(
                Shell.can_manage,
                button(t("New project"), icon_name="plus", on_click=ProjectForm.begin, class_name="end"),
                rx.fragment(),
            ),
        ),
        card(rx.cond(Projects.ready, rx.cond(Projects.rows.length() > 0, rows, _nothing()), skeleton(5))),
        project_form(),
    ]
