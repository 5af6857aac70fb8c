"""Escalating a late task by hand, wherever one stands."""

from typing import Any

import reflex as rx

from orkwork.domains.sla.schemas import EscalateIn
from orkwork.domains.sla.service import escalating
from orkwork.ui.components.button import button
from orkwork.ui.locale import t
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell


class Escalating(Screen, rx.State):
    """The one act; pages read again when they hear of it."""

    @handler
    async def escalate(self, ref: str, level: int):
        """Raise a late task to a level now."""
        body = EscalateIn.model_validate({"level": level})
        found = await self.do(escalating.escalate, str(ref)[:40], body)
        whom = next((one.agent_name for one in found.breaches if one.level == body.level), None)
        if whom:
            return toast("{key} is escalated to {name}", key=found.task_key, name=whom, href=f"/tasks/{found.task_key}")
        return toast("{key} is escalated to the CEO", key=found.task_key, href=f"/tasks/{found.task_key}")


def escalate_button(ref: Any, level: Any) -> rx.Component:
    """Raises a task to a level; nothing for who only reads."""
    act = button(t("Escalate"), kind="sm", on_click=Escalating.escalate(ref, level))
    return rx.cond(Shell.can_write, act, rx.fragment())
