"""What is out of line, and what people do about it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import reflex as rx

from orkwork.core import clock
from orkwork.core.ids import is_uuid
from orkwork.core.work import Work
from orkwork.domains.anomalies.models import AnomalyRule, AnomalyState, Severity
from orkwork.domains.anomalies.queries import listing
from orkwork.domains.anomalies.schemas import CloseIn, SnoozeIn
from orkwork.domains.anomalies.service import acting, seeing
from orkwork.domains.anomalies.ui import lines
from orkwork.domains.anomalies.ui.lines import AnomalyLine
from orkwork.ui import nav
from orkwork.ui.components import filters
from orkwork.ui.components.button import button
from orkwork.ui.components.empty import empty
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, link, skeleton
from orkwork.ui.components.pill import pill
from orkwork.ui.components.table import more
from orkwork.ui.components.when import when
from orkwork.ui.locale import plural, say, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler, toast
from orkwork.ui.shell import Shell

PAGE = 50
VIEWS: dict[str, list[AnomalyState]] = {
    "lasting": [AnomalyState.OPEN, AnomalyState.ACKNOWLEDGED],
    "snoozed": [AnomalyState.SNOOZED],
    "closed": [AnomalyState.CLOSED],
    "over": [AnomalyState.OVER],
}
SNOOZES = {"1": timedelta(hours=1), "24": timedelta(days=1), "168": timedelta(days=7)}
nav.place("Anomalies", "/anomalies", "heart-pulse", keys="gx", order=55)


@nav.count("/anomalies")
def waiting(work: Work) -> int:
    """How many nobody has seen."""
    return sum(listing.tally(work).values())


class Anomalies(Screen, rx.State):
    """The anomalies of one view."""

    known: bool = False
    view: str = "lasting"
    rule: str = ""
    severity: str = ""
    rows: list[AnomalyLine] = []
    cursor: str = ""
    opened: str = ""

    async def _read(self, cursor: str | None = None) -> None:
        wanted = listing.AnomalyFilter(
            states=VIEWS[self.view],
            rules=[AnomalyRule(self.rule)] if self.rule else [],
            severities=[Severity(self.severity)] if self.severity else [],
        )
        found = await self.ask(listing.anomalies, wanted, cursor=cursor, limit=PAGE)
        shown = [lines.line(one) for one in found.items]
        self.rows = [*self.rows, *shown] if cursor else shown
        self.cursor, self.known = found.next_cursor or "", True

    @handler
    async def load(self):
        """Read what the address names."""
        self.view = self.arg("view") if self.arg("view") in VIEWS else "lasting"
        self.rule = self.arg("rule") if self.arg("rule") in list(AnomalyRule) else ""
        self.severity = self.arg("severity") if self.arg("severity") in list(Severity) else ""
        await self._read()

    @handler
    async def more(self):
        """The next page."""
        if self.cursor:
            await self._read(self.cursor)

    def _go(self, **changed: str) -> Any:
        query = {"view": self.view, "rule": self.rule, "severity": self.severity} | changed
        return go("/anomalies", **{name: value for name, value in query.items() if value and value != "lasting"})

    @handler
    async def by_rule(self, value: str):
        """Only one rule's."""
        return self._go(rule=str(value))

    @handler
    async def by_severity(self, value: str):
        """Only so grave ones."""
        return self._go(severity=str(value))

    @handler
    async def unfold(self, anomaly_id: str):
        """Show the evidence, or no longer."""
        self.opened = "" if self.opened == anomaly_id else str(anomaly_id)

    @handler(refuses="anomaly_id")
    async def acknowledge(self, anomaly_id: str):
        """Say that it was seen."""
        await self.do(seeing.acknowledge, _id(anomaly_id))
        await self._read()
        return toast("Acknowledged", hint="It stays here while it lasts.")

    @handler(refuses="anomaly_id")
    async def snooze(self, anomaly_id: str, hours: str):
        """Hear of it later."""
        until = clock.now() + SNOOZES.get(str(hours), SNOOZES["24"])
        await self.do(seeing.snooze, _id(anomaly_id), SnoozeIn(until=until))
        await self._read()
        return toast("Snoozed", hint="It comes back if it lasts, or gets graver.")

    @handler(refuses="anomaly_id")
    async def close(self, anomaly_id: str):
        """Hear no more of it."""
        await self.do(seeing.close, _id(anomaly_id), CloseIn())
        await self._read()
        return toast("Closed", hint="It comes back only if it gets graver, or after it was over.")

    @handler(refuses="anomaly_id")
    async def undo(self, anomaly_id: str):
        """Take back what the system did."""
        await self.do(acting.undo, _id(anomaly_id))
        await self._read()
        return toast("Taken back")


