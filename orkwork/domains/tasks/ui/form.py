"""The form of a new task."""

from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import reflex as rx

from orkwork.core.errors import invalid
from orkwork.core.ids import is_uuid
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.projects import queries as projects
from orkwork.domains.settings import queries as settings
from orkwork.domains.settings.ui import limits as limit_form
from orkwork.domains.tasks.models import Priority
from orkwork.domains.tasks.queries import lookup
from orkwork.domains.tasks.schemas import Criterion, TaskIn
from orkwork.domains.tasks.service import creating
from orkwork.domains.tasks.ui.components import priorities, task_finder
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.filters import chip
from orkwork.ui.components.panel import notice
from orkwork.ui.locale import t
from orkwork.ui.screen import Screen, go, handler, toast


def _choices(work: Work) -> dict[str, Any]:
    return {
        "projects": [
            {"value": str(p.id), "text": f"{p.key_prefix} {p.name}", "key": p.key_prefix}
            for p in projects.projects(work)
        ],
        "capabilities": list(agents.capabilities(work)),
    }


def day_of(text: str, zone: str) -> datetime | None:
    """The end of a day of the company's calendar; None when it is empty."""
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone, the company has
    except ValueError:
        raise invalid("due_at", "must be a date, as 2026-12-24") from None
    return datetime.combine(day, time(23, 59), ZoneInfo(zone))


def names(text: Any) -> list[str]:
    """Names parted by commas."""
    return [part.strip() for part in str(text or "").split(",") if part.strip()]


def lines(text: Any) -> list[str]:
    """The lines of a text that say something."""
    return [line.strip().lstrip("-*").strip() for line in str(text or "").splitlines() if line.strip(" -*")]


def minutes(text: Any) -> int | None:
    """Hours as minutes: `1.5` is 90; None when it is empty."""
    cleaned = str(text or "").strip().replace(",", ".")
    if not cleaned:
        return None
    try:
        return round(float(cleaned) * 60)
    except (ValueError, OverflowError):
        raise invalid("estimate_minutes", "must be a number of hours") from None


def _body(data: dict[str, Any], zone: str, needs: list[str]) -> TaskIn:
    if not is_uuid(data.get("project_id", "")):
        raise invalid("project_id", "choose a project")
    return TaskIn(
        project_id=UUID(data["project_id"]),
        title=str(data.get("title", "")),
        description=str(data.get("description", "")),
        priority=Priority(data["priority"]) if data.get("priority") in set(Priority) else Priority.MEDIUM,
        labels=names(data.get("labels")),
        required_capabilities=names(data.get("required_capabilities")),
        due_at=day_of(str(data.get("due_at") or ""), zone),
        estimate_minutes=minutes(data.get("estimate_minutes")),
        acceptance_criteria=[Criterion(text=line) for line in lines(data.get("criteria"))],
        review_required=bool(data.get("review_required")),
        ready=bool(data.get("ready")),
        depends_on=needs,
        limits=limit_form.read_or_none(data),
    )


