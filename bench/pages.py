"""The browser's side: first load of each page, and the board with few and many tasks."""

import asyncio
import statistics
from typing import Any

from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Error as PlaywrightError

from bench.browser import Load, chromium, first_load, signed_in
from bench.bulk import NODES, debian
from bench.company import Company
from bench.graphs.work import create_graph
from bench.replay.client import Client
from bench.result import Table

PAGES = (
    "/login",
    "/",
    "/agents",
    "/projects",
    "/projects/BEN",
    "/projects/BEN/board",
    "/projects/BEN/graph",
    "/tasks",
    "/tasks/BEN-1",
    "/audit",
    "/settings",
)
READY = "h1, main h2, form button"
CARD = ".kc"
BOARDS = (50, 2_000)
DRAWN = "[data-drawn]"
GRAPH_SECONDS = 2.0


def measure_pages(company: Company, table: Table) -> None:
    """First load of every page with an empty cache."""
    with chromium() as browser:
        for path in PAGES:
            with signed_in(browser, company.server, visitor=path == "/login") as context:
                try:
                    load = first_load(context, company.server.url + path, READY)
                except PlaywrightError as error:
                    table.add(path, "did not open", str(error).splitlines()[0][:80], "", "", "")
                    continue
            table.add(path, *_cells(load))


def _cells(load: Load) -> tuple[str, ...]:
    return (
        str(load.requests),
        f"{load.script_gz_kb:,.0f} ({load.scripts} files)",
        f"{load.script_sent_kb:,.0f} + {load.other_sent_kb:,.0f}",
        f"{load.first_paint_ms:,.0f}",
        f"{load.ready_ms:,.0f}",
    )


def measure_board(company: Company, table: Table, rounds: int = 3) -> None:
    """The board of a project with 50 and with 2,000 tasks: until cards show, and what the page then weighs."""
    projects = {size: asyncio.run(_board_project(company, size)) for size in BOARDS}
    found: dict[int, list[dict[str, float]]] = {size: [] for size in BOARDS}
    with chromium() as browser:
        for _ in range(rounds):
            for size, project in projects.items():
                found[size].append(_one_board(browser, company, project))
    for size, loads in found.items():
        cells = {name: statistics.median(one[name] for one in loads) for name in loads[0]}
        table.add(
            f"{size:,} tasks",
            f"{cells['first']:,.0f}",
            f"{cells['settled']:,.0f}",
            f"{cells['cards']:,.0f}",
            f"{cells['nodes']:,.0f}",
            f"{cells['heap']:,.0f}",
            f"{cells['blocked']:,.0f}",
        )


async def _board_project(company: Company, size: int) -> dict[str, Any]:
    owner = Client(company.server.url, cookie=company.server.cookie)
    agent = Client(company.server.url, key=company.key)
    project = await owner.send("POST", "/projects", body={"name": f"Board {size}", "key_prefix": f"BO{len(str(size))}"})
    tasks = [{"ref": str(n), "title": f"Card {n} of {size}", "labels": ["board"]} for n in range(size)]
    await agent.send("POST", "/tasks/bulk", body={"project_id": project["id"], "ready": True, "tasks": tasks})
    for _ in range(2):
        await agent.send("POST", "/tasks/claim", body={"limit": 10, "project_id": project["id"], "start": True})
    await owner.close()
    await agent.close()
    return project


def _one_board(browser: Browser, company: Company, project: dict[str, Any]) -> dict[str, float]:
    with signed_in(browser, company.server) as context:
        context.add_init_script(LONG_TASKS)
        url = f"{company.server.url}/projects/{project['key_prefix']}/board"
        return _weigh(context, url)


LONG_TASKS = """window.blocked = 0; new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.blocked += entry.duration;
}).observe({type: 'longtask', buffered: true});"""


def _weigh(context: BrowserContext, url: str) -> dict[str, float]:
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(CARD, timeout=60_000)
    first = page.evaluate("performance.now()")
    page.wait_for_function(
        f"(() => {{ const n = document.querySelectorAll(`{CARD}`).length;"
        " const same = window.cardsSeen === n; window.cardsSeen = n; return same; })()",
        polling=200,
        timeout=60_000,
    )
    figures = {
        "first": first,
        "settled": page.evaluate("performance.now()"),
        "cards": page.evaluate(f"document.querySelectorAll(`{CARD}`).length"),
        "nodes": page.evaluate("document.querySelectorAll('*').length"),
        "heap": page.evaluate("performance.memory ? performance.memory.usedJSHeapSize / 1048576 : 0"),
        "blocked": page.evaluate("window.blocked"),
    }
    page.close()
    return {name: float(value) for name, value in figures.items()}


def measure_graph(company: Company, table: Table, rounds: int = 3) -> None:
    """The graph page of a project with 829 tasks and of one with 10,000: until the picture is drawn, in a fresh browser."""
    graphs = {
        "829": asyncio.run(_graph_project(company, "800")),
        f"{NODES:,}": asyncio.run(_graph_project(company, "10k")),
    }
    with chromium() as browser:
        for size, prefix in graphs.items():
            loads = [_one_graph(browser, company, prefix) for _ in range(rounds)]
            first, later = loads[0], statistics.median(load["drawn"] for load in loads[1:])
            blocked = statistics.median(load["blocked"] for load in loads)
            table.add(
                f"{size} tasks",
                f"{first['drawn']:,.0f}",
                f"{later:,.0f}",
                f"{blocked:,.0f}",
                f"≤ {GRAPH_SECONDS * 1000:,.0f}",
                ok=first["drawn"] <= GRAPH_SECONDS * 1000,
            )


async def _graph_project(company: Company, size: str) -> str:
    owner = Client(company.server.url, cookie=company.server.cookie)
    agent = Client(company.server.url, key=company.key)
    prefix = "GPS" if size == "800" else "GPL"
    project = await owner.send("POST", "/projects", body={"name": f"Graph page {size}", "key_prefix": prefix})
    await create_graph(debian(size), project["id"], agent, f"graph-page-{size}")
    await owner.close()
    await agent.close()
    return prefix


def _one_graph(browser: Browser, company: Company, prefix: str) -> dict[str, float]:
    with signed_in(browser, company.server) as context:
        context.add_init_script(LONG_TASKS)
        page = context.new_page()
        page.goto(f"{company.server.url}/projects/{prefix}/graph", wait_until="commit")
        page.wait_for_selector(DRAWN, timeout=60_000)
        found = {"drawn": page.evaluate("performance.now()"), "blocked": page.evaluate("window.blocked")}
        page.close()
    return {name: float(value) for name, value in found.items()}
