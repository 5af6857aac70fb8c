"""The sections of the suite, each a table."""

import time

from bench.against_bare import compare_with_bare
from bench.against_peer import PEER_MEMORY_MB, compare_with_peer
from bench.assigning import measure_assigning
from bench.bulk import measure_bulk
from bench.company import Company
from bench.costs import measure_costs
from bench.forecasting import measure_forecast
from bench.graph_writes import measure_graph_writes
from bench.measure import Rounds
from bench.memory import settled
from bench.pages import measure_board, measure_graph, measure_pages
from bench.queues.measure import READY, measure_queues
from bench.quiet import wait_until_quiet
from bench.result import Table, started
from bench.server import Server
from bench.streams import measure_streams

SIZES = (2_000, 100_000)
LEDGER = (1_000_000, 10_000_000)
MOST_MEMORY_MB = 500
SECOND_START = 5.0
GROWTH = 1.25
"""How much dearer a call may get between the two sizes, by the bare handler, and still count as not growing."""
Kept = dict[str, dict[int, tuple[Rounds, Rounds]]]
"""Our rounds and the bare ones, by what was measured and with how many tasks."""


def start_and_memory(server: Server) -> list[Table]:
    """Start times and the memory of all processes once they idle."""
    table = started("Start and idle memory", "what", "measured", "target")
    table.add("first start in an empty home, until /readyz", f"{server.first_seconds:.1f} s", "–")
    second = server.restart()
    table.add("second start, until /readyz", f"{second:.1f} s", f"≤ {SECOND_START:g} s", ok=second <= SECOND_START)
    wait_until_quiet(server.pid)
    _memory(server, table, "idle after the start")
    return [table]


def _memory(server: Server, table: Table, when: str) -> None:
    processes = settled(server.pid)
    total = sum(process.pss_kb for process in processes) / 1024
    table.add(
        f"PSS of all {len(processes)} processes, {when}",
        f"{total:,.0f} MB (peer: {PEER_MEMORY_MB:,} MB)",
        f"≤ {MOST_MEMORY_MB} MB",
        ok=total <= MOST_MEMORY_MB,
    )
    table.notes.append(f"{when}: " + ", ".join(f"{p.name} {p.pss_kb / 1024:.0f} MB" for p in processes[:12]))


def calls(company: Company, *, rounds: int, seconds: float, sizes: tuple[int, ...]) -> list[Table]:
    """Against the bare handlers and the peer, with few tasks and with many, and how cost grows."""
    bare = started(
        "Against the same handlers bare",
        "tasks", "call", "clients", "orkwork p50 / p99 ms", "bare p50 / p99 ms", "orkwork /s", "bare /s",
        "CPU ms, orkwork / bare", "ratio", "target", "ratio to bare asynchronous",
    )  # fmt: skip
    peer = Table(
        "Beside the nearest peer's published figures",
        ("tasks", "call", "p50 ms, one httpx client", "p50 / p99 ms, one socket", "peer p50 ms", "faster",
         "/s, 8 clients", "peer /s", "throughput"),
    )  # fmt: skip
    kept: Kept = {}
    for size in sizes:
        began = time.perf_counter()
        company.grow(size)
        waited = wait_until_quiet(company.server.pid)
        print(f"  ({size:,} tasks: made in {time.perf_counter() - began - waited:.0f} s, quiet after {waited:.0f} s)")
        beside = compare_with_bare(company, bare, rounds=rounds, seconds=seconds)
        for name, pair in beside.items():
            kept.setdefault(name, {})[size] = pair
        for name, pair in compare_with_peer(company, peer, rounds=rounds, seconds=seconds).items():
            if name in ("create", "patch"):
                for clients, found in zip((1, 8), pair, strict=True):
                    kept.setdefault(f"{name}, {clients}", {})[size] = found, beside[f"transition, {clients}"][1]
    return [bare, peer, growth(kept, sizes)]


