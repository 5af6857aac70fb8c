"""`python -m bench`: measure a fresh orkwork of its own and write docs/benchmarks.md."""

import argparse
import os
import signal
import sys
import time

from bench import sections
from bench.company import found_company
from bench.page import write
from bench.result import Table
from bench.server import Server

ALL = ("memory", "calls", "bulk", "assign", "graph", "forecast", "queues", "costs", "pages", "streams")


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=ALL, action="append", help="measure only this; repeat for more")
    parser.add_argument("--quick", action="store_true", help="one short round and 10,000 tasks instead of 100,000")
    parser.add_argument("--no-page", action="store_true", help="print only, leave docs/benchmarks.md alone")
    return parser


def measure(options: argparse.Namespace) -> list[Table]:
    """Run the chosen sections against one server."""
    wanted = options.only or ALL
    rounds, seconds = (1, 0.5) if options.quick else (3, 2.0)
    sizes = (2_000, 10_000) if options.quick else sections.SIZES
    tables: list[Table] = []
    with Server() as server:
        print(f"orkwork at {server.url}, home {server.home}")
        if "memory" in wanted:
            tables += sections.start_and_memory(server)
        company = found_company(server)
        company.grow(64)
        if "pages" in wanted:
            tables += sections.pages(company)
        if "calls" in wanted:
            tables += sections.calls(company, rounds=rounds, seconds=seconds, sizes=sizes)
        if "streams" in wanted:
            tables += sections.streams(company, rounds)
        if "bulk" in wanted:
            tables += sections.bulk(company, rounds)
        if "assign" in wanted:
            tables += sections.assigning(company)
        if "graph" in wanted:
            tables += sections.graph_writes(company)
        if "forecast" in wanted:
            tables += sections.forecast()
        if "queues" in wanted:
            tables += sections.queues(server, rounds=rounds, seconds=2 * seconds, quick=options.quick)
        if "costs" in wanted:
            ledger = (100_000,) if options.quick else sections.LEDGER
            tables += sections.costs(company, sizes=ledger, rounds=rounds, seconds=seconds)
        if "memory" in wanted:
            tables += sections.memory_after(server)
    return tables


def main() -> int:
    """Measure, write, and say what was missed; a miss is a result, not a failure."""
    options = arguments().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave through the server's context, which stops it
    began, neighbours = time.perf_counter(), os.getloadavg()[0]
    tables = measure(options)
    seconds = time.perf_counter() - began
    chosen = f" ({', '.join(options.only)} only)" if options.only else ""
    if not options.no_page:
        write(tables, seconds, chosen + (", quick" if options.quick else ""), neighbours)
    missed = [row for table in tables for row in table.rows if row.ok is False]
    print(f"\n{len(missed)} targets missed, {seconds / 60:.1f} minutes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
