"""Asks the API what it now knows of the run, and compares it with the run's own files."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bench.replay.client import Client, stable_key
from bench.replay.run import CENT, Run, Trajectory
from bench.replay.work import Pass, Plan


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared; `ok` is None when it could not be asked."""

    name: str
    ok: bool | None
    detail: str = ""


@dataclass(slots=True)
class Ledger:
    """What the API answers about the project."""

    tasks: list[dict]
    executions: list[dict]
    costs: list[dict]
    rollup: dict[str, Any]
    by_execution: dict[str, dict]


async def read_ledger(client: Client, project_id: str) -> Ledger:
    """Everything the API keeps about the project's tasks, executions and costs."""
    grouped = await client.every("/intelligence/costs", group_by="execution", project=project_id)
    total = await client.get("/intelligence/costs", group_by="project", project=project_id, limit=1)
    return Ledger(
        tasks=await client.every("/tasks", project=project_id),
        executions=await client.every("/executions", project=project_id),
        costs=await client.every("/costs", project=project_id),
        rollup=total["total"],
        by_execution={str(row["key"]): row for row in grouped},
    )


def compare(plan: Plan, done: Pass, ledger: Ledger) -> list[Check]:
    """All comparisons of one pass."""
    run = plan.run
    rows = _rows_by_execution(ledger)
    return [
        _count("executions recorded", len(run.trajectories), len(ledger.executions)),
        _count("tasks", len(run.trajectories), len(ledger.tasks)),
        _count("LLM calls in the ledger", run.calls, len(ledger.costs)),
        _refused(done),
        _statuses(run, ledger),
        _outcomes(plan, done, ledger),
        _each("every call with its own time, model and tokens", run, done, lambda t, e: _calls(plan, t, rows[e])),
        _each("tokens of each execution", run, done, lambda t, e: _tokens(t, _sum(rows[e]))),
        _each("dollars of each execution, to the cent of cost.json", run, done, lambda t, e: _cents(t, _sum(rows[e]))),
        _each("dollars of each execution = sum of its logged calls", run, done, lambda t, e: _exact(t, _sum(rows[e]))),
        _each("rollup of each execution", run, done, lambda t, e: _rollup(rows[e], ledger.by_execution.get(e))),
        _total(run, ledger),
    ]


def _rows_by_execution(ledger: Ledger) -> dict[str, list[dict]]:
    rows: dict[str, list[dict]] = defaultdict(list)
    for row in ledger.costs:
        rows[str(row.get("execution_id"))].append(row)
    return rows


def _count(name: str, expected: int, found: int) -> Check:
    return Check(name, expected == found, f"{found:,}" if expected == found else f"{found:,}, expected {expected:,}")


def _refused(done: Pass) -> Check:
    return Check("no cost was refused", not done.refused, "; ".join(done.refused[:3]))


def _statuses(run: Run, ledger: Ledger) -> Check:
    found = Counter(task["status"] for task in ledger.tasks)
    expected = Counter(COMPLETED=run.resolved, FAILED=len(run.trajectories) - run.resolved)
    said = ", ".join(f"{count} {status}" for status, count in sorted(found.items()))
    return Check("resolved tasks completed, the others failed", +found == +expected, said)


def _outcomes(plan: Plan, done: Pass, ledger: Ledger) -> Check:
    executions = {row["id"]: row for row in ledger.executions}
    wrong = []
    for trajectory in plan.run.trajectories:
        row = executions.get(done.executions.get(trajectory.name, ""), {})
        want = ("succeeded" if trajectory.resolved else "failed", trajectory.duration_ms)
        if (str(row.get("status", "")).lower(), row.get("duration_ms")) != want:
            wrong.append(f"{trajectory.name}: {row.get('status')} {row.get('duration_ms')}, expected {want}")
    return _listed("outcome and duration of each execution", wrong, len(plan.run.trajectories))


def _each(name: str, run: Run, done: Pass, differs: Any) -> Check:
    wrong = []
    for trajectory in run.trajectories:
        execution = done.executions.get(trajectory.name)
        said = differs(trajectory, execution) if execution else "never executed"
        if said:
            wrong.append(f"{trajectory.name}: {said}")
    return _listed(name, wrong, len(run.trajectories))


