"""What the graph page reads, in one transaction, and how it is drawn: plain values for the page's state."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

from orkwork.core.work import Work
from orkwork.domains.projects import queries as projects
from orkwork.domains.projects.ui.components import parts as project_parts
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries.graph import critical_path
from orkwork.domains.tasks.queries.outline import Outline, OutlineTask, outline
from orkwork.domains.tasks.ui import clusters, filtering, foreseen, shown
from orkwork.domains.tasks.ui.layout import BOXES, DOTS, Grid, Layout, lay_out, levels_of

MOST_BOXES, MOST_DOTS = 150, 1_500
"""Tasks drawn as boxes and as dots; more are drawn as parts."""
MOST_LINES = 160
"""Lines between parts; of more, the strongest are drawn."""
NEAR = 6
"""How many of the tasks that one waits for are named beside the picture."""
_OPEN = {status.value for status in shown.OPEN}
Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Seen:
    """A project's graph and what of it is asked for."""

    found: Outline
    edges: Pairs
    kept: list[int]
    path: list[int]
    minutes: float | None

    @property
    def tasks(self) -> list[OutlineTask]:
        """All tasks."""
        return self.found.tasks


def graph(work: Work, ref: str, args: dict[str, str], rows: int) -> dict[str, Any]:
    """Everything that the page shows."""
    project = projects.project(work, ref)
    seen = _seen(outline(work, project.id, filtering.read(args)), args)
    whole = _within(seen, seen.kept)
    part = _part_of(seen, args) if len(seen.kept) > MOST_DOTS else None
    if len(seen.kept) <= MOST_DOTS:
        drawn = _tasks(seen, seen.kept, whole)
    elif part is None:
        drawn = _parts(seen, whole)
    else:
        drawn = _one_part(seen, whole, part)
    found = drawn.pop("list")
    return drawn | {
        "project": project_parts(project),
        "options": filtering.options(work, project.key_prefix),
        "part": "" if part is None else str(part),
        "figures": _figures(seen),
        "foreseen": foreseen.read(work, ref),
        "rows": found[:rows],
        "left": max(0, len(found) - rows),
        "chosen": _chosen(seen, args.get("task", "")),
        "drawn": len(seen.kept),
    }


def _seen(found: Outline, args: dict[str, str]) -> Seen:
    edges = tuple(found.edges)
    cancelled = frozenset(n for n, task in enumerate(found.tasks) if task.status == Status.CANCELLED)
    path, minutes = _longest(edges, cancelled, tuple(task.estimate_minutes for task in found.tasks))
    on_path = set(path)
    kept = [
        n
        for n, task in enumerate(found.tasks)
        if task.fits and (not args.get("open") or task.status in _OPEN) and (not args.get("critical") or n in on_path)
    ]
    return Seen(found, edges, kept, path, minutes)


@lru_cache(maxsize=8)
def _longest(
    edges: Pairs, cancelled: frozenset[int], estimates: tuple[int | None, ...]
) -> tuple[list[int], float | None]:
    nodes: list[dict[str, Any]] = [
        {"id": n, "status": Status.CANCELLED if n in cancelled else Status.READY, "estimate_minutes": minutes}
        for n, minutes in enumerate(estimates)
    ]
    waits = [{"depends_on_id": before, "task_id": after, "kind": "blocks"} for before, after in edges]
    path, minutes = critical_path(nodes, waits)
    return [int(n) for n in path], None if minutes is None else float(minutes)


def _within(seen: Seen, nodes: list[int]) -> Pairs:
    """The edges among some tasks, by their places in that list."""
    if len(nodes) == len(seen.tasks):
        return seen.edges
    place = {node: n for n, node in enumerate(nodes)}
    return tuple((place[a], place[b]) for a, b in seen.edges if a in place and b in place)


def _part_of(seen: Seen, args: dict[str, str]) -> int | None:
    """The part that the address opens: by its number, or the one that holds the chosen task."""
    divided = clusters.divide(len(seen.kept), _within(seen, seen.kept))
    wanted = args.get("part", "")
    if wanted.isascii() and wanted.isdigit() and int(wanted[:6]) < len(divided.parts):
        return int(wanted[:6])
    key = args.get("task", "").upper()
    return next((divided.part_of[n] for n, node in enumerate(seen.kept) if seen.tasks[node].key == key), None)


