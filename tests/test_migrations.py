"""The migrations lead from nothing to the models and back."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.services import Services

ROOT = Path(__file__).parent.parent


@pytest.fixture
def empty(services: Services) -> str:
    """A database without anything in it."""
    return services.database_url("migrations", fresh=True, empty=True)


def alembic(url: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "alembic", *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return {row[0] for row in rows}


def test_up_from_nothing_gives_the_models_and_down_takes_everything_back(empty: str) -> None:
    alembic(empty, "upgrade", "head")
    assert "No new upgrade operations detected" in alembic(empty, "check")
    assert {"tasks", "events", "event_log", "costs"} <= tables(empty)
    alembic(empty, "downgrade", "base")
    assert tables(empty) == {"alembic_version"}
    alembic(empty, "upgrade", "head")
    assert "No new upgrade operations detected" in alembic(empty, "check")


def test_two_migrations_at_once_wait_for_each_other(empty: str) -> None:
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    both = [subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": empty}) for _ in range(2)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert "tasks" in tables(empty)