def growth(kept: Kept, sizes: tuple[int, ...]) -> Table:
    """What each call costs with many tasks, by what it costs with few, less what the machine itself changed meanwhile."""
    few, many = sizes[0], sizes[-1]
    table = started(
        "Cost with many tasks by cost with few",
        "call, clients", f"p50 ms, {few:,} → {many:,}", "grew", f"bare p50 ms, {few:,} → {many:,}", "grew", "ratio", "target",
    )  # fmt: skip
    for name, by_size in kept.items():
        small, large = ([rounds.median("p50_ms") for rounds in by_size[size]] for size in (few, many))
        ours, bare = large[0] / small[0], large[1] / small[1]
        table.add(
            name, f"{small[0]:.2f} → {large[0]:.2f}", f"{ours:.2f} ×", f"{small[1]:.2f} → {large[1]:.2f}", f"{bare:.2f} ×",
            f"{ours / bare:.2f} ×", f"≤ {GROWTH:g} ×", ok=ours / bare <= GROWTH,
        )  # fmt: skip
    table.notes.append(
        "Minutes lie between the sizes, in which the machine changes: the bare handler of the same call, measured in the same "
        "rounds, says by how much (create and patch: the bare transition). It reads and writes one row by primary key."
    )
    return table


def bulk(company: Company, rounds: int) -> list[Table]:
    """A whole graph at once."""
    table = started("A whole graph in one request", "what", "measured", "target")
    measure_bulk(company, table, rounds)
    return [table]


def streams(company: Company, rounds: int) -> list[Table]:
    """How soon many hear of one thing."""
    table = started("Streams", "what", "orkwork", "bare broadcast", "ratio", "target")
    measure_streams(company, table, rounds)
    return [table]


def assigning(company: Company) -> list[Table]:
    """One task after the other, each to the best of many agents."""
    table = started("Assignment by score", "what", "measured", "target")
    measure_assigning(company, table)
    return [table]


def graph_writes(company: Company) -> list[Table]:
    """What a change costs in a large graph."""
    table = started("Writes in a large graph", "what", "measured", "target")
    measure_graph_writes(company, table)
    return [table]


def forecast() -> list[Table]:
    """One forecast, without the server."""
    table = started("A forecast", "what", "measured", "target")
    measure_forecast(table)
    return [table]


def queues(server: Server, *, rounds: int, seconds: float, quick: bool) -> list[Table]:
    """The queue beside others."""
    table = started("Beside other queues on the same PostgreSQL", "what", "measured", "ratio", "target")
    measure_queues(server, table, rounds=rounds, seconds=seconds, ready=READY // 5 if quick else READY)
    return [table]


def costs(company: Company, *, sizes: tuple[int, ...], rounds: int, seconds: float) -> list[Table]:
    """The ledger's sums beside its rows."""
    table = started("Costs", "rows", "what", "measured", "target")
    measure_costs(company, table, sizes=sizes, rounds=rounds, seconds=seconds)
    return [table]


def pages(company: Company) -> list[Table]:
    """What the browser loads."""
    first = started(
        "First load of each page, empty cache",
        "page", "requests", "JS, kB gzipped", "sent: JS + other, kB", "first paint, ms", "shown, ms",
    )  # fmt: skip
    measure_pages(company, first)
    board = started(
        "The board", "project", "first card, ms", "settled, ms", "cards in the page", "DOM nodes", "JS heap, MB",
        "main thread blocked, ms",
    )  # fmt: skip
    measure_board(company, board)
    graph = started(
        "The graph page",
        "project",
        "drawn the first time, ms",
        "drawn again, ms",
        "main thread blocked, ms",
        "target, ms",
    )
    measure_graph(company, graph)
    return [first, board, graph]


def memory_after(server: Server) -> list[Table]:
    """Memory once more, when everything above has been served."""
    table = started("Memory after the suite", "what", "measured", "target")
    wait_until_quiet(server.pid)
    _memory(server, table, "idle after all of this")
    return [table]
