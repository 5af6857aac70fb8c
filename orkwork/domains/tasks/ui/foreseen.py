"""A project's forecast as its pages show it: by when, for how much, what holds it up, how often such bands held."""

from datetime import datetime, timedelta
from typing import Any

import reflex as rx

from orkwork.core.money import plain
from orkwork.core.work import Work
from orkwork.domains.forecast.queries import forecasts
from orkwork.domains.forecast.schemas import Figures, ForecastOut
from orkwork.ui.components.button import button
from orkwork.ui.components.empty import empty
from orkwork.ui.components.figure import bar, key_figure, key_figures
from orkwork.ui.components.panel import card, notice, row
from orkwork.ui.locale import day, duration, moment, money, number, percent, plural, t
from orkwork.ui.shell import Shell

NOTHING: dict[str, Any] = {"method": ""}
HOLDS, CRITICAL = 4, 5
SOON = timedelta(days=3)
"""Ends nearer than this are told with hours and minutes."""
DAY_SECONDS = 86_400


def read(work: Work, ref: str) -> dict[str, Any]:
    """The latest kept forecast, as a page's state holds it; nothing when none was made."""
    found = forecasts.kept(work, ref)
    return NOTHING if found is None else parts(found)


def parts(found: ForecastOut) -> dict[str, Any]:
    """A forecast in plain values; `method` is empty where there is nothing to say."""
    figures = found.figures
    if figures is None:
        return NOTHING | {"empty": found.empty or ""}
    held = found.held
    return {
        "method": found.method.value if found.method else "",
        "as_of": found.as_of.isoformat(),
        "cold": found.cold,
        "runs": found.own_runs + found.other_runs,
        "open": figures.open_tasks,
        "held": held.held if held else 0,
        "judged": held.forecasts if held else 0,
        "own": bool(held and held.own),
        "months": [band.model_dump() for band in figures.months],
        "unable": ", ".join(figures.unable[:5]),
        "endless": figures.endless,
        **_ends(figures, found.as_of),
        **_costs(figures),
        "holds": _holds(figures),
        "critical": [
            {"key": task.key, "title": task.title, "share": task.criticality, "href": f"/tasks/{task.key}"}
            for task in figures.tasks[:CRITICAL]
            if task.criticality > 0
        ],
    }


def _ends(figures: Figures, now: datetime) -> dict[str, Any]:
    done, deadline = figures.done, figures.deadline
    out: dict[str, Any] = {"p50": "", "p85": "", "p95": "", "soon": False, "same": False, "dated": deadline is not None}
    out |= {"deadline": deadline.isoformat() if deadline else "", "in_time": figures.in_time or 0.0, "spots": {}}
    if done is None:
        return out
    last = max(done.p95, deadline) if deadline and deadline > now else done.p95
    whole = max((last - now).total_seconds(), 1.0) * 1.04

    def spot(at: datetime) -> str:
        return f"{max(0.0, min(100.0, 100 * (at - now).total_seconds() / whole)):.2f}%"

    def wide(start: datetime, end: datetime) -> str:
        return f"{max(0.5, min(100.0, 100 * (end - start).total_seconds() / whole)):.2f}%"

    spots = {"from": spot(done.p10), "wide": wide(done.p10, done.p95), "mid": spot(done.p50)}
    spots |= {"narrow": wide(done.p50, done.p85), "deadline": spot(deadline) if deadline and deadline > now else ""}
    return out | {
        "p50": done.p50.isoformat(),
        "p85": done.p85.isoformat(),
        "p95": done.p95.isoformat(),
        "soon": done.p85 - now < SOON,
        "same": done.p50.date() == done.p85.date(),
        "spots": spots,
    }


def _costs(figures: Figures) -> dict[str, Any]:
    cost, budget = figures.cost, figures.budget_usd
    return {
        "cost50": plain(cost.p50) if cost else "",
        "cost85": plain(cost.p85) if cost else "",
        "budget": plain(budget) if budget is not None else "",
        "in_budget": figures.in_budget or 0.0,
    }


