"""The panels of the page of costs."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from orkwork.ui.components.button import button
from orkwork.ui.components.chart import chart
from orkwork.ui.components.figure import key_figure, key_figures
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import body, card, link, notice, row
from orkwork.ui.components.pill import pill
from orkwork.ui.components.when import when
from orkwork.ui.locale import calendar, money, number, percent, plural, t


def totals(state: Any) -> rx.Component:
    """Today, this week, this month, and how the month will end."""
    own = state.totals

    def one(name: str, label: rx.Var, against: Callable[[rx.Var], rx.Var]) -> rx.Component:
        found = own[name].to(dict[str, str])
        said = rx.cond(found["change"], against(found["change"]), t("too little data to compare"))
        return rx.el.a(key_figure(label, money(found["amount"]), change=said), href=found["href"], class_name="kf-link")

    def on_yesterday(change: rx.Var) -> rx.Var:
        return t("{change} on all of yesterday", change=change)

    def on_the_same(change: rx.Var) -> rx.Var:
        return t("{change} on the same days before", change=change)

    ends = key_figure(
        t("Month's end"),
        rx.cond(state.forecast["enough"].to(bool), money(state.forecast["p50"], 0), "—"),
        unit=rx.cond(state.forecast["enough"].to(bool), t("to {amount}", amount=money(state.forecast["p85"], 0)), ""),
        change=rx.cond(
            state.forecast["enough"].to(bool),
            t("{share} certain", share=percent(state.forecast["certain"])),
            t("too little data: {n} of 7 days", n=state.forecast["history"]),
        ),
    )
    return card(
        key_figures(
            one("today", t("Today"), on_yesterday),
            one("week", t("This week"), on_the_same),
            one("month", t("This month"), on_the_same),
            rx.el.a(ends, href="#forecast", class_name="kf-link"),
        ),
        class_name="linked",
    )


def unpriced(state: Any) -> rx.Component:
    """That some calls have no price, so that the sums hold less than was spent."""
    own = state.totals
    n = own["unpriced"].to(int)
    said = plural(
        "{n} call of this month has no price: the sums do not hold it.",
        "{n} calls of this month have no price: the sums do not hold them.",
        n,
    )
    return rx.cond(n > 0, notice(said, "warn", link(t("Show them"), own["unpriced_href"].to(str))), rx.fragment())


def _by(state: Any) -> rx.Var:
    return rx.match(
        state.by,
        ("agent", t("Agent")),
        ("project", t("Project")),
        ("model", t("Model")),
        ("provider", t("Provider")),
        "",
    )


def breakdown(state: Any) -> rx.Component:
    """Who spends how much, when: the chart, and the same in figures, each with its rows."""
    title = rx.match(
        state.by,
        ("agent", t("Spent by agent")),
        ("project", t("Spent by project")),
        ("model", t("Spent by model")),
        ("provider", t("Spent by provider")),
        "",
    )
    span = rx.match(state.across, ("day", t("30 days")), ("week", t("12 weeks")), ("month", t("12 months")), "")
    none = body(rx.el.p(t("Nothing was spent in this time."), class_name="m2"))
    csv = button(t("CSV"), kind="ghost sm", icon_name="download", on_click=state.download)
    return card(
        rx.cond(
            state.rows.length() > 0,
            rx.fragment(rx.el.div(chart(state.figure, label=title), class_name="cb"), _crossed(state)),
            none,
        ),
        title=title,
        aside=rx.fragment(rx.el.span(span, class_name="meta"), rx.cond(state.rows.length() > 0, csv, rx.fragment())),
        id="breakdown",
    )


def _crossed(state: Any) -> rx.Component:
    own = state.broken

    def head(period: rx.Var) -> rx.Component:
        return rx.el.th(
            rx.el.a(calendar(period["at"], state.across), href=period["href"], class_name="link plain"),
            class_name="num no-m",
            scope="col",
            key=period["at"],
        )

    def cell(one: rx.Var) -> rx.Component:
        shown = rx.cond(
            one["amount"] != "", rx.el.a(money(one["amount"]), href=one["href"], class_name="link plain"), "—"
        )
        return rx.el.td(shown, class_name="num no-m", key=one["at"])

    def line(found: rx.Var) -> rx.Component:
        more = rx.cond(
            found["unpriced"] > 0,
            rx.el.span(plural("{n} unpriced", "{n} unpriced", found["unpriced"]), class_name="meta warn nw"),
            rx.fragment(),
        )
        name = rx.el.span(
            rx.el.a(found["label"], href=found["href"], class_name="b5 trunc", custom_attrs={"data-main": "1"}),
            more,
            class_name="row",
            style={"maxWidth": "280px"},
        )
        amount = rx.cond((found["amount"] == "0") & (found["unpriced"] > 0), t("Unpriced"), money(found["amount"]))
        return rx.el.tr(
            rx.el.td(name),
            rx.el.td(rx.el.a(amount, href=found["href"], class_name="link plain b5"), class_name="num"),
            rx.el.td(percent(found["share"]), class_name="num"),
            rx.el.td(number(found["calls"]), class_name="num no-m"),
            rx.foreach(found["cells"], cell),
            class_name="h",
            custom_attrs={"data-row": "1"},
            key=found["key"],
        )

    total = rx.el.tr(
        rx.el.td(rx.el.span(t("Together"), class_name="b5")),
        rx.el.td(rx.el.a(money(own["total"]), href=own["href"].to(str), class_name="link plain b5"), class_name="num"),
        rx.el.td("", class_name="num"),
        rx.el.td(number(own["calls"]), class_name="num no-m"),
        rx.foreach(
            state.sums, lambda amount: rx.el.td(rx.cond(amount == "0", "—", money(amount)), class_name="num no-m")
        ),
        class_name="total",
    )
    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(_by(state), scope="col"),
                    rx.el.th(t("Spent"), class_name="num", scope="col"),
                    rx.el.th(t("Share"), class_name="num", scope="col"),
                    rx.el.th(t("Calls"), class_name="num no-m", scope="col"),
                    rx.foreach(state.periods, head),
                )
            ),
            rx.el.tbody(rx.foreach(state.rows, line), total),
            aria_label=t("Costs in figures"),
        ),
        class_name="table",
        role="region",
        aria_label=t("Costs in figures"),
        tab_index=0,
    )


def period_words(period: rx.Var) -> rx.Var:
    """A budget's period in a word."""
    return rx.match(period, ("day", t("a day")), ("month", t("a month")), ("total", t("altogether")), "")


