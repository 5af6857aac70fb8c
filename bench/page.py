"""Writes the results into docs/benchmarks.md, between its two marks."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from bench.result import Table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
TITLES = (
    "Start and idle memory",
    "First load of each page, empty cache",
    "The board",
    "The graph page",
    "Against the same handlers bare",
    "Beside the nearest peer's published figures",
    "Cost with many tasks by cost with few",
    "Streams",
    "A whole graph in one request",
    "Assignment by score",
    "Writes in a large graph",
    "Beside other queues on the same PostgreSQL",
)
"""The order of the sections; others follow."""
BEGIN, END = "<!-- results: written by `make bench` -->", "<!-- end of results -->"


def machine() -> str:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; server, database and load client share them"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def commit() -> str:
    """The measured commit."""
    said = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


def write(tables: list[Table], seconds: float, options: str, neighbours: float) -> None:
    """Replace the sections that were measured, each with when and at which commit; `neighbours` is the load average from
    before the suite began. Sections that were not measured this time stay as they are."""
    said = (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC at commit {commit()}, in a run of {seconds / 60:.1f} minutes{options}; "
        f"load average before it {neighbours:.1f}."
    )
    text = PAGE.read_text()
    head, rest = text.split(BEGIN)
    old, tail = rest.split(END)
    kept = _sections(old)
    kept |= {table.title: f"{table.markdown()}\n{said}\n" for table in tables}
    misses = [
        f"- {title}: {line.removesuffix('| **missed** |').strip(' |')}"
        for title, body in kept.items()
        for line in body.splitlines()
        if line.endswith("| **missed** |")
    ]
    parts = [
        BEGIN,
        "",
        f"Machine: {machine()}.",
        "",
        f"Targets missed: {len(misses)}." if misses else "All targets are met.",
        *misses,
        "",
        *(kept[title] for title in sorted(kept, key=_place)),
        END,
    ]
    PAGE.write_text(head + "\n".join(parts) + tail)


def _sections(results: str) -> dict[str, str]:
    """What stands on the page, by title."""
    parts = results.split("### ")[1:]
    return {part.partition("\n")[0]: f"### {part.rstrip()}\n" for part in parts}


def _place(title: str) -> int:
    return TITLES.index(title) if title in TITLES else len(TITLES)
