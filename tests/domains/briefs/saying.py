"""Facts to tell of in tests."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from orkwork.core.ids import uuid7
from orkwork.domains.briefs.rules.facts import BudgetFact, DeadlineFact, Facts, MonthFact, Rows
from orkwork.domains.briefs.schemas import BriefRef

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def tasks(count: int, first: str = "HAL-3") -> Rows:
    return rows(count, "task", first, f"/tasks/{first}")


def rows(count: int, kind: Any, key: str, href: str) -> Rows:
    return Rows(count, (BriefRef(kind=kind, id=uuid7(), key=key, href=href),))


def budget(name: str, period: Literal["day", "month", "total"], spent: str, limit: str) -> BudgetFact:
    ref = BriefRef(kind="budget", id=uuid7(), key=name, href="/agents/x")
    used = Decimal(spent) >= Decimal(limit)
    return BudgetFact(ref=ref, period=period, limit_usd=Decimal(limit), spent_usd=Decimal(spent), is_used_up=used)


def deadline(name: str, in_time: float) -> DeadlineFact:
    ref = BriefRef(kind="project", id=uuid7(), key=name, href="/projects/HAL")
    return DeadlineFact(ref=ref, deadline=date(2026, 3, 27), in_time=in_time)


def month(p50: str, p85: str, limit: str) -> MonthFact:
    return MonthFact(p50_usd=Decimal(p50), p85_usd=Decimal(p85), limit_usd=Decimal(limit))


def facts(**known: Any) -> Facts:
    return Facts(since=NOW - timedelta(days=1), now=NOW, **known)


def everything() -> Facts:
    """A company in which everything is the matter that can be."""
    agent, decision = ("agent", "CODE", "/agents/x"), ("decision", "Deploy 1.4?", "/decisions?open=x")
    anomaly = ("anomaly", "HAL-9", "/anomalies")
    return facts(
        completed=tasks(14), handed_in=tasks(3), failed=tasks(2), spent_usd=Decimal("1238.204"),
        failing=tasks(5), overdue=tasks(21), due_soon=tasks(2), sla_late=tasks(1), sla_near=tasks(11), reviewing=tasks(4),
        deadlines=[deadline("Halyard", 0.07), deadline("Moqup Studio", 0.41)],
        budgets=[budget("CODE", "day", "10.5", "10"), budget("QA", "month", "80", "99.5"), budget("Ops", "total", "9", "9")],
        more_budgets=2, month=month("1500", "1912.55", "1600"),
        working=rows(3, *agent), silent=rows(1, *agent), paused=rows(2, *agent), paused_holding=rows(1, *agent),
        pressing=rows(1, *decision), deciding=rows(6, *decision), grave=rows(2, *anomaly), odd=rows(7, *anomaly),
    )  # fmt: skip
