"""Runs the load client against two servers in turn, A B A B, and keeps every round."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """One server and the requests that each client sends to it."""

    name: str
    port: int
    clients: list[list[Request]]
    host: str = "127.0.0.1"
    kind: str = "raw"


@dataclass(slots=True)
class Rounds:
    """All rounds of one target."""

    name: str
    rounds: list[dict[str, Any]] = field(default_factory=list)

    def median(self, figure: str) -> float:
        """The median of a figure over the rounds."""
        return statistics.median(one[figure] for one in self.rounds)

    @property
    def refused(self) -> dict[str, int]:
        """Answers that were no success, by status."""
        found: dict[str, int] = {}
        for one in self.rounds:
            for status, count in one["statuses"].items():
                if not status.startswith("2"):
                    found[status] = found.get(status, 0) + count
        return found


def load(target: Target, seconds: float, stride: int = 1) -> dict[str, Any]:
    """One round against one target."""
    spec = {
        "host": target.host,
        "port": target.port,
        "kind": target.kind,
        "seconds": seconds,
        "stride": stride,
        "clients": target.clients,
    }
    said = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(spec), capture_output=True, text=True, check=False,
        timeout=seconds + 120,
    )  # fmt: skip
    if said.returncode:
        raise RuntimeError(f"the load client failed against {target.name}: {said.stderr.strip().splitlines()[-1]}")
    return json.loads(said.stdout)


def interleaved(
    targets: list[Target],
    *,
    rounds: int,
    seconds: float,
    stride: int = 1,
    cpu: Callable[[], float] = lambda: 0.0,
) -> list[Rounds]:
    """Rounds over all targets in turn, after a short warm-up of each; `cpu` reads the servers' CPU seconds so far."""
    found = [Rounds(target.name) for target in targets]
    for target in targets:
        load(target, min(0.5, seconds), stride)
    for _ in range(rounds):
        for target, kept in zip(targets, found, strict=True):
            before = cpu()
            one = load(target, seconds, stride)
            kept.rounds.append(one | {"cpu_ms": (cpu() - before) * 1000 / one["requests"]})
    for kept in found:
        if kept.refused:
            raise RuntimeError(f"{kept.name} answered {kept.refused}")
    return found


def ratio(over: Rounds, under: Rounds, figure: str) -> float:
    """The median over the rounds of one target's figure by the other's of the same round."""
    return statistics.median(a[figure] / b[figure] for a, b in zip(over.rounds, under.rounds, strict=True) if b[figure])
