"""What a text claims, word by word: its numbers in their order, and the words that only a source may bring. Pure.

Words are compared after compatibility normalisation, so that no other way of writing a digit or a letter gets past.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from orkwork.core.words import Language

MASK: Final = "\ue000"
"""Stands for a name of the source in a text that is looked at."""
_WORD: Final = r"[^\W\d_]+(?:['-][^\W\d_]+)*"
_FIGURE: Final = r"\d{1,3}(?: \d{3})+(?:[.,]\d+)?(?![\d.,:/]*\d)|\d+(?:[.,:/]\d+)*"
_TOKEN: Final = re.compile(f"(?P<figure>{_FIGURE})|(?P<word>{_WORD})")
_STRANGE: Final = ("Sc", "So", "Sk", "Zl", "Zp")
_MARKUP: Final = "<>[]{}`|\\*_#~^=@/+&"
KEY: Final = re.compile(r"(?<!\w)[^\W\d_][^\W_]*-\d+")
_APOSTROPHES: Final = str.maketrans(dict.fromkeys("’ʼ‘`ʹ", "'") | dict.fromkeys("‐‑−", "-"))

_SMALL: Final = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    "uk": "нуль,ноль,нуля один,одна,одне,одного,одну,одній,одним,однієї,одні два,дві,двох,двом,двома три,трьох,трьом,трьома "
    "чотири,чотирьох,чотирьом,чотирма п'ять,п'яти,п'ятьох,п'ятьма шість,шести,шістьох,шістьма сім,семи,сімох,сьома "
    "вісім,восьми,вісьмох,вісьма дев'ять,дев'яти,дев'ятьох,дев'ятьма десять,десяти,десятьох,десятьма одинадцять,одинадцяти "
    "дванадцять,дванадцяти тринадцять,тринадцяти чотирнадцять,чотирнадцяти п'ятнадцять,п'ятнадцяти "
    "шістнадцять,шістнадцяти сімнадцять,сімнадцяти вісімнадцять,вісімнадцяти дев'ятнадцять,дев'ятнадцяти",
}
_TENS: Final = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "uk": "двадцять,двадцяти тридцять,тридцяти сорок,сорока п'ятдесят,п'ятдесяти шістдесят,шістдесяти сімдесят,сімдесяти "
    "вісімдесят,вісімдесяти дев'яносто,дев'яноста",
}
SPELLED: Final = {
    language: {word: n for n, words in enumerate(_SMALL[language].split()) for word in words.split(",")}
    | {word: n * 10 for n, words in enumerate(_TENS[language].split(), 2) for word in words.split(",")}
    for language in ("en", "uk")
}
MEASURES: Final = {
    "en": "dozen half= halves= doubl twice= thrice= tripl quadrupl couple= quarter third= fourth= fifth= hundred thousand "
    "million billion trillion both= single= first second= last= most= all= every= each= percent dollar bucks= cent= cents= "
    "euro pound hryvn majority",
    "uk": "дюжин половин пів= подвій двічі= тричі= вдвіч удвіч втрич утрич чверт третин сотн сотен= тисяч мільйон мільярд "
    "трильйон обидв обоє= обох= десятк кільканадцят перш друг третій третя третє останн більшіст усі= всі= усіх= всіх= кожн "
    "відсот процент долар цент євро грив фунт",
}
"""Words that say how much, or their stems where no `=` follows; each may stand only where the source has it."""
DAYS: Final = {
    "en": "today tomorrow yesterday tonight overnight night morning noon afternoon evening midnight monday tuesday wednesday "
    "thursday friday saturday sunday january february april june july august september october november december week "
    "fortnight month year day daily hour minute weekend quarterly annual decade",
    "uk": "сьогодн завтра вчора учора позавчора післязавтра понеділ вівтор середа середу середи середою четвер п'ятниц субот "
    "неділ січень січня січні лютий лютого лютому березень березня березні квітень квітня квітні травень травня травні "
    "червень червня червні липень липня липні серпень серпня серпні вересень вересня вересні жовтень жовтня жовтні листопад "
    "грудень грудня грудні тижд тижн місяц рік року роки років роках щодн щотиж щоміс день дня дні днів дню днем доб ніч ноч "
    "вноч уноч ранок ранк вранц уранц вечір вечор ввечер увечер опівдн опівноч годин хвилин",
}
"""The same of words that say when."""
_DENYING: Final = {
    "en": "no not never nobody none nothing neither nor without cannot hardly barely nowhere",
    "uk": "не ні ніхто нікого ніщо нічого ніколи ніде жоден жодна жодне жодного жодної жодну без немає нема ані навряд",
}
NEGATIONS: Final = {language: frozenset(words.split()) for language, words in _DENYING.items()}
_OPENING: Final = {
    "en": (
        "a an the and but so there this these that those it its they their in on of for with at by from to as while meanwhile also "
        "still yet now here please note overall currently however among since despite because after before another other some "
        "several more your you we our what when which who how is are has have had was were be being been work tasks task agents "
        "agent decisions decision budgets budget anomalies anomaly deadlines reviews"
    ),
    "uk": (
        "а але й і та що це ці цей ця є у в на з із зі за до від для по при про як поки також ще вже тепер зараз тут там тим тоді "
        "однак проте крім через після перед інший інші деякі кілька більше ваш ваша ваше ваші вас вам ви ми наш яка який які яке "
        "коли хто задачі задача задач агенти агент агентів рішення бюджет бюджети робота роботи відхилення строк строки"
    ),
}
OPENERS: Final = {language: frozenset(words.split()) for language, words in _OPENING.items()}
"""Words that a sentence may begin with, although they are not in the source: of any other capital word nobody can tell
whether it is a name."""


def cleaned(text: str) -> str:
    """The text as it is compared: one way to write each letter and digit, plain spaces, hyphens and apostrophes."""
    return unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)


def masked(text: str, names: Iterable[str]) -> str:
    """A cleaned text with names of the source taken out where they stand as words of their own."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(rf"(?<![\w{MASK}]){re.escape(name)}(?!\w)", MASK, text)
    return text