def budget_bar(one: rx.Var, thresholds: Any = None) -> rx.Component:
    """How much of a budget is used, with a tick at each threshold."""
    ticks = (
        rx.foreach(thresholds, lambda at: rx.el.span(class_name="mark", style={"left": at.to(str) + "%"}))
        if thresholds is not None
        else rx.fragment()
    )
    return rx.el.span(
        rx.el.span(
            rx.el.i(class_name=one["tone"], style={"width": one["width"].to(str) + "%"}),
            class_name="bar",
            role="img",
            aria_label=t("{n}% of the budget spent", n=one["percent"]),
        ),
        ticks,
        class_name="budgetbar",
    )


def budget_row(one: rx.Var, thresholds: Any) -> rx.Component:
    """One budget: whose, how much of how much, and what happens next."""
    name = rx.match(one["scope"], ("company", t("The company")), one["name"])
    kinds = rx.match(one["scope"], ("company", icon("building")), ("project", icon("folder-kanban")), icon("bot"))
    until = rx.cond(
        one["ends_at"] != "",
        rx.fragment(t("begins anew"), " ", when(one["ends_at"])),
        t("until it is raised"),
    )
    state = rx.cond(
        one["stopped"].to(bool),
        rx.el.span(pill("octagon-alert", t("Stopped"), "bad"), rx.el.span(until, class_name="meta"), class_name="row"),
        rx.fragment(),
    )
    aside = rx.cond(one["reserved"] != "", t("{amount} set aside", amount=money(one["reserved"])), "")
    whose = rx.el.span(
        kinds,
        rx.el.span(name, class_name="b5 trunc"),
        rx.el.span(period_words(one["period"]), class_name="meta"),
        class_name="row",
    )
    amounts = rx.el.span(
        rx.el.span(money(one["spent"]), class_name="b5"),
        " ",
        rx.el.span(t("of {amount}", amount=money(one["limit"])), class_name="meta"),
        class_name="num",
    )
    foot = rx.el.span(
        rx.el.span(aside, class_name="meta grow"),
        state,
        rx.el.span(one["percent"], "%", class_name="num meta"),
        class_name="row",
    )
    return rx.el.a(
        whose,
        amounts,
        budget_bar(one, thresholds),
        foot,
        href=one["href"],
        class_name="budget",
        custom_attrs={"data-row": "1"},
        key=one["id"],
    )


