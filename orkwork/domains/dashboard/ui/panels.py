"""Spending, agents, projects and the news."""

from typing import Any

import reflex as rx

from orkwork.domains.agents.ui import lines
from orkwork.domains.audit.ui import words
from orkwork.domains.projects.ui.components import standing_pill, tone
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button
from orkwork.ui.components.figure import bar, key_figure, sparkline
from orkwork.ui.components.kit import NewPill, SlaLeft
from orkwork.ui.components.panel import card, link
from orkwork.ui.components.pill import state_pill
from orkwork.ui.components.table import num, table
from orkwork.ui.components.when import when
from orkwork.ui.locale import money, number, plural, t


def spend(state: Any) -> rx.Component:
    """Today and this month, each against the period before."""
    own = state.spend

    def against(change: rx.Var, text: rx.Var) -> rx.Component:
        return rx.cond(change, text, t("too little data to compare"))

    figures = rx.el.div(
        rx.el.a(
            key_figure(
                t("Today"),
                money(own["today"]),
                change=against(own["today_change"], t("{change} on all of yesterday", change=own["today_change"])),
                small=False,
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
    days = rx.el.div(
        sparkline(own["days"], label=t("Spent by day, 30 days")),
        rx.el.span(t("30 days, today last"), class_name="meta end"),
        class_name="row",
    )
    return card(
        rx.el.div(figures, days, class_name="cb stack"),
        _month_end(own),
        title=t("Spend"),
        aside=link(t("Costs"), "/costs"),
    )


def _month_end(own: rx.Var) -> rx.Component:
    """Between what the month will most likely end, against the company's budget where there is one."""
    ends = rx.cond(
        own["enough"],
        t("{p50} to {p85} at the month's end", p50=money(own["p50"], 0), p85=money(own["p85"], 0)),
        t("The month's end: too little data"),
    )
    of = rx.cond(own["budget"] != "", t("of {amount}", amount=money(own["budget"], 0)), "")
    drawn = bar(own["share"], label=t("{n}% of it is spent", n=own["share"]), tone=own["tone"])
    return rx.el.a(
        rx.el.span(rx.el.span(ends, class_name="grow"), rx.el.span(of, class_name="num meta"), class_name="row"),
        rx.cond(own["enough"] | (own["budget"] != ""), drawn, rx.fragment()),
        href="/costs",
        class_name="r col",
        style={"alignItems": "stretch", "gap": "8px", "paddingBlock": "12px"},
    )


def sla(state: Any) -> rx.Component:
    """How much of what was promised was kept, and what is at risk next."""
    own = state.sla
    of = t("{met} of {total} promises kept", met=number(own["met"]), total=number(own["total"]))
    known = rx.cond(
        own["change"].to(str) != "", rx.fragment(of, rx.el.span(" · ", t("{n} points", n=own["change"]))), of
    )
    figure = key_figure(
        t("Within SLA, 7 days"),
        rx.cond(own["enough"].to(bool), t("{n}%", n=number(own["percent"])), "—"),
        change=rx.cond(own["enough"].to(bool), known, t("too little data")),
        small=False,
    )
    drawn = rx.cond(
        own["days"].to(list[float]).length() > 1, sparkline(own["days"], label=t("Within SLA by day, 7 days"))
    )
    risk = rx.el.a(
        rx.el.span(t("Next at risk"), " ", rx.el.span(own["risk"], class_name="mono"), class_name="grow trunc"),
        SlaLeft.create(sla=own["left"]),
        href=rx.Var.create("/tasks/") + own["risk"].to(str),
        class_name="r",
    )
    return card(
        rx.el.a(
            figure,
            rx.el.span(drawn, class_name="end"),
            href="/settings/sla",
            class_name="row cb",
            style={"justifyContent": "space-between"},
        ),
        rx.cond(own["risk"].to(str) != "", risk),
    )


def agents(state: Any) -> rx.Component:
    """Who works on what, those first that can't go on."""

    def one(agent: rx.Var) -> rx.Component:
        return rx.el.div(
            avatar(agent["name"], size="md"),
            rx.el.a(agent["name"], href=agent["href"], class_name="b5 trunc", custom_attrs={"data-main": "1"}),
            state_pill(agent["state"]),
            rx.el.div(lines.doing(agent), class_name="meta trunc"),
            class_name="agrow",
            custom_attrs={"data-row": "1"},
            key=agent["id"],
        )

    tally = state.tally

    def part(state_name: str, word: rx.Var) -> rx.Component:
        return rx.cond(tally[state_name] > 0, rx.el.span(word))

    fact = rx.el.span(
        part("blocked", plural("{n} blocked", "{n} blocked", tally["blocked"])),
        part("working", plural("{n} working", "{n} working", tally["working"])),
        part("idle", plural("{n} idle", "{n} idle", tally["idle"])),
        class_name="row meta t",
    )
    add = rx.el.div(button(t("Create agent"), kind="sm", href="/agents/new"), class_name="cb")
    return card(rx.cond(state.agents, rx.el.div(rx.foreach(state.agents, one)), add), title=t("Agents"), aside=fact)


def projects(state: Any) -> rx.Component:
    """How far each project is, and what holds it up."""

    def cells(project: rx.Var) -> list[rx.Component]:
        done = t("{done} of {total} tasks", done=project["done"], total=project["total"])
        name = rx.el.a(
            rx.el.span(project["key"], class_name="mono m2", style={"width": "36px", "flex": "none"}),
            rx.el.span(
                rx.el.span(project["name"], class_name="b5 trunc"),
                rx.el.span(done, class_name="meta t"),
                class_name="col",
            ),
            href=project["href"],
            class_name="row",
            custom_attrs={"data-main": "1"},
            style={"alignItems": "flex-start", "paddingBlock": "8px", "maxWidth": "280px"},
        )
        progress = bar(
            project["share"],
            label=t("{n}% done", n=project["share"]),
            tone=tone(project["state"]),
            text=t("{n}%", n=project["share"]),
        )
        due = rx.cond(project["due"], when(project["due"], "day"), rx.el.span("—", class_name="m2"))
        spent = rx.el.span(
            rx.el.span(money(project["spent"])),
            rx.cond(
                project["budget"], rx.el.span(t("of {amount}", amount=money(project["budget"])), class_name="meta")
            ),
            class_name="col",
        )
        return [
            name,
            rx.el.div(progress, style={"minWidth": "112px"}),
            standing_pill(project["state"]),
            _held_up(project),
            due,
            spent,
        ]

    heads = [t("Project"), t("Progress"), t("State"), t("Waits for you"), num(t("Due")), num(t("Spent"))]
    none = rx.el.div(
        rx.el.p(t("Tasks live in projects. Start one, and its progress is here."), class_name="m2"),
        button(t("Create project"), kind="sm", href="/projects?new=1"),
        class_name="cb row w",
    )
    return card(
        rx.cond(
            state.projects, table(heads, state.projects, cells, label=t("Projects"), row_id=lambda p: p["id"]), none
        ),
        title=t("Projects"),
        count=state.projects.length(),
        aside=link(t("All projects"), "/projects"),
    )


def _held_up(project: rx.Var) -> rx.Component:
    review = rx.el.a(plural("{n} in review", "{n} in review", project["review"]), href=project["review_href"])
    failed = rx.el.a(
        plural("{n} failed task", "{n} failed tasks", project["failed"]), href=project["failed_href"], class_name="bad"
    )
    nothing = (project["review"] == 0) & (project["failed"] == 0)
    return rx.el.div(
        rx.cond(project["review"] > 0, review),
        rx.cond(project["failed"] > 0, failed),
        rx.cond(nothing, rx.el.span(t("Nothing"), class_name="m2")),
        class_name="col nw t",
        style={"& a": {"minHeight": "24px"}},
    )


def feed(state: Any) -> rx.Component:
    """The news; nothing moves while somebody points at it."""

    def one(event: rx.Var) -> rx.Component:
        return rx.el.li(
            when(event["at"], "clock"),
            avatar(event["actor"], person=event["person"]),
            rx.el.span(rx.el.span(event["actor"], class_name="b5"), " ", words.sentence(event)),
            key=event["seq"],
            class_name=rx.cond(event["fresh"], "flash", ""),
        )

    none = rx.el.p(t("What people and agents do appears here as it happens."), class_name="cb m2")
    return card(
        rx.cond(state.feed, rx.el.ul(rx.foreach(state.feed, one), class_name="feed"), none),
        title=t("Live"),
        aside=NewPill.create(count=state.more_news, on_show=state.show_news),
        on_mouse_enter=state.hold,
        on_mouse_leave=state.let_go,
    )
