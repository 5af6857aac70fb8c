"""Conditions: a small language that compares and combines, and can do nothing else.

    input.region == "eu" and not (input.dry_run or input.size in [1, 2, 3])

`==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`, `and`, `or`, `not`, brackets; texts in quotes, numbers, `true`, `false`,
`null`. No calls, no arithmetic, no loops: it always ends, and at once.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orkwork.core.errors import invalid
from orkwork.domains.workflows.rules.filling import MISSING, look_up

MAX_CHARACTERS: Final = 1000
MAX_DEPTH: Final = 30
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"[^"\\]*"|'[^'\\]*')|(?P<number>-?\d{1,15}(?:\.\d{1,9})?)(?![\w.])"""
    r"""|(?P<path>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*)|(?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,))"""
)
_WORDS: Final = {"true": True, "false": False, "null": None}
_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
Data = Mapping[str, Any]
Test = Callable[[Data], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read: how it is judged, and what it looks at."""

    holds: Callable[[Data], bool]
    paths: tuple[tuple[str, ...], ...]


def read(text: str, roots: tuple[str, ...], field_name: str) -> Condition:
    """Read a condition over `root.…`, the root being one of these; Invalid says where it can't be read."""
    if len(text) > MAX_CHARACTERS:
        raise invalid(field_name, f"is longer than {MAX_CHARACTERS} characters")
    reader = _Reader(_tokens(text, field_name), roots, field_name)
    test = reader.any_of(0)
    if reader.kind != "end":
        raise reader.fault(f"does not expect {reader.word!r} here")
    return Condition(lambda data: test(data) is True, tuple(dict.fromkeys(reader.paths)))


def _tokens(text: str, field_name: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise invalid(field_name, f"can't be read from {text[at : at + 20].strip()!r} on")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return [*found, ("end", "its end")]


@dataclass
class _Reader:
    """Reads by recursive descent."""

    tokens: list[tuple[str, str]]
    roots: tuple[str, ...]
    field_name: str
    at: int = 0
    paths: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0]

    @property
    def word(self) -> str:
        return self.tokens[self.at][1]

    def fault(self, message: str) -> Exception:
        return invalid(self.field_name, message)

    def takes(self, *words: str) -> bool:
        """Go on over these words when they come next."""
        ahead = [word for kind, word in self.tokens[self.at : self.at + len(words)] if kind in ("path", "sign")]
        if ahead != list(words):
            return False
        self.at += len(words)
        return True

    def expects(self, word: str) -> None:
        if not self.takes(word):
            raise self.fault(f"expects {word!r} before {self.word!r}")

    def any_of(self, depth: int) -> Test:
        parts = [self.all_of(depth)]
        while self.takes("or"):
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else lambda data: any(part(data) is True for part in parts)

    def all_of(self, depth: int) -> Test:
        parts = [self.one(depth)]
        while self.takes("and"):
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else lambda data: all(part(data) is True for part in parts)

    def one(self, depth: int) -> Test:
        if depth > MAX_DEPTH:
            raise self.fault(f"is nested deeper than {MAX_DEPTH}")
        if self.takes("not"):
            part = self.one(depth + 1)
            return lambda data: part(data) is not True
        if self.takes("("):
            part = self.any_of(depth + 1)
            self.expects(")")
            return part
        return self.comparison()

    def comparison(self) -> Test:
        left = self.operand()
        if self.takes("not", "in"):
            listed = self.listed()
            return lambda data: not _contains(listed, left(data))
        if self.takes("in"):
            listed = self.listed()
            return lambda data: _contains(listed, left(data))
        for sign in ("==", "!=", *_ORDER):
            if self.takes(sign):
                return _compared(sign, left, self.operand())
        return left

    def operand(self) -> Test:
        kind, word = self.kind, self.word
        if kind == "path" and word in ("and", "or", "not", "in"):
            raise self.fault(f"does not expect {word!r} here")
        if kind == "path" and word not in _WORDS:
            return self.path()
        value = self.literal()
        return lambda data: value

    def path(self) -> Test:
        path = tuple(self.word.split("."))
        if path[0] not in self.roots or len(path) == 1:
            there = " and ".join(f"{root}.name" for root in self.roots)
            raise self.fault(f"knows no {self.word[:60]!r}: it speaks of {there}, and texts stand in quotes")
        self.at += 1
        self.paths.append(path)
        return lambda data: look_up(data, path)

    def literal(self) -> Any:
        kind, word = self.kind, self.word
        if kind == "text":
            value: Any = word[1:-1]
        elif kind == "number":
            value = float(word) if "." in word else int(word)
        elif kind == "path" and word in _WORDS:
            value = _WORDS[word]
        else:
            raise self.fault(f"expects a value before {word!r}" if kind != "end" else "ends where a value is expected")
        self.at += 1
        return value

    def listed(self) -> list[Any]:
        self.expects("[")
        values = [self.literal()]
        while self.takes(","):
            values.append(self.literal())
        self.expects("]")
        return values


def _compared(sign: str, left: Test, right: Test) -> Test:
    if sign == "==":
        return lambda data: _equal(left(data), right(data))
    if sign == "!=":
        return lambda data: not _equal(left(data), right(data))
    order = _ORDER[sign]

    def judge(data: Data) -> bool:
        a, b = left(data), right(data)
        return _comparable(a, b) and order(a, b)

    return judge


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _comparable(a: Any, b: Any) -> bool:
    return (_is_number(a) and _is_number(b)) or (isinstance(a, str) and isinstance(b, str))


def _equal(a: Any, b: Any) -> bool:
    a, b = (None if one is MISSING else one for one in (a, b))
    if _is_number(a) and _is_number(b):
        return a == b
    return type(a) is type(b) and a == b


def _contains(values: list[Any], value: Any) -> bool:
    return any(_equal(one, value) for one in values)
