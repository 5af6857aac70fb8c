"""A real PostgreSQL and Valkey for one test process; both end with it.

Each xdist worker has its own, since an open transaction anywhere on a server holds back what the seal of a test's
database may read. Durability is off: nothing here outlives the session.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from orkwork.embedded.postgres import Postgres
from orkwork.embedded.valkey import Valkey

ROOT = Path(__file__).parent.parent
TEMPLATE = "orkwork_template"
_UNDURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@dataclass
class Services:
    """Addresses of the running services."""

    postgres_url: str
    """Without a database name; ends in a slash."""
    redis_url: str
    _processes: list[tuple[subprocess.Popen[bytes], int]] = field(default_factory=list)

    def database_url(self, name: str, *, fresh: bool = False, empty: bool = False) -> str:
        """A database of that name, migrated to head unless `empty`: made when missing, made anew when `fresh`."""
        with self._administer() as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
            if known and not fresh:
                return self.postgres_url + name
            if not empty:
                self._ensure_template(connection)
            _create(connection, name, "template0" if empty else TEMPLATE)
        return self.postgres_url + name

    def stop(self) -> None:
        """End both."""
        for process, stop_signal in self._processes:
            process.send_signal(stop_signal)
        for process, _ in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def _administer(self) -> psycopg.Connection:
        return psycopg.connect(self.postgres_url + "postgres", autocommit=True)

    def _ensure_template(self, connection: psycopg.Connection) -> None:
        if connection.execute("select 1 from pg_database where datname = %s", [TEMPLATE]).fetchone():
            return
        _create(connection, TEMPLATE, "template0")
        migrated = subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": self.postgres_url + TEMPLATE},
            capture_output=True,
            text=True,
            check=False,
        )
        if migrated.returncode != 0:
            raise RuntimeError(f"The migrations failed:\n{migrated.stdout}{migrated.stderr}")


def start_services(home: Path) -> Services:
    """Start both services in `home`."""
    postgres = Postgres(home, extra=_UNDURABLE)
    valkey = Valkey(home, durable=False)
    postgres.prepare()
    valkey.prepare()
    services = Services(postgres.url(""), valkey.url())
    for server in (postgres, valkey):
        services._processes.append((server.start(), server.stop_signal))
    deadline = time.monotonic() + 120
    for server, (process, _) in zip((postgres, valkey), services._processes, strict=True):
        while not server.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                services.stop()
                raise RuntimeError(f"{server.name} did not start: {server.complaint()}")
            time.sleep(0.01)
    return services


def _create(connection: psycopg.Connection, name: str, template: str) -> None:
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    connection.execute(sql.SQL("drop database if exists {name} with (force)").format(**names))
    statement = sql.SQL("create database {name} template {template} strategy file_copy")
    connection.execute(statement.format(**names))
