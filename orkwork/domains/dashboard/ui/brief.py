"""The brief: one sentence, and what happened since one last looked."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, skeleton
from orkwork.ui.components.when import when
from orkwork.ui.locale import money, number, plural, t

_KEPT = {"minHeight": "102px", "@media (max-width: 760px)": {"minHeight": "208px"}}
"""The card's height with its words in, so that nothing below it moves when they come."""
MORNING, AFTERNOON, EVENING = 5, 12, 18


def greeting(now: datetime, time_zone: str) -> str:
    """The part of the company's day, by name."""
    hour = now.astimezone(ZoneInfo(time_zone)).hour
    return "morning" if MORNING <= hour < AFTERNOON else "afternoon" if AFTERNOON <= hour < EVENING else "evening"


def _hello(state: Any) -> rx.Var:
    name = state.name.split(" ")[0]
    return rx.match(
        state.greeting,
        ("morning", t("Good morning, {name}.", name=name)),
        ("afternoon", t("Good afternoon, {name}.", name=name)),
        t("Good evening, {name}.", name=name),
    )


def _sentence(state: Any) -> rx.Component:
    news = state.news
    completed, failed = news["completed"].to(int), news["failed"].to(int)
    spent = rx.el.a(money(news["spent_usd"]), href="/costs")
    finished = rx.fragment(
        t("The agents finished"), " ", rx.el.a(plural("{n} task", "{n} tasks", completed), href="/tasks?status=COMPLETED"),
        rx.cond(news["spent_usd"].to(str) != "0", rx.fragment(" ", t("for"), " ", spent)),
    )  # fmt: skip
    nothing = rx.cond(
        news["spent_usd"].to(str) == "0",
        t("Nothing was finished and nothing was spent"),
        rx.fragment(t("Nothing was finished; the work cost"), " ", spent),
    )
    failures = rx.fragment(
        "; ", rx.el.a(plural("{n} task failed", "{n} tasks failed", failed), href="/tasks?status=FAILED")
    )
    wait = rx.fragment(
        ". ", rx.el.a(plural("{n} thing waits for you", "{n} things wait for you", state.needs_count), href="#needs")
    )
    return rx.el.p(
        _hello(state), " ",
        rx.cond(completed > 0, finished, nothing),
        rx.cond(failed > 0, failures),
        rx.cond(state.needs_count > 0, wait, rx.fragment(". ", t("Nothing waits for you"))),
        ".",
        class_name="say",
    )  # fmt: skip


def _count(name: str, tone: str, value: Any, word: rx.Var, href: str) -> rx.Component:
    return rx.el.a(icon(name, tone=tone), rx.el.b(value), rx.el.span(word), href=href)


def _since(state: Any) -> rx.Component:
    news = state.news
    completed, handed, failed = (news[name].to(int) for name in ("completed", "handed_in", "failed"))
    return rx.el.div(
        rx.el.span(t("Since you last looked,"), " ", when(news["since"], "moment"), class_name="m2"),
        _count(
            "circle-check",
            "ok",
            number(completed),
            plural("completed", "completed", completed),
            "/tasks?status=COMPLETED",
        ),
        _count("eye", "warn", number(handed), plural("handed in", "handed in", handed), "/tasks?status=REVIEW"),
        _count("circle-x", "bad", number(failed), plural("failed", "failed", failed), "/tasks?status=FAILED"),
        _count("coins", "idle", money(news["spent_usd"]), t("spent"), "/costs"),
        class_name="since",
    )


def card_of(state: Any) -> rx.Component:
    """The card; its place is kept while the browser is asked when it last looked."""
    known = rx.el.div(_sentence(state), _since(state), class_name="brief")
    return card(rx.cond(state.news["since"], known, rx.el.div(skeleton(2), style=_KEPT)))
