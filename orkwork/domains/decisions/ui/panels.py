"""The parts of the page of decisions beside the list of what waits."""

from typing import Any

import reflex as rx

from orkwork.domains.decisions.ui.shown import OUTCOMES, WORDS
from orkwork.ui.components import filters, form
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.empty import empty
from orkwork.ui.components.figure import key_figure
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, link
from orkwork.ui.components.pill import pill
from orkwork.ui.components.table import more
from orkwork.ui.components.when import when
from orkwork.ui.locale import duration, money, plural, say, t
from orkwork.ui.shell import Shell


def titled(one: rx.Var) -> rx.Var:
    """A title: the asker's own words, or words of the product's with parameters."""
    return rx.cond(one["raw"], one["title"].to(str), worded(one["title"], one["params"]))


def worded(text: Any, params: Any) -> rx.Var:
    """A text that is only known while running, with parameters that are too."""
    named = params.to(dict[str, str])
    return t(text, key=named["key"], name=named["name"], what=named["what"], why=say(named["why"]))


def gain(state: Any) -> rx.Component:
    """What answering the first three sets free."""
    found = state.gain
    parts = rx.fragment(
        rx.cond(found["tasks"].to(int) > 0, rx.el.b(plural("{n} task", "{n} tasks", found["tasks"]))),
        rx.cond(
            found["agents"].to(int) > 0,
            rx.fragment(
                rx.cond(found["tasks"].to(int) > 0, ", ", ""),
                rx.el.b(plural("{n} agent", "{n} agents", found["agents"])),
            ),
        ),
        rx.cond(
            found["usd"].to(str) != "",
            rx.fragment(
                rx.cond(found["tasks"].to(int) + found["agents"].to(int) > 0, ", ", ""),
                rx.el.b(t("{amount} a day", amount=money(found["usd"]))),
            ),
        ),
    )
    words = rx.el.p(
        icon("zap", "s", "acc"),
        rx.el.span(
            rx.cond(
                found["decisions"].to(int) == 1,
                t("Answering it sets free:"),
                plural("Answering the first {n} sets free:", "Answering the first {n} sets free:", found["decisions"]),
            ),
            " ",
            parts,
        ),
        class_name="row meta dgain",
    )
    some = (found["tasks"].to(int) > 0) | (found["agents"].to(int) > 0) | (found["usd"].to(str) != "")
    return rx.cond(some, words)


def nothing_waits() -> rx.Component:
    """The empty state."""
    return empty(
        "circle-check",
        t("Nothing waits for you"),
        t(
            "What agents may not decide alone, what failed and what nobody suits appears here, the dearest to wait for first."
        ),
        action=button(t("See what was decided"), href="/decisions?tab=decided"),
    )


def figures(state: Any) -> rx.Component:
    """How soon one answers, and how often that is right."""
    stats = state.stats
    change = stats["change"]
    faster = t("{time} sooner than the week before", time=duration(0 - change.to(int)))
    slower = t("{time} later than the week before", time=duration(change.to(int)))
    moved = rx.cond(change, rx.cond(change.to(int) < 0, faster, slower), t("no answers before to compare with"))
    few = t("too little data")
    answered = stats["median"].to(int) >= 0
    judged = stats["right"].to(int) >= 0
    return card(
        rx.el.div(
            key_figure(
                t("Median answer, 7 days"),
                rx.cond(answered, duration(stats["median"]), "—"),
                change=rx.cond(answered, moved, few),
            ),
            key_figure(
                t("Turned out right"),
                rx.cond(judged, t("{n}%", n=stats["right"]), "—"),
                change=rx.cond(
                    judged, plural("of {n} judged, 30 days", "of {n} judged, 30 days", stats["judged"]), few
                ),
            ),
            class_name="kfs",
        )
    )


def _how(one: rx.Var) -> rx.Component:
    return pill(one["how_icon"].to(str), say(one["how"]), one["how_tone"].to(str))


def choice(one: rx.Var) -> rx.Component:
    """What was chosen or answered."""
    words = rx.cond(one["choice_raw"], one["choice"].to(str), worded(one["choice"], one["choice_params"]))
    rest = rx.cond(one["more"].to(int) > 0, plural(" and {n} more", " and {n} more", one["more"]), "")
    return rx.cond(
        one["choice"] != "", rx.el.span(words, rest), rx.cond(one["answer"] != "", rx.el.span(one["answer"]))
    )


def latest(state: Any) -> rx.Component:
    """The last decisions, with how they turned out."""

    def line(one: rx.Var) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.span(titled(one), class_name="b5 trunc grow"),
                rx.el.span(when(one["at"]), class_name="meta t nw"),
                class_name="row",
            ),
            rx.el.div(
                _how(one),
                rx.cond(
                    one["outcome"] != "",
                    rx.el.span(
                        say(one["outcome"]),
                        rx.cond(one["outcome_note"] != "", ", " + one["outcome_note"].to(str), ""),
                        class_name="meta trunc",
                    ),
                    rx.cond(
                        Shell.can_write,
                        rx.el.button(
                            t("Was it right?"),
                            type="button",
                            class_name="link dlink",
                            on_click=state.ask_outcome(one["id"]),
                        ),
                    ),
                ),
                class_name="row",
            ),
            key=one["id"],
            class_name="dpast",
        )

    none = rx.el.p(t("What is decided is told here."), class_name="cb m2")
    return card(
        rx.cond(state.latest.length() > 0, rx.el.ul(rx.foreach(state.latest, line)), none),
        title=t("History"),
        aside=link(t("Open log"), "/decisions?tab=decided"),
    )