def budgets(state: Any) -> rx.Component:
    """Every limit with what of it is spent."""
    none = rx.el.div(
        rx.el.p(t("No budget is set: nothing stops what agents spend."), class_name="m2"),
        button(t("Set budgets"), kind="sm", href="/settings/budgets"),
        class_name="cb stack",
    )
    return card(
        rx.cond(
            state.budgets.length() > 0,
            rx.foreach(state.budgets, lambda one: budget_row(one, state.thresholds)),
            none,
        ),
        title=t("Budgets"),
        count=rx.cond(state.budgets.length() > 0, state.budgets.length().to_string(), ""),
        aside=link(t("Limits and alerts"), "/settings/budgets"),
    )


def forecast(state: Any) -> rx.Component:
    """What the month will have cost: spent, then the band."""
    own = state.forecast
    said = rx.cond(
        own["enough"].to(bool),
        t(
            "{p50} to {p85} by the end of the month, in half and in 85 of 100 drawn months.",
            p50=money(own["p50"], 0),
            p85=money(own["p85"], 0),
        ),
        t("A band is drawn from a week of days on; there are {n}.", n=own["history"]),
    )
    over = rx.cond(
        own["over"].to(bool),
        rx.el.p(pill("triangle-alert", t("May pass the company's {amount}", amount=money(own["budget"], 0)), "warn")),
        rx.fragment(),
    )
    return card(
        rx.el.div(
            chart(state.band, label=t("This month's spending by day, and its forecast")),
            rx.el.p(said, class_name="meta"),
            over,
            class_name="cb stack tight",
        ),
        title=t("How the month will end"),
        aside=rx.el.span(t("P50 to P85"), class_name="meta"),
        id="forecast",
    )


def outcomes(state: Any) -> rx.Component:
    """What finished and verified work cost."""
    own = state.outcomes

    def each(amount: str, label: rx.Var, said: rx.Var) -> rx.Component:
        known = own[amount].to(str) != ""
        return key_figure(
            label, rx.cond(known, money(own[amount]), "—"), change=rx.cond(known, said, t("too little data"))
        )

    completed = plural("{n} task completed", "{n} tasks completed", own["completed"])
    verified = plural("{n} accepted and kept", "{n} accepted and kept", own["verified"])
    figures = key_figures(
        each("per_completed", t("Per completed task"), completed),
        each("per_verified", t("Per verified outcome"), verified),
    )
    why = rx.el.p(
        t("All money of 30 days over what came of it. Verified: accepted by a review and not opened again."),
        class_name="meta cb",
    )
    return card(
        figures,
        why,
        title=t("What outcomes cost"),
        aside=rx.el.a(money(own["spent"]), href=own["href"].to(str), class_name="link"),
    )


def spread(state: Any) -> rx.Component:
    """How much single tasks cost, and the dearest."""
    own = state.outcomes

    def one(name: str, label: rx.Var) -> rx.Component:
        return key_figure(label, rx.cond(own[name].to(str) != "", money(own[name]), "—"), small=True)

    known = own["p50"].to(str) != ""
    dear = rx.foreach(
        state.dearest,
        lambda task: row(
            rx.el.a(task["key"], href=task["href"], class_name="mono link grow"),
            rx.el.a(money(task["amount"]), href=task["rows"], class_name="num link plain"),
        ),
    )
    whole = rx.fragment(
        key_figures(one("p50", t("Median")), one("p90", t("9 of 10 below")), one("most", t("Dearest"))),
        rx.el.div(chart(state.spread, label=t("How many tasks cost how much")), class_name="cb"),
        dear,
    )
    none = body(rx.el.p(t("From five completed tasks on, what each cost is shown here."), class_name="m2"))
    return card(
        rx.cond(known, whole, none), title=t("Cost per task"), aside=rx.el.span(t("30 days"), class_name="meta")
    )
