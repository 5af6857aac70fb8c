"""How well agents do: the panel on an agent's page, the figure on its card, and the leaderboard."""

from decimal import Decimal
from typing import Any, TypedDict

import reflex as rx

from orkwork.core.money import plain
from orkwork.domains.performance.models import Part
from orkwork.domains.performance.schemas import PerformanceOut, Ranked, ScoreOut
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.empty import empty
from orkwork.ui.components.figure import bar, key_figure, sparkline
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card
from orkwork.ui.components.table import num, table
from orkwork.ui.locale import number, percent, plural, t

GOOD, FAIR = 75, 50
PARTS = tuple(part.value for part in Part)


class PartLine(TypedDict):
    """One bar of a score."""

    name: str
    share: int
    samples: int
    tone: str


class ScoreLine(TypedDict):
    """An agent's score on its page."""

    known: bool
    score: str
    low: str
    high: str
    samples: int
    parts: list[PartLine]
    days: list[float]
    weeks: list[float]
    months: list[float]
    worst: str
    points: str
    share: float
    of: int


NO_SCORE: ScoreLine = {
    "known": False, "score": "", "low": "", "high": "", "samples": 0, "parts": [], "days": [], "weeks": [], "months": [],
    "worst": "", "points": "", "share": 0.0, "of": 0,
}  # fmt: skip
"""What stands there while there is nothing to judge by."""


class RankLine(TypedDict):
    """One line of the leaderboard."""

    id: str
    href: str
    name: str
    place: int
    known: bool
    score: str
    low: str
    high: str
    samples: int
    change: str
    completion: int
    speed: int
    quality: int
    defects: int
    cost: int


def _tone(share: float) -> str:
    return "" if share >= GOOD else "warn" if share >= FAIR else "bad"


def score_line(found: PerformanceOut) -> ScoreLine:
    """A score as the page holds it."""
    current, worst = found.current, found.improvement
    if current is None:
        return NO_SCORE
    values = {part.part: part for part in current.parts}
    lowest = values.get(worst.part) if worst else None
    return {
        "known": True,
        "score": plain(current.score),
        "low": plain(current.low),
        "high": plain(current.high),
        "samples": current.samples,
        "parts": [_part(current, part) for part in Part],
        "days": [float(one.score) for one in found.days],
        "weeks": [float(one.score) for one in found.weeks],
        "months": [float(one.score) for one in found.months],
        "worst": "few" if worst and worst.only_few else worst.part.value if worst else "",
        "points": f"{worst.points:.1f}" if worst else "",
        "share": round(lowest.value, 4) if lowest else 0.0,
        "of": lowest.samples if lowest else 0,
    }


def _part(current: ScoreOut, part: Part) -> PartLine:
    found = next((one for one in current.parts if one.part is part), None)
    share = -1 if found is None else round(found.pulled * 100)
    return {"name": part.value, "share": share, "samples": found.samples if found else 0, "tone": _tone(share)}


def rank_line(one: Ranked) -> RankLine:
    """A line of the leaderboard as the page holds it; a part without data is -1."""
    current = one.current
    shares = dict.fromkeys(PARTS, -1)
    if current:
        shares |= {part.part.value: round(part.pulled * 100) for part in current.parts}
    change = one.change
    line: dict[str, Any] = {
        "id": str(one.agent_id),
        "href": f"/agents/{one.agent_id}",
        "name": one.agent_name,
        "place": one.place or 0,
        "known": current is not None,
        "score": plain(current.score) if current else "",
        "low": plain(current.low) if current else "",
        "high": plain(current.high) if current else "",
        "samples": current.samples if current else 0,
        "change": "" if change is None else f"{change.quantize(Decimal('0.1')):+}".replace("-", "−"),
    }
    return RankLine(**(line | shares))


def part_name(name: Any) -> rx.Component:
    """A part in words."""
    return rx.match(
        name,
        ("completion", t("Completed")),
        ("speed", t("Speed")),
        ("quality", t("First-pass reviews")),
        ("defects", t("Stayed closed")),
        ("cost", t("Cost efficiency")),
        "",
    )


def badge(agent: Any) -> rx.Component:
    """The score on a card."""
    says = t("Score {n} of 100", n=number(agent["score"]))
    known = rx.el.span(
        icon("gauge", "s"), number(agent["score"]), class_name="pill t", title=says, role="img", aria_label=says
    )
    return rx.cond(agent["score"] != "", known)


def _interval(line: Any) -> rx.Var:
    return t("{low} to {high}", low=number(line["low"]), high=number(line["high"]))


def _bar(part: Any) -> rx.Component:
    known = rx.fragment(
        bar(part["share"], label=t("{n} of 100", n=part["share"]), tone=part["tone"], text=number(part["share"])),
        rx.el.span(plural("{n} sample", "{n} samples", part["samples"]), class_name="meta"),
    )
    none = rx.el.span(t("no data; the other parts count more"), class_name="meta")
    return rx.el.li(
        rx.el.span(part_name(part["name"]), class_name="b5", style={"fontSize": "13px"}),
        rx.cond(part["share"].to(int) >= 0, known, none),
        class_name="col",
        style={"gap": "2px"},
    )


