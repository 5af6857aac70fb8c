"""What is out of line: the gravest three."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from orkwork.core.work import Work
from orkwork.domains.agents.schemas import AgentAtWork
from orkwork.domains.anomalies.models import AnomalyState
from orkwork.domains.anomalies.queries import listing
from orkwork.domains.anomalies.ui import lines
from orkwork.domains.dashboard.ui.acting import Acts
from orkwork.ui.components.button import button
from orkwork.ui.components.panel import card, link
from orkwork.ui.components.when import when
from orkwork.ui.locale import t
from orkwork.ui.shell import Shell

SHOWN = 3
OPEN = listing.AnomalyFilter(states=[AnomalyState.OPEN])


def gravest(work: Work, agents: Sequence[AgentAtWork]) -> list[dict[str, Any]]:
    """Those that nobody has seen, the gravest first, each with the agent that could be paused."""
    active = {one.id: one.name for one in agents if one.status == "active"}
    found = []
    for one in listing.anomalies(work, OPEN, limit=SHOWN).items:
        who = {"agent_id": str(one.agent_id), "agent": active[one.agent_id]} if one.agent_id in active else {}
        found.append(dict(lines.line(one)) | ({"agent_id": "", "agent": ""} | who))
    return found


def card_of(state: Any) -> rx.Component:
    """The panel."""

    def one(row: rx.Var) -> rx.Component:
        since = rx.el.span(lines.rule_word(row["rule"]), " · ", when(row["first"]), class_name="meta")
        pause = button(t("Pause {name}", name=row["agent"]), kind="sm", on_click=Acts.pause(row["agent_id"].to(str)))
        return rx.el.div(
            lines.mark(row["severity"]),
            rx.el.a(
                rx.el.span(lines.says(row), style={"overflowWrap": "anywhere"}),
                since,
                href="/anomalies",
                class_name="col grow",
                custom_attrs={"data-main": "1"},
            ),
            rx.cond(Shell.can_manage & (row["agent"].to(str) != ""), pause),
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
        aside=rx.fragment(rx.el.span(t("Open now, worst first"), class_name="meta no-m"), link(t("All"), "/anomalies")),
        id="anomalies",
    )
