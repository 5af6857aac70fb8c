"""Ratios to the bare handlers: get, list of 50, transition; one client and eight; few tasks and many."""

from typing import Any

from bench.bare_server import BareServer
from bench.company import Company
from bench.measure import Request, Rounds, Target, interleaved, ratio
from bench.quiet import cpu_seconds
from bench.result import Table

LEAST = {"get": 0.6, "list of 50": 0.4, "transition": 0.4}
MOST_P99 = 3.0


def compare_with_bare(
    company: Company, table: Table, *, rounds: int, seconds: float
) -> dict[str, tuple[Rounds, Rounds]]:
    """Measure all three at the company's present size; gives our rounds and the bare ones by what was measured."""
    kept: dict[str, tuple[Rounds, Rounds]] = {}
    with yardstick(company) as bare:
        for what in LEAST:
            for clients in (1, 8):
                three = [
                    Target("orkwork", company.server.port, _requests(company, what, clients, "/api/v2")),
                    Target("bare, in threads", bare.port, _requests(company, what, clients, "")),
                    Target("bare, asynchronous", bare.port, _requests(company, what, clients, "/async")),
                ]
                found = interleaved(
                    three,
                    rounds=rounds,
                    seconds=seconds,
                    stride=2,
                    cpu=lambda: cpu_seconds(company.server.pid) + cpu_seconds(bare.pid),
                )
                kept[f"{what}, {clients}"] = found[0], found[1]
                _judge(table, len(company.task_ids), what, clients, found)
    return kept


def yardstick(company: Company) -> BareServer:
    """The yardstick, for whoever measures other handlers of it."""
    task = company.get(f"/tasks/{company.task_ids[0]}")
    return BareServer(company.server, _plain(task), _plain(company.get("/tasks", limit=1)["items"][0]))


def _plain(shape: dict[str, Any]) -> dict[str, Any]:
    return {name: value if not hasattr(value, "quantize") else str(value) for name, value in shape.items()}


def _judge(table: Table, size: int, what: str, clients: int, found: list[Rounds]) -> None:
    us, bare, fast = found
    share = ratio(us, bare, "per_second")
    tail = ratio(us, bare, "p99_ms")
    table.add(
        f"{size:,}",
        what,
        clients,
        f"{us.median('p50_ms'):.2f} / {us.median('p99_ms'):.2f}",
        f"{bare.median('p50_ms'):.2f} / {bare.median('p99_ms'):.2f}",
        f"{us.median('per_second'):,.0f}",
        f"{bare.median('per_second'):,.0f}",
        f"{us.median('cpu_ms'):.2f} / {bare.median('cpu_ms'):.2f}",
        f"{share:.2f} ×, p99 {tail:.1f} ×",
        f"≥ {LEAST[what]} ×, p99 ≤ {MOST_P99:.0f} ×",
        f"{ratio(us, fast, 'per_second'):.2f} ×, p99 {ratio(us, fast, 'p99_ms'):.1f} ×",
        ok=share >= LEAST[what] and tail <= MOST_P99,
    )


def _requests(company: Company, what: str, clients: int, base: str) -> list[list[Request]]:
    headers = company.headers if base == "/api/v2" else {}
    ids = company.task_ids
    if what == "list of 50":
        return [[{"method": "GET", "path": f"{base}/tasks?limit=50", "headers": headers}]] * clients
    spread = max(1, len(ids) // 256)
    lists = []
    for client in range(clients):
        mine = ids[client * spread :: spread * clients][:64]
        if what == "get":
            lists.append([{"method": "GET", "path": f"{base}/tasks/{one}", "headers": headers} for one in mine])
        else:
            lists.append([move for one in mine for move in _there_and_back(f"{base}/tasks/{one}/transition", headers)])
    return lists


def _there_and_back(path: str, headers: dict[str, str]) -> list[Request]:
    return [{"method": "POST", "path": path, "headers": headers, "body": {"to": to}} for to in ("PLANNING", "CREATED")]
