"""What the page of costs reads, in one transaction, as its state holds it."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, TypedDict
from urllib.parse import urlencode

from orkwork.core import clock
from orkwork.core.money import plain
from orkwork.core.work import Work
from orkwork.domains.costs.queries import budgets, figures, reports
from orkwork.domains.costs.schemas.budgets import BudgetOut
from orkwork.domains.costs.schemas.reports import CrossReport, ForecastOut, Outcomes, Spending, Totals
from orkwork.domains.settings import queries as company

BY: Final = ("agent", "project", "model", "provider")
ACROSS: Final = ("day", "week", "month")
SHOWN_DAYS: Final = {"day": 30, "week": 84, "month": 365}
MOST_PAIRS = 20_000
DRAWN, COLUMNS = 5, 6
"""How many parts of a bar have a colour of their own, and how many periods have a column."""


class Cell(TypedDict):
    """What one spent in one period."""

    at: str
    amount: str
    href: str


class BrokenRow(TypedDict):
    """One line of the breakdown."""

    key: str
    label: str
    amount: str
    share: float
    calls: int
    unpriced: int
    href: str
    cells: list[Cell]


class BudgetLine(TypedDict):
    """A budget as a bar."""

    id: str
    scope: str
    period: str
    name: str
    limit: str
    spent: str
    reserved: str
    left: str
    percent: int
    width: int
    tone: str
    stopped: bool
    ends_at: str
    href: str


def page(work: Work, by: str, across: str) -> dict[str, Any]:
    """Everything that the page shows."""
    zone = company.company(work).time_zone
    today = clock.day_of(clock.now(), zone)
    since = first_day(today, across)
    found = _crossed(work, by, across, since, today)
    spent = figures.spending(work)
    return {
        "totals": totals(spent),
        "broken": broken(found, by, across, since, today),
        "budgets": [budget_line(one) for one in budgets.budgets(work)],
        "forecast": forecast(figures.forecast(work)),
        "outcomes": outcomes(figures.outcomes(work)),
        "thresholds": company.company(work).budget_thresholds,
    }


def _crossed(work: Work, by: Any, across: Any, since: date, today: date) -> CrossReport:
    return reports.crossed(work, by, across, reports.Part(since=since, until=today), limit=MOST_PAIRS)


def breakdown_csv(work: Work, by: str, across: str) -> str:
    """The breakdown as CSV: one line for each pair; no name begins as a formula would."""
    today = clock.day_of(clock.now(), company.company(work).time_zone)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([by, across, "amount_usd", "calls", "unpriced", "input_tokens", "output_tokens", "cached_tokens"])
    for one in _crossed(work, by, across, first_day(today, across), today).items:
        name = f"'{one.label}" if one.label.startswith(("=", "+", "-", "@", "\t", "\r")) else one.label
        tokens = (one.input_tokens, one.output_tokens, one.cached_tokens)
        writer.writerow([name, one.across_key, plain(one.amount_usd), one.calls, one.unpriced, *tokens])
    return out.getvalue()


def first_day(today: date, across: str) -> date:
    """The first day of what is shown: 30 days, 12 weeks or 12 months, whole ones."""
    if across == "month":
        return (today.replace(day=1) - timedelta(days=335)).replace(day=1)
    day = today - timedelta(days=SHOWN_DAYS[across] - 1)
    return day - timedelta(days=day.weekday()) if across == "week" else day


def rows_href(**filters: Any) -> str:
    """The address of the rows behind a figure."""
    return "/costs/rows?" + urlencode({name: str(value) for name, value in filters.items() if value not in ("", None)})


def change(now: Decimal, before: Decimal) -> str:
    """The change against the period before, as '+12%'; empty when there is nothing to hold it against."""
    return f"{(now - before) / before:+.0%}".replace("-", "−") if before else ""


def _total(found: Totals, until: str) -> dict[str, str]:
    return {
        "amount": plain(found.amount_usd),
        "change": change(found.amount_usd, found.before_usd),
        "calls": str(found.calls),
        "href": rows_href(**{"from": found.since, "to": until}),
    }


def totals(spent: Spending) -> dict[str, Any]:
    """Today, this week and this month; and how many calls of the month have no price."""
    until = spent.today.since.isoformat()
    since = spent.month.since
    return {
        "today": _total(spent.today, until),
        "week": _total(spent.week, until),
        "month": _total(spent.month, until),
        "unpriced": spent.month.unpriced,
        "unpriced_href": rows_href(basis="unpriced", **{"from": since, "to": until}),
        "any": any(day.amount_usd for day in spent.days) or spent.month.calls > 0,
    }


def broken(found: CrossReport, by: str, across: str, since: date, today: date) -> dict[str, Any]:
    """The breakdown as a chart and as a table: rows by amount, the latest periods as columns."""
    periods = _periods(since, today, across)
    sums: dict[str, dict[str, Any]] = {}
    for one in found.items:
        row = sums.setdefault(one.key, {"label": one.label, "at": {}, "usd": Decimal(0), "calls": 0, "unpriced": 0})
        row["at"][one.across_key] = one.amount_usd
        row["usd"] += one.amount_usd
        row["calls"] += one.calls
        row["unpriced"] += one.unpriced
    ranked = sorted(sums.items(), key=lambda item: (-item[1]["usd"], item[1]["label"]))
    whole = found.total.amount_usd
    shown = periods[-COLUMNS:]
    return {
        "figure": {"kind": "stacked", "grain": across, "x": periods, "series": _series(ranked, periods)},
        "periods": [{"at": period, "href": rows_href(**_span(period, across, today))} for period in shown],
        "rows": [_row(item, by, across, shown, (since, today), whole) for item in ranked[:200]],
        "total": plain(whole),
        "calls": found.total.calls,
        "href": rows_href(**{"from": since, "to": today}),
        "sums": [plain(sum((row["at"].get(period, Decimal(0)) for _, row in ranked), Decimal(0))) for period in shown],
    }


def _series(ranked: list[tuple[str, dict[str, Any]]], periods: list[str]) -> list[dict[str, Any]]:
    def amounts(rows: list[dict[str, Any]]) -> list[str]:
        return [plain(sum((row["at"].get(period, Decimal(0)) for row in rows), Decimal(0))) for period in periods]

    out: list[dict[str, Any]] = [{"name": row["label"], "y": amounts([row])} for _, row in ranked[:DRAWN]]
    rest = [row for _, row in ranked[DRAWN:]]
    return [*out, {"name": f"+ {len(rest)}", "y": amounts(rest), "rest": True}] if rest else out


def _row(
    item: tuple[str, dict[str, Any]], by: str, across: str, shown: list[str], span: tuple[date, date], whole: Decimal
) -> BrokenRow:
    key, row = item
    who = {by: key}
    share = row["usd"] / whole if whole else Decimal(0)
    return {
        "key": key,
        "label": row["label"],
        "amount": plain(row["usd"]),
        "share": float(round(share, 4)),
        "calls": row["calls"],
        "unpriced": row["unpriced"],
        "href": rows_href(**who, **{"from": span[0], "to": span[1]}),
        "cells": [
            {
                "at": period,
                "amount": plain(row["at"][period]) if row["at"].get(period) else "",
                "href": rows_href(**who, **_span(period, across, span[1])),
            }
            for period in shown
        ],
    }


def _periods(since: date, today: date, across: str) -> list[str]:
    days = [since + timedelta(days=n) for n in range((today - since).days + 1)]
    if across == "week":
        days = [day for day in days if day.weekday() == 0]
    if across == "month":
        days = [day for day in days if day.day == 1]
    return [day.isoformat() for day in days]


def _span(period: str, across: str, today: date) -> dict[str, date]:
    first = date.fromisoformat(period)
    if across == "week":
        last = first + timedelta(days=6)
    elif across == "month":
        last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    else:
        last = first
    return {"from": first, "to": min(last, today)}


def budget_line(one: BudgetOut) -> BudgetLine:
    """A budget as a bar."""
    narrowed: dict[str, Any] = {"agent": one.agent_id} if one.agent_id else {"project": one.project_id}
    tone = "bad" if one.stopped else "warn" if one.told else ""
    return {
        "id": str(one.id),
        "scope": one.scope.value,
        "period": one.period.value,
        "name": one.name,
        "limit": plain(one.limit_usd),
        "spent": plain(one.spent_usd),
        "reserved": plain(one.reserved_usd) if one.reserved_usd else "",
        "left": plain(one.left_usd),
        "percent": one.used_percent,
        "width": min(100, one.used_percent),
        "tone": tone,
        "stopped": one.stopped,
        "ends_at": one.ends_at.isoformat() if one.ends_at else "",
        "href": rows_href(**{name: value for name, value in narrowed.items() if value}),
    }


def forecast(found: ForecastOut) -> dict[str, Any]:
    """The band as a chart, and its ends in figures."""

    def text(amount: Decimal | None) -> str | None:
        return None if amount is None else plain(amount)

    return {
        "figure": {
            "kind": "band",
            "grain": "day",
            "x": [day.day.isoformat() for day in found.days],
            "spent": [text(day.spent_usd) for day in found.days],
            "p50": [text(day.p50_usd) for day in found.days],
            "p85": [text(day.p85_usd) for day in found.days],
            "budget": text(found.budget_usd),
        },
        "enough": found.enough,
        "spent": plain(found.spent_usd),
        "p50": text(found.p50_usd) or "",
        "p85": text(found.p85_usd) or "",
        "certain": found.certain or 0.0,
        "days_left": found.days_left,
        "history": found.history_days,
        "over": bool(found.budget_usd is not None and found.p85_usd is not None and found.p85_usd > found.budget_usd),
        "budget": text(found.budget_usd) or "",
    }


def outcomes(found: Outcomes) -> dict[str, Any]:
    """What outcomes cost, and the spread as a chart and as a table."""

    def text(amount: Decimal | None) -> str:
        return "" if amount is None else plain(amount)

    return {
        "figure": {
            "kind": "bars",
            "x": [plain(bucket.least_usd) for bucket in found.buckets],
            "below": [plain(bucket.below_usd) for bucket in found.buckets],
            "series": [{"name": "tasks", "y": [bucket.tasks for bucket in found.buckets]}],
        },
        "completed": found.completed,
        "verified": found.verified,
        "spent": plain(found.spent_usd),
        "per_completed": text(found.per_completed_usd),
        "per_verified": text(found.per_verified_usd),
        "p50": text(found.task_p50_usd),
        "p90": text(found.task_p90_usd),
        "most": text(found.task_max_usd),
        "href": rows_href(**{"from": found.since, "to": found.until}),
        "dearest": [
            {
                "key": task.key,
                "amount": plain(task.amount_usd),
                "href": f"/tasks/{task.key}",
                "rows": rows_href(task=task.id),
            }
            for task in found.dearest[:5]
        ],
    }
