"""Anomalies as pages hold them, and the parts that more than one page shows."""

from datetime import datetime
from typing import Any, TypedDict

import reflex as rx

from orkwork.domains.anomalies.models import AnomalyRule
from orkwork.domains.anomalies.schemas import AnomalyOut
from orkwork.domains.executions.rules.failures import CATALOGUE
from orkwork.domains.tasks.models import Failure
from orkwork.ui.components.icon import icon
from orkwork.ui.components.pill import pill
from orkwork.ui.locale import money, number, plural, say, t


class Shown(TypedDict):
    """One row of evidence."""

    kind: str
    label: str
    href: str
    at: str
    says: str


class AnomalyLine(TypedDict):
    """An anomaly on a page; its figures are those that its sentence names."""

    id: str
    rule: str
    severity: str
    state: str
    subject: str
    href: str
    figures: dict[str, str]
    evidence: list[Shown]
    first: str
    last: str
    over: str
    seen_by: str
    until: str
    closed_by: str
    reason: str
    action: str
    can_undo: bool
    undone_by: str
    version: int


def line(one: AnomalyOut) -> AnomalyLine:
    """An anomaly as a page holds it."""
    return {
        "id": str(one.id),
        "rule": one.rule.value,
        "severity": one.severity.value,
        "state": one.state.value,
        "subject": one.subject,
        "href": next((shown.href for shown in one.evidence if shown.href), ""),
        "figures": {name: _figure(name, value) for name, value in one.figures.items()},
        "evidence": [
            {
                "kind": shown.kind,
                "label": shown.label,
                "href": shown.href or "",
                "at": _iso(shown.at),
                "says": shown.says[:300],
            }
            for shown in one.evidence
        ],
        "first": one.first_seen_at.isoformat(),
        "last": one.last_seen_at.isoformat(),
        "over": _iso(one.over_at),
        "seen_by": one.acknowledged_by or "",
        "until": _iso(one.snoozed_until),
        "closed_by": one.closed_by or "",
        "reason": one.close_reason,
        "action": one.action.value if one.action else "",
        "can_undo": one.action is not None and one.undone_at is None,
        "undone_by": one.undone_by or "",
        "version": one.version,
    }


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _figure(name: str, value: Any) -> str:
    return CATALOGUE[Failure(value)].summary if name == "failure" else str(value)


def rule_word(rule: Any) -> rx.Component:
    """A rule in a word or two."""
    return rx.match(
        rule,
        ("silent", t("Silent agent")),
        ("tokens", t("Many tokens")),
        ("failures", t("Repeated failures")),
        ("deadlock", t("Deadlock")),
        ("agent_budget", t("Budget overrun")),
        ("project_budget", t("Budget overrun")),
        ("review", t("Stuck review")),
        ("task_cost", t("Dear task")),
        ("price", t("Changed price")),
        ("job", t("Failing job")),
        "",
    )


RULES = {
    AnomalyRule.SILENT: "Silent agent",
    AnomalyRule.TOKENS: "Many tokens",
    AnomalyRule.FAILURES: "Repeated failures",
    AnomalyRule.DEADLOCK: "Deadlock",
    AnomalyRule.AGENT_BUDGET: "Agent's budget overrun",
    AnomalyRule.PROJECT_BUDGET: "Project's budget overrun",
    AnomalyRule.REVIEW: "Stuck review",
    AnomalyRule.TASK_COST: "Dear task",
    AnomalyRule.PRICE: "Changed price",
    AnomalyRule.JOB: "Failing job",
}


def severity(value: Any) -> rx.Component:
    """How grave it is: an icon and a word."""
    return rx.match(
        value,
        ("high", pill("octagon-alert", t("High"), "bad")),
        ("medium", pill("triangle-alert", t("Medium"), "warn")),
        pill("info", t("Low"), "info"),
    )


def mark(value: Any) -> rx.Component:
    """The same as an icon alone, with the word for screen readers."""
    return rx.match(
        value,
        ("high", rx.el.span(icon("octagon-alert", tone="bad"), rx.el.span(t("High"), class_name="sr"))),
        ("medium", rx.el.span(icon("triangle-alert", tone="warn"), rx.el.span(t("Medium"), class_name="sr"))),
        rx.el.span(icon("info", tone="info"), rx.el.span(t("Low"), class_name="sr")),
    )


def says(one: Any) -> rx.Component:
    """What is out of line, in the reader's language."""
    f, what = one["figures"].to(dict[str, str]), one["subject"]
    return rx.match(
        one["rule"],
        (
            "silent",
            t(
                "{what} is silent for {n} min; tasks in hand: {tasks}",
                what=what,
                n=number(f["minutes"]),
                tasks=f["tasks"],
            ),
        ),
        (
            "tokens",
            t(
                "{what} used {n} tokens, {times} times its agent's mean",
                what=what,
                n=number(f["tokens"]),
                times=number(f["times"], 1),
            ),
        ),
        (
            "failures",
            t("{what} failed {n} times in {h} h: {why}", what=what, n=f["count"], h=f["hours"], why=say(f["failure"])),
        ),
        (
            "deadlock",
            plural(
                "{n} task waits for {what}, which nobody will move: {why}",
                "{n} tasks wait for {what}, which nobody will move: {why}",
                f["count"].to(int),
                what=what,
                why=say(f["why"]),
            ),
        ),
        (
            "agent_budget",
            t("{what} spent {spent} of {budget} today", what=what, spent=money(f["spent"]), budget=money(f["budget"])),
        ),
        (
            "project_budget",
            t("{what} spent {spent} of {budget}", what=what, spent=money(f["spent"]), budget=money(f["budget"])),
        ),
        ("review", t("{what} waits for its review for {n} h", what=what, n=f["hours"])),
        (
            "task_cost",
            t("{what} cost {cost}, its like {median}", what=what, cost=money(f["cost"]), median=money(f["median"])),
        ),
        ("price", t("The price of {what} changed", what=what)),
        t("The job {what} failed {n} times in a row", what=what, n=f["count"]),
    )
