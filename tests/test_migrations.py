"""The migrations lead from nothing to the models and back."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from orkwork.domains.tasks.schemas import CriterionOut
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


FILLED = """
insert into projects (id, name, key_prefix, description, status, demo, created_at, updated_at, version)
  values ('00000000-0000-7000-8000-000000000001', 'Old', 'OLD', '', 'paused', false, now(), now(), 1);
insert into tasks (id, project_id, number, key, title, description, kind, status, priority, acceptance_criteria, capset_id,
    review_required, auto_assigned, blocked_count, flagged, crit, created_by_kind, created_at, updated_at, version)
  select ('00000000-0000-7000-8000-00000000000' || n)::uuid, '00000000-0000-7000-8000-000000000001', n, 'OLD-' || n, 'T', '', 'task',
    'CREATED', 2, case n when 1 then '[{"text": "Adds up", "done": true}, {"text": "Is fast", "done": false}]'::jsonb
    else '[]' end, (select min(id) from capability_sets), true, false, 0, false, 0, 'system', now(), now(), 1
  from generate_series(1, 2) n;
"""


def test_ticked_criteria_become_verified_ones_and_paused_projects_held_ones_and_back(empty: str) -> None:
    alembic(empty, "upgrade", "0006_assignment")
    with psycopg.connect(empty) as connection:
        connection.execute(FILLED)
        ticked = connection.execute("select acceptance_criteria from tasks order by number").fetchall()
    alembic(empty, "upgrade", "0008_lifecycle")
    with psycopg.connect(empty) as connection:
        row = connection.execute("select acceptance_criteria from tasks order by number").fetchall()
        held = connection.execute("select hold ->> 'by_name' from projects").fetchall()
    first, second = (CriterionOut.model_validate(one) for one in row[0][0])
    assert (first.text, first.state, first.verified_by_name) == ("Adds up", "met", "orkwork")
    assert (second.text, second.state, second.verified_at, second.evidence) == ("Is fast", "open", None, "")
    assert (row[1][0], held) == ([], [("orkwork",)])
    alembic(empty, "downgrade", "0006_assignment")
    with psycopg.connect(empty) as connection:
        assert connection.execute("select acceptance_criteria from tasks order by number").fetchall() == ticked
