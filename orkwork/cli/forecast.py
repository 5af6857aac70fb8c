"""`orkwork forecast`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orkwork.core.errors import OrkworkError
from orkwork.domains.forecast.rules import closing
from orkwork.domains.trackers import rules
from orkwork.domains.trackers.schemas import Item, Tracker

forecast = typer.Typer(no_args_is_help=True)


@forecast.callback()
def _forecast() -> None:
    """When work will be done, and how well such forecasts held."""


@forecast.command()
def backtest(
    file: Annotated[Path, typer.Argument(help="A GitHub archive or `gh issue list --json …`, gzipped or plain.")],
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Forecast with what was known when this day began, in UTC."),
    ] = None,
) -> None:
    """Say how many of a tracker's open issues close in the next six months, and how often such bands held before."""
    try:
        found = rules.read(file.read_bytes())
        lines = _report(found, as_of.replace(tzinfo=UTC) if as_of else None)
    except OSError as error:
        typer.echo(f"{file} can't be read: {error.strerror or error}.", err=True)
        raise typer.Exit(2) from None
    except OrkworkError as error:
        typer.echo(f"{error.message.rstrip('.')}. {error.hint}".strip(), err=True)
        raise typer.Exit(1) from None
    for line in lines:
        typer.echo(line)


def _report(tracker: Tracker, as_of: datetime | None) -> list[str]:
    issues = [item for item in tracker.items if item.kind == "issue"]
    dated = [item for item in issues if item.created_at is not None and _is_consistent(item)]
    last = max((moment for item in tracker.items for moment in _moments(item)), default=None)
    if last is None or not dated:
        return [f"{tracker.repository} has no issue with a date: nothing can be forecast."]
    day = (as_of or last).timestamp() / 86_400
    history = closing.history([(item.created_at or last, item.closed_at) for item in dated])
    found = closing.closings(history, day)
    begin = (
        f"{tracker.repository}, {(as_of or last):%Y-%m-%d}: {found.open} of {int((history.opened <= day).sum())} issues"
    )
    lines = [f"{begin} are open." if found.open != 1 else f"{begin} is open."]
    if len(dated) < len(issues):
        lines.append(f"{len(issues) - len(dated)} issues say not when they were opened or closed, and are left out.")
    if found.cold:
        lines.append(
            f"Only {found.months_seen} months of history: the bands lean on what trackers usually do, and are wide."
        )
    lines += _bands(found, history, day, last.timestamp() / 86_400)
    return lines + _coverage(closing.coverage(history, day))


def _is_consistent(item: Item) -> bool:
    """A closed issue says when it was closed."""
    return item.outcome == "open" or item.closed_at is not None


def _moments(item: Item) -> list[datetime]:
    known = [item.created_at, item.updated_at, item.closed_at, *(remark.created_at for remark in item.remarks)]
    return [moment for moment in known if moment is not None]


def _bands(found: closing.Closing, history: closing.History, day: float, last: float) -> list[str]:
    """One line a month; beside it what the file itself knows of the truth."""
    lines = ["Of these close within        P10  P50  P90"]
    of_these = (history.opened <= day) & (history.closed > day)
    for band in found.bands:
        end = day + band.months * closing.MONTH_DAYS
        truth = f"   in fact {int((history.closed[of_these] <= end).sum())}" if end <= last else ""
        months = f"{band.months} month{'' if band.months == 1 else 's'}"
        lines.append(f"  {months:<25}{band.p10:>5}{band.p50:>5}{band.p90:>5}{truth}")
    return [*lines, *_widened(found.bands[0])]


def _widened(band: closing.Band) -> list[str]:
    if (band.low, band.high) == (closing.BAND[0], closing.BAND[2]):
        return []
    return [
        f"The ends are the model's quantiles {band.low:.3f} and {band.high:.3f}, and not 0.1 and 0.9: "
        "earlier forecasts of this tracker missed more often than they should."
    ]


def _coverage(rolled: tuple[closing.Coverage, ...]) -> list[str]:
    tried, held = sum(one.origins for one in rolled), sum(one.within for one in rolled)
    if not tried:
        return ["Too little history to look back: no earlier forecast can be checked."]
    lines = [
        f"Looking back: of {tried} earlier forecasts from {rolled[0].origins} origins, a month apart, {held} held "
        f"({100 * held / tried:.0f} %; the band promises 80 %). Origins overlap, so they are not independent."
    ]
    lines.append("  months ahead     held   closed fewer   more   at most P50   at most P95   mean width")
    lines += [
        f"  {one.months:>12}{f'{one.within} of {one.origins}':>11}{one.below:>13}{one.above:>7}{one.half:>14}{one.tail:>14}"
        f"{one.width:>13.1f}"
        for one in rolled
        if one.origins
    ]
    return lines
