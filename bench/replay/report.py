"""Prints what a replay did and found."""

from decimal import Decimal

from bench.replay.check import Check
from bench.replay.run import Run
from bench.replay.work import Pass

MARKS = {True: "ok  ", False: "FAIL", None: "skip"}


def say_run(run: Run) -> None:
    """What the files hold."""
    rest = sum(call.rest for trajectory in run.trajectories for call in trajectory.calls)
    charged = sum((trajectory.charged for trajectory in run.trajectories), Decimal(0))
    print(f"run {run.name}: {len(run.trajectories):,} executions, {run.calls:,} LLM calls, ", end="")
    print(f"USD {charged} logged, {run.resolved} resolved")
    if rest:
        print(f"  {rest} executions count more in cost.json than in their log: the rest is posted as one more call")
    if run.never_executed:
        print(f"  {len(run.never_executed)} tasks of tasks.txt were never executed and are left out")


def say_pass(title: str, done: Pass, agents: int) -> None:
    """How one pass went."""
    rate = done.requests / done.seconds if done.seconds else 0
    print(f"{title}: {done.requests:,} requests by {agents} agents in {done.seconds:.1f} s = {rate:,.0f}/s", end="")
    print(f", {done.costs:,} costs, {done.retries} retries")


def say_checks(checks: list[Check]) -> bool:
    """Print every comparison; gives whether all that could be asked agree."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        print(f"  {MARKS[check.ok]} {check.name:<{width}}  {check.detail}")
    return all(check.ok is not False for check in checks)


def say_prices(prices: dict[str, Decimal]) -> None:
    """The difference between the prices that the run states and the ledger's catalogue."""
    print("prices:")
    print(f"  by the prices the run states   USD {prices['caller']}")
    print(f"  by the ledger's own catalogue  USD {prices['catalogue']}")
    print(f"  difference                     USD {prices['difference']}")
    if prices["unpriced"]:
        print(
            f"  {prices['unpriced']} calls have no price in the catalogue: use --amounts logged to state what was paid"
        )
