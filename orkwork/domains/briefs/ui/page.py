"""All of a brief by section, as things stand or as a morning read it; which one, the address says."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, TypedDict

import reflex as rx

from orkwork.core import clock
from orkwork.core.errors import NotFound
from orkwork.core.work import Work
from orkwork.domains.briefs.models import Section, Writer
from orkwork.domains.briefs.queries import briefs
from orkwork.domains.briefs.schemas import BriefItem, BriefOut
from orkwork.domains.briefs.ui import lines
from orkwork.domains.briefs.ui.lines import SentenceLine
from orkwork.ui import nav
from orkwork.ui.components.empty import empty
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, grid, link, notice, skeleton
from orkwork.ui.components.when import when
from orkwork.ui.locale import calendar, language, number, plural, say, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler

nav.place("Brief", "/brief", "file-text", keys="gb", order=11)
MORNINGS = 14
WORDS = {
    Section.ACTIVITY: "What happened",
    Section.TASKS: "Tasks and deadlines",
    Section.BUDGETS: "Budgets",
    Section.AGENTS: "Agents",
    Section.DECISIONS: "Decisions and reviews",
    Section.ANOMALIES: "Anomalies",
}
WHY = {
    "away": "The model gave no answer.",
    "not_json": "Its answer was not what was asked for.",
    "left_out": "It left sentences out, or said some twice.",
    "length": "It wrote far more than there was to say.",
    "markup": "It brought signs that the brief does not have.",
    "number": "It brought, lost or moved a number.",
    "name": "It brought a name that the brief does not have.",
    "key": "It brought a task that the brief does not have.",
    "day": "It brought a time that the brief does not have.",
    "word": "It brought a measure that the brief does not have.",
    "negation": "It denied what is so, or the other way round.",
}


class Part(TypedDict):
    """The sentences of one section."""

    section: str
    word: str
    sentences: list[SentenceLine]


class Morning(TypedDict):
    """A kept brief in the list."""

    day: str
    href: str
    bad: int
    warn: int
    completed: int
    on: bool


def _sections(brief: BriefOut) -> list[Part]:
    """By section, in the order of the gravest sentence of each."""
    words = {one.sentence: one.text for one in brief.summary.rewritten}
    found: dict[Section, list[SentenceLine]] = {}
    for place, one in enumerate(brief.sentences, 1):
        found.setdefault(one.section, []).append(lines.line(one, place, words.get(place, "")))
    return [{"section": name.value, "word": WORDS[name], "sentences": said} for name, said in found.items()]


def _morning(item: BriefItem, chosen: str) -> Morning:
    day = item.day.isoformat()
    return {
        "day": day,
        "href": f"/brief?day={day}",
        "bad": item.bad,
        "warn": item.warn,
        "completed": item.activity.completed,
        "on": day == chosen,
    }


def _moment(text: str) -> datetime | None:
    """The moment that an address names; None where it names none that can be told from."""
    with suppress(ValueError, OverflowError):
        found, now = datetime.fromisoformat(text), clock.now()
        return found if found.tzinfo and timedelta(0) <= now - found <= briefs.LONGEST else None
    return None


def _read(work: Work, day: str, since: str) -> dict[str, Any]:
    """The chosen morning's brief, else one of now, and the list of mornings; in one transaction."""
    mornings = briefs.briefs(work, limit=MORNINGS).items
    try:
        found = briefs.kept(work, date.fromisoformat(day)) if day else briefs.brief(work, _moment(since))
    except (NotFound, ValueError):
        found = None
    shown: dict[str, Any] = {
        "mornings": [_morning(item, day) for item in mornings],
        "day": day,
        "missing": found is None,
    }
    if found is None:
        return shown | {"parts": [], "head": {}}
    refused = found.summary.refused
    head = {
        "since": found.since.isoformat(),
        "made": found.made_at.isoformat(),
        "writer": found.summary.written_by.value,
        "model": found.summary.model or "",
        "language": found.language,
        "refused": WHY[refused.code] if refused else "",
        "detail": refused.detail if refused else "",
    }
    return shown | {"parts": _sections(found), "head": head}


class Briefing(Screen, rx.State):
    """The brief that the address names."""

    known: bool = False
    missing: bool = False
    day: str = ""
    head: dict[str, str] = {}
    parts: list[Part] = []
    mornings: list[Morning] = []

    @handler
    async def load(self):
        """Read it."""
        seen = await self.ask(_read, self.arg("day")[:10], self.arg("since")[:40])
        for name, value in seen.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
        self.known = True


