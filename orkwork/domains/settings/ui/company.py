"""The company: its name, the zone its days are counted in, and its language."""

from typing import Any
from zoneinfo import available_timezones

import reflex as rx

from orkwork.core.errors import Stale
from orkwork.domains.settings import queries, service
from orkwork.domains.settings.schemas import CompanyOut, CompanyPatch
from orkwork.domains.settings.ui import limits as limit_form
from orkwork.domains.settings.ui.frame import section, tabs
from orkwork.domains.settings.ui.holding import CompanyHold, hold_card, hold_dialog
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.panel import body, card, notice
from orkwork.ui.locale import LOCALES, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell

ZONES = [*sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")), "UTC"]


class CompanySettings(Screen, rx.State):
    """The company's settings."""

    name: str = ""
    time_zone: str = ""
    locale: str = ""
    version: int = 0
    limits: dict[str, str] = limit_form.values(None)
    loop_breaker_runs: str = ""

    @handler
    async def load(self):
        """Read them."""
        found = await self.ask(queries.company)
        self._show(found)
        self.errors = {}
        if self.arg("hold"):
            return CompanyHold.ask_reason

    def _show(self, found: CompanyOut) -> None:
        self.name, self.time_zone, self.locale, self.version = found.name, found.time_zone, found.locale, found.version
        self.limits, self.loop_breaker_runs = limit_form.values(found.limits), str(found.loop_breaker_runs)

    @handler
    async def save(self, data: dict[str, Any]):
        """Write them, unless somebody else did meanwhile."""
        patch = CompanyPatch(
            name=data.get("name"),
            time_zone=data.get("time_zone"),
            locale=data.get("locale"),
            limits=limit_form.read(data),
            loop_breaker_runs=limit_form.number(data.get("loop_breaker_runs")),
        )
        try:
            found = await self.do(service.update_company, patch, self.version)
        except Stale:
            return toast(
                "Somebody changed this meanwhile", hint="Reload to see it; what you typed is still here.", tone="warn"
            )
        self._show(found)
        self.errors = {}
        return toast("Settings saved")


def _fields() -> rx.Component:
    state = CompanySettings
    return form.form(
        form.text("name", t("Company name"), errors=state.errors, default_value=state.name, max_length=120),
        form.text(
            "time_zone",
            t("Time zone"),
            errors=state.errors,
            hint=t("Type to search. Days of costs, budgets and schedules begin at midnight there."),
            default_value=state.time_zone,
            list="time-zones",
            auto_complete="off",
        ),
        rx.el.datalist(*[rx.el.option(value=zone) for zone in ZONES], id="time-zones"),
        form.choice(
            "locale",
            t("Language"),
            list(LOCALES.items()),
            errors=state.errors,
            hint=t("For messages, and for people who have not chosen their own."),
            default_value=state.locale,
        ),
        form.text(
            "loop_breaker_runs",
            t("Loop breaker, runs"),
            errors=state.errors,
            hint=t("After so many failures alike without getting further, a task is not given to that agent again."),
            default_value=state.loop_breaker_runs,
            input_mode="numeric",
        ),
        limit_form.part(state.limits, state.errors, of="company"),
        rx.cond(Shell.can_manage, form.actions(button(t("Save settings"), kind="solid", type="submit"))),
        on_submit=state.save,
        key=state.version,
    )


@page("/settings", title="Settings", state=CompanySettings)
def settings() -> list[rx.Component]:
    """The company's tab."""
    return [
        tabs("/settings"),
        section(
            rx.cond(
                Shell.role & ~Shell.can_manage,
                notice(t("Owners and admins change these settings.")),
            ),
            card(body(rx.cond(CompanySettings.version > 0, _fields())), title=t("Company")),
            rx.cond(CompanySettings.version > 0, hold_card()),
        ),
        hold_dialog(),
    ]
