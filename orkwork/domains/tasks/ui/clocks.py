"""The task's clocks and retries, who is kept from it, and what a person is asked when it fails or waits."""

from datetime import datetime
from typing import Any

import reflex as rx

from orkwork.core import clock
from orkwork.core.work import Work
from orkwork.domains.executions.queries import holding
from orkwork.domains.executions.schemas import ClockOut, LimitsOut
from orkwork.domains.settings.ui import limits
from orkwork.domains.tasks.ui import shown
from orkwork.ui.components import form
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog, opens
from orkwork.ui.components.figure import bar
from orkwork.ui.components.panel import body, card
from orkwork.ui.components.when import when
from orkwork.ui.locale import duration, say, t
from orkwork.ui.shell import Shell

NAMES = {"waiting": "Waiting to start", "running": "Running time", "total": "Total", "silence": "Silence"}
ORIGINS = {"task": "its own", "project": "of the project", "agent": "of the agent", "company": "of the company"}
NOTHING: dict[str, Any] = {
    "clocks": [], "attempt": 1, "attempts": 0, "retries": "", "retry_at": "", "barred": [], "asked": {},
}  # fmt: skip
WARNS_AT = 80


def read(work: Work, ref: Any) -> dict[str, Any]:
    """What holds for a task, as the page's state holds it."""
    found, now = holding.task_limits(work, ref), clock.now()
    return {
        "clocks": [line(one, now) for one in found.clocks],
        "attempt": min(found.attempt, found.retry.attempts),
        "attempts": found.retry.attempts,
        "retries": str(found.retry.attempts - 1),
        "retry_at": found.retry_at.isoformat() if found.retry_at else "",
        "barred": [
            {
                "id": str(bar.agent_id),
                "name": bar.agent_name,
                "why": shown.FAILURES[bar.failure],
                "runs": bar.runs,
            }
            for bar in found.barred
        ],
        "asked": _asked(found),
    }


def line(one: ClockOut, now: datetime) -> dict[str, Any]:
    """A clock: how much of it is used."""
    used = (now - one.since).total_seconds() if one.since else 0.0
    share = min(100, max(0, round(100 * used / one.limit_seconds)))
    return {
        "clock": one.clock,
        "name": NAMES[one.clock],
        "origin": ORIGINS[one.origin],
        "limit": one.limit_seconds,
        "runs": one.since is not None,
        "over_at": one.over_at.isoformat() if one.over_at else "",
        "over": bool(one.over_at and one.over_at <= now),
        "share": share,
        "tone": "bad" if share == 100 else "warn" if share >= WARNS_AT else "",
    }


def _asked(found: LimitsOut) -> dict[str, Any]:
    if found.asked is None:
        return {}
    context, agent = found.asked["context"], found.asked["context"].get("agent_name") or ""
    return {
        "id": found.asked["id"],
        "about": context.get("about", ""),
        "summary": context.get("summary", ""),
        "advice": context.get("advice", ""),
        "agent": agent,
        "runs": context.get("alike") or 0,
        "options": [{"id": option["id"], "label": option["label"]} for option in found.asked["options"]],
    }


def clock_row(one: rx.Var) -> rx.Component:
    """A clock with the time left."""
    left = rx.cond(
        one["runs"],
        rx.el.span(when(one["over_at"]), class_name=rx.cond(one["over"], "b6 bad", "b6")),
        rx.el.span(duration(one["limit"]), class_name="m2"),
    )
    return rx.el.div(
        rx.el.div(rx.el.span(say(one["name"]), class_name="grow"), left, class_name="row"),
        rx.cond(
            one["runs"], bar(one["share"], label=t("{n}% of the time used", n=one["share"]), tone=one["tone"].to(str))
        ),
        rx.el.span(
            rx.cond(one["runs"], t("of {time}", time=duration(one["limit"])), t("does not run now")),
            ", ",
            say(one["origin"]),
            class_name="meta",
        ),
        class_name="col used",
        key=one["clock"],
    )


def panel(state: Any) -> rx.Component:
    """The clocks, the attempts, and who is kept from it."""
    held = state.holding

    def barred(bar: rx.Var) -> rx.Component:
        lift = button(t("Let it try again"), kind="sm", on_click=state.unbar(bar["id"]))
        return rx.el.div(
            avatar(bar["name"]),
            rx.el.span(
                rx.el.span(t("{name} is kept from it", name=bar["name"]), class_name="b5"),
                rx.el.span(t("{n} times: {why}", n=bar["runs"], why=say(bar["why"])), class_name="meta"),
                class_name="col grow",
            ),
            rx.cond(Shell.can_manage, lift),
            class_name="r two",
            key=bar["id"],
        )

    again = rx.cond(
        held["retry_at"].to(str) != "",
        rx.el.div(
            rx.el.span(t("Next try"), class_name="grow"),
            rx.el.span(when(held["retry_at"]), class_name="b6"),
            class_name="row",
        ),
    )
    return card(
        rx.foreach(held["clocks"].to(list[dict[str, Any]]), clock_row),
        rx.el.div(
            rx.el.div(
                rx.el.span(t("Attempt"), class_name="grow"),
                rx.el.span(t("{n} of {all}", n=held["attempt"], all=held["attempts"]), class_name="b6 t"),
                class_name="row",
            ),
            again,
            class_name="col used",
        ),
        rx.foreach(held["barred"].to(list[dict[str, Any]]), barred),
        title=t("Limits"),
        aside=rx.cond(Shell.can_write, button(t("Edit"), kind="ghost sm", icon_name="pencil", **opens("task-limits"))),
        class_name="usage",
    )


def limits_dialog(state: Any) -> rx.Component:
    """The task's own clocks and retry policy."""
    fields = form.form(
        limits.part(state.limits, state.errors, of="own"),
        form.actions(button(t("Cancel"), **closes()), button(t("Save"), kind="solid", type="submit", **closes())),
        on_submit=state.limit,
    )
    return dialog("task-limits", t("Limits of this task"), rx.cond(state.limits, fields), wide=True)


def question(state: Any) -> rx.Component:
    """What a person is asked about it, with what to do."""
    asked = state.holding["asked"].to(dict[str, Any])
    title = rx.match(
        asked["about"],
        ("loop", t("{name} goes in circles", name=asked["agent"])),
        ("waiting", t("It waits too long to be started")),
        t("What should become of it?"),
    )

    def act(option: rx.Var) -> rx.Component:
        text = rx.match(
            option["id"],
            ("retry", t("Try again")),
            ("cancel", t("Cancel the task")),
            ("lift", t("Let {name} try again", name=asked["agent"])),
            ("leave", rx.match(asked["about"], ("failed", t("Leave it failed")), ("loop", t("Leave it to others")), t("Let it wait"))),
            option["label"],
        )  # fmt: skip
        return button(text, on_click=state.decide(asked["id"], option["id"]))

    acts = rx.el.div(rx.foreach(asked["options"].to(list[dict[str, str]]), act), class_name="row w")
    content = rx.el.div(
        rx.el.p(
            rx.el.span(say(asked["summary"]), class_name="b5"),
            rx.cond(asked["runs"].to(int) > 1, rx.fragment(", ", t("{n} times", n=asked["runs"]))),
            ". ",
            say(asked["advice"]),
            class_name="advice",
        ),
        rx.cond(Shell.can_manage, acts, rx.el.p(t("An owner or admin decides."), class_name="meta")),
        class_name="col gap",
    )
    return rx.cond(asked["id"], card(body(content), title=title))
