"""A graph too large to be drawn whole, as parts that are drawn as one each. Pure.

A part is a run of levels, or a piece of one level that is large by itself, so that edges between parts go right too.
What is not connected with the rest is put together until a part is full.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from orkwork.domains.tasks.ui.layout import levels_of

MOST = 120
"""Tasks in a part, at most."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some tasks that stand together."""

    nodes: tuple[int, ...]
    first: int
    last: int
    """Levels, from 0."""
    piece: int = 0
    """Which piece of its level it is, from 1; 0 when it holds whole levels."""
    apart: bool = False
    """Whether it holds small groups that nothing connects with the rest."""


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts, which part each task is in, and the edges between parts with how many they stand for."""

    parts: tuple[Part, ...]
    part_of: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    weights: tuple[int, ...]


@lru_cache(maxsize=4)
def divide(size: int, edges: tuple[tuple[int, int], ...], most: int = MOST) -> Parts:
    """Divide an acyclic graph into parts of at most so many tasks."""
    levels = levels_of(size, edges)
    groups = _connected(size, edges)
    first = _first_neighbours(edges)
    parts = [part for group in groups if len(group) > most for part in _bands(group, levels, first, most)]
    parts += _apart([group for group in groups if len(group) <= most], levels, most)
    part_of = [0] * size
    for n, part in enumerate(parts):
        for node in part.nodes:
            part_of[node] = n
    between = Counter((part_of[a], part_of[b]) for a, b in edges if part_of[a] != part_of[b])
    ordered = sorted(between)
    return Parts(tuple(parts), tuple(part_of), tuple(ordered), tuple(between[edge] for edge in ordered))


def _connected(size: int, edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """What hangs together, by its lowest task."""
    leader = list(range(size))

    def find(node: int) -> int:
        while leader[node] != node:
            leader[node] = node = leader[leader[node]]
        return node

    for one, other in edges:
        low, high = sorted((find(one), find(other)))
        leader[high] = low
    groups: dict[int, list[int]] = {}
    for node in range(size):
        groups.setdefault(find(node), []).append(node)
    return list(groups.values())


def _first_neighbours(edges: Sequence[tuple[int, int]]) -> dict[int, int]:
    first: dict[int, int] = {}
    for before, after in edges:
        first[before] = min(after, first.get(before, after))
        first[after] = min(before, first.get(after, before))
    return first


def _bands(group: list[int], levels: list[int], first: dict[int, int], most: int) -> Iterator[Part]:
    by_level: dict[int, list[int]] = {}
    for node in group:
        by_level.setdefault(levels[node], []).append(node)
    band: list[int] = []
    for level in sorted(by_level):
        nodes = by_level[level]
        if band and len(band) + len(nodes) > most:
            yield _band(band, levels)
            band = []
        if len(nodes) > most:
            yield from _pieces(nodes, level, first, most)
        else:
            band += nodes
    if band:
        yield _band(band, levels)


def _band(nodes: list[int], levels: list[int]) -> Part:
    return Part(tuple(nodes), min(levels[n] for n in nodes), max(levels[n] for n in nodes))


def _pieces(nodes: list[int], level: int, first: dict[int, int], most: int) -> Iterator[Part]:
    """One level in pieces of equal size; what waits for the same task, or is waited for by it, comes together."""
    ordered = sorted(nodes, key=lambda node: (first[node], node))
    count = -(-len(ordered) // most)
    for n in range(count):
        piece = ordered[n * len(ordered) // count : (n + 1) * len(ordered) // count]
        yield Part(tuple(piece), level, level, piece=n + 1)


def _apart(groups: list[list[int]], levels: list[int], most: int) -> Iterator[Part]:
    taken: list[int] = []
    for group in groups:
        if taken and len(taken) + len(group) > most:
            yield Part(tuple(taken), 0, max(levels[n] for n in taken), apart=True)
            taken = []
        taken += group
    if taken:
        yield Part(tuple(taken), 0, max(levels[n] for n in taken), apart=True)


@lru_cache(maxsize=4)
def behind(
    size: int, edges: tuple[tuple[int, int], ...], counted: frozenset[int], failed: frozenset[int]
) -> tuple[list[int], dict[int, int]]:
    """For each task how many of the counted ones wait for it, however far behind; and for each of those that a failed
    task holds up, the first failed task that does."""
    after: list[list[int]] = [[] for _ in range(size)]
    for one, other in edges:
        after[one].append(other)
    levels = levels_of(size, edges)
    wanted = sum(1 << node for node in counted)
    reach, counts, held = [0] * size, [0] * size, {}
    for node in sorted(range(size), key=lambda n: -levels[n]):
        for other in after[node]:
            reach[node] |= reach[other] | 1 << other
        counts[node] = (reach[node] & wanted).bit_count()
    for node in sorted(failed):
        held |= {other: held.get(other, node) for other in counted if reach[node] >> other & 1}
    return counts, held