def _id(text: Any) -> UUID:
    """What a button named; nothing is found by what is no id."""
    return UUID(str(text)) if is_uuid(str(text)) else UUID(int=0)


def _state(one: rx.Var) -> rx.Component:
    return rx.match(
        one["state"],
        ("acknowledged", pill("eye", t("Seen by {name}", name=one["seen_by"]), "ok")),
        (
            "snoozed",
            rx.el.span(icon("clock", "s"), t("Snoozed until"), " ", when(one["until"], "moment"), class_name="pill"),
        ),
        ("closed", pill("x", t("Closed by {name}", name=one["closed_by"]), "idle")),
        (
            "over",
            rx.el.span(icon("circle-check", "s", "ok"), t("Over since"), " ", when(one["over"]), class_name="pill"),
        ),
        rx.fragment(),
    )


def _acted(one: rx.Var) -> rx.Component:
    did = rx.match(
        one["action"],
        ("pause_agent", t("The agent was paused by policy.")),
        t("Its tasks were given back by policy."),
    )
    taken = rx.cond(
        one["undone_by"] != "",
        rx.el.span(t("Taken back by {name}.", name=one["undone_by"]), class_name="meta"),
        rx.cond(
            Shell.can_manage & one["can_undo"].to(bool),
            button(t("Take back"), kind="sm", icon_name="undo-2", on_click=Anomalies.undo(one["id"])),
        ),
    )
    return rx.cond(
        one["action"] != "",
        rx.el.div(icon("zap", "s", "warn"), rx.el.span(did), taken, class_name="row w", style={"fontSize": "13px"}),
    )


def _evidence(one: rx.Var) -> rx.Component:
    def shown(row: rx.Var) -> rx.Component:
        label = rx.cond(
            row["href"] != "",
            rx.el.a(row["label"], href=row["href"], class_name="link"),
            rx.el.span(row["label"], class_name="mono"),
        )
        kind = rx.match(
            row["kind"],
            ("agent", "bot"), ("task", "square-check"), ("execution", "play"), ("project", "folder-kanban"), ("job", "clock"),
            "coins",
        )  # fmt: skip
        at = rx.cond(row["at"] != "", rx.el.span(when(row["at"], "moment"), class_name="meta"))
        says = rx.cond(row["says"] != "", rx.el.span(say(row["says"]), class_name="meta"))
        return rx.el.li(
            icon(kind, "s"),
            rx.el.span(label, at, says, class_name="row w grow", style={"gap": "2px 8px", "overflowWrap": "anywhere"}),
            class_name="row",
            style={"alignItems": "flex-start", "padding": "2px 0"},
        )

    rows = one["evidence"].to(list[lines.Shown])
    return rx.el.div(
        rx.el.ul(rx.foreach(rows, shown), class_name="col", aria_label=t("Evidence"), style={"fontSize": "13px"}),
        rx.cond(one["reason"] != "", rx.el.p(one["reason"], class_name="m2")),
        style={"paddingTop": "8px"},
    )


def _acts(one: rx.Var) -> rx.Component:
    lasts = (one["state"] != "over") & (one["state"] != "closed")
    return rx.el.div(
        rx.cond(
            one["state"] == "open",
            button(t("Acknowledge"), kind="sm", icon_name="eye", on_click=Anomalies.acknowledge(one["id"])),
        ),
        rx.cond(
            lasts,
            rx.fragment(
                button(t("Snooze a day"), kind="sm", icon_name="clock", on_click=Anomalies.snooze(one["id"], "24")),
                button(t("Close"), kind="ghost sm", on_click=Anomalies.close(one["id"])),
            ),
        ),
        class_name="row w",
    )