def strange_sign(text: str, source: str) -> str | None:
    """A sign that neither plain prose nor the source has: markup, control, other currencies, other scripts' digits."""
    for sign in text:
        kind = unicodedata.category(sign)
        digit = unicodedata.numeric(sign, None) is not None and not ("0" <= sign <= "9")
        if sign not in source and (digit or kind[0] == "C" or kind in _STRANGE or sign in _MARKUP):
            return sign
    return None


@dataclass(frozen=True, slots=True)
class Token:
    """One word or figure of a text."""

    text: str
    begins: int
    ends: int
    is_figure: bool
    opens: bool
    """Whether it begins a sentence."""


def tokens(text: str) -> list[Token]:
    """The words and figures of a cleaned text."""
    found = []
    for one in _TOKEN.finditer(text):
        before = text[: one.start()].rstrip(" \"'«“(")
        opens = not before or before[-1] in ".!?…"
        found.append(Token(one[0], one.start(), one.end(), one["figure"] is not None, opens))
    return found


def numbers(text: str, language: Language) -> list[str]:
    """The numbers of a masked text in their order, each with its unit, however it is written."""
    found: list[str] = []
    tens: tuple[int, int] | None = None  # spelled tens, and where they end: 'twenty one' is one number
    for one in tokens(text):
        for value in _figures(one, language) if one.is_figure else _spelled(one.text.lower(), language):
            whole = value
            if tens and isinstance(value, int) and 0 < value < 10 and not text[tens[1] : one.begins].strip(" -"):
                found.pop()
                whole = value + tens[0]
            found.append(f"{whole}{_unit(text, one)}")
            is_tens = isinstance(whole, int) and whole >= 20 and whole % 10 == 0
            tens = (int(whole), one.ends) if is_tens else None
    return found


