"""The catalogues: what the sources say, what translations answer, and the script that carries them to the browser."""

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from orkwork.core.words import messages as messages
from orkwork.ui.locale import LOCALES

ROOT = Path(__file__).resolve().parents[2]
_PYTHON_CALLS = {"t": 1, "plural": 2, "toast": 1, "place": 1, "action": 1}
_PYTHON_WORDS = {"page": ("title",), "place": ("short",), "toast": ("hint", "action")}
_SCRIPT_CALL = re.compile(r"""\b(t|msg|plural)\(\s*"((?:[^"\\]|\\.)*)"(?:\s*,\s*"((?:[^"\\]|\\.)*)")?""")

Message = str | tuple[str, str]


def script(locale: str) -> str:
    """The JavaScript that brings one language's catalogue to the page."""
    body = json.dumps(messages(locale), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f'(window.orkworkMessages??={{}})["{locale}"]={body};\n'


@cache
def sources() -> dict[str, str]:
    """The path of each language's script; its name changes with its content, so that it can be kept for ever."""
    return {
        locale: f"/i18n/{locale}-{hashlib.sha256(script(locale).encode()).hexdigest()[:10]}.js"
        for locale in LOCALES
        if messages(locale)
    }


def used() -> set[Message]:
    """Every text that Python pages and the kit's scripts ask to be translated."""
    found: set[Message] = set()
    for path in sorted((ROOT / "orkwork").rglob("*.py")):
        found.update(_in_python(path))
    for path in sorted((ROOT / "assets" / "kit").glob("*.js*")):
        found.update(_in_script(path.read_text()))
    return found


def _in_python(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        count = _PYTHON_CALLS.get(name, 0)
        texts = [a.value for a in node.args[:count] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if count and len(texts) == count:
            yield texts[0] if count == 1 else (texts[0], texts[1])
        for word in node.keywords:
            if word.arg in _PYTHON_WORDS.get(name, ()) and isinstance(word.value, ast.Constant) and word.value.value:
                yield str(word.value.value)


def _in_script(code: str) -> Iterator[Message]:
    for name, first, second in _SCRIPT_CALL.findall(code):
        text = json.loads(f'"{first}"')
        yield (text, json.loads(f'"{second}"')) if name == "plural" else text
