"""Service levels, agents, projects and the news."""

from typing import Any

import reflex as rx

from orkwork.domains.agents.ui import lines
from orkwork.domains.audit.ui import words
from orkwork.domains.dashboard.ui.acting import Acts
from orkwork.domains.health.ui import causes
from orkwork.domains.projects.ui.components import standing_pill, tone
from orkwork.domains.tasks.ui.escalating import escalate_button
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button
from orkwork.ui.components.figure import bar, key_figure, sparkline
from orkwork.ui.components.icon import icon
from orkwork.ui.components.kit import NewPill, SlaLeft
from orkwork.ui.components.panel import card, link
from orkwork.ui.components.pill import state_pill
from orkwork.ui.components.table import num, table
from orkwork.ui.components.when import when
from orkwork.ui.locale import day, duration, money, number, plural, t
from orkwork.ui.shell import Shell


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
        rx.foreach(state.lateness, _late),
        rx.cond(own["risk"].to(str) != "", risk),
    )


def _late(task: rx.Var) -> rx.Component:
    """A task that is late while its escalation has not come to the CEO."""
    who = rx.cond(task["who"] != "", t("{name} knows", name=task["who"]), t("its agent knows"))
    return rx.el.div(
        icon("timer", tone="bad"),
        rx.el.a(
            rx.el.span(rx.el.span(task["key"], class_name="mono"), " ", t("is late"), class_name="trunc"),
            rx.el.span(duration(task["seconds"]), " · ", who, class_name="meta trunc"),
            href=task["href"],
            class_name="col grow",
            custom_attrs={"data-main": "1"},
        ),
        escalate_button(task["key"], task["level"].to(int)),
        key=task["key"],
        class_name="r two",
        custom_attrs={"data-row": "1"},
    )


def agents(state: Any) -> rx.Component:
    """Who works on what, those first that can't go on."""

    def one(agent: rx.Var) -> rx.Component:
        return rx.el.div(
            avatar(agent["name"], size="md"),
            rx.el.a(agent["name"], href=agent["href"], class_name="b5 trunc", custom_attrs={"data-main": "1"}),
            state_pill(agent["state"]),
            rx.el.div(
                rx.el.span(lines.doing(agent), class_name="meta trunc grow"),
                rx.cond(Shell.can_manage, _switch(agent)),
                class_name="row agdo",
            ),
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


def _switch(agent: rx.Var) -> rx.Component:
    """Pause an agent, or resume it; both can be undone."""
    pause = button(
        t("Pause"),
        kind="ghost sm",
        on_click=Acts.pause(agent["id"]),
        aria_label=t("Pause {name}", name=agent["name"]),
    )
    resume = button(
        t("Resume"),
        kind="ghost sm",
        on_click=Acts.resume(agent["id"]),
        aria_label=t("Resume {name}", name=agent["name"]),
    )
    return rx.match(agent["state"], ("paused", resume), ("retired", rx.fragment()), pause)


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
            rx.el.span(
                standing_pill(project["state"]),
                rx.cond(
                    project["health"],
                    rx.el.span(t("health {n}", n=project["health"]), class_name="meta t"),
                    rx.fragment(),
                ),
                class_name="col",
                style={"alignItems": "flex-start", "gap": "2px"},
            ),
            _ends(project),
            _risk(project),
            spent,
        ]

    heads = [t("Project"), t("Progress"), t("State"), num("P85"), t("Cause of risk"), num(t("Spent"))]
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
        aside=rx.fragment(
            rx.el.span(t("P85: done by then with 85% certainty"), class_name="meta no-m"), link(t("All"), "/projects")
        ),
    )


def _ends(project: rx.Var) -> rx.Component:
    """By when it is done with 85 % certainty, and its date."""
    p85 = rx.cond(
        project["p85"],
        when(project["p85"], "day"),
        rx.el.span("—", class_name="m2", title=t("too little data")),
    )
    due = rx.cond(
        project["due"],
        t("due {day}", day=day(project["due"])),
        rx.cond(project["p85"], t("no date"), t("too little data")),
    )
    return rx.el.span(rx.el.span(p85), rx.el.span(due, class_name="meta nw"), class_name="col")


def _risk(project: rx.Var) -> rx.Component:
    """What takes most from its health, and how much else there is."""
    worst = project["cause"].to(dict[str, Any])
    others = plural("and {n} other cause", "and {n} other causes", project["causes"].to(int) - 1)
    spare = rx.cond(
        project["spare"].to(int) > 0, plural("{n} day spare", "{n} days spare", project["spare"]), rx.fragment()
    )
    named = rx.fragment(
        rx.el.a(causes.words(worst), href=worst["href"].to(str)),
        rx.cond(project["causes"].to(int) > 1, rx.el.span(others, class_name="meta")),
    )
    none = rx.fragment(rx.el.span(t("None"), class_name="m2"), rx.el.span(spare, class_name="meta"))
    return rx.el.div(
        rx.cond(project["causes"].to(int) > 0, named, none),
        class_name="col t",
        style={"maxWidth": "200px", "whiteSpace": "normal", "& a": {"minHeight": "24px"}},
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
