"""The steps of a workflow as a picture: places from the tasks' layout, drawn by the same component as a project's graph."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import reflex as rx

from orkwork.domains.tasks.queries.graph import critical_path
from orkwork.domains.tasks.ui.layout import BOXES, DOTS, lay_out
from orkwork.ui.components.graph import graph

MOST_BOXES = 150


@dataclass(frozen=True)
class Node:
    """One step to draw."""

    key: str
    """What stands in its box: the step's key, or its task's."""
    title: str
    needs: Sequence[str] = field(default_factory=tuple)
    """The keys of the nodes before it."""
    minutes: int | None = None


def figure(nodes: Sequence[Node], *, plain: bool = False) -> dict[str, Any]:
    """What is drawn; `plain` where the nodes have no states and no pages."""
    place = {node.key: n for n, node in enumerate(nodes)}
    edges = tuple((place[need], n) for n, node in enumerate(nodes) for need in node.needs if need in place)
    grid = BOXES if len(nodes) <= MOST_BOXES else DOTS
    placed = lay_out(len(nodes), edges, grid)
    path = _critical(nodes, edges)
    steps = set(itertools.pairwise(path))
    drawn = [
        {"k": node.key, "t": node.title, "x": round(x), "y": round(y, 1), "c": n in set(path)}
        for n, (node, (x, y)) in enumerate(zip(nodes, placed.places, strict=True))
    ]
    lines = [
        [a, b, int((a, b) in steps), [round(y, 1) for y in bends]]
        for (a, b), bends in zip(edges, placed.bends, strict=True)
    ]
    mode = "dots" if grid.wraps else "boxes"
    return {
        "mode": mode,
        "id": f"{mode}:{crc32(repr(([node['k'] for node in drawn], edges)).encode()):x}",
        "nodes": drawn,
        "edges": lines,
        "bent": any(placed.bends) or all(placed.levels[b] - placed.levels[a] == 1 for a, b in edges),
        "plain": plain,
    }


def _critical(nodes: Sequence[Node], edges: Sequence[tuple[int, int]]) -> list[int]:
    """The longest chain by estimates; empty where nothing waits for anything."""
    if not edges:
        return []
    rows: list[dict[str, Any]] = [
        {"id": n, "status": "READY", "estimate_minutes": node.minutes} for n, node in enumerate(nodes)
    ]
    waits = [{"depends_on_id": a, "task_id": b, "kind": "blocks"} for a, b in edges]
    return [int(n) for n in critical_path(rows, waits)[0]]


def picture(drawn: Any, looks: Any, chosen: Any, label: Any, on_choose: Any, *, tall: bool = False) -> rx.Component:
    """The picture in a panel; the same steps stand beside it in words."""
    return rx.el.div(
        graph(drawn, looks=looks, chosen=chosen, label=label, on_choose=on_choose),
        class_name="flowpic tall" if tall else "flowpic",
    )