def _holds(figures: Figures) -> list[dict[str, Any]]:
    worst = max((one.days for one in figures.bottlenecks), default=0) or 1
    return [
        {
            "kind": one.kind,
            "name": one.name,
            "seconds": round(one.days * DAY_SECONDS),
            "share": round(100 * one.days / worst),
        }
        for one in figures.bottlenecks[:HOLDS]
    ]


def span(told: Any) -> rx.Component:
    """'4–9 July': the P50 and the P85 of the end."""
    days = rx.cond(told["same"], day(told["p85"]), rx.fragment(day(told["p50"]), " – ", day(told["p85"])))
    hours = rx.fragment(moment(told["p50"]), " – ", moment(told["p85"]))
    return rx.cond(told["soon"], hours, days)


def beside_deadline(told: Any) -> rx.Component:
    """How the deadline stands to the band."""
    met = t("due {day}, met in {share} of the paths", day=day(told["deadline"]), share=percent(told["in_time"]))
    return rx.cond(told["dated"], met, t("no deadline"))


def figure(told: Any) -> rx.Component:
    """'Done by, P50–P85', for a row of small figures."""
    none = rx.cond(told["method"] == "closing", t("see the overview"), t("no forecast yet"))
    known = told["p50"] != ""
    return key_figure(
        t("Done by, P50–P85"),
        rx.cond(known, span(told), rx.el.span("—")),
        change=rx.cond(known, beside_deadline(told), none),
        small=True,
    )


def _figures(told: Any) -> rx.Component:
    budget = rx.cond(
        told["budget"] != "",
        t(
            "budget {amount}, kept in {share} of the paths",
            amount=money(told["budget"]),
            share=percent(told["in_budget"]),
        ),
        t("no budget"),
    )
    record = rx.cond(
        told["judged"].to(int) > 0,
        rx.fragment(number(told["held"]), " / ", number(told["judged"])),
        rx.el.span("—"),
    )
    whose = rx.cond(
        told["judged"].to(int) > 0,
        rx.cond(told["own"], t("forecasts of this project"), t("forecasts of all projects")),
        t("none can be judged yet"),
    )
    return key_figures(
        figure(told),
        key_figure(
            t("Cost, P50–P85"),
            rx.fragment(money(told["cost50"]), " – ", money(told["cost85"])),
            change=budget,
            small=True,
        ),
        key_figure(t("P80 held"), record, change=whose, small=True),
    )


def _picture(told: Any) -> rx.Component:
    """The band on a line from now on, with the deadline on it."""
    spots = told["spots"].to(dict[str, str])
    label = t(
        "Done between {from} and {to} in 50 to 85 of 100 paths",
        **{"from": moment(told["p50"]), "to": moment(told["p85"])},
    )
    tick = rx.cond(
        spots["deadline"] != "", rx.el.b(style={"left": spots["deadline"]}, title=t("Deadline")), rx.fragment()
    )
    line = rx.el.span(
        rx.el.i(style={"left": spots["from"], "width": spots["wide"]}),
        rx.el.i(class_name="core", style={"left": spots["mid"], "width": spots["narrow"]}),
        tick,
        class_name="fband",
        role="img",
        aria_label=label,
    )
    ends = rx.el.div(rx.el.span(t("now")), rx.el.span(moment(told["p95"]), " (P95)"), class_name="fends meta")
    return rx.el.div(line, ends, class_name="cb")


def _holding(told: Any) -> rx.Component:
    def line(one: rx.Var) -> rx.Component:
        words = rx.match(
            one["kind"],
            ("agent", rx.cond(one["name"] != "", t("Waiting for {name}", name=one["name"]), t("Waiting for an agent"))),
            ("reviews", t("Reviews by agents")),
            ("ceo", t("Your reviews and decisions")),
            ("again", t("Runs that are done again")),
            t("New work that comes in"),
        )
        return row(
            rx.el.span(words, class_name="trunc fwhat"),
            rx.el.span(bar(one["share"], label=duration(one["seconds"]), tone="warn"), class_name="grow fbar"),
            rx.el.span(duration(one["seconds"]), class_name="meta t nw fwhen"),
        )

    holds = told["holds"].to(list[dict[str, Any]])
    none = row(rx.el.span(t("Only the work itself: nothing waits."), class_name="m2"))
    return rx.el.div(
        rx.el.h3(t("What holds it up"), class_name="meta fhead"),
        rx.cond(holds.length() > 0, rx.fragment(rx.foreach(holds, line)), none),
    )