def _spelled(word: str, language: Language) -> list[int]:
    known = SPELLED[language]
    values = [known[part] for part in ([word] if word in known else word.split("-")) if part in known]
    if len(values) == 2 and values[0] >= 20 and values[0] % 10 == 0 and 0 < values[1] < 10:
        return [sum(values)]
    return values


def _is_number(word: str, language: Language) -> bool:
    return word in SPELLED[language] or all(part in SPELLED[language] for part in word.split("-"))


def _figures(one: Token, language: Language) -> list[str]:
    plain = one.text.replace(" ", "")
    if language == "uk":
        plain = plain.replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(r"\d+(\.\d+)?", plain):
        return [plain]
    return [f"{Decimal(plain).normalize():f}"]


_PERCENT: Final = re.compile(r" ?(%|per ?cent|percent|відсот|процент)")
_DOLLAR: Final = re.compile(r" ?(\$|usd\b|dollar|долар)", re.IGNORECASE)


def _unit(text: str, one: Token) -> str:
    """What is counted: dollars, per cent, or things; signs and letters that stick to a figure make it another one."""
    before, after = text[: one.begins], text[one.ends :]
    if _PERCENT.match(after):
        unit = "%"
    elif before.endswith("$") or _DOLLAR.match(after):
        unit = "$"
    else:
        unit = ""
    if not one.is_figure:
        return unit
    stuck = re.match(r"[^\W\d_]+|-\w+", after)
    sign = re.search(r"(?:^|[^\w])(-)\$?$|([\w-])$", before)
    return unit + (f"~{stuck[0]}" if stuck else "") + ("-" if sign else "")


def brought(text: str, source: str, stems: str) -> str | None:
    """A word with one of these stems that the source has no word of."""
    own = {word.lower() for word in re.findall(_WORD, source)}
    for word in re.findall(_WORD, text):
        for stem in stems.split():
            if _has(word.lower(), stem) and not any(_has(other, stem) for other in own):
                return word
    return None


def _has(word: str, stem: str) -> bool:
    return word == stem[:-1] if stem.endswith("=") else word.startswith(stem)


def with_units(source: str) -> str:
    """A source with the words that its signs stand for."""
    return source + (" dollars долар" if "$" in source else "") + (" percent відсоток процент" if "%" in source else "")


def denies(text: str, language: Language) -> bool:
    """Whether a text denies something."""
    words = [word.lower() for word in re.findall(_WORD, text)]
    return any(word in NEGATIONS[language] or word.endswith("n't") for word in words)


def other_name(text: str, source: str, language: Language) -> str | None:
    """A word of a masked text that may be a name and is not in the source: a capital one, or one in another script."""
    own = set(re.findall(_WORD, source))
    folded = {word.lower() for word in own}
    for one in tokens(text):
        if one.is_figure or one.text in own or _is_number(one.text.lower(), language):
            continue
        if not _in_script(one.text, language):
            return one.text
        plainly = one.opens and one.text[1:] == one.text[1:].lower() and one.text.lower() in folded | OPENERS[language]
        if one.text != one.text.lower() and not plainly:
            return one.text
    return None


def _in_script(word: str, language: Language) -> bool:
    script = "CYRILLIC" if language == "uk" else "LATIN"
    return all(unicodedata.name(letter, "").startswith(script) for letter in word if letter.isalpha())


def known_name(text: str, source: str, known: Iterable[str]) -> str | None:
    """A name of the company that stands in a masked text in any case, and not in the source."""
    low, own = cleaned(text).casefold(), cleaned(source).casefold()
    for name in known:
        folded = cleaned(name).casefold()
        if folded and folded in low:
            pattern = rf"(?<!\w){re.escape(folded)}(?!\w)"
            if re.search(pattern, low) and not re.search(pattern, own):
                return name
    return None
