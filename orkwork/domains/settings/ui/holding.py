"""Holding the whole company: the question before it, the line above every page while it lasts."""

from typing import Any

import reflex as rx

from orkwork.core.work import Work
from orkwork.domains.settings import queries, service
from orkwork.domains.settings.schemas import HoldIn, HoldOut
from orkwork.ui import nav
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.panel import body, card, notice
from orkwork.ui.components.when import when
from orkwork.ui.locale import t
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell

nav.action("Hold the company", "/settings?hold=1", "circle-pause")


def hold_line(hold: HoldOut | None) -> dict[str, str]:
    """A hold as pages keep it; empty while work goes on."""
    if hold is None:
        return {}
    return {"scope": hold.scope, "reason": hold.reason, "since": hold.since.isoformat(), "by": hold.by_name}


def why(hold: Any) -> rx.Component:
    """Why, by whom and since when."""
    return rx.el.span(
        rx.cond(hold["reason"] != "", rx.fragment(hold["reason"], ". "), rx.fragment()),
        t("Nothing begins; what is under way may be handed in."),
        " ",
        rx.el.span(t("By {who}", who=hold["by"]), ", ", when(hold["since"], "moment"), class_name="m2"),
    )


class CompanyHold(Screen, rx.State):
    """The question before a hold of the company."""

    asking: bool = False

    @handler
    async def ask_reason(self):
        """Open the question."""
        self.errors, self.asking = {}, True

    @handler
    async def keep_going(self):
        """Leave everything as it is."""
        self.asking = False

    @handler
    async def hold(self, data: dict[str, Any]):
        """Let nothing begin."""
        await self.do(service.hold_company, HoldIn(reason=str(dict(data).get("reason") or "")))
        self.errors, self.asking = {}, False
        return toast("The company is on hold", hint="Agents hear of it at their next call.", undo=CompanyHold.resume)

    @handler
    async def resume(self):
        """Let work begin again."""
        await self.do(service.resume_company)
        return toast("Work goes on in the company")


def _banner(hold: Any) -> rx.Component:
    resume = button(t("Resume the company"), icon_name="play", on_click=CompanyHold.resume)
    return notice(
        rx.fragment(rx.el.strong(t("The company is on hold.")), " ", why(hold)),
        "warn",
        rx.cond(Shell.role == "owner", resume, rx.fragment()),
    )


@nav.banner("hold", _banner)
def held(work: Work) -> dict[str, str]:
    """The company's hold, for the line above every page."""
    return hold_line(queries.company(work).hold)


def hold_dialog() -> rx.Component:
    """Asks why, once, before everything stops."""
    state = CompanyHold
    fields = form.form(
        rx.el.p(
            t("No agent claims, is given or starts a task until you resume. Running ones are told, and may hand in."),
            class_name="m2",
        ),
        form.text("reason", t("Why?"), errors=state.errors, id="hold-reason", max_length=200, auto_focus=True),
        form.actions(button(t("Cancel"), **closes()), button(t("Hold the company"), kind="solid", type="submit")),
        on_submit=state.hold,
    )
    return dialog("hold-company", t("Hold the company?"), fields, open=state.asking, on_close=state.keep_going)


def hold_button(**props: Any) -> rx.Component:
    """Asks for the hold; the owner sees it while work goes on."""
    ask = button(t("Hold…"), icon_name="circle-pause", on_click=CompanyHold.ask_reason, **props)
    return rx.cond((Shell.role == "owner") & ~Shell.on_hold, ask, rx.fragment())


def hold_card() -> rx.Component:
    """The settings' card."""
    going = rx.el.div(
        rx.el.p(
            t("Stops all work at once, for as long as you like: no claim, no assignment, no start. Nothing is lost."),
            class_name="grow m2",
            style={"minWidth": "200px"},
        ),
        rx.cond(
            Shell.role == "owner",
            button(t("Hold the company…"), icon_name="circle-pause", on_click=CompanyHold.ask_reason),
            rx.el.span(t("Only an owner does this."), class_name="meta"),
        ),
        class_name="row w wide",
    )
    on = rx.el.p(t("It is on hold now; the line above ends it."), class_name="m2")
    return card(body(rx.cond(Shell.on_hold, on, going)), title=t("Hold"))
