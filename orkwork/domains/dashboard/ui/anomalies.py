"""What is out of line: the gravest three."""

from typing import Any

import reflex as rx

from orkwork.core.work import Work
from orkwork.domains.anomalies.models import AnomalyState
from orkwork.domains.anomalies.queries import listing
from orkwork.domains.anomalies.ui import lines
from orkwork.domains.anomalies.ui.lines import AnomalyLine
from orkwork.ui.components.panel import card, link
from orkwork.ui.components.when import when
from orkwork.ui.locale import t

SHOWN = 3
OPEN = listing.AnomalyFilter(states=[AnomalyState.OPEN])


def gravest(work: Work) -> list[AnomalyLine]:
    """Those that nobody has seen, the gravest first."""
    return [lines.line(one) for one in listing.anomalies(work, OPEN, limit=SHOWN).items]


def card_of(state: Any) -> rx.Component:
    """The panel."""

    def one(row: rx.Var) -> rx.Component:
        since = rx.el.span(lines.rule_word(row["rule"]), " · ", when(row["first"]), class_name="meta")
        return rx.el.a(
            lines.mark(row["severity"]),
            rx.el.span(rx.el.span(lines.says(row), style={"overflowWrap": "anywhere"}), since, class_name="col grow"),
            href="/anomalies",
            class_name="r two",
            custom_attrs={"data-row": "1"},
            key=row["id"],
        )

    none = rx.el.p(t("Nothing is out of line"), class_name="cb m2")
    count = rx.cond(state.anomalies_count > 0, state.anomalies_count.to(str), "")
    return card(
        rx.cond(state.anomalies, rx.el.div(rx.foreach(state.anomalies, one)), none),
        title=t("Anomalies"),
        count=count,
        aside=link(t("All"), "/anomalies"),
        id="anomalies",
    )
