"""The brief: what happened and what has the gravest consequences, and what happened since one last looked."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from orkwork.core.work import Work
from orkwork.domains.briefs.queries import briefs
from orkwork.domains.briefs.rules import telling
from orkwork.domains.briefs.ui import lines
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, link
from orkwork.ui.components.when import when
from orkwork.ui.locale import money, number, plural, t

SHOWN = 5
"""Sentences on the card; the page of the brief has all of them."""
MORNING, AFTERNOON, EVENING = 5, 12, 18


def greeting(now: datetime, time_zone: str) -> str:
    """The part of the company's day, by name."""
    hour = now.astimezone(ZoneInfo(time_zone)).hour
    return "morning" if MORNING <= hour < AFTERNOON else "afternoon" if AFTERNOON <= hour < EVENING else "evening"


def read(work: Work, since: datetime) -> dict[str, Any]:
    """The card's sentences, and the counts since a moment."""
    found = briefs.brief(work, since)
    said = telling.for_card(found.sentences, SHOWN)
    return found.activity.model_dump(mode="json") | {
        "since": since.isoformat(),
        "said": [lines.line(one, n) for n, one in enumerate(said, 1)],
    }


def _hello(state: Any) -> rx.Var:
    name = state.name.split(" ")[0]
    return rx.match(
        state.greeting,
        ("morning", t("Good morning, {name}.", name=name)),
        ("afternoon", t("Good afternoon, {name}.", name=name)),
        t("Good evening, {name}.", name=name),
    )


def _sentences(state: Any) -> rx.Component:
    said = rx.foreach(
        state.news["said"].to(list[lines.SentenceLine]),
        lambda one: rx.el.span(" ", lines.spoken(one), custom_attrs={"data-sentence": one["id"]}),
    )
    return rx.el.p(_hello(state), said, class_name="say")


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
        rx.el.span(link(t("Whole brief"), _address(news["since"])), class_name="end"),
        class_name="since",
    )


def _address(since: Any) -> rx.Var:
    code = f'"/brief?since="+encodeURIComponent({since!s})'
    return rx.Var(_js_expr=code, _var_type=str, _var_data=since._get_all_var_data())


def card_of(state: Any) -> rx.Component:
    """The card. The page stands once the browser has said when it last looked, so that nothing below moves when words come."""
    return card(rx.el.div(_sentences(state), _since(state), class_name="brief"), class_name="briefcard")
