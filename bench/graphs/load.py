"""Reads dependency graphs: Debian's edge lists (TSV) and WfInstances workflows (WfFormat), gz or not."""

import gzip
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """One task of a graph; `depends_on` holds refs of the same graph."""

    ref: str
    title: str
    description: str = ""
    minutes: int | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """A whole graph."""

    name: str
    nodes: tuple[Node, ...]
    edges: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "edges", sum(len(node.depends_on) for node in self.nodes))


def load_graph(path: Path) -> Graph:
    """Read a graph by what the file is: JSON is a workflow, anything else an edge list."""
    text = _text(path)
    name = path.name.split(".")[0]
    return _workflow(name, json.loads(text)) if text.lstrip()[:1] == "{" else _edge_list(name, text, path)


def _text(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()


def _edge_list(name: str, text: str, path: Path) -> Graph:
    edges: dict[str, dict[str, None]] = {}
    for line in text.splitlines()[1:]:
        task, _, dependency = line.partition("\t")
        if task and dependency:
            edges.setdefault(task, {})[dependency] = None
            edges.setdefault(dependency, {})
    about = _about(path)
    for ref in about:
        edges.setdefault(ref, {})
    nodes = (Node(ref, ref, about.get(ref, ""), depends_on=tuple(needs)) for ref, needs in sorted(edges.items()))
    return Graph(name, tuple(nodes))


def _about(edges: Path) -> dict[str, str]:
    """Descriptions from the file of nodes that lies beside an edge list, when there is one."""
    beside = edges.with_name(edges.name.replace(".edges.", ".nodes."))
    if beside == edges or not beside.exists():
        return {}
    header, *lines = _text(beside).splitlines()
    names = header.split("\t")[1:]
    rows = (line.split("\t") for line in lines if line)
    return {row[0]: ", ".join(f"{name}: {value}" for name, value in zip(names, row[1:], strict=False)) for row in rows}


def _workflow(name: str, document: dict[str, Any]) -> Graph:
    workflow = document["workflow"]
    specification = workflow.get("specification", workflow)
    ran = {task.get("id", task.get("name")): task for task in workflow.get("execution", {}).get("tasks", [])}
    tasks = specification["tasks"]
    by_name = {str(task["name"]): str(task.get("id", task["name"])) for task in tasks}
    needs: dict[str, dict[str, None]] = {str(task.get("id", task["name"])): {} for task in tasks}
    for task in tasks:
        own = str(task.get("id", task["name"]))
        for parent in task.get("parents", []):
            needs[own][_known(needs, by_name, str(parent))] = None
        for child in task.get("children", []):
            needs[_known(needs, by_name, str(child))][own] = None
    return Graph(name, tuple(_step(task, needs, ran) for task in tasks))


def _known(needs: dict[str, dict[str, None]], by_name: dict[str, str], ref: str) -> str:
    return ref if ref in needs else by_name[ref]


def _step(task: dict[str, Any], needs: dict[str, dict[str, None]], ran: dict[Any, dict[str, Any]]) -> Node:
    ref = str(task.get("id", task["name"]))
    done = ran.get(ref) or ran.get(task["name"]) or {}
    command = done.get("command") or {}
    arguments = " ".join(map(str, command.get("arguments") or []))
    seconds = done.get("runtimeInSeconds", task.get("runtimeInSeconds"))
    minutes = max(1, math.ceil(float(seconds) / 60)) if seconds is not None else None
    return Node(ref, str(task["name"]), f"{command.get('program', '')} {arguments}".strip(), minutes, tuple(needs[ref]))
