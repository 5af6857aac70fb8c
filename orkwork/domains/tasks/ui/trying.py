"""What if: changes to a project tried in its forecast, then made as one or left."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import reflex as rx
from pydantic import ValidationError

from orkwork.core.errors import Conflict, FieldError, OrkworkError, invalid
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.forecast.queries import forecasts
from orkwork.domains.forecast.schemas import MAKEABLE, WhatIfIn
from orkwork.domains.forecast.service import changing, keeping
from orkwork.domains.tasks.ui import foreseen
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.panel import properties
from orkwork.ui.locale import money, number, percent, t
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell


def _whole(data: dict[str, Any], name: str) -> int | None:
    text = str(data.get(name) or "").strip()
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise invalid(name, "must be a whole number") from None


def _changes(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the form asks for, each with the field that it stands in."""
    more = _whole(data, "more_agents")
    if more is not None:
        yield "more_agents", {"kind": "agent_added", "max_concurrent_tasks": more}
    slots, agent = _whole(data, "slots"), str(data.get("agent") or "")
    if slots is not None:
        if not agent:
            raise invalid("agent", "choose an agent")
        yield "slots", {"kind": "concurrency", "agent_id": agent, "max_concurrent_tasks": slots}
    removed = str(data.get("remove") or "")
    if removed:
        yield "remove", {"kind": "agent_removed", "agent_id": removed}
    tasks = _whole(data, "more_tasks")
    if tasks is not None:
        yield "more_tasks", {"kind": "scope_added", "tasks": tasks}
    for name, kind in (("cut", "scope_cut"), ("first", "priority")):
        task = str(data.get(name) or "").strip()[:40]
        if task:
            yield name, {"kind": kind, "task": task} | ({"priority": "urgent"} if kind == "priority" else {})
    minutes, task = _whole(data, "estimate"), str(data.get("estimated") or "").strip()[:40]
    if task and minutes is None:
        raise invalid("estimate", "say how many minutes")
    if minutes is not None:
        if not task:
            raise invalid("estimated", "name a task")
        yield "estimate", {"kind": "estimate", "task": task, "estimate_minutes": minutes}
    budget = str(data.get("budget") or "").strip().removeprefix("$")
    if budget:
        yield "budget", {"kind": "budget", "budget_usd": budget}


def _asked(key: str, data: dict[str, Any]) -> tuple[WhatIfIn, list[str]]:
    found = list(_changes(data))
    if not found:
        raise invalid("more_agents", "change something first")
    names = [name for name, _ in found]
    try:
        return WhatIfIn.model_validate({"project": key, "changes": [change for _, change in found]}), names
    except ValidationError as error:
        first = error.errors()[0]
        name = names[int(first["loc"][1])] if len(first["loc"]) > 1 else "more_agents"
        raise invalid(name, "is nothing that can be tried") from None


def _renamed(error: OrkworkError, names: list[str]) -> OrkworkError:
    """The same refusal with its changes named by the form's fields."""
    found = []
    for bad in error.errors:
        place = bad.field.split(".")
        known = len(place) > 1 and place[0] == "changes" and place[1].isdigit()
        found.append(replace(bad, field=names[int(place[1])]) if known else FieldError(bad.field, bad.message))
    error.errors = found
    return error


def _agents(work: Work) -> list[dict[str, str]]:
    return [{"value": str(one.id), "text": one.name} for one in agents.agents(work)]