def _critical(told: Any) -> rx.Component:
    def line(one: rx.Var) -> rx.Component:
        return row(
            rx.el.span(one["key"], class_name="mono m2 nw"),
            rx.el.span(one["title"], class_name="trunc grow"),
            rx.el.span(t("critical in {share}", share=percent(one["share"])), class_name="meta t nw"),
            href=one["href"],
        )

    tasks = told["critical"].to(list[dict[str, Any]])
    inside = rx.el.div(rx.el.h3(t("Most critical tasks"), class_name="meta fhead"), rx.foreach(tasks, line))
    return rx.cond(tasks.length() > 0, inside, rx.fragment())


def _closing(told: Any) -> rx.Component:
    def line(band: rx.Var) -> rx.Component:
        ends = t("{low} to {high}, most likely about {middle}", low=band["p10"], high=band["p90"], middle=band["p50"])
        return row(
            rx.el.span(plural("within {n} month", "within {n} months", band["months"]), class_name="grow"),
            rx.el.span(ends, class_name="t"),
        )

    head = plural(
        "Of {n} open issue close, in 8 of 10 cases", "Of {n} open issues close, in 8 of 10 cases", told["open"]
    )
    bands = told["months"].to(list[dict[str, int]])
    return rx.el.div(rx.el.h3(head, class_name="meta fhead"), rx.foreach(bands, line))


def _words(told: Any) -> rx.Component:
    """What has to be known to read the figures right."""
    cold = plural(
        "Only {n} finished run to go by: the band is wide, and says little yet.",
        "Only {n} finished runs to go by: the band is wide, and says little yet.",
        told["runs"],
    )
    cold = rx.cond(
        told["runs"].to(int) > 0, cold, t("No finished run to go by: the band is wide, and says little yet.")
    )
    short = t("Little history to go by: the bands are wide, and say little yet.")
    return rx.fragment(
        rx.cond(told["cold"], notice(rx.cond(told["method"] == "closing", short, cold), "info"), rx.fragment()),
        rx.cond(
            told["unable"] != "", notice(t("No agent can do {tasks}.", tasks=told["unable"]), "warn"), rx.fragment()
        ),
        rx.cond(
            told["endless"].to(float) > 0.2,
            notice(t("New work comes about as fast as it is done: the end may never come."), "warn"),
            rx.fragment(),
        ),
    )


def panel(told: Any, *, on_take: Any, on_try: Any) -> rx.Component:
    """The forecast's card on a project's page."""
    acts = rx.fragment(
        rx.cond(
            told["method"] == "simulation",
            button(t("What if…"), kind="sm", icon_name="git-fork", on_click=on_try),
            rx.fragment(),
        ),
        rx.cond(
            Shell.can_write,
            button(t("Forecast now"), kind="sm", icon_name="refresh-cw", on_click=on_take),
            rx.fragment(),
        ),
    )
    told_at = rx.cond(told["method"] != "", t("as of {time}", time=moment(told["as_of"])), "")
    simulated = rx.fragment(_figures(told), _picture(told), _words(told), _holding(told), _critical(told))
    none = empty(
        "calendar",
        t("No forecast yet"),
        t("Once there are open tasks and an agent, a forecast is made every day."),
    )
    inside = rx.match(
        told["method"],
        ("simulation", simulated),
        ("closing", rx.fragment(_words(told), _closing(told))),
        none,
    )
    return card(inside, title=t("Forecast"), count=told_at, aside=acts, class_name="foreseen")
