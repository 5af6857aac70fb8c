"""Sentences as pages hold them: both languages at once, so that a change of the language asks no server."""

import re
from typing import Any, TypedDict

import reflex as rx

from orkwork.domains.briefs.models import Gravity
from orkwork.domains.briefs.schemas import BriefSentence
from orkwork.ui.components.icon import icon
from orkwork.ui.locale import language, t

TONES = {Gravity.BAD: "bad", Gravity.WARN: "warn", Gravity.INFO: "idle"}
_KEY = re.compile(r"\w{1,12}-\d+")


class PartLine(TypedDict):
    """A piece of a sentence."""

    text: str
    href: str
    whole: bool
    """Whether it is a task's key, which no line breaks."""


class RefLine(TypedDict):
    """A row behind a sentence."""

    key: str
    href: str
    mono: bool


class SentenceLine(TypedDict):
    """A sentence in both languages."""

    id: str
    section: str
    tone: str
    en: list[PartLine]
    uk: list[PartLine]
    refs: list[RefLine]
    more: int
    href: str
    words: str


def line(sentence: BriefSentence, place: int, words: str = "") -> SentenceLine:
    """A sentence as a page holds it; `words` are a model's for it. A row that the sentence itself leads to is not named again."""
    named = {part.text for part in sentence.parts["en"] if part.href}
    refs = sentence.refs if sentence.count > 1 or not {ref.key for ref in sentence.refs} <= named else []
    return {
        "id": f"{place}-{sentence.template}",
        "section": sentence.section.value,
        "tone": TONES[sentence.severity],
        "en": _parts(sentence, "en"),
        "uk": _parts(sentence, "uk"),
        "refs": [{"key": ref.key, "href": ref.href, "mono": ref.kind == "task"} for ref in refs],
        "more": max(0, sentence.count - len(sentence.refs)),
        "href": sentence.href,
        "words": words,
    }


def _parts(sentence: BriefSentence, name: Any) -> list[PartLine]:
    return [
        {"text": part.text, "href": part.href or "", "whole": _KEY.fullmatch(part.text) is not None}
        for part in sentence.parts[name]
    ]


def spoken(sentence: Any) -> rx.Component:
    """A sentence in the reader's language with its links; what it says is text, whatever it holds."""

    def part(one: Any) -> rx.Component:
        link = rx.el.a(one["text"], href=one["href"], class_name=rx.cond(one["whole"], "nw", ""))
        return rx.cond(one["href"] != "", link, rx.fragment(one["text"]))

    here = rx.cond(language() == "uk", sentence["uk"], sentence["en"]).to(list[PartLine])
    return rx.foreach(here, part)


def mark(sentence: Any) -> rx.Component:
    """How grave a sentence is: a sign with its word."""
    return rx.match(
        sentence["tone"],
        ("bad", rx.el.span(icon("octagon-alert", tone="bad"), rx.el.span(t("Grave"), class_name="sr"))),
        ("warn", rx.el.span(icon("triangle-alert", tone="warn"), rx.el.span(t("Worth a look"), class_name="sr"))),
        rx.el.span(icon("info", tone="idle"), rx.el.span(t("Good to know"), class_name="sr")),
    )
