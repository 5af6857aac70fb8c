"""Words and figures in the reader's language, looked up in the browser: changing the language asks no server."""

import json
from typing import Any

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars.base import VarData

LOCALES = {"en": "English", "uk": "Українська"}

_LOCALE = VarData(
    imports={"$/public/kit/locale.js": [ImportVar(tag="useLocale")]},
    hooks={"const L = useLocale()": None},
)


def _call(function: str, *args: Any, params: dict[str, Any] | None = None) -> rx.Var[str]:
    values = [rx.Var.create(arg) for arg in args]
    if params:
        values.append(rx.Var.create(params))
    data = VarData.merge(_LOCALE, *(value._get_all_var_data() for value in values))
    code = f"L.{function}({','.join(str(value) for value in values)})"
    return rx.Var(_js_expr=code, _var_type=str, _var_data=data).guess_type()


def t(text: str, **params: Any) -> rx.Var[str]:
    """`text` in the reader's language; `{name}` in it is replaced by the parameter of that name."""
    return _call("t", text, params=params)


def plural(one: str, many: str, n: Any, **params: Any) -> rx.Var[str]:
    """The form of a sentence that the number needs: `plural("{n} task", "{n} tasks", State.count)`."""
    return _call("plural", one, many, n, params=params)


def say(text: Any) -> rx.Var[str]:
    """A text that is only known while running (a name of a state, an error), translated when the catalogue has it."""
    return _call("t", text)


def money(amount: Any, digits: int = 2) -> rx.Var[str]:
    """A decimal string in USD as the reader writes money, with so many digits; '—' when there is none.

    An amount too small for the digits is '<$0.01', never zero.
    """
    return _call("money", amount, digits)


def number(value: Any, digits: int = 0) -> rx.Var[str]:
    """A number grouped as the reader groups it, with this many digits after the point; '—' when there is none."""
    return _call("number", value, digits)


def language() -> rx.Var[str]:
    """The reader's language: `en` or `uk`."""
    return rx.Var(_js_expr="L.locale", _var_type=str, _var_data=_LOCALE)


def percent(share: Any, digits: int = 0) -> rx.Var[str]:
    """A share of one as per cent."""
    return _call("percent", share, digits)


def duration(seconds: Any) -> rx.Var[str]:
    """Seconds as '1 h 40 min', in at most two units."""
    return _call("duration", seconds)


def day(at: Any) -> rx.Var[str]:
    """An ISO time as a short day, with the year only when it is another one."""
    return _call("day", at)


def calendar(day_: Any, grain: Any) -> rx.Var[str]:
    """A date of the company's calendar, which no zone moves: a day, the Monday of a week, or a month, by its grain."""
    return _call("calendar", day_, grain)


def moment(at: Any) -> rx.Var[str]:
    """An ISO time as a day with hours and minutes."""
    return _call("moment", at)


def due(at: Any, zone: Any) -> rx.Var[str]:
    """An ISO time that is to come as weekday, day and time in a zone: 'Monday 30 November at 09:00'."""
    return _call("due", at, zone)


def quoted(text: str) -> str:
    """`text` as a JavaScript string that is also safe inside a script element."""
    return json.dumps(text).replace("</", "<\\/")