class Trying(Screen, rx.State):
    """The dialog: what was tried last, and what came out."""

    key: str = ""
    agents: list[dict[str, str]] = []
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    makeable: bool = False
    _last: dict[str, Any] = {}

    @handler
    async def take(self, key: str):
        """Forecast the project now."""
        await self.do(keeping.take_forecast, str(key)[:40])
        return toast("Forecast made")

    @handler
    async def begin(self, key: str):
        """Open the dialog."""
        self.agents = await self.ask(_agents)
        self.errors, self.before, self.after, self.makeable, self.key = {}, {}, {}, False, str(key)[:40]

    @handler
    async def leave(self):
        """Close it; nothing was written."""
        self.key = ""

    @handler
    async def try_out(self, data: dict[str, Any]):
        """Show the forecast with the changes beside the one without."""
        body, names = _asked(self.key, dict(data))
        try:
            found = await self.ask(forecasts.what_if, body)
        except OrkworkError as error:
            raise _renamed(error, names) from None
        self.errors, self._last = {}, body.model_dump(mode="json")
        self.makeable = all(change.kind in MAKEABLE for change in body.changes)
        self.before, self.after = foreseen.parts(found.before), foreseen.parts(found.after)

    @handler
    async def make(self):
        """Make what was tried last, as one."""
        made = await self.do(changing.make_changes, WhatIfIn.model_validate(self._last))
        self.key = ""
        await self._take_again(str(made.project_id))
        return toast("Changes made", undo=Trying.undo(str(made.id)))

    async def _take_again(self, project: str) -> None:
        """The kept forecast is out of date; where nothing is left to forecast, it stays."""
        with suppress(Conflict):
            await self.do(keeping.take_forecast, project)

    @handler
    async def undo(self, set_id: str):
        """Take them back."""
        done = await self.do(changing.undo_changes, str(set_id)[:40])
        await self._take_again(str(done.project_id))
        kept = sum(one.restored is False for one in done.changes)
        return toast("Changes undone", hint="What has changed since stays as it is." if kept else "")


def _compared() -> rx.Component:
    """Both forecasts side by side."""

    def lines(told: Any, heading: Any) -> rx.Component:
        budget = rx.cond(told["budget"] != "", percent(told["in_budget"]), "—")
        known = properties(
            (t("Open tasks"), number(told["open"])),
            (t("Done by, P50–P85"), foreseen.span(told)),
            (t("Deadline met"), rx.cond(told["dated"], percent(told["in_time"]), "—")),
            (t("Cost, P50–P85"), rx.fragment(money(told["cost50"]), " – ", money(told["cost85"]))),
            (t("Budget kept"), budget),
        )
        gone = rx.el.p(t("Nothing is left to forecast."), class_name="m2")
        return rx.el.div(rx.el.h3(heading, class_name="h-sec"), rx.cond(told["method"] == "simulation", known, gone))

    both = rx.el.div(
        lines(Trying.before, t("As things stand")), lines(Trying.after, t("With the changes")), class_name="two fboth",
        role="status",
    )  # fmt: skip
    return rx.cond(Trying.after.length() > 0, both, rx.fragment())


def try_dialog() -> rx.Component:
    """The form, and below it what it comes to."""
    errors = Trying.errors
    make = rx.cond(
        Trying.makeable & Shell.can_write,
        button(t("Make these changes"), on_click=Trying.make),
        rx.fragment(),
    )
    fields = form.form(
        rx.el.p(t("Nothing is written until you make the changes, and then they can be undone."), class_name="m2"),
        form.two(
            form.text("more_agents", t("One more agent, with so many tasks at once"), errors=errors, input_mode="numeric"),
            form.text("more_tasks", t("More tasks"), errors=errors, input_mode="numeric"),
        ),
        form.two(
            form.choice("agent", t("Agent"), Trying.agents, errors=errors, first=("", "—")),
            form.text("slots", t("Works on so many tasks at once"), errors=errors, input_mode="numeric"),
        ),
        form.two(
            form.choice("remove", t("Without this agent, which is paused"), Trying.agents, errors=errors, first=("", "—")),
            form.text("budget", t("Budget, $"), errors=errors, input_mode="decimal", id="try-budget"),
        ),
        form.two(
            form.text("estimated", t("Estimate this task anew"), errors=errors, placeholder="ORK-12"),
            form.text("estimate", t("Minutes of work"), errors=errors, input_mode="numeric"),
        ),
        form.two(
            form.text("cut", t("Cancel this task and all that waits for it"), errors=errors, placeholder="ORK-12"),
            form.text("first", t("Make this task urgent"), errors=errors, placeholder="ORK-12"),
        ),
        _compared(),
        form.actions(button(t("Close"), **closes()), make, button(t("Try it"), kind="solid", type="submit")),
        on_submit=Trying.try_out,
    )  # fmt: skip
    return dialog(
        "what-if",
        t("What if in {key}?", key=Trying.key),
        rx.cond(Trying.key != "", fields, rx.fragment()),
        open=Trying.key != "",
        on_close=Trying.leave,
        wide=True,
    )