def _row(one: rx.Var) -> rx.Component:
    is_open = Anomalies.opened == one["id"]
    refused = (Anomalies.refusal["id"].to(str) == one["id"]) & (Anomalies.refusal["id"].to(str) != "")
    seen = rx.el.span(
        t("first seen"), " ", when(one["first"]), " · ", t("last seen"), " ", when(one["last"]), class_name="meta"
    )
    fold = rx.el.button(
        icon("chevron-right", "s"),
        plural("{n} piece of evidence", "{n} pieces of evidence", one["evidence"].to(list[lines.Shown]).length()),
        type="button",
        class_name="link tap row",
        on_click=Anomalies.unfold(one["id"]),
        custom_attrs={"aria-expanded": rx.cond(is_open, "true", "false")},
        style={"fontSize": "13px", "gap": "4px"},
    )
    words = rx.el.div(
        rx.el.div(lines.severity(one["severity"]), rx.el.span(lines.rule_word(one["rule"]), class_name="m2"), _state(one),
                  class_name="row w", style={"gap": "4px 8px"}),
        rx.el.div(lines.says(one), class_name="b5", style={"overflowWrap": "anywhere"}),
        rx.el.div(seen, fold, class_name="row w", style={"gap": "0 12px"}),
        _acted(one),
        rx.cond(refused, rx.el.span(say(Anomalies.refusal["text"].to(str)), class_name="meta bad", role="alert")),
        rx.cond(is_open, _evidence(one)),
        class_name="col grow",
        style={"gap": "4px", "minWidth": "240px"},
    )  # fmt: skip
    return rx.el.article(
        words,
        rx.cond(Shell.can_manage, _acts(one)),
        class_name="row w",
        custom_attrs={"data-row": "1"},
        style={
            "padding": "12px 16px",
            "gap": "8px 16px",
            "borderTop": "1px solid var(--line-soft)",
            "alignItems": "flex-start",
        },
        key=one["id"],
    )


def _none() -> rx.Component:
    return empty(
        "heart-pulse",
        rx.match(
            Anomalies.view,
            ("snoozed", t("Nothing is snoozed")),
            ("closed", t("Nothing was closed")),
            ("over", t("Nothing was out of line yet")),
            t("Nothing is out of line"),
        ),
        t(
            "Silent agents, heavy runs, repeated failures, deadlocks and overrun budgets appear here with their evidence."
        ),
        action=rx.cond(Shell.can_manage, button(t("Limits and actions"), href="/settings/anomalies")),
    )


def _head() -> rx.Component:
    tabs = [
        (t("Now"), "/anomalies", Anomalies.view == "lasting"),
        (t("Snoozed"), "/anomalies?view=snoozed", Anomalies.view == "snoozed"),
        (t("Closed"), "/anomalies?view=closed", Anomalies.view == "closed"),
        (t("Over"), "/anomalies?view=over", Anomalies.view == "over"),
    ]
    rules = [(rule.value, say(word)) for rule, word in lines.RULES.items()]
    grave = [("high", t("High")), ("medium", t("Medium")), ("low", t("Low"))]
    chips = filters.bar(
        filters.filter_chip(t("Rule"), Anomalies.rule, rules, Anomalies.by_rule),
        filters.filter_chip(t("Severity"), Anomalies.severity, grave, Anomalies.by_severity),
        rx.el.span(link(t("Limits and actions"), "/settings/anomalies"), class_name="end"),
    )
    return rx.fragment(filters.tabs(t("Anomalies"), tabs), chips)


@page(
    "/anomalies",
    title="Anomalies",
    state=Anomalies,
    topics={"anomaly"},
    fact=lambda: rx.cond(
        Anomalies.known & (Anomalies.view == "lasting"), plural("{n} now", "{n} now", Anomalies.rows.length()), ""
    ),
)
def anomalies() -> list[rx.Component]:
    """All of one view."""
    listed = card(
        rx.foreach(Anomalies.rows, _row),
        more(Anomalies.more, Anomalies.cursor != "", t("Show more")),
        title=t("What is out of line"),
        aside=rx.el.span(t("The gravest first"), class_name="meta"),
    )
    return [_head(), rx.cond(Anomalies.known, rx.cond(Anomalies.rows, listed, card(_none())), card(skeleton(5)))]
