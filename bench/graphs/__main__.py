"""`python -m bench.graphs FILE… --url … --owner-link … | --keys FILE`: work real graphs off in dependency order."""

import argparse
import asyncio
import sys
from pathlib import Path

import httpx

from bench.graphs.load import Graph, load_graph
from bench.graphs.order import Order, read_order
from bench.graphs.work import Worked, check_empty, create_graph, read_graph, work_off
from bench.replay.__main__ import given_keys
from bench.replay.client import Client, Refused
from bench.replay.setup import base_of, cookie_of, make_agent_key, project_of


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.graphs", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="graphs: *.edges.tsv[.gz] or WfFormat *.json[.gz]")
    parser.add_argument("--url", help="the server's address")
    parser.add_argument("--keys", type=Path, help="file with one API key a line, one agent each")
    parser.add_argument("--key", action="append", default=[], help="an agent's API key; repeat for each agent")
    parser.add_argument("--owner-cookie", help="session cookie of an owner, as name=value")
    parser.add_argument("--owner-link", help="one-time owner link")
    parser.add_argument("--agents", type=int, default=8, help="agents to make when no keys are given (default 8)")
    parser.add_argument("--batch", type=int, default=10, help="tasks claimed at once (default 10)")
    parser.add_argument("--prefix", default="DAG", help="start of the projects' prefixes (default DAG)")
    return parser


async def main(options: argparse.Namespace) -> bool:
    """Work every graph; true when none started a task early and all were finished."""
    url = options.url or (base_of(options.owner_link) if options.owner_link else "http://localhost:8000")
    cookie = options.owner_cookie or (cookie_of(options.owner_link) if options.owner_link else "")
    owner = Client(url, cookie=cookie) if cookie else None
    keys = given_keys(options)
    if not keys and owner:
        keys = [await make_agent_key(owner, f"graph-{number + 1}") for number in range(options.agents)]
    if not keys:
        raise SystemExit("Give the agents' keys (--keys FILE or --key …), or an owner's session to make them with.")
    agents = [Client(url, key=key) for key in keys]
    fine = True
    for number, path in enumerate(options.files):
        fine &= await _one(load_graph(path), f"{options.prefix}{_letters(number)}", agents, owner, options.batch)
    for client in (*agents, *([owner] if owner else [])):
        await client.close()
    return fine


def _letters(number: int) -> str:
    return chr(ord("A") + number // 26) + chr(ord("A") + number % 26)


async def _one(graph: Graph, prefix: str, agents: list[Client], owner: Client | None, batch: int) -> bool:
    reader = owner or agents[0]
    project_id = await project_of(reader, prefix, owner, graph.name)
    await check_empty(prefix, project_id, reader)
    worked = await create_graph(graph, project_id, agents[0], f"graph:{graph.name}:{project_id[-12:]}")
    await read_graph(worked, project_id, reader)
    await work_off(worked, project_id, agents, batch)
    shown = await read_graph(Worked(), project_id, reader)
    order = await read_order(graph, worked, project_id, reader, shown)
    return say(graph, worked, order, len(agents))


def say(graph: Graph, worked: Worked, order: Order, agents: int) -> bool:
    """Print what happened; true when the graph was worked off in order."""
    size = len(graph.nodes)
    rate = worked.done / worked.work_seconds if worked.work_seconds else 0
    fine = (
        not order.early
        and not order.unknown
        and not worked.stalled
        and order.completed == size
        and worked.dependencies == graph.edges == order.compared
        and order.edges_shown == graph.edges
        and order.executions == size
    )
    print(f"{'ok  ' if fine else 'FAIL'} {graph.name}: {size:,} tasks, {graph.edges:,} dependencies")
    print(f"     created in {worked.create_seconds:.2f} s, graph read in {worked.graph_seconds:.2f} s", end="")
    print(f" (critical path of {worked.critical_tasks} tasks)")
    print(f"     worked off by {agents} agents in {worked.work_seconds:.1f} s = {rate:,.0f} tasks/s", end="")
    print(f" ({worked.claims:,} claims); {order.completed:,} completed")
    print(f"     started before a dependency was completed: {len(order.early)} of {order.compared:,} dependencies")
    for line in order.early[:3]:
        print(f"       {line}")
    if order.unknown:
        print(f"     {order.unknown} dependencies could not be judged: a start or completion is not recorded")
    return fine


def run() -> int:
    """Run the command; a refusal or an absent server is one sentence, not a traceback."""
    try:
        return 0 if asyncio.run(main(arguments().parse_args())) else 1
    except Refused as no:
        print(f"refused: {no}", file=sys.stderr)
    except httpx.TransportError as error:
        print(f"The server does not answer: {error or type(error).__name__}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(run())