def _sentence(one: rx.Var) -> rx.Component:
    """A sentence with its rows; a model's words stand for it where its reader reads their language."""
    refs = rx.foreach(
        one["refs"].to(list[lines.RefLine]),
        lambda ref: rx.el.a(ref["key"], href=ref["href"], class_name=rx.cond(ref["mono"], "mono", "")),
    )
    more = rx.cond(
        one["more"].to(int) > 0,
        rx.cond(
            one["href"] != "",
            link(t("and {n} more", n=one["more"]), one["href"].to(str)),
            rx.el.span(t("and {n} more", n=one["more"])),
        ),
    )
    rows = rx.cond(
        one["refs"].to(list[lines.RefLine]).length() > 0, rx.el.div(refs, more, class_name="row w meta brefs")
    )
    ours = (one["words"] != "") & (language() == Briefing.head["language"])
    return rx.el.li(
        lines.mark(one),
        rx.el.div(
            rx.el.p(rx.cond(ours, one["words"], rx.fragment(lines.spoken(one)))),
            rows,
            class_name="col grow",
        ),
        class_name="bline",
        custom_attrs={"data-row": "1", "data-sentence": one["id"]},
        key=one["id"],
    )


def _part(part: rx.Var) -> rx.Component:
    said = part["sentences"].to(list[SentenceLine])
    return card(rx.el.ul(rx.foreach(said, _sentence)), title=say(part["word"]), key=part["section"])


def _head() -> rx.Component:
    head = Briefing.head
    writer = rx.cond(
        head["writer"] == Writer.MODEL.value,
        t("Written by {model}, and checked against the rows", model=head["model"]),
        t("Written by rule"),
    )
    made = rx.cond(
        Briefing.day != "",
        rx.fragment(t("Made"), " ", when(head["made"], "moment"), " · "),
        rx.fragment(t("As things stand now"), " · "),
    )
    line = rx.el.p(
        made, t("since"), " ", when(head["since"], "moment"), " · ", writer, class_name="m2", style={"fontSize": "13px"}
    )
    refused = rx.fragment(
        t("The words of {model} were not taken.", model=head["model"]), " ", say(head["refused"]), " ",
        rx.cond(head["detail"] != "", rx.el.span(head["detail"], class_name="mono")),
    )  # fmt: skip
    return rx.fragment(line, rx.cond(head["refused"] != "", notice(refused)))


def _earlier() -> rx.Component:
    def one(morning: rx.Var) -> rx.Component:
        counts = rx.el.span(
            rx.cond(morning["bad"] > 0, rx.el.span(icon("octagon-alert", "s", "bad"), number(morning["bad"]),
                    rx.el.span(t("Grave"), class_name="sr"), class_name="row tight")),
            rx.cond(morning["warn"] > 0, rx.el.span(icon("triangle-alert", "s", "warn"), number(morning["warn"]),
                    rx.el.span(t("Worth a look"), class_name="sr"), class_name="row tight")),
            class_name="row end t",
        )  # fmt: skip
        finished = plural("{n} task finished", "{n} tasks finished", morning["completed"])
        return rx.el.a(
            rx.el.span(
                rx.el.span(calendar(morning["day"], "day"), class_name="b5"),
                rx.el.span(finished, class_name="meta trunc"),
                class_name="col grow",
            ),
            counts,
            href=morning["href"],
            class_name=rx.cond(morning["on"], "r two on", "r two"),
            custom_attrs={"data-row": "1", "aria-current": rx.cond(morning["on"], "page", rx.Var("undefined"))},
            key=morning["day"],
        )

    none = rx.el.p(
        t("Each morning at 09:00 by the company's clocks a brief is made, and kept here."), class_name="cb m2"
    )
    now = rx.cond(Briefing.day != "", link(t("As things stand now"), "/brief"), rx.fragment())
    listed = rx.el.div(rx.foreach(Briefing.mornings, one))
    return card(rx.cond(Briefing.mornings, listed, none), title=t("Mornings"), aside=now)


def _missing() -> rx.Component:
    return empty(
        "file-text",
        t("There is no brief of that day"),
        t("A brief is made each morning on which orkwork runs."),
        action=link(t("As things stand now"), "/brief"),
    )


@page(
    "/brief",
    title="Brief",
    state=Briefing,
    topics={"brief", "decision", "task", "agent", "project", "cost", "budget", "anomaly", "forecast", "company"},
    fact=lambda: rx.cond(Briefing.day != "", calendar(Briefing.day, "day"), ""),
)
def brief() -> rx.Component:
    """Every sentence of it."""
    said = rx.el.div(_head(), rx.foreach(Briefing.parts, _part), class_name="c8 stack")
    whole = rx.cond(Briefing.missing, rx.el.div(card(_missing()), class_name="c8"), said)
    shown = grid(whole, rx.el.div(_earlier(), class_name="c4 stack"))
    return rx.cond(Briefing.known, shown, grid(rx.el.div(card(skeleton(8)), class_name="c8")))
