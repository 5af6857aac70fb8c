"""Titles and descriptions of the tasks, from an issue tracker's export (one JSON object a line, gz or not)."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

TITLE = 200
DESCRIPTION = 20_000


@dataclass(frozen=True, slots=True)
class Issue:
    """What a task is called and what is asked."""

    title: str
    description: str = ""


def load_issues(paths: list[Path]) -> dict[str, Issue]:
    """Issues by their instance id; lines that are no issue are skipped."""
    found: dict[str, Issue] = {}
    for path in paths:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8", "replace")
        for line in text.splitlines():
            row = _row(line)
            if row.get("instance_id"):
                found[str(row["instance_id"])] = _issue(row)
    return found


def _row(line: str) -> dict:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _issue(row: dict) -> Issue:
    text = _clean(str(row.get("problem_statement") or row.get("body") or ""))
    title = _clean(str(row.get("title") or text.split("\n", 1)[0])).strip() or str(row["instance_id"])
    return Issue(" ".join(title.split())[:TITLE], text[:DESCRIPTION])


def _clean(text: str) -> str:
    return "".join(ch for ch in text if ch in "\n\t" or ord(ch) >= 32)
