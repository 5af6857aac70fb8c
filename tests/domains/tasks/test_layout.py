"""Where a graph's tasks stand, and how a large graph is divided."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.bulk import made_up
from bench.graphs.load import Graph, load_graph
from orkwork.domains.tasks.ui.clusters import behind, divide
from orkwork.domains.tasks.ui.layout import BOXES, DOTS, Grid, lay_out, levels_of
from tests.bench.real_data import DAGS, needs_data

Pairs = tuple[tuple[int, int], ...]
unhurried = settings(deadline=None)


@st.composite
def acyclic(draw: st.DrawFn, most: int = 40) -> tuple[int, Pairs]:
    """A graph whose edges lead from a lower number to a higher one, its tasks then numbered anew."""
    size = draw(st.integers(0, most))
    if size < 2:
        return size, ()
    name = draw(st.permutations(range(size)))
    ends = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda pair: pair[0] != pair[1])
    pairs = draw(st.sets(ends, max_size=3 * size))
    return size, tuple(sorted({(name[min(pair)], name[max(pair)]) for pair in pairs}))


def pairs_of(graph: Graph) -> Pairs:
    """A loaded graph as places in the list of its nodes."""
    place = {node.ref: n for n, node in enumerate(graph.nodes)}
    return tuple((place[need], n) for n, node in enumerate(graph.nodes) for need in node.depends_on)


def check_places(size: int, edges: Pairs, grid: Grid, width: float, height: float) -> None:
    placed = lay_out(size, edges, grid)
    assert len(placed.places) == size
    for before, after in edges:
        assert placed.places[before][0] < placed.places[after][0]
        assert placed.levels[before] < placed.levels[after]
    by_column: dict[float, list[float]] = {}
    for x, y in placed.places:
        by_column.setdefault(x, []).append(y)
    for one, other in pairwise(sorted(by_column)):
        assert other - one >= width
    for column in by_column.values():
        for one, other in pairwise(sorted(column)):
            assert other - one >= height - 1e-6


@unhurried
@given(acyclic())
def test_edges_go_right_and_no_two_boxes_overlap(graph: tuple[int, Pairs]) -> None:
    check_places(*graph, BOXES, width=160, height=52)


@unhurried
@given(acyclic())
def test_edges_go_right_and_no_two_dots_overlap(graph: tuple[int, Pairs]) -> None:
    check_places(*graph, DOTS, width=12, height=12)


@unhurried
@given(acyclic())
def test_the_same_graph_gets_the_same_places(graph: tuple[int, Pairs]) -> None:
    assert lay_out(*graph, BOXES) == lay_out.__wrapped__(*graph, BOXES)


@unhurried
@given(acyclic())
def test_a_level_is_the_longest_chain_before_a_task(graph: tuple[int, Pairs]) -> None:
    levels = levels_of(*graph)
    for node in range(graph[0]):
        needs = [levels[before] + 1 for before, after in graph[1] if after == node]
        assert levels[node] == max(needs, default=0)


@unhurried
@given(acyclic())
def test_a_long_edge_passes_every_level_between_its_ends_clear_of_the_boxes(graph: tuple[int, Pairs]) -> None:
    placed = lay_out(*graph, BOXES)
    for (before, after), bends in zip(graph[1], placed.bends, strict=True):
        assert len(bends) == placed.levels[after] - placed.levels[before] - 1
        for n, y in enumerate(bends):
            x = placed.places[before][0] + (n + 1) * BOXES.column
            assert all(abs(y - other) >= 52 for at, other in placed.places if at == x)


def test_a_chain_is_a_straight_line() -> None:
    placed = lay_out(5, tuple(pairwise(range(5))), BOXES)
    assert {y for _, y in placed.places} == {0.0}


def test_crossings_that_can_be_avoided_are() -> None:
    """Two chains side by side whose tasks are numbered crosswise."""
    placed = lay_out(6, ((0, 3), (1, 2), (2, 5), (3, 4)), BOXES)
    heights = [y for _, y in placed.places]
    assert heights[0] == heights[3] == heights[4] != heights[1]
    assert heights[1] == heights[2] == heights[5]


@unhurried
@given(acyclic(), st.integers(1, 8))
def test_parts_hold_every_task_once_and_edges_between_them_go_right(graph: tuple[int, Pairs], most: int) -> None:
    size, edges = graph
    divided = divide(size, edges, most)
    assert sorted(node for part in divided.parts for node in part.nodes) == list(range(size))
    assert all(len(part.nodes) <= most for part in divided.parts)
    assert all(divided.part_of[node] == n for n, part in enumerate(divided.parts) for node in part.nodes)
    check_places(len(divided.parts), divided.edges, BOXES, width=160, height=52)
    inside = sum(divided.part_of[before] == divided.part_of[after] for before, after in edges)
    assert sum(divided.weights) + inside == len(edges)


@unhurried
@given(acyclic(most=12), st.data())
def test_what_waits_behind_a_task_is_counted_once(graph: tuple[int, Pairs], data: st.DataObject) -> None:
    size, edges = graph
    marks = st.frozensets(st.integers(0, max(0, size - 1)), max_size=size)
    counted, failed = (frozenset(n for n in data.draw(marks) if n < size) for _ in range(2))

    def after(node: int) -> set[int]:
        found: set[int] = set()
        waiting = [node]
        while waiting:
            here = waiting.pop()
            new = {other for one, other in edges if one == here} - found
            found |= new
            waiting += new
        return found

    counts, held = behind(size, edges, counted, failed)
    assert counts == [len(after(node) & counted) for node in range(size)]
    assert set(held) == {node for one in failed for node in after(one) & counted}
    assert all(node in after(one) and one in failed for node, one in held.items())


@unhurried
@given(st.sampled_from([BOXES, DOTS]))
def test_a_chain_of_thousands_is_placed(grid: Grid) -> None:
    placed = lay_out(3_000, tuple(pairwise(range(3_000))), grid)
    assert [x for x, _ in placed.places] == [n * grid.column for n in range(3_000)]


def test_ten_thousand_tasks_are_placed_and_divided() -> None:
    graph = made_up()
    edges = pairs_of(graph)
    check_places(len(graph.nodes), edges, DOTS, width=12, height=12)
    divided = divide(len(graph.nodes), edges)
    assert len(divided.parts) < 200
    check_places(len(divided.parts), divided.edges, BOXES, width=160, height=52)


@pytest.mark.realdata
@needs_data
def test_debians_packages_are_placed_whole_or_in_parts() -> None:
    small, large = (load_graph(DAGS / "debian" / f"dag-{size}.edges.tsv.gz") for size in ("800", "10k"))
    check_places(len(small.nodes), pairs_of(small), DOTS, width=12, height=12)
    divided = divide(len(large.nodes), pairs_of(large))
    assert len(divided.parts) < 300
    check_places(len(divided.parts), divided.edges, BOXES, width=160, height=52)