def _raises(line: Any) -> rx.Component:
    values: dict[str, Any] = {"points": line["points"], "share": percent(line["share"]), "n": line["of"]}
    few = {name: values[name] for name in ("n", "points")}
    says = rx.match(
        line["worst"],
        ("completion", t("Tasks that fail take {points} points: {share} of {n} were completed.", **values)),
        (
            "speed",
            t("Slow work takes {points} points: it reaches {share} of the expected pace over {n} tasks.", **values),
        ),
        ("quality", t("Reviews take {points} points: {share} of {n} passed the first time.", **values)),
        ("defects", t("Re-opened work takes {points} points: {share} of {n} completed tasks stayed closed.", **values)),
        (
            "cost",
            t(
                "Cost takes {points} points: its peers need {share} of what it spends for a task, over {n} tasks.",
                **values,
            ),
        ),
        (
            "few",
            t("More tasks: it did well, but {n} samples are few, and the company's mean takes {points} points.", **few),
        ),
        t("Nothing: this is the whole hundred."),
    )
    return rx.el.div(
        rx.el.div(t("What would raise it"), class_name="b5", style={"fontSize": "13px"}),
        rx.el.p(says, class_name="m2", style={"fontSize": "13px", "lineHeight": "20px"}),
        class_name="col",
    )


def _trend(label: Any, values: Any) -> rx.Component:
    few = rx.el.span(t("too little data"), class_name="meta")
    return rx.el.div(
        rx.el.span(label, class_name="meta"),
        rx.cond(values.length() > 1, sparkline(values, label=label), few),
        class_name="col",
        style={"gap": "4px"},
    )


def score_card(state: Any) -> rx.Component:
    """The score with its interval, its parts, how it went, and what would raise it."""
    line = state.score
    figure = key_figure(
        t("Score, 30 days"),
        number(line["score"], 1),
        unit=t("of 100"),
        change=rx.el.span(
            t("95% sure: {low} to {high}", low=number(line["low"]), high=number(line["high"])),
            " · ",
            plural("{n} task", "{n} tasks", line["samples"]),
        ),
    )
    trends = rx.el.div(
        _trend(t("By day, 30 days"), line["days"].to(list[float])),
        _trend(t("By week"), line["weeks"].to(list[float])),
        _trend(t("By month"), line["months"].to(list[float])),
        class_name="row w",
        style={"gap": "12px 24px", "alignItems": "flex-start"},
    )
    parts = rx.el.ul(rx.foreach(line["parts"].to(list[PartLine]), _bar), class_name="col", style={"gap": "12px"})
    known = rx.el.div(figure, trends, parts, _raises(line), class_name="cb stack")
    none = rx.el.p(
        t("The score comes when it has completed or failed its first task; until then it counts as 50."),
        class_name="cb m2",
    )
    return card(rx.cond(line["known"].to(bool), known, none), title=t("Performance"))


def _cell(share: Any) -> rx.Component:
    return rx.cond(share.to(int) >= 0, number(share), rx.el.span("—", class_name="m2"))


def _row(line: Any) -> list[Any]:
    face = rx.el.span(
        avatar(line["name"], size="md"), rx.el.span(line["name"], class_name="trunc b5"), class_name="row"
    )
    score = rx.el.span(
        rx.el.b(number(line["score"], 1), class_name="b6"),
        " ",
        rx.el.span(_interval(line), class_name="meta"),
        class_name="nw",
    )
    return [
        rx.cond(line["place"].to(int) > 0, number(line["place"]), "—"),
        rx.el.a(
            face, href=line["href"], custom_attrs={"data-main": "1"}, style={"display": "block", "maxWidth": "200px"}
        ),
        rx.cond(line["known"].to(bool), score, rx.el.span(t("no data yet"), class_name="meta")),
        number(line["samples"]),
        rx.cond(line["change"] != "", line["change"].to(str), "—"),
        *[_cell(line[part]) for part in PARTS],
    ]


def leaderboard(rows: Any) -> rx.Component:
    """The agents by score, with the interval, the sample size and the five parts."""
    heads = [
        num(t("Place")), t("Agent"), num(t("Score, 95% interval")), num(t("Tasks")), num(t("In a week")),
        *[num(part_name(part)) for part in PARTS],
    ]  # fmt: skip
    how = rx.el.p(
        t("Of 30 days. Few tasks pull a score to the company's mean and widen its interval."),
        class_name="meta",
        style={"padding": "12px 16px", "borderTop": "1px solid var(--line-soft)"},
    )
    none = empty(
        "gauge", t("Scores will be here"), t("Agents are ranked by how well their tasks went, from the first one on.")
    )
    listed = card(
        table(heads, rows, _row, label=t("Leaderboard"), row_id=lambda line: line["id"]), how, title=t("Leaderboard")
    )
    return rx.cond(rows.length() > 0, listed, card(none))
