"""Spend: today, the month, and where the month will end."""

from decimal import Decimal
from typing import Any

import reflex as rx

from orkwork.domains.costs.schemas.reports import ForecastOut
from orkwork.ui.components.figure import key_figure
from orkwork.ui.components.panel import card
from orkwork.ui.locale import calendar, money, t

WIDTH, TOP, BASE = 341.0, 12.0, 68.0
"""The drawing's width, and where the most and nothing stand in it."""


def drawing(month: ForecastOut) -> dict[str, Any]:
    """The month's sum day by day as paths: what is spent, the band of P50 to P85 ahead, and the budget."""
    spent = [one.spent_usd for one in month.days if one.spent_usd is not None]
    most = max(month.p85_usd or Decimal(0), month.spent_usd, month.budget_usd or Decimal(0)) or Decimal(1)
    step = WIDTH / max(len(month.days) - 1, 1)

    def point(n: int, amount: Decimal) -> str:
        return f"{n * step:.1f} {BASE - float(amount / most) * (BASE - TOP):.1f}"

    today = len(spent) - 1
    ahead = [(n, one) for n, one in enumerate(month.days) if n > today and one.p50_usd is not None]
    start = point(today, month.spent_usd)
    lower = "".join(f"L{point(n, one.p50_usd)}" for n, one in ahead if one.p50_usd is not None)
    upper = [f"L{point(n, one.p85_usd)}" for n, one in ahead if one.p85_usd is not None]
    back = "".join(reversed(upper))
    budget = None if month.budget_usd is None else point(0, month.budget_usd).split()[1]
    return {
        "spent": "M" + "L".join(point(n, amount) for n, amount in enumerate(spent)),
        "edges": f"M{start}{lower}M{start}{''.join(upper)}" if ahead else "",
        "band": f"M{start}{lower}{back}Z" if ahead else "",
        "x": start.split()[0],
        "y": start.split()[1],
        "budget_y": budget or "",
        "first": month.days[0].day.isoformat(),
        "last": month.days[-1].day.isoformat(),
        "edge": "start" if today * step < 40 else "end" if today * step > WIDTH - 40 else "middle",
        "begins_far": today * step > 60,
        "ends_far": today * step < WIDTH - 60,
    }


def _chart(own: rx.Var, drawn: Any) -> rx.Component:
    small = {"fontSize": "11px", "fill": "var(--text-2)"}
    budget = rx.fragment(
        rx.el.svg.line(
            x1="0", x2="341", y1=drawn["budget_y"].to(str), y2=drawn["budget_y"].to(str),
            style={"stroke": "var(--line-strong)", "strokeWidth": "1"},
        ),
    )  # fmt: skip
    band = rx.fragment(
        rx.el.path(d=drawn["band"].to(str), style={"fill": "var(--accent)", "fillOpacity": ".22"}),
        rx.el.path(
            d=drawn["edges"].to(str),
            style={"fill": "none", "stroke": "var(--accent-text)", "strokeWidth": "1.25", "strokeDasharray": "3 3"},
        ),
    )
    return rx.el.svg(
        rx.cond(drawn["budget_y"].to(str) != "", budget),
        rx.cond(drawn["band"].to(str) != "", band),
        rx.el.path(
            d=drawn["spent"].to(str),
            style={"fill": "none", "stroke": "var(--accent-text)", "strokeWidth": "1.75", "strokeLinejoin": "round"},
        ),
        rx.el.circle(cx=drawn["x"].to(str), cy=drawn["y"].to(str), r="3", style={"fill": "var(--accent-text)"}),
        rx.el.svg.line(x1="0", x2="341", y1="68", y2="68", style={"stroke": "var(--line)"}),
        rx.cond(
            drawn["begins_far"].to(bool), rx.el.svg.text(calendar(drawn["first"], "day"), x="0", y="86", style=small)
        ),
        rx.el.svg.text(t("today"), x=drawn["x"].to(str), y="86", text_anchor=drawn["edge"].to(str), style=small),
        rx.cond(
            drawn["ends_far"].to(bool),
            rx.el.svg.text(calendar(drawn["last"], "day"), x="341", y="86", text_anchor="end", style=small),
        ),
        view_box="0 0 341 92",
        width="100%",
        role="img",
        aria_label=t("Spent this month by day: {amount}", amount=money(own["month"])),
        style={"display": "block"},
    )


def spend_card(state: Any) -> rx.Component:
    """Today and this month, each against the period before, and the band in which the month will end."""
    own, drawn = state.spend, state.spend["drawn"].to(dict[str, Any])

    def against(change: rx.Var, text: rx.Var) -> rx.Component:
        return rx.cond(change, text, t("too little data to compare"))

    figures = rx.el.div(
        rx.el.a(
            key_figure(
                t("Today"),
                money(own["today"]),
                change=against(own["today_change"], t("{change} on all of yesterday", change=own["today_change"])),
            ),
            href="/costs",
        ),
        rx.el.a(
            key_figure(
                t("This month"),
                money(own["month"]),
                change=against(
                    own["month_change"], t("{change} on the same days last month", change=own["month_change"])
                ),
            ),
            href="/costs",
        ),
        style={"display": "grid", "gridTemplateColumns": "1fr 1fr", "gap": "16px"},
    )
    band = rx.el.b(money(own["p50"], 0), "–", money(own["p85"], 0), class_name="b5", style={"color": "var(--text)"})
    ends = rx.cond(
        own["enough"],
        rx.fragment(t("By {day}", day=calendar(drawn["last"], "day")), " ", band, ", P50–P85"),
        t("The month's end: too little data"),
    )
    budget = rx.el.div(
        rx.el.span(t("Budget {amount}", amount=money(own["budget"], 0)), class_name="grow"),
        rx.cond(own["tone"] == "bad", rx.el.span(t("spent"), class_name="bad")),
        rx.cond(own["tone"] == "warn", rx.el.span(t("the band passes it"), class_name="warn")),
        class_name="row meta",
    )
    return card(
        rx.el.div(
            figures,
            rx.el.div(rx.cond(own["budget"] != "", budget), _chart(own, drawn), class_name="col", style={"gap": "4px"}),
            class_name="cb stack",
        ),
        title=t("Spend"),
        aside=rx.el.a(ends, href="/costs", class_name="meta t tap"),
        id="spend",
    )
