"""Limits on what is spent, and at how many per cent of them people are told."""

from decimal import Decimal, InvalidOperation
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from orkwork.core.errors import Stale, invalid
from orkwork.core.ids import is_uuid
from orkwork.core.money import plain
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.costs.queries import budgets as queries
from orkwork.domains.costs.schemas.budgets import AgentBudgetIn, BudgetOut, CompanyBudgetIn, ProjectBudgetIn
from orkwork.domains.costs.service import budgeting
from orkwork.domains.costs.ui import panels, reading
from orkwork.domains.costs.ui.reading import BudgetLine
from orkwork.domains.projects import queries as projects
from orkwork.domains.settings import queries as company
from orkwork.domains.settings import service as company_service
from orkwork.domains.settings.schemas import CompanyPatch
from orkwork.domains.settings.ui.frame import section, tabs
from orkwork.ui.components import form
from orkwork.ui.components.button import button, icon_button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.panel import body, card, skeleton
from orkwork.ui.components.table import num, table
from orkwork.ui.locale import money, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell


class LimitLine(TypedDict):
    """The limits of an agent or a project, and what of them is spent."""

    id: str
    kind: str
    name: str
    daily: str
    daily_spent: str
    daily_stopped: bool
    monthly: str
    monthly_spent: str
    monthly_stopped: bool
    total: str
    total_spent: str
    total_stopped: bool


NOBODY: LimitLine = {
    "id": "", "kind": "", "name": "", "daily": "", "daily_spent": "", "daily_stopped": False, "monthly": "",
    "monthly_spent": "", "monthly_stopped": False, "total": "", "total_spent": "", "total_stopped": False,
}  # fmt: skip
NO_BUDGET: BudgetLine = {
    "id": "", "scope": "company", "period": "month", "name": "", "limit": "", "spent": "", "reserved": "", "left": "",
    "percent": 0, "width": 0, "tone": "", "stopped": False, "ends_at": "", "href": "",
}  # fmt: skip


def _read(work: Work) -> dict[str, Any]:
    found = queries.budgets(work)
    settings = company.company(work)
    return {
        "company": next((reading.budget_line(one) for one in found if one.scope == "company"), NO_BUDGET),
        "agents": [_agent(one.id, one.name, found) for one in agents.agents(work)],
        "projects": [_project(one.id, f"{one.key_prefix} {one.name}", found) for one in projects.projects(work)],
        "thresholds": ", ".join(str(mark) for mark in settings.budget_thresholds),
        "marks": settings.budget_thresholds,
        "version": settings.version,
    }


def _agent(agent_id: UUID, name: str, found: list[BudgetOut]) -> LimitLine:
    own = {one.period.value: one for one in found if one.agent_id == agent_id}
    return _limits({**NOBODY, "id": str(agent_id), "kind": "agent", "name": name}, own)


def _project(project_id: UUID, name: str, found: list[BudgetOut]) -> LimitLine:
    own = {one.period.value: one for one in found if one.project_id == project_id}
    return _limits({**NOBODY, "id": str(project_id), "kind": "project", "name": name}, own)


def _limits(line: LimitLine, own: dict[str, BudgetOut]) -> LimitLine:
    if day := own.get("day"):
        line.update(daily=plain(day.limit_usd), daily_spent=plain(day.spent_usd), daily_stopped=day.stopped)
    if month := own.get("month"):
        line.update(monthly=plain(month.limit_usd), monthly_spent=plain(month.spent_usd), monthly_stopped=month.stopped)
    if total := own.get("total"):
        line.update(total=plain(total.limit_usd), total_spent=plain(total.spent_usd), total_stopped=total.stopped)
    return line


def amount(text: Any, name: str) -> Decimal | None:
    """An amount as typed; None when the field is empty."""
    cleaned = str(text or "").strip().removeprefix("$").replace(" ", "").replace(",", ".")
    if not cleaned:
        return None
    try:
        return Decimal(cleaned)
    except InvalidOperation:
        raise invalid(name, "must be an amount in dollars") from None


