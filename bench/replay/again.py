"""Shows that a second replay changed nothing."""

import hashlib
import json
from collections import Counter

from bench.replay.check import Check, Ledger


def snapshot(ledger: Ledger, last_event: int | None) -> dict[str, object]:
    """What must be the same before and after: counts, totals, statuses, every row, the last event."""
    return {
        "tasks": len(ledger.tasks),
        "executions": len(ledger.executions),
        "costs": len(ledger.costs),
        "statuses": dict(Counter(task["status"] for task in ledger.tasks)),
        "total of the rollups": str(ledger.rollup["amount_usd"]),
        "every task, execution and cost": _digest(ledger),
        "last event of the project": last_event,
    }


def _digest(ledger: Ledger) -> str:
    rows = sorted(
        json.dumps(row, sort_keys=True, default=str) for row in ledger.tasks + ledger.executions + ledger.costs
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def nothing_changed(before: dict[str, object], after: dict[str, object]) -> list[Check]:
    """One comparison for each part of the snapshots; an unknown last event is not compared."""
    checks = []
    for name, was in before.items():
        now = after[name]
        ok = None if was is None or now is None else was == now
        checks.append(Check(f"unchanged: {name}", ok, f"{now}" if ok else f"{was} before, {now} after"))
    return checks
