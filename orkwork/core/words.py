"""Sentences in a reader's language, for texts that are made on the server: the same catalogues that pages use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from babel import Locale
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

Language = Literal["en", "uk"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "uk")
PO_FILES: Final = Path(__file__).parents[1] / "ui" / "locales"
_FORMS: Final = {"one": 0, "few": 1, "many": 2, "other": 1}
"""The place of a plural category among a catalogue's forms."""
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the source, which is English; `many` where it speaks of a number."""

    one: str
    many: str | None = None


def t(text: str) -> Text:
    """A text; `{name}` in it is replaced when it is said."""
    return Text(text)


def plural(one: str, many: str) -> Text:
    """A text that speaks of `{n}` things."""
    return Text(one, many)


@cache
def messages(language: str) -> dict[str, str | list[str]]:
    """The translations of one language, plural forms as lists; English has none."""
    out: dict[str, str | list[str]] = {}
    for path in sorted((PO_FILES / language).glob("*.po")):
        with path.open("rb") as file:
            for entry in read_po(file, locale=language):
                if not entry.id or entry.fuzzy or not entry.string:
                    continue
                if isinstance(entry.id, str):
                    out[entry.id] = str(entry.string)
                else:
                    out[entry.id[0]] = [str(form) for form in entry.string]
    return out


def form(text: Text, n: int, language: Language) -> str:
    """The text in a language, in the form that the number needs; its places are not filled yet."""
    known = messages(language).get(text.one)
    kind = Locale(language).plural_form(n)
    if isinstance(known, list):
        return known[min(_FORMS.get(kind, 0), len(known) - 1)]
    if known is not None:
        return known
    return text.one if text.many is None or kind == "one" else text.many


_PLACE: Final = re.compile(r"\{(\w+)\}")


def fill(text: str, params: Mapping[str, Any], language: Language) -> str:
    """A text with its places filled. What a place holds, its name's end says: `usd`, `share` and `day` are written as the
    language writes money, a part of one and a date; whole numbers are grouped; anything else stands as it is."""
    return _PLACE.sub(lambda place: written(place[1], params[place[1]], language), text)


def written(name: str, value: Any, language: Language) -> str:
    """One value as the language writes it."""
    kind = name.rpartition("_")[2]
    if kind == "usd":
        return money(Decimal(str(value)), language)
    if kind == "share":
        return format_percent(
            value, format="#,##0\N{NO-BREAK SPACE}%" if language == "uk" else "#,##0%", locale=language
        )
    if kind == "day":
        return format_date(date.fromisoformat(str(value)), "d MMMM", locale=language)
    if isinstance(value, int) and not isinstance(value, bool):
        return format_decimal(value, format="#,##0", locale=language)
    return str(value)


def money(amount: Decimal, language: Language) -> str:
    """USD as pages write it; an amount too small for cents is '<$0.01', never zero."""
    shown = _CENT if 0 < amount < _CENT else amount.quantize(_CENT, ROUND_HALF_UP)
    figure = format_decimal(abs(shown), format="#,##0.00", locale=language)
    text = f"{figure}\N{NO-BREAK SPACE}$" if language == "uk" else f"${figure}"
    return ("<" if 0 < amount < _CENT else "-" if shown < 0 else "") + text