def marks(text: Any) -> list[int]:
    """Thresholds as typed: `50, 80, 100`."""
    parts = [part.strip().removesuffix("%").strip() for part in str(text or "").split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        raise invalid("budget_thresholds", "must be whole numbers, parted by commas")
    return [int(part) for part in parts]


class Budgets(Screen, rx.State):
    """The limits, and whose are in the form."""

    company: BudgetLine = NO_BUDGET
    agents: list[LimitLine] = []
    projects: list[LimitLine] = []
    thresholds: str = ""
    marks: list[int] = []
    version: int = 0
    editing: LimitLine = NOBODY
    ready: bool = False

    @handler
    async def load(self):
        """Read them."""
        self.errors, self.editing = {}, NOBODY
        await self._fill()

    @handler
    async def changed(self):
        """Read them again."""
        await self._fill()

    async def _fill(self) -> None:
        for name, value in (await self.ask(_read) | {"ready": True}).items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    @handler
    async def save_company(self, data: dict[str, Any]):
        """Limit the company's month."""
        body = CompanyBudgetIn(monthly_usd=amount(data.get("monthly_usd"), "monthly_usd"))
        await self.do(budgeting.set_company_budget, body)
        return await self._saved()

    @handler
    async def save_thresholds(self, data: dict[str, Any]):
        """Set at how many per cent people are told."""
        patch = CompanyPatch(budget_thresholds=marks(data.get("budget_thresholds")))
        try:
            await self.do(company_service.update_company, patch, self.version)
        except Stale:
            return toast(
                "Somebody changed this meanwhile", hint="Reload to see it; what you typed is still here.", tone="warn"
            )
        return await self._saved()

    @handler
    async def edit(self, kind: str, row_id: str):
        """Open the form of an agent or a project."""
        rows = self.agents if kind == "agent" else self.projects
        self.errors = {}
        self.editing = next((row for row in rows if row["id"] == row_id), NOBODY)

    @handler
    async def end(self):
        """Close it."""
        self.editing = NOBODY

    @handler
    async def save(self, data: dict[str, Any]):
        """Set the limits of an agent or a project."""
        own = self.editing
        if not is_uuid(own["id"]):
            return None
        if own["kind"] == "agent":
            limits = {name: amount(data.get(name), name) for name in ("daily_usd", "monthly_usd")}
            await self.do(budgeting.set_agent_budget, UUID(own["id"]), AgentBudgetIn.model_validate(limits))
        else:
            total = ProjectBudgetIn(total_usd=amount(data.get("total_usd"), "total_usd"))
            await self.do(budgeting.set_project_budget, own["id"], total)
        return await self._saved()

    async def _saved(self) -> Any:
        self.errors, self.editing = {}, NOBODY
        await self._fill()
        return toast("Budget saved")


def _company() -> rx.Component:
    state = Budgets
    fields = form.form(
        form.text(
            "monthly_usd",
            t("The company's month, $"),
            errors=state.errors,
            hint=t("When it is spent, nothing begins until the month turns or you raise it. Empty sets no limit."),
            default_value=state.company["limit"],
            key=state.company["limit"].to(str),
            input_mode="decimal",
        ),
        form.actions(button(t("Save the company's budget"), kind="solid", type="submit")),
        on_submit=state.save_company,
    )
    only = rx.el.p(t("Only an owner sets the company's budget."), class_name="meta")
    used = rx.cond(
        state.company["id"] != "",
        rx.el.div(panels.budget_row(state.company, state.marks), class_name="plainrow"),
        rx.el.p(t("The company has no limit."), class_name="m2"),
    )
    return card(
        rx.el.div(used, rx.cond(Shell.role == "owner", fields, only), class_name="cb stack"),
        title=t("Company"),
        count=t("a month"),
    )


def _alerts() -> rx.Component:
    state = Budgets
    fields = form.form(
        form.text(
            "budget_thresholds",
            t("Tell at, %"),
            errors=state.errors,
            hint=t(
                "Of every budget, once in its period. At 100 work stops and you are asked whether there shall be more."
            ),
            default_value=state.thresholds,
            key=state.thresholds,
        ),
        rx.cond(Shell.can_manage, form.actions(button(t("Save alerts"), type="submit"))),
        on_submit=state.save_thresholds,
    )
    return card(body(fields), title=t("Alerts"))


def _used(row: rx.Var, name: str) -> rx.Component:
    stopped = row[f"{name}_stopped"].to(bool)
    return rx.cond(
        row[name] != "",
        rx.el.span(
            rx.el.span(money(row[f"{name}_spent"]), class_name=rx.cond(stopped, "b5 bad", "b5")),
            " ",
            rx.el.span(t("of {amount}", amount=money(row[name])), class_name="meta"),
            class_name="nw",
        ),
        rx.el.span("—", class_name="m2"),
    )


def _edit(kind: str, row: rx.Var) -> rx.Component:
    return rx.cond(
        Shell.can_manage,
        icon_button("pencil", t("Edit the budget of {name}", name=row["name"]), on_click=Budgets.edit(kind, row["id"])),
    )


def _agents() -> rx.Component:
    def cells(row: rx.Var) -> list[Any]:
        name = rx.el.a(row["name"], href=rx.Var.create("/agents/") + row["id"].to(str), class_name="b5 link plain")
        return [name, _used(row, "daily"), _used(row, "monthly"), _edit("agent", row)]

    heads = [t("Agent"), num(t("Today")), num(t("This month")), num(rx.el.span(t("Actions"), class_name="sr"))]
    none = body(rx.el.p(t("Agents will be listed here."), class_name="m2"))
    shown = table(heads, Budgets.agents, cells, label=t("Budgets of agents"), row_id=lambda row: row["id"])
    return card(rx.cond(Budgets.agents.length() > 0, shown, none), title=t("Agents"))


def _projects() -> rx.Component:
    def cells(row: rx.Var) -> list[Any]:
        return [rx.el.span(row["name"], class_name="b5"), _used(row, "total"), _edit("project", row)]

    heads = [t("Project"), num(t("Altogether")), num(rx.el.span(t("Actions"), class_name="sr"))]
    none = body(rx.el.p(t("Projects will be listed here."), class_name="m2"))
    shown = table(heads, Budgets.projects, cells, label=t("Budgets of projects"), row_id=lambda row: row["id"])
    return card(rx.cond(Budgets.projects.length() > 0, shown, none), title=t("Projects"))


def _form() -> rx.Component:
    own, errors = Budgets.editing, Budgets.errors

    def field(name: str, label: rx.Var, kept: str) -> rx.Component:
        return form.text(name, label, errors=errors, default_value=own[kept], input_mode="decimal", id=f"budget-{name}")

    limits = rx.cond(
        own["kind"] == "agent",
        form.two(field("daily_usd", t("A day, $"), "daily"), field("monthly_usd", t("A month, $"), "monthly")),
        field("total_usd", t("Altogether, $"), "total"),
    )
    return form.form(
        rx.el.p(t("Empty sets no limit; 0 stops it at once."), class_name="m2"),
        limits,
        form.actions(button(t("Cancel"), **closes()), button(t("Save budget"), kind="solid", type="submit")),
        on_submit=Budgets.save,
    )


@page(
    "/settings/budgets",
    title="Budgets",
    state=Budgets,
    topics={"budget", "company", "agent", "project", "cost"},
    nav="/settings",
    crumbs=lambda: [(t("Settings"), "/settings")],
)
def budgets() -> list[rx.Component]:
    """The company's, the alerts, and each agent's and project's."""
    parts = [_company(), _alerts(), _agents(), _projects()]
    return [
        tabs("/settings/budgets"),
        section(rx.cond(Budgets.ready, rx.fragment(*parts), card(skeleton(4)))),
        dialog(
            "edit-budget",
            t("Budget of {name}", name=Budgets.editing["name"]),
            rx.cond(Budgets.editing["id"] != "", _form(), rx.fragment()),
            open=Budgets.editing["id"] != "",
            on_close=Budgets.end,
        ),
    ]