def _tasks(seen: Seen, nodes: list[int], edges: Pairs) -> dict[str, Any]:
    grid = BOXES if len(nodes) <= MOST_BOXES else DOTS
    placed = lay_out(len(nodes), edges, grid)
    found = [seen.tasks[node] for node in nodes]
    on_path, steps = set(seen.path), set(zip(seen.path, seen.path[1:], strict=False))
    critical = [(nodes[a], nodes[b]) in steps for a, b in edges]
    return {
        "figure": _figure(
            grid,
            placed,
            edges,
            [{"k": task.key, "t": task.title, "c": node in on_path} for node, task in zip(nodes, found, strict=True)],
            critical,
        ),
        "looks": [[task.status, task.assignee] for task in found],
        "list": _rows(found, placed.levels, [node in on_path for node in nodes]),
    }


def _figure(
    grid: Grid, placed: Layout, edges: Pairs, nodes: list[dict[str, Any]], critical: list[bool]
) -> dict[str, Any]:
    """What is drawn and does not change with the state of a task."""
    for node, (x, y) in zip(nodes, placed.places, strict=True):
        node |= {"x": round(x), "y": round(y, 1)}
    lines = [
        [a, b, int(hot), [round(y, 1) for y in bends]]
        for (a, b), hot, bends in zip(edges, critical, placed.bends, strict=True)
    ]
    mode = "dots" if grid.wraps else "boxes"
    return {
        "mode": mode,
        "id": f"{mode}:{crc32(repr(([node['k'] for node in nodes], edges)).encode()):x}",
        "nodes": nodes,
        "edges": lines,
        "bent": any(bends for bends in placed.bends) or all(placed.levels[b] - placed.levels[a] == 1 for a, b in edges),
    }


def _rows(found: list[OutlineTask], levels: list[int], critical: list[bool]) -> list[dict[str, Any]]:
    order = sorted(range(len(found)), key=lambda n: (levels[n], found[n].number))
    return [
        {
            "key": found[n].key,
            "title": found[n].title,
            "status": found[n].status,
            "assignee": found[n].assignee,
            "step": levels[n] + 1,
            "critical": critical[n],
            "href": f"/tasks/{found[n].key}",
        }
        for n in order
    ]


def _parts(seen: Seen, edges: Pairs) -> dict[str, Any]:
    divided = clusters.divide(len(seen.kept), edges)
    on_path = set(seen.path)
    named = [_named(seen, n, part, on_path) for n, part in enumerate(divided.parts)]
    after = set(zip(seen.path, seen.path[1:], strict=False))
    steps = {(divided.part_of[a], divided.part_of[b]) for a, b in edges if (seen.kept[a], seen.kept[b]) in after}
    lines = _strongest(divided, steps)
    looks = [_counts(seen, part) for part in divided.parts]
    placed = lay_out(len(divided.parts), lines, BOXES)
    figure = _figure(BOXES, placed, lines, named, [edge in steps for edge in lines])
    figure |= {"mode": "parts", "hidden": len(divided.edges) - len(lines)}
    found = [
        {name: part[name] for name in ("part", "first", "last", "piece", "apart", "n", "label")}
        | {"counts": [{"status": status, "n": n} for status, n in counts.items()], "critical": part["c"]}
        for part, counts in zip(named, looks, strict=True)
    ]
    return {"figure": figure, "looks": looks, "list": found}


def _strongest(divided: clusters.Parts, steps: set[tuple[int, int]]) -> Pairs:
    """The edges between parts that stand for most dependencies, and those of the critical path."""
    by_weight = sorted(zip(divided.edges, divided.weights, strict=True), key=lambda line: (-line[1], line[0]))
    kept = {edge for edge, _ in by_weight[:MOST_LINES]}
    return tuple(edge for edge in divided.edges if edge in kept or edge in steps)


def _named(seen: Seen, n: int, part: clusters.Part, on_path: set[int]) -> dict[str, Any]:
    nodes = [seen.kept[node] for node in part.nodes]
    label, carried = Counter(seen.tasks[node].label for node in nodes).most_common(1)[0]
    return {
        "k": f"part:{n}",
        "part": str(n),
        "first": part.first + 1,
        "last": part.last + 1,
        "piece": part.piece,
        "apart": part.apart,
        "n": len(nodes),
        "label": label if 2 * carried > len(nodes) else "",
        "c": any(node in on_path for node in nodes),
    }


