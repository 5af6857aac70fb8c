"""Writes the results into docs/benchmarks.md, between its two marks."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from bench.result import Table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
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
    """Replace the generated section; `neighbours` is the load average from before the suite began."""
    misses = [f"{table.title}: {' | '.join(row.cells)}" for table in tables for row in table.rows if row.ok is False]
    parts = [
        BEGIN,
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC at commit {commit()} in {seconds / 60:.1f} minutes{options}.",
        f"Machine: {machine()}. Load average before it began: {neighbours:.1f}.",
        "",
        f"Targets missed: {len(misses)}." if misses else "All targets are met.",
        *(f"- {miss}" for miss in misses),
        "",
        *(table.markdown() for table in tables),
        END,
    ]
    text = PAGE.read_text()
    head, tail = text.split(BEGIN)[0], text.split(END)[-1]
    PAGE.write_text(head + "\n".join(parts) + tail)
