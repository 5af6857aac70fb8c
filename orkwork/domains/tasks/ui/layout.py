"""Where the tasks of a graph stand: left to right by the longest chain before them, with few crossings. Pure.

Nodes are 0..size-1 and an edge is (before, after). The same graph always gets the same places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import networkx

Edges = Sequence[tuple[int, int]]
MOST_BENDS = 4_000
"""Places of edges between their ends; with more, edges are drawn straight."""
_SWEEPS = 8
_PULLS = 6


class Grid(NamedTuple):
    """Distances in px at 100 %: from column to column, from row to row, and between two edges that pass by."""

    column: int
    row: int
    lane: int
    wraps: bool
    """Whether a tall layer is broken into several columns, and edges are straight."""


BOXES = Grid(192, 76, 16, wraps=False)
DOTS = Grid(64, 20, 0, wraps=True)


@dataclass(frozen=True, slots=True)
class Layout:
    """Places by node, and by edge the heights at which it passes the layers between its ends."""

    places: list[tuple[float, float]]
    bends: list[list[float]]
    levels: list[int]
    """How many tasks the longest chain before each has."""


@lru_cache(maxsize=8)
def levels_of(size: int, edges: tuple[tuple[int, int], ...]) -> list[int]:
    """For each node the number of nodes on the longest chain before it."""
    nx: Any = import_module("networkx")  # a twentieth of the start, for what few ask
    whole: networkx.DiGraph[int] = nx.DiGraph()
    whole.add_nodes_from(range(size))
    whole.add_edges_from(edges)
    levels = [0] * size
    for level, nodes in enumerate(nx.topological_generations(whole)):
        for node in nodes:
            levels[node] = level
    return levels


@lru_cache(maxsize=8)
def lay_out(size: int, edges: tuple[tuple[int, int], ...], grid: Grid) -> Layout:
    """Place an acyclic graph; what nothing is connected with stands in rows below it."""
    levels = levels_of(size, edges)
    bound = {node for edge in edges for node in edge}
    drawn = _Layers(levels, edges, bound, grid)
    drawn.sweep()
    heights = drawn.wrapped() if grid.wraps else drawn.pulled()
    places = [(0.0, 0.0)] * size
    for node, (x, y) in heights.items():
        if node < size:
            places[node] = (x, y)
    _loose([n for n in range(size) if n not in bound], places, heights, grid)
    bends = [[heights[dummy][1] for dummy in chain] for chain in drawn.chains]
    return Layout(places, bends, levels)


def _loose(
    nodes: list[int], places: list[tuple[float, float]], taken: dict[int, tuple[float, float]], grid: Grid
) -> None:
    """Rows below what is connected, as wide as it and never narrower than a few columns."""
    width = max((x for x, _ in taken.values()), default=0.0)
    top = max((y for _, y in taken.values()), default=-1.5 * grid.row) + 1.5 * grid.row
    columns = max(6, round(width / grid.column) + 1, round(len(nodes) ** 0.5) if grid.wraps else 0)
    for n, node in enumerate(nodes):
        places[node] = (n % columns * grid.column, top + n // columns * grid.row)


class _Layers:
    """Nodes by level in their order; long edges are led through a stand-in on each level that they pass."""

    def __init__(self, levels: list[int], edges: Edges, bound: set[int], grid: Grid) -> None:
        self.grid, self.level = grid, list(levels)
        self.layers: list[list[int]] = [[] for _ in range(max(levels, default=-1) + 1)]
        for node in sorted(bound):
            self.layers[levels[node]].append(node)
        self.size = len(levels)
        total = sum(levels[after] - levels[before] - 1 for before, after in edges)
        self.chains = [[] for _ in edges] if grid.wraps or total > MOST_BENDS else [self._chain(*e) for e in edges]
        self.before: list[list[int]] = [[] for _ in self.level]
        self.after: list[list[int]] = [[] for _ in self.level]
        for edge, chain in zip(edges, self.chains, strict=True):
            steps = [edge[0], *chain, edge[1]]
            for one, other in pairwise(steps):
                self.after[one].append(other)
                self.before[other].append(one)
        self.layers = [layer for layer in self.layers if layer]

    def _chain(self, before: int, after: int) -> list[int]:
        chain = []
        for level in range(self.level[before] + 1, self.level[after]):
            chain.append(len(self.level))
            self.layers[level].append(len(self.level))
            self.level.append(level)
        return chain

    def sweep(self) -> None:
        """Order every layer by the mean place of its neighbours, to the right and back, and keep the best order."""
        place = [0.0] * len(self.level)
        for layer in self.layers:
            _spread(layer, place)
        best, least = [list(layer) for layer in self.layers], self._climb(place)
        for turn in range(_SWEEPS):
            forth = turn % 2 == 0
            toward = self.before if forth else self.after
            for layer in self.layers if forth else reversed(self.layers):
                wanted = {node: _mean(toward[node], place, place[node]) for node in layer}
                layer.sort(key=wanted.__getitem__)
                _spread(layer, place)
            if (climb := self._climb(place)) < least:
                best, least = [list(layer) for layer in self.layers], climb
        self.layers = best

    def _climb(self, place: list[float]) -> float:
        """How far all edges climb: it falls with the crossings, and is quick to add up."""
        return sum(abs(place[node] - place[other]) for node, others in enumerate(self.after) for other in others)

    def wrapped(self) -> dict[int, tuple[float, float]]:
        """Each layer in as many columns as it needs not to be taller than the whole should be."""
        grid, count = self.grid, sum(map(len, self.layers))
        rows = max(12, round((2 * count) ** 0.5))
        places, column = {}, 0
        for layer in self.layers:
            columns = -(-len(layer) // rows)
            tall = -(-len(layer) // columns)
            for n, node in enumerate(layer):
                y = (n % tall + (rows - tall) / 2) * grid.row
                places[node] = ((column + n // tall) * float(grid.column), y)
            column += columns
        return places

    def pulled(self) -> dict[int, tuple[float, float]]:
        """Each layer as near to its neighbours' heights as its order and the distances allow."""
        y = [0.0] * len(self.level)
        for layer in self.layers:
            offsets = self._offsets(layer)
            for node, offset in zip(layer, offsets, strict=True):
                y[node] = offset - offsets[-1] / 2
        for turn in range(_PULLS):
            forth = turn % 2 == 0
            for layer in self.layers if forth else reversed(self.layers):
                near = self.before if forth else self.after
                self._settle(layer, [_mean(near[node], y, y[node]) for node in layer], y)
        least = min(y, default=0.0)
        column = float(self.grid.column)
        return {node: (n * column, y[node] - least) for n, layer in enumerate(self.layers) for node in layer}

    def _offsets(self, layer: list[int]) -> list[float]:
        """The least distance of each from the first."""
        offsets, here = [], 0.0
        for n, node in enumerate(layer):
            if n:
                here += self.grid.lane if node >= self.size and layer[n - 1] >= self.size else self.grid.row
            offsets.append(here)
        return offsets

    def _settle(self, layer: list[int], wanted: list[float], y: list[float]) -> None:
        """The heights nearest to the wanted ones in this order: those that would overlap are pooled at their mean."""
        offsets = self._offsets(layer)
        pools: list[tuple[float, int]] = []
        for want, offset in zip(wanted, offsets, strict=True):
            total, count = want - offset, 1
            while pools and pools[-1][0] / pools[-1][1] >= total / count:
                more, others = pools.pop()
                total, count = total + more, count + others
            pools.append((total, count))
        heights = [total / count for total, count in pools for _ in range(count)]
        for node, height, offset in zip(layer, heights, offsets, strict=True):
            y[node] = height + offset


def _spread(layer: list[int], place: list[float]) -> None:
    """Note where in its layer each node stands, as a share."""
    for n, node in enumerate(layer):
        place[node] = (n + 0.5) / len(layer)


def _mean(nodes: list[int], places: list[float], otherwise: float) -> float:
    return sum(places[node] for node in nodes) / len(nodes) if nodes else otherwise
