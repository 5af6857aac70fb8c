"""A whole graph in one request and back: Debian's 10,000 packages when the data is there, one as large otherwise."""

import asyncio
import random
from pathlib import Path

from bench.company import Company
from bench.graphs.load import Graph, Node, load_graph
from bench.graphs.work import create_graph, read_graph
from bench.replay.client import Client
from bench.result import Table

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "dags" / "debian"
NODES, EDGES = 10_000, 44_112
SMALL_NODES, SMALL_EDGES = 829, 2_984
CREATE_SECONDS, GRAPH_SECONDS = 5.0, 2.0


def made_up(nodes: int = NODES, edges: int = EDGES) -> Graph:
    """A random acyclic graph of this size, the same every time."""
    draw = random.Random(1)
    needs: list[set[int]] = [set() for _ in range(nodes)]
    missing = edges
    while missing:
        task = draw.randrange(1, nodes)
        dependency = draw.randrange(max(0, task - 500), task)
        if dependency not in needs[task]:
            needs[task].add(dependency)
            missing -= 1
    made = (Node(f"n{i}", f"Package {i}", depends_on=tuple(f"n{j}" for j in sorted(on))) for i, on in enumerate(needs))
    return Graph("made-up-10k", tuple(made))


def debian(size: str) -> Graph:
    """Debian's packages (`800`, which are 829, or `10k`), or a made-up graph as large where the data is absent."""
    path = DATA / f"dag-{size}.edges.tsv.gz"
    if path.exists():
        return load_graph(path)
    return made_up() if size == "10k" else made_up(SMALL_NODES, SMALL_EDGES)


def measure_bulk(company: Company, table: Table, rounds: int) -> None:
    """Create the graph in a fresh project each round, and read it back."""
    graph = debian("10k")
    size = f"{len(graph.nodes):,} tasks, {graph.edges:,} dependencies ({graph.name})"
    worked = [asyncio.run(_once(company, graph, number)) for number in range(rounds)]
    create = sorted(seconds for seconds, _ in worked)[rounds // 2]
    read = sorted(seconds for _, seconds in worked)[rounds // 2]
    table.add(f"POST /tasks/bulk, {size}", f"{create:.2f} s", f"≤ {CREATE_SECONDS:g} s", ok=create <= CREATE_SECONDS)
    table.add(
        "GET /tasks/graph of it, with critical path",
        f"{read:.2f} s",
        f"≤ {GRAPH_SECONDS:g} s",
        ok=read <= GRAPH_SECONDS,
    )
    table.notes.append(f"Median of {rounds} rounds, each in a project of its own.")


async def _once(company: Company, graph: Graph, number: int) -> tuple[float, float]:
    owner = Client(company.server.url, cookie=company.server.cookie)
    agent = Client(company.server.url, key=company.key)
    try:
        body = {"name": f"Graph {number}", "key_prefix": f"GR{chr(65 + number)}"}
        project = await owner.send("POST", "/projects", body=body)
        worked = await create_graph(graph, project["id"], agent, f"bulk-{number}")
        shown = await read_graph(worked, project["id"], agent)
        if len(shown["nodes"]) != len(graph.nodes) or len(shown["edges"]) != graph.edges:
            raise RuntimeError(f"the graph came back with {len(shown['nodes'])} nodes and {len(shown['edges'])} edges")
        return worked.create_seconds, worked.graph_seconds
    finally:
        await owner.close()
        await agent.close()
