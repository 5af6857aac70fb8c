"""The rules: what is promised, for which tasks, and who hears when it is not kept."""

from typing import Any
from uuid import UUID

import reflex as rx

from orkwork.core.errors import Stale, invalid
from orkwork.core.ids import is_uuid
from orkwork.core.work import Work
from orkwork.domains.projects import queries as projects
from orkwork.domains.settings.ui.frame import tabs
from orkwork.domains.sla import queries
from orkwork.domains.sla.models import MAY_PAUSE
from orkwork.domains.sla.schemas import RuleIn, RulePatch
from orkwork.domains.sla.service import ruling
from orkwork.domains.sla.ui import lines
from orkwork.domains.sla.ui.lines import RuleLine
from orkwork.domains.tasks.ui.components import priorities
from orkwork.domains.tasks.ui.shown import WORDS
from orkwork.ui.components import form
from orkwork.ui.components.button import button, icon_button
from orkwork.ui.components.dialog import closes, confirm, dialog
from orkwork.ui.components.empty import empty
from orkwork.ui.components.panel import card, skeleton
from orkwork.ui.components.pill import priority
from orkwork.ui.components.table import num, table
from orkwork.ui.locale import duration, number, say, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell


def _read(work: Work) -> dict[str, Any]:
    names = [{"value": str(one.id), "text": f"{one.key_prefix} {one.name}"} for one in projects.projects(work)]
    return {
        "rules": [lines.line(rule) for rule in queries.rules(work)],
        "projects": names,
    }


class SlaRules(Screen, rx.State):
    """The rules, and the one in the form."""

    known: bool = False
    rules: list[RuleLine] = []
    projects: list[dict[str, str]] = []
    editing: bool = False
    was: RuleLine = lines.NEW
    leaving: RuleLine = lines.NEW

    async def _fill(self) -> None:
        for name, value in (await self.ask(_read)).items():
            setattr(self, name, value)
        self.known = True

    @handler
    async def load(self):
        """Read them."""
        self.errors = {}
        await self._fill()

    @handler
    async def begin(self):
        """Open an empty form."""
        self.was, self.errors, self.editing = lines.NEW, {}, True

    def _found(self, rule_id: str) -> RuleLine | None:
        return next((rule for rule in self.rules if rule["id"] == rule_id), None)

    @handler
    async def change(self, rule_id: str):
        """Open the form of a rule."""
        found = self._found(str(rule_id))
        if found:
            self.was, self.errors, self.editing = found, {}, True

    @handler
    async def end(self):
        """Close it."""
        self.editing = False

    @handler
    async def save(self, data: dict[str, Any]):
        """Make or change the rule."""
        wanted, was = lines.fields(dict(data), self.was), self.was
        if wanted["project_id"] and not is_uuid(wanted["project_id"]):
            raise invalid("project_id", "is not a project")
        try:
            if was["id"]:
                patch = RulePatch.model_validate(wanted)
                await self.do(ruling.update_rule, UUID(was["id"]), patch, was["version"])
            else:
                await self.do(ruling.create_rule, RuleIn.model_validate(wanted))
        except Stale:
            return toast(
                "Somebody changed this meanwhile", hint="Reload to see it; what you typed is still here.", tone="warn"
            )
        self.errors, self.editing = {}, False
        await self._fill()
        return toast("Rule saved", hint="Open tasks follow it within seconds.")

    @handler
    async def ask_delete(self, rule_id: str):
        """Ask once."""
        self.leaving = self._found(str(rule_id)) or lines.NEW

    @handler
    async def keep(self):
        """Let it be."""
        self.leaving = lines.NEW

    @handler
    async def delete(self):
        """Promise it no longer."""
        gone, self.leaving = self.leaving, lines.NEW
        if gone["id"]:
            await self.do(ruling.delete_rule, UUID(gone["id"]), gone["version"])
            await self._fill()
            return toast("Rule deleted")


def _targets(rule: rx.Var) -> rx.Component:
    def when(name: str, shown: rx.Component) -> rx.Component:
        return rx.cond(rule[name] != "", shown)

    return rx.el.div(
        rx.cond(rule["anything"], rx.el.span(t("All tasks"), class_name="m2")),
        when("project", rx.el.span(rule["project"], class_name="mono")),
        when("priority", priority(rule["priority"])),
        when("label", rx.el.span(t("label {name}", name=rule["label"]))),
        when("kind", rx.el.span(t("kind {name}", name=rule["kind"]))),
        class_name="row w",
        style={"gap": "4px 12px"},
    )


def _cells(rule: rx.Var) -> list[rx.Component]:
    def limit(name: str) -> rx.Component:
        return rx.cond(rule[name].to(int) > 0, rx.el.span(duration(rule[name]), class_name="nw"), "—")

    acts = rx.cond(
        Shell.can_manage,
        rx.el.div(
            icon_button("pencil", t("Edit {name}", name=rule["name"]), on_click=SlaRules.change(rule["id"])),
            icon_button("trash-2", t("Delete {name}", name=rule["name"]), on_click=SlaRules.ask_delete(rule["id"])),
            class_name="row end",
            style={"justifyContent": "flex-end"},
        ),
    )
    return [
        rx.el.span(rule["name"], class_name="b5"),
        _targets(rule),
        limit("response_seconds"),
        limit("resolution_seconds"),
        number(rule["open_tasks"]),
        acts,
    ]


