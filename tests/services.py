"""One real PostgreSQL and Valkey for a whole test session, shared by its xdist workers.

The session's first process starts them; every other process that names the same home attaches. They end with the
process that started them, which waits for the others before it stops them. Durability is off: nothing here outlives
the session.
"""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from orkwork.embedded.postgres import Postgres
from orkwork.embedded.valkey import Valkey

ROOT = Path(__file__).parent.parent
TEMPLATE = "orkwork_template"
_LOCK = 7_302_001
_UNDURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@dataclass
class Services:
    """Addresses of the running services; `stop` ends them where they were started here."""

    home: Path
    postgres_url: str
    """Without a database name; ends in a slash."""
    valkey_url: str
    """Without a database number; ends in a slash."""
    _processes: list[tuple[subprocess.Popen[bytes], int]] = field(default_factory=list)
    _share: IO[bytes] | None = None

    @property
    def redis_url(self) -> str:
        """Valkey's address; each xdist worker has its own numbered database. Channels are shared by all of them."""
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")
        return f"{self.valkey_url}{(int(worker) + 1) % 16}"

    def database_url(self, name: str, *, fresh: bool = False, empty: bool = False) -> str:
        """A database of that name, migrated to head unless `empty`: made when missing, made anew when `fresh`."""
        with self._administer() as connection:
            connection.execute("select pg_advisory_lock(%s)", [_LOCK])
            known = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
            if known and not fresh:
                return self.postgres_url + name
            if not empty:
                self._ensure_template(connection)
            _create(connection, name, "template0" if empty else TEMPLATE)
        return self.postgres_url + name

    def stop(self) -> None:
        """End what was started here, once nobody else uses it; a process that only attached just lets go."""
        if self._share is not None:
            if self._processes:
                fcntl.flock(self._share, fcntl.LOCK_EX)
            self._share.close()
            self._share = None
        for process, stop_signal in self._processes:
            process.send_signal(stop_signal)
        for process, _ in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._processes:
            (self.home / "services.json").unlink(missing_ok=True)
            self._processes.clear()

    def _administer(self) -> psycopg.Connection:
        return psycopg.connect(self.postgres_url + "postgres", autocommit=True)

    def _ensure_template(self, connection: psycopg.Connection) -> None:
        if connection.execute("select 1 from pg_database where datname = %s", [TEMPLATE]).fetchone():
            return
        draft = f"{TEMPLATE}_draft"
        _create(connection, draft, "template0")
        if (ROOT / "alembic.ini").exists():
            migrated = subprocess.run(
                [sys.executable, "-m", "alembic", "upgrade", "head"],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": self.postgres_url + draft},
                capture_output=True,
                text=True,
                check=False,
            )
            if migrated.returncode != 0:
                raise RuntimeError(f"The migrations failed:\n{migrated.stdout}{migrated.stderr}")
        names = {"old": sql.Identifier(draft), "new": sql.Identifier(TEMPLATE)}
        connection.execute(sql.SQL("alter database {old} rename to {new}").format(**names))


def start_services(home: Path) -> Services:
    """Start both services in `home`, or attach to those that a running process already started there."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "start.lock").open("wb") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        services = _running(home) or _start(home)
        services._share = (home / "share.lock").open("wb")
        fcntl.flock(services._share, fcntl.LOCK_SH)
    return services


def _start(home: Path) -> Services:
    postgres = Postgres(home, extra=_UNDURABLE)
    valkey = Valkey(home, durable=False)
    postgres.prepare()
    valkey.prepare()
    services = Services(home, postgres.url(""), valkey.url().removesuffix("0"))
    for server in (postgres, valkey):
        services._processes.append((server.start(), server.stop_signal))
    deadline = time.monotonic() + 30
    for server, (process, _) in zip((postgres, valkey), services._processes, strict=True):
        while not server.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                services.stop()
                raise RuntimeError(f"{server.name} did not start: {server.complaint()}")
            time.sleep(0.01)
    note = {"pid": os.getpid(), "postgres_url": services.postgres_url, "valkey_url": services.valkey_url}
    (home / "services.json").write_text(json.dumps(note))
    return services


def _running(home: Path) -> Services | None:
    with contextlib.suppress(OSError, ValueError):
        note = json.loads((home / "services.json").read_text())
        os.kill(note["pid"], 0)
        return Services(home, note["postgres_url"], note["valkey_url"])
    return None


def _create(connection: psycopg.Connection, name: str, template: str) -> None:
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    connection.execute(sql.SQL("drop database if exists {name} with (force)").format(**names))
    statement = sql.SQL("create database {name} template {template} strategy file_copy")
    connection.execute(statement.format(**names))
