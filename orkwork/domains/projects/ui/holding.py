"""Holding one project: the question before it, the line on its pages while it lasts."""

from typing import Any

import reflex as rx

from orkwork.domains.projects import service
from orkwork.domains.settings.schemas import HoldIn
from orkwork.domains.settings.ui.holding import why
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.panel import notice
from orkwork.ui.locale import t
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell


class ProjectHold(Screen, rx.State):
    """The question before a project's hold."""

    key: str = ""

    @handler
    async def ask_reason(self, key: str):
        """Open the question."""
        self.errors, self.key = {}, str(key)[:40]

    @handler
    async def keep_going(self):
        """Leave everything as it is."""
        self.key = ""

    @handler
    async def hold(self, data: dict[str, Any]):
        """Let nothing begin in it."""
        key = self.key
        await self.do(service.hold_project, key, HoldIn(reason=str(dict(data).get("reason") or "")))
        self.errors, self.key = {}, ""
        return toast(
            "{key} is on hold", key=key, hint="Agents hear of it at their next call.", undo=ProjectHold.resume(key)
        )

    @handler
    async def resume(self, key: str):
        """Let work begin in it again."""
        await self.do(service.resume_project, str(key)[:40])
        return toast("Work goes on in {key}", key=str(key)[:40])


def hold_banner(hold: Any, key: Any) -> rx.Component:
    """Why nothing begins in a project, and the way out; nothing while work goes on."""
    hold = hold.to(dict[str, str])
    resume = button(t("Resume"), icon_name="play", on_click=ProjectHold.resume(key))
    line = notice(
        rx.fragment(rx.el.strong(t("This project is on hold.")), " ", why(hold)),
        "warn",
        rx.cond(Shell.can_manage, resume, rx.fragment()),
    )
    return rx.cond(hold.contains("since"), line, rx.fragment())


def hold_dialog() -> rx.Component:
    """Asks why, once, before a project stops."""
    state = ProjectHold
    fields = form.form(
        rx.el.p(
            t(
                "No agent claims, is given or starts its tasks until it is resumed. Running ones are told, and may hand in."
            ),
            class_name="m2",
        ),
        form.text("reason", t("Why?"), errors=state.errors, id="project-hold-reason", max_length=200, auto_focus=True),
        form.actions(button(t("Cancel"), **closes()), button(t("Hold the project"), kind="solid", type="submit")),
        on_submit=state.hold,
    )
    return dialog(
        "hold-project", t("Hold {key}?", key=state.key), fields, open=state.key != "", on_close=state.keep_going
    )