def _form() -> rx.Component:
    was, errors = SlaRules.was, SlaRules.errors
    anyone = ("", t("Any"))
    pauses = [
        form.check(
            f"pause:{status.value}",
            say(WORDS[status]),
            id=f"pause-{status.value.lower()}",
            default_checked=was["pauses"].to(list[str]).contains(status.value),
        )
        for status in MAY_PAUSE
    ]
    return form.form(
        form.text("name", t("Name"), errors=errors, default_value=was["name"], max_length=120, auto_focus=True),
        form.two(
            form.choice(
                "project_id",
                t("Project"),
                SlaRules.projects,
                errors=errors,
                first=anyone,
                default_value=was["project_id"],
            ),
            form.choice(
                "priority", t("Priority"), [anyone, *priorities()], errors=errors, default_value=was["priority"]
            ),
        ),
        form.two(
            form.text("label", t("Label"), errors=errors, default_value=was["label"], max_length=80),
            form.text("kind", t("Kind"), errors=errors, default_value=was["kind"], max_length=80),
        ),
        form.two(
            form.text(
                "response_minutes",
                t("Work begins within"),
                errors=errors,
                hint=t("As 15 min, 4 h or 3 d"),
                default_value=was["response"],
            ),
            form.text(
                "resolution_minutes",
                t("It is done within"),
                errors=errors,
                hint=t("As 15 min, 4 h or 3 d"),
                default_value=was["resolution"],
            ),
        ),
        rx.el.fieldset(
            rx.el.legend(
                t("The clocks stand still in"), class_name="b5", style={"padding": "0 0 8px", "fontSize": "13px"}
            ),
            rx.el.div(*pauses, class_name="row w", style={"gap": "4px 16px"}),
            style={"border": "0", "padding": "0", "margin": "0"},
        ),
        form.two(
            form.text(
                "manager",
                t("Then to the manager after"),
                errors=errors,
                hint=t("After the breach, which the agent hears at once"),
                default_value=was["manager"],
            ),
            form.text("ceo", t("And to you after"), errors=errors, default_value=was["ceo"]),
        ),
        form.actions(button(t("Cancel"), **closes()), button(t("Save rule"), kind="solid", type="submit")),
        on_submit=SlaRules.save,
        key=was["id"].to(str) + was["version"].to(str),
    )


def _rules() -> rx.Component:
    heads = [
        t("Rule"),
        t("For"),
        num(t("Response")),
        num(t("Resolution")),
        num(t("Open tasks")),
        num(rx.el.span(t("Actions"), class_name="sr")),
    ]
    add = rx.cond(Shell.can_manage, button(t("Add rule"), kind="sm", icon_name="plus", on_click=SlaRules.begin))
    none = empty(
        "timer",
        t("Nothing is promised yet"),
        t("A rule says how soon a task is begun and done. Its clock stands on each task and warns before it runs out."),
        action=rx.cond(
            Shell.can_manage, button(t("Add rule"), kind="solid", icon_name="plus", on_click=SlaRules.begin)
        ),
    )
    listed = card(
        table(heads, SlaRules.rules, _cells, label=t("SLA rules"), row_id=lambda rule: rule["id"]),
        rx.el.p(
            t("The rule that names most wins, then the tighter, then the older."),
            class_name="meta",
            style={"padding": "12px 16px", "borderTop": "1px solid var(--line-soft)"},
        ),
        title=t("SLA rules"),
        count=SlaRules.rules.length().to_string(),
        aside=add,
    )
    return rx.cond(SlaRules.rules.length() > 0, listed, none)


@page(
    "/settings/sla",
    title="SLA",
    state=SlaRules,
    topics={"sla_rule"},
    nav="/settings",
    crumbs=lambda: [(t("Settings"), "/settings")],
)
def sla_rules() -> list[rx.Component]:
    """The rules' tab."""
    return [
        tabs("/settings/sla"),
        rx.cond(SlaRules.known, _rules(), card(skeleton(5))),
        dialog(
            "sla-rule",
            rx.cond(SlaRules.was["id"] == "", t("New SLA rule"), t("Edit the SLA rule")),
            rx.cond(SlaRules.editing, _form(), rx.fragment()),
            open=SlaRules.editing,
            on_close=SlaRules.end,
        ),
        confirm(
            "delete-rule",
            t("Delete the rule {name}?", name=SlaRules.leaving["name"]),
            t("Open tasks go to the next rule that applies. What was breached stays on record."),
            t("Delete rule"),
            SlaRules.delete,
            open=SlaRules.leaving["id"] != "",
            on_close=SlaRules.keep,
        ),
    ]
