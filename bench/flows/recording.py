"""What a recorded workflow (WfFormat) says of itself: who waits for whom, how long each task took, and the whole."""

import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx


@dataclass(frozen=True, slots=True)
class Recording:
    """One executed workflow."""

    name: str
    document: dict[str, Any]
    seconds: dict[str, float]
    """How long each task took, by its step's key."""
    needs: dict[str, set[str]]
    makespan_seconds: float
    """From the first start to the last end, as it was recorded."""

    @property
    def edges(self) -> int:
        """How many dependencies there are."""
        return sum(map(len, self.needs.values()))

    @property
    def critical_seconds(self) -> float:
        """The longest chain: no number of workers is faster."""
        graph = nx.DiGraph()
        graph.add_nodes_from(self.needs)
        graph.add_edges_from((need, key) for key, found in self.needs.items() for need in found)
        ends: dict[str, float] = {}
        for key in nx.topological_sort(graph):
            ends[key] = max((ends[need] for need in graph.predecessors(key)), default=0.0) + self.seconds[key]
        return max(ends.values())


def read(path: Path) -> Recording:
    """Read a recorded workflow, gz or not; written without the product's own reader, to judge it by."""
    data = path.read_bytes()
    document = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    tasks = document["workflow"]["specification"]["tasks"]
    execution = document["workflow"]["execution"]
    keys = {task["id"]: re.sub(r"[^A-Za-z0-9_.-]+", "-", task["id"]) for task in tasks}
    return Recording(
        name=path.name.split(".")[0],
        document=document,
        seconds={keys[ran["id"]]: float(ran["runtimeInSeconds"]) for ran in execution["tasks"]},
        needs={keys[task["id"]]: {keys[parent] for parent in task["parents"]} for task in tasks},
        makespan_seconds=float(execution["makespanInSeconds"]),
    )