class NewTask(Screen, rx.State):
    """What the form of a new task holds beside its fields."""

    shown: bool = False
    project: str = ""
    projects: list[dict[str, str]] = []
    capabilities: list[str] = []
    found: list[dict[str, str]] = []
    needs: list[str] = []
    limits: dict[str, str] = limit_form.values(None)

    @handler
    async def begin(self, project: str = ""):
        """Open the form, in a project when one is named."""
        choices = await self.ask(_choices)
        self.projects, self.capabilities = choices["projects"], choices["capabilities"]
        wanted = str(project).upper()
        first = next((p for p in self.projects if p["key"] == wanted), next(iter(self.projects), {"value": ""}))
        self.project, self.errors, self.found, self.needs, self.shown = first["value"], {}, [], [], True

    @handler
    async def find(self, text: str):
        """Find tasks to wait for."""
        found = await self.ask(lookup.find, str(text)[:200])
        self.found = [
            {"key": f.key, "title": f.title, "status": f.status.value} for f in found if f.key not in self.needs
        ]

    @handler
    async def need(self, key: str):
        """Wait for a task."""
        self.needs = list(dict.fromkeys([*self.needs, str(key)[:40]]))[:50]
        self.found = []

    @handler
    async def drop_need(self, key: str):
        """No longer wait for it."""
        self.needs = [kept for kept in self.needs if kept != key]

    @handler
    async def save(self, data: dict[str, Any]):
        """Create the task and say so."""
        company = await self.ask(settings.company)
        made = (await self.do(creating.create_task, _body(dict(data), company.time_zone, self.needs))).parse()
        self.errors, self.shown = {}, False
        yield toast("Created {key}", key=made.key, href=f"/tasks/{made.key}", action="Open")
        yield self._back()

    @handler
    async def close(self):
        """Close the form and take it out of the address."""
        if self.shown:
            self.shown = False
            return self._back()

    def _back(self) -> Any:
        kept = {n: v for n, v in self.rx_router_page.params.items() if n != "new" and isinstance(v, str)}
        return go("/tasks", **kept)


def _fields() -> list[rx.Component]:
    errors = NewTask.errors
    known = rx.el.datalist(
        rx.foreach(NewTask.capabilities, lambda name: rx.el.option(value=name)), id="known-capabilities"
    )
    needs = rx.el.div(
        rx.foreach(NewTask.needs, lambda key: chip(key, NewTask.drop_need(key), t("Do not wait for {key}", key=key))),
        class_name="row w",
    )
    return [
        form.text("title", t("Title"), errors=errors, auto_focus=True, max_length=300),
        form.two(
            form.choice(
                "project_id",
                t("Project"),
                NewTask.projects,
                errors=errors,
                default_value=NewTask.project,
                key=NewTask.project,
            ),
            form.choice("priority", t("Priority"), priorities(), errors=errors, default_value="medium"),
        ),
        form.long_text(
            "description", t("Description"), errors=errors, hint=t("Markdown. What is to be done, and why?")
        ),
        form.long_text(
            "criteria",
            t("Acceptance criteria"),
            errors=errors,
            hint=t("What has to be true when it is done? One in a line; each is shown and verified by itself."),
            rows="3",
        ),
        form.two(
            form.text("due_at", t("Due"), errors=errors, type="date"),
            form.text("estimate_minutes", t("Estimate, hours"), errors=errors),
        ),
        form.two(
            form.text("labels", t("Labels"), errors=errors, hint=t("Parted by commas")),
            form.text(
                "required_capabilities",
                t("Needs"),
                errors=errors,
                list="known-capabilities",
                hint=t("What the agent must be able to do, as code:python"),
            ),
        ),
        known,
        task_finder(NewTask.found, NewTask.find, NewTask.need, t("Waits for"), "new-needs"),
        rx.cond(NewTask.needs.length() > 0, needs, rx.fragment()),
        rx.el.div(
            form.check("review_required", t("Needs a review"), default_checked=True),
            form.check("ready", t("Ready to be worked on"), default_checked=True),
            class_name="row wide w",
        ),
        limit_form.part(NewTask.limits, errors, of="task"),
    ]


def new_task() -> rx.Component:
    """The dialog; `?new=1` on the list opens it."""
    body = form.form(
        *_fields(),
        form.actions(button(t("Cancel"), **closes()), button(t("Create task"), kind="solid", type="submit")),
        on_submit=NewTask.save,
    )
    none = notice(
        t("A task belongs to a project, and there is none yet."),
        "info",
        button(t("New project"), href="/projects?new=1"),
    )
    return dialog(
        "new-task",
        t("New task"),
        rx.cond(NewTask.projects.length() > 0, rx.cond(NewTask.shown, body, rx.fragment()), none),
        open=NewTask.shown,
        on_close=NewTask.close,
        wide=True,
    )
