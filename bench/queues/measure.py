"""The section: claim and finish beside Procrastinate and PgQueuer, with a blocked head, and beside an old snapshot."""

import subprocess
from contextlib import closing

from bench.queues.contest import ROOT, Contender, Result, database, environment, holding, median, migrate
from bench.queues.stock import Stock
from bench.result import Table
from bench.server import Server
from orkwork.core import db

CLIENTS = (1, 4, 8)
READY = 50_000
BATCH, BATCH_CLIENTS = 10, 4
OF_WORKER, OF_SQL, OF_BATCH, KEPT = 1.3, 0.8, 0.9, 0.9
HELD_SECONDS = 30.0


class Contest:
    """The contenders, each with a stocked database of its own on the server's PostgreSQL."""

    def __init__(self, server: Server, ready: int) -> None:
        self.ready, self._python = ready, environment()
        url = server.database_url
        ours, procrastinate, pgqueuer = (
            database(url, name) for name in ("queues_orkwork", "queues_procrastinate", "queues_pgqueuer")
        )
        migrate(ours)
        self.stock = Stock(ours, max(CLIENTS))
        self.dsn = ours
        self.ours = Contender("ours", ours)
        self.bare = Contender("theirs.procrastinate_sql", procrastinate, self._python)
        self.worker = Contender("theirs.procrastinate_worker", procrastinate, self._python)
        self.batches = Contender("theirs.pgqueuer_batch", pgqueuer, self._python)
        self._dsns = {"procrastinate": procrastinate, "pgqueuer": pgqueuer}

    def fill(self, *others: str) -> None:
        """Stock our queue, and these others anew."""
        self.stock.fill(self.ready)
        for name in others:
            subprocess.run(
                [self._python, "-m", "bench.queues.theirs.filling", name, self._dsns[name], str(self.ready)],
                cwd=ROOT, check=True, capture_output=True,
            )  # fmt: skip


def measure_queues(server: Server, table: Table, *, rounds: int, seconds: float, ready: int) -> None:
    """Rounds alternate between the contenders; the median of each."""
    contest = Contest(server, ready)
    free = _one_by_one(contest, table, rounds, seconds)
    _in_batches(contest, table, rounds, seconds)
    _blocked(contest, table, rounds, seconds, free)
    _held(contest, table)
    db.dispose()
    table.notes += [
        f"{ready:,} ready tasks; each client is a process; median of {rounds} rounds of {seconds:g} s, taken in turns. "
        "Nothing was done twice, or the run would have ended with an error.",
        "orkwork claims, starts a run, ends it and completes the task, by the operations, without HTTP: capability match, "
        "limits, budget, lease and fence, four events and their deliveries. The others fetch and finish.",
        "Procrastinate 3.10.0, PgQueuer 1.6.0 on psycopg.",
        "PostgreSQL ends a transaction that idles for 60 s (`idle_in_transaction_session_timeout`, also asked for by each "
        "connection to a PostgreSQL of one's own) and, embedded, any after 15 minutes.",
    ]  # fmt: skip


def _one_by_one(contest: Contest, table: Table, rounds: int, seconds: float) -> float:
    """Gives our rate with four clients, for comparison."""
    free = 0.0
    for clients in CLIENTS:
        contest.fill("procrastinate")
        found: dict[Contender, list[Result]] = {contest.ours: [], contest.bare: [], contest.worker: []}
        for _ in range(rounds):
            for contender, results in found.items():
                results.append(contender.run(clients=clients, seconds=seconds))
        ours, bare, worker = (median(results) for results in found.values())
        free = ours if clients == BATCH_CLIENTS else free
        said = f"{ours:,.0f}/s; worker {worker:,.0f}/s, its SQL {bare:,.0f}/s"
        ok = ours >= OF_WORKER * worker and ours >= OF_SQL * bare
        table.add(
            f"claim + finish, one at a time, {clients} clients", said,
            f"{ours / worker:.2f} × Procrastinate's worker, {ours / bare:.2f} × its SQL",
            f"≥ {OF_WORKER:g} ×, ≥ {OF_SQL:g} ×", ok=ok,
        )  # fmt: skip
    return free


def _in_batches(contest: Contest, table: Table, rounds: int, seconds: float) -> None:
    ours, theirs = [], []
    for _ in range(rounds):
        contest.fill("pgqueuer")
        ours.append(contest.ours.run(clients=BATCH_CLIENTS, seconds=seconds, batch=BATCH))
        theirs.append(contest.batches.run(clients=BATCH_CLIENTS, seconds=seconds, batch=BATCH))
    ratio = median(ours) / median(theirs)
    table.add(
        f"claim {BATCH} + finish {BATCH}, {BATCH_CLIENTS} clients",
        f"{median(ours):,.0f} tasks/s; PgQueuer {median(theirs):,.0f}/s",
        f"{ratio:.2f} × PgQueuer", f"≥ {OF_BATCH:g} ×", ok=ratio >= OF_BATCH,
    )  # fmt: skip


def _blocked(contest: Contest, table: Table, rounds: int, seconds: float, free: float) -> None:
    contest.fill()
    contest.stock.block(int(contest.ready * 0.4))
    contest.fill()
    rate = median([contest.ours.run(clients=BATCH_CLIENTS, seconds=seconds) for _ in range(rounds)])
    table.add(
        f"the same, {BATCH_CLIENTS} clients, with 40 % more at the head that nobody here can do",
        f"{rate:,.0f}/s; without {free:,.0f}/s", f"{rate / free:.2f} kept", f"≥ {KEPT:g}", ok=rate >= KEPT * free,
    )  # fmt: skip


def _held(contest: Contest, table: Table) -> None:
    contest.fill()
    free = contest.ours.run(clients=BATCH_CLIENTS, seconds=10)
    with closing(holding(contest.dsn)):
        held = contest.ours.run(clients=BATCH_CLIENTS, seconds=HELD_SECONDS)
    rates = " → ".join(f"{rate:,.0f}" for rate in held.buckets)
    table.add(
        f"claim + finish, {BATCH_CLIENTS} clients, while an old transaction stays open, each 5 s",
        f"{rates}/s; without {free.per_second:,.0f}/s", f"{held.buckets[-1] / free.per_second:.2f} × after {HELD_SECONDS:g} s",
        "–",
    )  # fmt: skip
