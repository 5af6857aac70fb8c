"""Settings: how tasks are given to agents, and what their performance is judged by."""

import reflex as rx

from orkwork.domains.settings.ui.assignment import Assigning, assignment_card
from orkwork.domains.settings.ui.frame import section, tabs
from orkwork.domains.settings.ui.scoring import Scoring, scoring_card
from orkwork.ui.components.panel import notice
from orkwork.ui.locale import t
from orkwork.ui.page import page
from orkwork.ui.shell import Shell


@page(
    "/settings/assignment",
    title="Assignment",
    state=[Assigning, Scoring],
    nav="/settings",
    crumbs=lambda: [(t("Settings"), "/settings")],
)
def weighing() -> list[rx.Component]:
    """The weights of the assignment and of the performance that it goes by."""
    return [
        tabs("/settings/assignment"),
        section(
            rx.cond(Shell.role & ~Shell.can_manage, notice(t("Owners and admins change these settings."))),
            assignment_card(),
            rx.cond(Scoring.known, scoring_card()),  # it is read last, so that nothing above it moves
        ),
    ]