def decided(state: Any) -> rx.Component:
    """The log with its filters."""
    none = empty(
        "scroll-text",
        t("No decision fits these filters"),
        t("Every decision is kept here: who made it, why, and how it turned out."),
    )
    rows = rx.el.ul(rx.foreach(state.log, lambda one: _line(state, one)))
    return rx.fragment(
        _filters(state),
        card(
            rx.cond(
                state.log.length() > 0,
                rx.fragment(rows, more(state.more, state.cursor != "", t("Show older ones"))),
                none,
            )
        ),
    )


def _filters(state: Any) -> rx.Component:
    def chip(name: str, label: rx.Var, options: Any, any_text: Any = None) -> rx.Component:
        value = state.chosen[name].to(str)
        return filters.filter_chip(
            label, rx.cond(state.chosen[name], value, ""), options, lambda v: state.choose(name, v), any_text=any_text
        )

    who = [
        ("people", t("People")),
        ("rules", t("Standing rules")),
        ("system", t("The system")),
        ("all", t("Everybody")),
    ]
    return filters.bar(
        filters.search_box(
            rx.cond(state.chosen["text"], state.chosen["text"].to(str), ""),
            lambda v: state.choose("text", v),
            t("Search decisions"),
        ),
        chip("category", t("Kind"), [(category.value, say(word)) for category, word in WORDS.items()]),
        chip("by", t("Decided by"), who, t("People and rules")),
        chip("person", t("Person"), state.people),
        chip("agent", t("Agent"), state.agents),
        chip("project", t("Project"), state.projects),
        chip("outcome", t("Outcome"), [(value, say(word)) for value, word in OUTCOMES.items()]),
        chip("days", t("Period"), [("1", t("Today")), ("7", t("7 days")), ("30", t("30 days")), ("365", t("A year"))]),
        slides=True,
    )


def _line(state: Any, one: rx.Var) -> rx.Component:
    dot = rx.el.span("·", class_name="sep", aria_hidden="true")
    meta = rx.el.div(
        rx.el.span(say(one["category"])),
        rx.cond(
            one["key"] != "",
            rx.fragment(dot, rx.el.a(one["key"], href="/tasks/" + one["key"].to(str), class_name="mono")),
        ),
        rx.cond(one["asker"] != "", rx.fragment(dot, rx.el.span(t("{name} asked", name=one["asker"])))),
        rx.cond(one["by"] != "", rx.fragment(dot, rx.el.span(t("{name} decided", name=one["by"])))),
        dot,
        when(one["at"]),
        class_name="row w meta",
        style={"gap": "0 8px"},
    )
    outcome = rx.cond(
        one["outcome"] != "",
        rx.fragment(
            rx.el.span(say(one["outcome"]), class_name="b5"),
            rx.cond(one["outcome_note"] != "", rx.el.span(one["outcome_note"], class_name="meta")),
        ),
    )
    act = rx.cond(
        Shell.can_write,
        button(
            rx.cond(one["outcome"] != "", t("Change outcome"), t("Was it right?")),
            kind="sm",
            on_click=state.ask_outcome(one["id"]),
        ),
    )
    return rx.el.li(
        rx.el.div(
            rx.el.div(rx.el.span(titled(one), class_name="b5"), _how(one), choice(one), class_name="row w"),
            meta,
            rx.cond(one["reasoning"] != "", rx.el.p(say(one["reasoning"]), class_name="meta clamp")),
            class_name="grow col",
            style={"gap": "4px"},
        ),
        rx.el.div(outcome, class_name="doutcome col"),
        act,
        key=one["id"],
        class_name="r two dlog",
    )


def outcome_dialog(state: Any) -> rx.Component:
    """How a decision turned out."""
    judging = state.judging
    known = judging["id"].to(bool)
    options = [(value, say(word)) for value, word in OUTCOMES.items()]
    inside = form.form(
        rx.el.p(titled(judging), class_name="m2"),
        form.choice(
            "outcome",
            t("Was it right?"),
            options,
            errors=state.errors,
            first=("", t("Choose one")),
            default_value=judging["outcome_value"].to(str),
        ),
        form.text(
            "note",
            t("What showed it"),
            errors=state.errors,
            max_length=2000,
            default_value=judging["outcome_note"].to(str),
        ),
        form.actions(button(t("Cancel"), **closes()), button(t("Keep outcome"), kind="solid", type="submit")),
        on_submit=state.judge,
        key=judging["id"].to(str),
    )
    return dialog(
        "outcome",
        t("How it turned out"),
        rx.cond(known, inside, rx.fragment()),
        open=known,
        on_close=state.leave_outcome,
    )
