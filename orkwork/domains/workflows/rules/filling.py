"""Filling `{{root.name}}` into texts: once, by name, and nothing else. What is filled in is never read again."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orkwork.core.errors import Invalid, invalid

_PLACE: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_REFERENCE: Final = re.compile(r"\s*([a-z]+)((?:\.[A-Za-z0-9_-]{1,80}){1,12})\s*")
_SHOWN = 60
MISSING: Final = object()
"""What a path that leads nowhere gives."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One `{{root.a.b}}`."""

    root: str
    path: tuple[str, ...]


def references(text: str, root: str, field: str) -> list[Reference]:
    """What a text refers to; Invalid names the place that is no `{{root.name}}`."""
    found = []
    for place in _PLACE.finditer(text):
        match = _REFERENCE.fullmatch(place[1])
        if match is None or match[1] != root:
            raise invalid(
                field,
                f"{_shown(place[0])} is not filled in here: only {{{{{root}.name}}}} is, without calculation or nesting",
            )
        found.append(Reference(match[1], tuple(match[2][1:].split("."))))
    rest = _PLACE.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise invalid(field, "has a {{ or }} without its other half")
    return found


def fill(text: str, data: Mapping[str, Any]) -> str:
    """The text with every reference replaced by its value; a value that is missing or null becomes nothing."""
    return _PLACE.sub(lambda place: words(_value(place[1], data)), text)


def fill_value(value: Any, data: Mapping[str, Any]) -> Any:
    """The same for a value: a text that is one reference and nothing else keeps the type of what it refers to."""
    if not isinstance(value, str):
        return value
    whole = _PLACE.fullmatch(value)
    if whole is not None and "{{" not in whole[1]:
        found = _value(whole[1], data)
        return None if found is MISSING else found
    return fill(value, data)


def has_places(value: Any) -> bool:
    """Whether a value holds something that looks as if it were to be filled in."""
    return isinstance(value, str) and ("{{" in value or "}}" in value)


def look_up(data: Any, path: tuple[str, ...]) -> Any:
    """What a path leads to; list items by their number."""
    for name in path:
        if isinstance(data, Mapping) and name in data:
            data = data[name]
        elif isinstance(data, list) and name.isdigit() and int(name) < len(data):
            data = data[int(name)]
        else:
            return MISSING
    return data


def words(value: Any) -> str:
    """A value as it stands in a text."""
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _value(inner: str, data: Mapping[str, Any]) -> Any:
    match = _REFERENCE.fullmatch(inner)
    return look_up(data, (match[1], *match[2][1:].split("."))) if match else MISSING


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def relocated(error: Invalid, field: str) -> Invalid:
    """The same refusal under another field's name."""
    return invalid(field, error.errors[0].message if error.errors else error.message)
