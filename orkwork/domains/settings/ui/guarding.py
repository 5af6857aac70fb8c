"""Settings: from when on something is an anomaly, and what is done about it by itself."""

from typing import Any

import reflex as rx

from orkwork.core.errors import Stale, invalid
from orkwork.domains.anomalies.models import ABOUT_AGENTS, AnomalyAction, AnomalyRule
from orkwork.domains.settings import queries, service
from orkwork.domains.settings.schemas import AnomalyRules, CompanyOut, CompanyPatch
from orkwork.domains.settings.ui.frame import section, tabs
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.panel import body, card, notice
from orkwork.ui.locale import t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell

NUMBERS = tuple(name for name in AnomalyRules.model_fields if name != "actions")
ACTING = tuple(rule for rule in AnomalyRule if rule in ABOUT_AGENTS)


def _shown(found: AnomalyRules) -> dict[str, str]:
    return {name: f"{getattr(found, name):g}" for name in NUMBERS}


def _number(data: dict[str, Any], name: str) -> float:
    try:
        found = float(str(data.get(name, "")).strip().replace(",", "."))
    except ValueError:
        raise invalid(name, "must be a number") from None
    is_whole = AnomalyRules.model_fields[name].annotation is int
    return int(found) if is_whole and found == found // 1 and abs(found) < 1e9 else found


class Guarding(Screen, rx.State):
    """The limits and the actions."""

    limits: dict[str, str] = {}
    actions: dict[str, str] = {}
    version: int = 0

    def _show(self, found: CompanyOut) -> None:
        self.limits = _shown(found.anomaly_rules)
        chosen = found.anomaly_rules.actions
        self.actions = {rule.value: chosen[rule].value if rule in chosen else "" for rule in ACTING}
        self.version, self.errors = found.version, {}

    @handler
    async def load(self):
        """Read them."""
        self._show(await self.ask(queries.company))

    @handler
    async def save(self, data: dict[str, Any]):
        """Write them, unless somebody else did meanwhile."""
        typed = dict(data)
        wanted: dict[str, Any] = {name: _number(typed, name) for name in NUMBERS}
        wanted["actions"] = {rule: typed[f"do_{rule}"] for rule in ACTING if typed.get(f"do_{rule}")}
        patch = CompanyPatch(anomaly_rules=AnomalyRules.model_validate(wanted))
        try:
            self._show(await self.do(service.update_company, patch, self.version))
        except Stale:
            return toast(
                "Somebody changed this meanwhile", hint="Reload to see it; what you typed is still here.", tone="warn"
            )
        return toast("Settings saved", hint="They hold from the next look on.")


def _field(name: str, label: Any, hint: Any = None) -> rx.Component:
    return form.text(
        name,
        label,
        errors=Guarding.errors,
        hint=hint,
        default_value=Guarding.limits[name],
        key=Guarding.version.to(str) + name,
        input_mode="decimal",
        auto_complete="off",
        max_length=8,
    )


def _action(rule: AnomalyRule, label: Any) -> rx.Component:
    offered = [
        ("", t("Only tell")),
        (AnomalyAction.PAUSE_AGENT.value, t("Pause the agent")),
        (AnomalyAction.GIVE_BACK.value, t("Give back its tasks")),
    ]
    return form.choice(
        f"do_{rule.value}",
        label,
        offered,
        errors=Guarding.errors,
        default_value=Guarding.actions[rule.value],
        key=Guarding.version.to(str) + rule.value,
    )


def _limits() -> list[rx.Component]:
    return [
        form.two(
            _field("silent_minutes", t("Silent agent, minutes"), t("An active agent without a sign of life.")),
            _field("review_hours", t("Stuck review, hours"), t("A task that waits longer for its review.")),
        ),
        form.two(
            _field("failures", t("Failures of one kind"), t("So many runs of one agent.")),
            _field("failures_hours", t("Within hours")),
        ),
        form.two(
            _field("tokens_factor", t("Tokens, times the mean"), t("Of the agent's runs that are over.")),
            _field("tokens_samples", t("From so many runs on"), t("With fewer there is no mean.")),
        ),
        form.two(
            _field("cost_deviation", t("Cost per task, deviations"), t("Robust ones, from the middle of its like.")),
            _field("cost_samples", t("From so many tasks on"), t("With fewer none is out of line.")),
        ),
        form.two(
            _field("window_days", t("Compared over days")),
            _field("price_days", t("Tell of a changed price, days")),
        ),
    ]


def _actions() -> list[rx.Component]:
    return [
        form.two(
            _action(AnomalyRule.SILENT, t("When an agent is silent")),
            _action(AnomalyRule.FAILURES, t("When it fails again and again")),
        ),
        form.two(
            _action(AnomalyRule.TOKENS, t("When a run uses too many tokens")),
            _action(AnomalyRule.AGENT_BUDGET, t("When it overruns its budget")),
        ),
    ]


def _form() -> rx.Component:
    return form.form(
        *_limits(),
        rx.el.h3(t("What is done at once"), class_name="b6"),
        rx.el.p(t("Each is recorded as a decision, and one click takes it back."), class_name="m2"),
        *_actions(),
        rx.cond(Shell.can_manage, form.actions(button(t("Save settings"), kind="solid", type="submit"))),
        on_submit=Guarding.save,
    )


@page(
    "/settings/anomalies",
    title="Anomaly rules",
    state=Guarding,
    nav="/settings",
    crumbs=lambda: [(t("Settings"), "/settings")],
)
def anomaly_rules() -> list[rx.Component]:
    """The limits and what is done."""
    return [
        tabs("/settings/anomalies"),
        section(
            rx.cond(Shell.role & ~Shell.can_manage, notice(t("Owners and admins change these settings."))),
            card(body(rx.cond(Guarding.version > 0, _form())), title=t("What is out of line")),
        ),
    ]
