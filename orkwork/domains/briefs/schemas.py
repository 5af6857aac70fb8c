"""Briefs as they leave."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from orkwork.core.money import Usd
from orkwork.core.schema import Out
from orkwork.core.words import Language
from orkwork.domains.briefs.models import Gravity, Section, Writer


class BriefRef(Out):
    """One row behind a sentence."""

    kind: Literal["task", "agent", "project", "budget", "decision", "anomaly"]
    id: UUID
    key: str
    """What a person calls it: a task's key, an agent's name, a decision's title."""
    href: str
    """The page that shows it."""


class Piece(Out):
    """A piece of a sentence, a link where it names its rows."""

    text: str
    href: str | None = None


class BriefSentence(Out):
    """One thing that is to be known, with the rows that it was read from."""

    section: Section
    severity: Gravity
    template: str
    """What it says, as a stable name: `tasks.overdue`."""
    params: dict[str, Any]
    """What is filled in; money as decimal strings in USD, shares between 0 and 1, days as dates."""
    count: int
    """How many rows it speaks of."""
    refs: list[BriefRef]
    """The first of them."""
    href: str
    """The page that lists them."""
    parts: dict[Language, list[Piece]]
    """The sentence in each language, taken apart at its links."""
    texts: dict[Language, str]
    """The same without its links."""
    text: str
    """The sentence in the answer's language."""


class Activity(Out):
    """What happened in the time that a brief tells of."""

    completed: int
    handed_in: int
    failed: int
    spent_usd: Usd


class Rewritten(Out):
    """A model's words for one of the sentences, named by its place from 1 on."""

    sentence: int
    text: str


RefusedFor = Literal[
    "away", "not_json", "left_out", "length", "markup", "number", "name", "key", "day", "word", "negation"
]  # fmt: skip
"""`away`: the model gave no answer. `not_json`, `left_out`: it is not one text for each sentence. The others say in what a
text differs from its sentence: it brings, loses or moves a number, brings another name, key, day, measure or sign, or denies
what is asserted."""


class Refused(Out):
    """Why no model's words stand here."""

    code: RefusedFor
    detail: str
    """What, as far as it can be named."""


class Summary(Out):
    """The brief as a text."""

    text: str
    language: Language
    written_by: Writer
    model: str | None
    rewritten: list[Rewritten]
    """The model's words for each sentence; empty when a rule wrote."""
    refused: Refused | None
    """Why the model's words were not taken, when they were not."""


class BriefOut(Out):
    """What happened since a moment and what is the matter now; the gravest first."""

    id: UUID | None
    """Null when it was made for this answer and is not kept."""
    day: date
    """Of the company's zone."""
    since: datetime
    made_at: datetime
    time_zone: str
    language: Language
    """In which its texts are."""
    activity: Activity
    sentences: list[BriefSentence]
    summary: Summary


class BriefItem(Out):
    """A kept brief in a list."""

    id: UUID
    day: date
    since: datetime
    made_at: datetime
    activity: Activity
    bad: int
    """Sentences of this severity."""
    warn: int
    summary: Summary
