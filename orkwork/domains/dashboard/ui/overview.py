"""Health with its worst causes, and what is ready but nobody has."""

from typing import Any

import reflex as rx

from orkwork.core.work import Work
from orkwork.domains.dashboard.ui.acting import Acts
from orkwork.domains.health import queries as health
from orkwork.domains.health.schemas import HealthReport, ProjectHealth
from orkwork.domains.health.ui import causes
from orkwork.domains.tasks.queries import offers
from orkwork.ui.components.button import button
from orkwork.ui.components.figure import gauge
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, link
from orkwork.ui.locale import plural, t
from orkwork.ui.shell import Shell

WORST = 3
TONES = {"good": "ok", "fair": "warn", "poor": "bad"}


def read(work: Work) -> tuple[dict[str, Any], dict[str, ProjectHealth]]:
    """What the page's state holds of it, and the health of each project by its id."""
    found = health.report(work)
    return {
        "health": line(found),
        "offers": [_offer(one) for one in offers.offers(work)],
    }, {str(one.project_id): one for one in found.projects}


def line(found: HealthReport) -> dict[str, Any]:
    """Health as the page holds it: the three worst causes, and what the others take together."""
    rest = found.causes[WORST:]
    change = None if found.score is None or found.before is None else found.score - found.before
    return {
        "score": found.score,
        "tone": TONES.get(found.band or "", "idle"),
        "change": "" if change is None else f"{change:+d}".replace("-", "−"),
        "causes": [causes.line(one) for one in found.causes[:WORST]],
        "others": len(rest),
        "others_points": f"−{sum(one.points for one in rest)}",
    }


def _offer(one: offers.OfferOut) -> dict[str, Any]:
    return {
        "key": one.key,
        "title": one.title,
        "href": f"/tasks/{one.key}",
        "agent_id": str(one.agent_id or ""),
        "agent": one.agent_name,
        "suited": one.suited,
    }


def health_card(state: Any) -> rx.Component:
    """The gauge, with what is missing from 100 beside it."""
    own = state.health

    def cause(one: rx.Var) -> rx.Component:
        return rx.el.li(
            icon(one["icon"].to(str), "s", one["tone"].to(str)),
            rx.el.a(causes.words(one), href=one["href"].to(str), class_name="grow tap"),
            rx.el.span(one["points"], class_name="num"),
            key=one["code"],
        )

    others = rx.el.li(
        icon("ellipsis", "s", "idle"),
        rx.el.span(plural("{n} other", "{n} others", own["others"]), class_name="m2 grow"),
        rx.el.span(own["others_points"], class_name="num"),
    )
    listed = own["causes"].to(list[dict[str, Any]])
    well = rx.el.li(icon("circle-check", "s", "ok"), rx.el.span(t("Nothing takes from it")))
    beside = rx.cond(
        listed.length() > 0,
        rx.fragment(rx.foreach(listed, cause), rx.cond(own["others"].to(int) > 0, others)),
        well,
    )
    drawn = gauge(own["score"], label=t("Health {n} of 100", n=own["score"]), tone=own["tone"].to(str), causes=beside)
    little = rx.el.p(t("Health is measured from the first agent and task on."), class_name="cb m2")
    change = rx.cond(
        own["change"].to(str) != "", t("{n} on yesterday", n=own["change"]), t("too little data to compare")
    )
    known = own["score"].is_not_none()
    return card(
        rx.cond(known, drawn, little),
        title=t("Health"),
        aside=rx.cond(known, rx.el.span(change, class_name="meta t")),
        id="health",
    )


def ready_card(state: Any) -> rx.Component:
    """The tasks that a claim would take first, to be given in place; nothing while there are none."""

    def one(task: rx.Var) -> rx.Component:
        give = button(
            t("Assign {name}", name=task["agent"]),
            kind="sm",
            on_click=Acts.assign(task["key"], task["agent_id"]),
        )
        ask = button(t("Find somebody"), kind="sm", on_click=Acts.ask_who(task["key"]))
        suits = rx.cond(
            task["suited"].to(int) > 1,
            plural("best of {n} that suits it", "best of {n} that suit it", task["suited"]),
            t("the only one that suits it"),
        )
        return rx.el.div(
            rx.el.a(
                rx.el.span(rx.el.span(task["key"], class_name="mono m2"), " ", task["title"], class_name="clamp"),
                rx.el.span(
                    rx.cond(task["agent"] != "", suits, t("nobody suits it, or all are full")), class_name="meta"
                ),
                href=task["href"],
                class_name="col grow",
                custom_attrs={"data-main": "1"},
            ),
            rx.cond(Shell.can_write, rx.cond(task["agent"] != "", give, ask)),
            key=task["key"],
            class_name="r two",
            custom_attrs={"data-row": "1"},
        )

    return rx.cond(
        state.offers,
        card(
            rx.el.div(rx.foreach(state.offers, one)),
            title=t("Ready, nobody has it"),
            aside=link(t("All"), "/tasks?status=READY&assignee=none"),
            id="ready",
        ),
    )
