"""Reading dependency graphs."""

import gzip
import json
from pathlib import Path

import pytest

from bench.bulk import made_up
from bench.graphs.load import load_graph
from tests.bench.real_data import DAGS, needs_data


def test_an_edge_list_names_every_task_once(tmp_path: Path) -> None:
    edges = tmp_path / "small.edges.tsv.gz"
    edges.write_bytes(gzip.compress(b"task\tdepends_on\na\tb\na\tc\nb\tc\na\tb\n"))
    (tmp_path / "small.nodes.tsv.gz").write_bytes(gzip.compress(b"task\tsection\na\tutils\nd\tlibs\n"))
    graph = load_graph(edges)
    assert graph.name == "small"
    assert {node.ref: node.depends_on for node in graph.nodes} == {"a": ("b", "c"), "b": ("c",), "c": (), "d": ()}
    assert graph.edges == 3
    assert graph.nodes[0].description == "section: utils"


def test_a_workflow_takes_parents_and_children_and_runtimes(tmp_path: Path) -> None:
    tasks = [
        {"name": "split", "id": "s1", "parents": [], "children": ["m1"]},
        {"name": "map", "id": "m1", "parents": ["s1"], "children": []},
        {"name": "join", "id": "j1", "parents": ["map"], "children": []},
    ]
    ran = [{"id": "m1", "runtimeInSeconds": 61.0, "command": {"program": "map", "arguments": ["-x"]}}]
    path = tmp_path / "flow.json"
    path.write_text(json.dumps({"workflow": {"specification": {"tasks": tasks}, "execution": {"tasks": ran}}}))
    graph = load_graph(path)
    assert [node.depends_on for node in graph.nodes] == [(), ("s1",), ("m1",)]
    assert (graph.nodes[1].minutes, graph.nodes[1].description) == (2, "map -x")


def test_the_made_up_graph_is_as_large_as_the_real_one_and_acyclic() -> None:
    graph = made_up(nodes=200, edges=800)
    assert (len(graph.nodes), graph.edges) == (200, 800)
    assert all(int(on[1:]) < int(node.ref[1:]) for node in graph.nodes for on in node.depends_on)


@pytest.mark.realdata
@needs_data
def test_the_real_graphs_have_their_sizes_or_are_skipped_without_shared_data() -> None:
    small, large = (load_graph(DAGS / "debian" / f"dag-{size}.edges.tsv.gz") for size in ("800", "10k"))
    assert (len(small.nodes), small.edges) == (829, 2_984)
    assert (len(large.nodes), large.edges) == (10_000, 44_112)
    assert len(list((DAGS / "wfinstances").glob("*.json*"))) == 16
    for path in (DAGS / "wfinstances").glob("*.json*"):
        assert load_graph(path).nodes
