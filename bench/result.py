"""The suite's results: figures with their targets, printed and written as tables."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured, the figures, and the verdict where there is a target."""

    cells: tuple[str, ...]
    ok: bool | None = None
    measured: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Table:
    """One section of the results."""

    title: str
    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: object, ok: bool | None = None) -> None:
        """Add a line and print it."""
        row = Row(tuple(str(cell) for cell in cells), ok)
        self.rows.append(row)
        print("  " + " | ".join((*row.cells, *((verdict(ok),) if ok is not None else ()))), flush=True)

    @property
    def judged(self) -> bool:
        """Whether any line has a target."""
        return any(row.ok is not None for row in self.rows)

    def markdown(self) -> str:
        """The section as Markdown."""
        columns = (*self.columns, "verdict") if self.judged else self.columns
        lines = [f"### {self.title}", "", _line(columns), _line(["---"] * len(columns))]
        for row in self.rows:
            lines.append(_line((*row.cells, verdict(row.ok)) if self.judged else row.cells))
        if self.notes:
            lines += ["", *(f"{note}  " for note in self.notes)]
        return "\n".join(lines) + "\n"


def verdict(ok: bool | None) -> str:
    """In a word."""
    return {True: "met", False: "**missed**", None: ""}[ok]


def _line(cells: Any) -> str:
    return "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"


def started(title: str, *columns: str) -> Table:
    """A new section, announced."""
    print(f"\n{title}", flush=True)
    return Table(title, columns)
