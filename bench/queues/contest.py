"""Lets the contenders work in turns on one PostgreSQL, and adds up what they did."""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
READY_SECONDS = 60.0


class Miscount(RuntimeError):
    """A task was given twice."""


@dataclass(frozen=True)
class Result:
    """What the clients of one contender did together."""

    per_second: float
    buckets: tuple[float, ...]
    """Per second in each five seconds of the time."""


@dataclass(frozen=True)
class Contender:
    """A program and the database that it works on."""

    module: str
    dsn: str
    python: str = sys.executable

    def run(self, *, clients: int, seconds: float, batch: int = 1) -> Result:
        """Let so many processes work at once for so long. Raises `Miscount` when two of them did the same."""
        processes = [self._start(client, batch, seconds) for client in range(clients)]
        try:
            for process in processes:
                self._await_ready(process)
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            told = [self._told(process, seconds) for process in processes]
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    process.kill()
                process.wait()
        ids = [one for result in told for one in result["ids"]]
        if len(set(ids)) < len(ids):
            raise Miscount(f"{self.module}: {len(ids) - len(set(ids))} of {len(ids)} were done twice")
        buckets = tuple(sum(each) / 5 for each in zip(*(result["buckets"] for result in told), strict=True))
        return Result(sum(len(result["ids"]) / result["seconds"] for result in told), buckets)

    def _start(self, client: int, batch: int, seconds: float) -> subprocess.Popen[str]:
        asked = json.dumps({"dsn": self.dsn, "client": client, "batch": batch, "seconds": seconds})
        return subprocess.Popen(
            [self.python, "-m", f"bench.queues.{self.module}", asked],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def _await_ready(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{self.module} did not get ready")

    def _told(self, process: subprocess.Popen[str], seconds: float) -> dict[str, Any]:
        out, _ = process.communicate(timeout=seconds + READY_SECONDS)
        return json.loads(out.strip().splitlines()[-1])


def environment() -> str:
    """The Python of an environment that holds the other queues; made once for each list of their versions."""
    named = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    home = Path(tempfile.gettempdir()) / f"orkwork-bench-queues-{named}"
    python = home / "bin" / "python"
    if not (home / ".made").exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", REQUIREMENTS], check=True, capture_output=True)
        (home / ".made").touch()
    return str(python)


def database(server_url: str, name: str) -> str:
    """A fresh database of this name on the server; gives its address."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return server_url.rsplit("/", 1)[0] + f"/{name}"


def median(results: list[Result]) -> float:
    """Of the rates."""
    return statistics.median(result.per_second for result in results)


def migrate(dsn: str) -> None:
    """Bring a database to this version's schema."""
    subprocess.run(
        [sys.executable, "-m", "orkwork.cli", "migrate"],
        cwd=ROOT, env=os.environ | {"DATABASE_URL": dsn}, check=True, capture_output=True,
    )  # fmt: skip


def holding(dsn: str) -> psycopg.Connection[Any]:
    """A transaction that keeps an old snapshot until it is closed, with the timeouts off that would end it."""
    options = "-c idle_in_transaction_session_timeout=0 -c transaction_timeout=0"
    connection = psycopg.connect(make_conninfo(dsn, options=options))
    connection.execute("set transaction isolation level repeatable read")
    connection.execute("select count(*) from pg_class")
    return connection
