"""The form of a project, new or changed."""

from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from orkwork.core.errors import invalid
from orkwork.domains.projects import queries, service
from orkwork.domains.projects.schemas import ProjectIn, ProjectPatch
from orkwork.domains.projects.ui.components import parts
from orkwork.domains.settings import queries as settings
from orkwork.domains.settings.ui import limits as limit_form
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.locale import t
from orkwork.ui.screen import Screen, go, handler, toast


def _fields(data: dict[str, Any], zone: str) -> dict[str, Any]:
    return {
        "name": str(data.get("name", "")),
        "description": str(data.get("description", "")),
        "budget_usd": _money(data.get("budget_usd")),
        "deadline": _day(str(data.get("deadline") or ""), zone),
        "github_repository": str(data.get("github_repository") or "").strip() or None,
        "auto_assign": bool(data.get("auto_assign")),
        "limits": limit_form.read_or_none(data),
    }


def _money(text: Any) -> Decimal | None:
    cleaned = str(text or "").strip().removeprefix("$").replace(" ", "")
    if not cleaned:
        return None
    try:
        return Decimal(cleaned)
    except InvalidOperation:
        raise invalid("budget_usd", "must be an amount in dollars") from None


def _day(text: str, zone: str) -> datetime | None:
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone, the company has
    except ValueError:
        raise invalid("deadline", "must be a date, as 2026-12-24") from None
    return datetime.combine(day, time(23, 59), ZoneInfo(zone))


class ProjectForm(Screen, rx.State):
    """What the form holds: nothing for a new project, else what it is now."""

    shown: bool = False
    key: str = ""
    was: dict[str, Any] = {}
    deadline: str = ""
    limits: dict[str, str] = limit_form.values(None)
    _version: int = 0

    @handler
    async def begin(self):
        """Open an empty form."""
        self.key, self.was, self.deadline, self.errors, self.shown = "", {}, "", {}, True
        self.limits = limit_form.values(None)

    @handler
    async def change(self, key: str):
        """Open the form of a project."""
        project = await self.ask(queries.project, str(key)[:40])
        company = await self.ask(settings.company)
        zone = ZoneInfo(company.time_zone)
        self.deadline = project.deadline.astimezone(zone).date().isoformat() if project.deadline else ""
        self.key, self.was, self._version = project.key_prefix, parts(project), project.version
        self.errors, self.shown, self.limits = {}, True, limit_form.values(project.limits)

    @handler
    async def save(self, data: dict[str, Any]):
        """Create or change the project."""
        company = await self.ask(settings.company)
        fields = _fields(dict(data), company.time_zone)
        if self.key:
            await self.do(service.update_project, self.key, ProjectPatch(**fields), self._version)
            self.errors, self.shown = {}, False
            yield toast("Project changed")
            return
        prefix = str(data.get("key_prefix") or "").strip().upper() or None
        made = await self.do(service.create_project, ProjectIn(**fields, key_prefix=prefix))
        self.errors, self.shown = {}, False
        yield go(f"/projects/{made.key_prefix}")

    @handler
    async def close(self):
        """Close the form."""
        if self.shown:
            self.shown = False
            if self.arg("new"):
                return go("/projects")


def project_form() -> rx.Component:
    """The dialog; `?new=1` on the list opens it empty."""
    was, errors = ProjectForm.was, ProjectForm.errors
    fields = [
        form.text("name", t("Name"), errors=errors, default_value=was["name"], auto_focus=True, max_length=120),
        rx.cond(
            ProjectForm.key == "",
            form.text(
                "key_prefix",
                t("Key"),
                errors=errors,
                max_length=10,
                hint=t("The letters before the number of its tasks' keys; made from the name when empty"),
            ),
            rx.fragment(),
        ),
        form.long_text("description", t("Description"), errors=errors, default_value=was["description"]),
        form.two(
            form.text("budget_usd", t("Budget, $"), errors=errors, default_value=was["budget"], input_mode="decimal"),
            form.text("deadline", t("Deadline"), errors=errors, type="date", default_value=ProjectForm.deadline),
        ),
        form.text(
            "github_repository",
            t("GitHub repository"),
            errors=errors,
            default_value=was["repository"],
            placeholder="owner/name",
        ),
        form.check(
            "auto_assign",
            t("Assign tasks by score"),
            hint=t("READY tasks go to the agent that suits them best, as they appear; agents may still claim."),
            default_checked=was["auto_assign"].to(bool),
        ),
        limit_form.part(ProjectForm.limits, errors, of="project"),
    ]
    save = rx.cond(ProjectForm.key == "", t("Create project"), t("Save"))
    body = form.form(
        *fields,
        form.actions(button(t("Cancel"), **closes()), button(save, kind="solid", type="submit")),
        on_submit=ProjectForm.save,
    )
    title = rx.cond(ProjectForm.key == "", t("New project"), t("Edit the project"))
    return dialog(
        "project-form",
        title,
        rx.cond(ProjectForm.shown, body, rx.fragment()),
        open=ProjectForm.shown,
        on_close=ProjectForm.close,
    )
