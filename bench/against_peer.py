"""The everyday calls beside the nearest peer's published figures (Paperclip, 2,000 issues, a like machine)."""

from dataclasses import dataclass

from bench.company import Company
from bench.measure import Request, Rounds, Target, interleaved
from bench.result import Table


@dataclass(frozen=True, slots=True)
class Published:
    """The peer's figures as the issue that asked for this product gives them."""

    one_client_ms: float
    eight_clients_per_second: float | None = None


PEER = {
    "create": Published(24),
    "get": Published(20, 56),
    "patch": Published(21),
    "list of 50": Published(237, 30),
}
PEER_MEMORY_MB = 1_800
TIMES = 10.0


def compare_with_peer(
    company: Company, table: Table, *, rounds: int, seconds: float
) -> dict[str, tuple[Rounds, Rounds]]:
    """One client and eight, by an ordinary HTTP client (httpx) and by a bare socket."""
    size = len(company.task_ids)
    found: dict[str, tuple[Rounds, Rounds]] = {}
    for what in PEER:
        one, eight = (_requests(company, what, clients) for clients in (1, 8))
        port = company.server.port
        ordinary, alone, many = interleaved(
            [
                Target(f"{what}, httpx", port, one, kind="httpx"),
                Target(f"{what}, one", port, one),
                Target(f"{what}, eight", port, eight),
            ],
            rounds=rounds,
            seconds=seconds,
        )
        found[what] = alone, many
        _judge(table, size, what, ordinary, (alone, many))
    return found


def _judge(table: Table, size: int, what: str, ordinary: Rounds, sockets: tuple[Rounds, Rounds]) -> None:
    peer, (alone, many) = PEER[what], sockets
    faster = peer.one_client_ms / ordinary.median("p50_ms")
    base = peer.eight_clients_per_second
    more = many.median("per_second") / base if base else None
    table.add(
        f"{size:,}",
        what,
        f"{ordinary.median('p50_ms'):.2f}",
        f"{alone.median('p50_ms'):.2f} / {alone.median('p99_ms'):.2f}",
        f"{peer.one_client_ms:g}",
        f"{faster:.0f} ×",
        f"{many.median('per_second'):,.0f}",
        f"{base:g}" if base else "not published",
        f"{more:.0f} ×" if more else "–",
        ok=more >= TIMES if more else None,
    )


def _requests(company: Company, what: str, clients: int) -> list[list[Request]]:
    headers, base = company.headers, "/api/v2/tasks"
    mine = [company.task_ids[client :: max(clients, len(company.task_ids) // 64)] for client in range(clients)]
    match what:
        case "create":
            body = {"project_id": company.project_id, "title": "Measured", "description": "One of many. " * 20}
            return [[{"method": "POST", "path": base, "headers": headers, "body": body}]] * clients
        case "get":
            return [[{"method": "GET", "path": f"{base}/{one}", "headers": headers} for one in ids] for ids in mine]
        case "patch":
            return [[patch for one in ids for patch in _patches(f"{base}/{one}", headers)] for ids in mine]
        case _:
            return [[{"method": "GET", "path": f"{base}?limit=50", "headers": headers}]] * clients


def _patches(path: str, headers: dict[str, str]) -> list[Request]:
    return [{"method": "PATCH", "path": path, "headers": headers, "body": {"title": f"Title {n}"}} for n in (1, 2)]