def _listed(name: str, wrong: list[str], count: int) -> Check:
    if not wrong:
        return Check(name, True, f"{count:,} of {count:,}")
    return Check(name, False, f"{len(wrong)} of {count} differ: " + "; ".join(wrong[:3]))


def _sum(rows: list[dict]) -> tuple[int, int, Decimal]:
    return (
        sum(row["input_tokens"] for row in rows),
        sum(row["output_tokens"] for row in rows),
        sum((Decimal(row["amount_usd"] or 0) for row in rows), Decimal(0)),
    )


def _calls(plan: Plan, trajectory: Trajectory, rows: list[dict]) -> str:
    known = {row["external_id"]: row for row in rows}
    for call in trajectory.calls:
        row = known.get(stable_key(plan.namespace, trajectory.name, call.number))
        if row is None:
            return f"call {call.number} is missing"
        at = str(row["occurred_at"])[:19]
        want = (call.at.isoformat()[:19], trajectory.stated.model or plan.model, call.input_tokens, call.output_tokens)
        if (at, row["model"], row["input_tokens"], row["output_tokens"]) != want:
            return f"call {call.number} is kept as {at} {row['model']} {row['input_tokens']}/{row['output_tokens']}"
    return ""


def _tokens(trajectory: Trajectory, found: tuple[int, int, Decimal]) -> str:
    stated = trajectory.stated
    want_in = trajectory.input_tokens if stated.input_tokens is None else stated.input_tokens
    want_out = trajectory.output_tokens if stated.output_tokens is None else stated.output_tokens
    return "" if found[:2] == (want_in, want_out) else f"{found[0]}/{found[1]}, expected {want_in}/{want_out}"


def _cents(trajectory: Trajectory, found: tuple[int, int, Decimal]) -> str:
    want = trajectory.charged if trajectory.stated.total_cost is None else trajectory.stated.total_cost
    same = found[2].quantize(CENT) == want.quantize(CENT) or abs(found[2] - want) < Decimal("0.000001")
    return "" if same else f"{found[2]}, cost.json says {want}"


def _exact(trajectory: Trajectory, found: tuple[int, int, Decimal]) -> str:
    if any(call.cost is None or call.rest for call in trajectory.calls):
        return ""
    return "" if found[2] == trajectory.charged else f"{found[2]}, logged {trajectory.charged}"


def _rollup(rows: list[dict], rollup: dict | None) -> str:
    if not rows and not rollup:
        return ""
    found = _sum([rollup]) if rollup else None
    return "" if found == _sum(rows) else f"rollup {found}, ledger {_sum(rows)}"


def _total(run: Run, ledger: Ledger) -> Check:
    want = sum(
        (t.charged if t.stated.total_cost is None else t.stated.total_cost for t in run.trajectories), Decimal(0)
    ).quantize(CENT)
    exact = _sum(ledger.costs)[2]
    rolled = Decimal(ledger.rollup["amount_usd"])
    ok = exact.quantize(CENT) == want and rolled == exact
    return Check("total, to the cent", ok, f"USD {exact} (rollup {rolled}), the run says {want}")


def price_difference(ledger: Ledger) -> dict[str, Decimal]:
    """What the callers' stated prices come to, what the ledger's own catalogue says, and the difference."""
    caller = sum((Decimal(row["caller_usd"]) for row in ledger.costs if row.get("caller_usd") is not None), Decimal(0))
    own = [row for row in ledger.costs if row.get("catalogue_usd") is not None]
    return {
        "caller": caller,
        "catalogue": sum((Decimal(row["catalogue_usd"]) for row in own), Decimal(0)),
        "difference": sum(
            (Decimal(row["difference_usd"]) for row in ledger.costs if row.get("difference_usd") is not None),
            Decimal(0),
        ),
        "unpriced": Decimal(sum(row["basis"] == "unpriced" for row in ledger.costs)),
    }
