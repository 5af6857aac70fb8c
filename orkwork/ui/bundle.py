"""What happens to the compiled pages: they find their server by the address they came from, speak every language, and
work without a network as far as a shell can."""

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from reflex_base.plugins.base import Plugin

from orkwork.ui import catalog

_SOCKET = re.compile(r"""(["'`])(ws|http)s?://localhost:\d+(/[^"'`\s]*)\1""")
_ORIGIN = {"ws": 'location.origin.replace(/^http/,"ws")', "http": "location.origin"}
_SHELL = ("/offline.html", "/orkwork.webmanifest", "/icons.svg", "/favicon.svg")


class Bundle(Plugin):
    """Finishes the static files after the compiler."""

    def post_build(self, **context: Any) -> None:
        """Rewrite addresses, add catalogues and the service worker."""
        static: Path = context["static_dir"]
        use_own_origin(static)
        add_catalogs(static)
        shutil.rmtree(static / "kit", ignore_errors=True)
        add_service_worker(static)


def use_own_origin(static: Path) -> int:
    """Make the bundle call the address it was loaded from, whatever the port; returns how many places changed."""
    changed = 0
    for path in (static / "assets").glob("*.js"):
        code, count = _SOCKET.subn(lambda m: f'({_ORIGIN[m[2]]}+"{m[3]}")', path.read_text())
        if count:
            path.write_text(code)
            changed += count
    if not changed:
        raise RuntimeError("The bundle names no server to replace: the compiler's output has changed")
    return changed


def add_catalogs(static: Path) -> None:
    """Write each language's script where the head looks for it."""
    for locale, source in catalog.sources().items():
        path = static / source.lstrip("/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(catalog.script(locale))


def add_service_worker(static: Path) -> None:
    """Fill in the files the worker keeps: the shell, and every hashed file, which it fetches when first used."""
    worker = static / "sw.js"
    shell = sorted([*_SHELL, *catalog.sources().values()])
    digest = hashlib.sha256(worker.read_bytes())
    for path in sorted(static.rglob("*")):
        if path.is_file() and path != worker:
            digest.update(path.name.encode() + path.read_bytes())
    code = worker.read_text().replace('"__VERSION__"', json.dumps(digest.hexdigest()[:12]))
    worker.write_text(code.replace('"__SHELL__"', json.dumps(shell)))