def _counts(seen: Seen, part: clusters.Part) -> dict[str, int]:
    counted = Counter(seen.tasks[seen.kept[node]].status for node in part.nodes)
    return {status.value: counted[status.value] for status in Status if counted[status.value]}


def _one_part(seen: Seen, edges: Pairs, chosen: int) -> dict[str, Any]:
    """The tasks of one part as boxes, and the parts that they are connected with as a box each."""
    divided = clusters.divide(len(seen.kept), edges)
    inside = divided.parts[chosen].nodes
    near = sorted({n for a, b in divided.edges if chosen in (a, b) for n in (a, b)} - {chosen})
    place: dict[Any, int] = {node: n for n, node in enumerate(inside)}
    place |= {("part", n): len(inside) + m for m, n in enumerate(near)}

    def end(node: int) -> int:
        return place[node] if node in place else place["part", divided.part_of[node]]

    touching = [(a, b) for a, b in edges if divided.part_of[a] == chosen or divided.part_of[b] == chosen]
    drawn = tuple(sorted({(end(a), end(b)) for a, b in touching}))
    placed = lay_out(len(place), drawn, BOXES)
    on_path, steps = set(seen.path), set(zip(seen.path, seen.path[1:], strict=False))
    hot = {(end(a), end(b)) for a, b in touching if (seen.kept[a], seen.kept[b]) in steps}
    found = [seen.tasks[seen.kept[node]] for node in inside]
    nodes: list[dict[str, Any]] = [
        {"k": task.key, "t": task.title, "c": seen.kept[node] in on_path}
        for node, task in zip(inside, found, strict=True)
    ]
    nodes += [_named(seen, n, divided.parts[n], on_path) for n in near]
    levels = levels_of(len(seen.kept), edges)
    return {
        "figure": _figure(BOXES, placed, drawn, nodes, [edge in hot for edge in drawn]),
        "looks": [[task.status, task.assignee] for task in found] + [_counts(seen, divided.parts[n]) for n in near],
        "list": _rows(found, [levels[node] for node in inside], [seen.kept[node] in on_path for node in inside]),
    }


def _figures(seen: Seen) -> dict[str, Any]:
    """The four figures above the picture."""
    tasks = seen.tasks
    open_ = frozenset(n for n, task in enumerate(tasks) if task.status in _OPEN)
    failed = frozenset(n for n, task in enumerate(tasks) if task.status == Status.FAILED)
    counts, held = clusters.behind(len(tasks), seen.edges, open_, failed)
    worst = max((n for n in open_ | failed), key=lambda n: (counts[n], -n), default=None)
    told = worst is not None and counts[worst] > 0
    return {
        "path": len(seen.path) if seen.edges else 0,
        "seconds": round(seen.minutes * 60) if seen.minutes is not None else 0,
        "path_left": sum(n in open_ or n in failed for n in seen.path),
        "bottleneck": tasks[worst].key if told and worst is not None else "",
        "blocks": counts[worst] if told and worst is not None else 0,
        "held": len(held),
        "behind": tasks[min(held.values())].key if held else "",
        "failed": len(set(held.values())),
        "going": sum(task.status in (Status.ASSIGNED, Status.IN_PROGRESS, Status.REVIEW) for task in tasks),
        "ready": sum(task.status == Status.READY for task in tasks),
    }


def _chosen(seen: Seen, key: str) -> dict[str, Any]:
    """The facts of the chosen task, for the panel beside the picture."""
    here = next((n for n, task in enumerate(seen.tasks) if task.key == key.upper()), None) if key else None
    if here is None:
        return {}
    task = seen.tasks[here]
    waits = [seen.tasks[a] for a, b in seen.edges if b == here]
    unfinished = [other for other in waits if other.status != Status.COMPLETED]
    blocks = [seen.tasks[b] for a, b in seen.edges if a == here]
    return {
        "key": task.key,
        "title": task.title,
        "status": task.status,
        "priority": task.priority,
        "assignee": task.assignee,
        "label": task.label,
        "seconds": task.estimate_minutes * 60 if task.estimate_minutes else 0,
        "critical": here in set(seen.path),
        "href": f"/tasks/{task.key}",
        "waits": len(unfinished),
        "blocks": sum(other.status in _OPEN for other in blocks),
        "needs": [_near(other) for other in unfinished[:NEAR]],
        "behind": [_near(other) for other in blocks[:NEAR]],
    }


def _near(task: OutlineTask) -> dict[str, str]:
    return {"key": task.key, "title": task.title, "status": task.status}
