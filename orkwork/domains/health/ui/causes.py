"""Causes of a health score: as pages hold them, and in the reader's words."""

from typing import Any

import reflex as rx

from orkwork.domains.health.models import Cause
from orkwork.domains.health.schemas import CauseOut
from orkwork.ui.locale import plural, t

GRAVE = 8
"""From so many points on a cause is shown in red."""
ICONS = {
    Cause.STOPPED: "wallet",
    Cause.JOB: "timer",
    Cause.LATE: "triangle-alert",
    Cause.BUDGET: "wallet",
    Cause.SILENT: "radio",
    Cause.SPENT: "wallet",
    Cause.SLA: "timer",
    Cause.FAILED: "circle-x",
    Cause.OVERDUE: "calendar",
    Cause.AT_RISK: "trending-down",
    Cause.DECISION: "gavel",
    Cause.ANOMALY: "flame",
    Cause.PAUSED: "circle-pause",
}


def line(one: CauseOut) -> dict[str, Any]:
    """A cause as a page holds it."""
    return {
        "code": one.code.value,
        "points": f"−{one.points}",
        "count": one.count,
        "label": one.label,
        "href": one.href,
        "icon": ICONS[one.code],
        "tone": "bad" if one.points >= GRAVE else "warn",
    }


def words(one: Any) -> Any:
    """What takes points: by its name where it is one, else how many there are."""
    what, n = one["label"].to(str), one["count"].to(int)

    def said(single: rx.Var, many: rx.Var) -> Any:
        return rx.cond(n == 1, single, many)

    spent = t("{what} has spent its budget", what=what)
    return rx.match(
        one["code"],
        ("stopped", t("The company has spent its budget")),
        ("job", said(t("The job {name} keeps failing", name=what), plural("{n} job keeps failing", "{n} jobs keep failing", n))),
        (
            "late",
            said(
                t("{what} is past its date", what=what),
                plural("{n} project is past its date", "{n} projects are past their dates", n),
            ),
        ),
        ("budget", said(spent, plural("{n} project has spent its budget", "{n} projects have spent their budgets", n))),
        ("silent", said(t("{what} is silent", what=what), plural("{n} agent is silent", "{n} agents are silent", n))),
        ("spent", said(spent, plural("{n} agent has spent its budget", "{n} agents have spent their budgets", n))),
        ("sla", said(t("{what} is late by its SLA", what=what), plural("{n} task late by its SLA", "{n} tasks late by their SLA", n))),
        ("failed", said(t("{what} failed", what=what), plural("{n} task failed", "{n} tasks failed", n))),
        ("overdue", said(t("{what} is overdue", what=what), plural("{n} task is overdue", "{n} tasks are overdue", n))),
        (
            "at_risk",
            said(
                t("{what} will hardly meet its date", what=what),
                plural("{n} project will hardly meet its date", "{n} projects will hardly meet their dates", n),
            ),
        ),
        ("decision", plural("{n} decision waits for over a day", "{n} decisions wait for over a day", n)),
        ("anomaly", said(t("{what} is out of line", what=what), plural("{n} thing is out of line", "{n} things are out of line", n))),
        said(t("{name} is paused", name=what), plural("{n} agent is paused", "{n} agents are paused", n)),
    )  # fmt: skip
