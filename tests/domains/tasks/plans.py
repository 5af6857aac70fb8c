"""How PostgreSQL carries out what the product asks."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orkwork.core import db
from orkwork.core.work import Work

Plan = dict[str, Any]


def plans_of(monkeypatch: pytest.MonkeyPatch, call: Callable[[], Any], table: str) -> list[Plan]:
    """The plans of all statements of a call that read a table, made for the same parameters."""
    asked: list[tuple[str, Any]] = []
    all_rows = Work.all

    def listen(work: Work, statement: str, params: Any = None) -> Any:
        asked.append((statement, params))
        return all_rows(work, statement, params)

    with monkeypatch.context() as patch:
        patch.setattr(Work, "all", listen)
        call()
    return [_explained(statement, params) for statement, params in asked if f" {table} t" in statement]


def _explained(statement: str, params: Any) -> Plan:
    with db.engine().connect() as connection:
        found = connection.exec_driver_sql(f"explain (format json) {statement}", params).scalar_one()
    return (found if isinstance(found, list) else json.loads(found))[0]["Plan"]


def nodes(plan: Plan) -> Iterator[Plan]:
    """Every step of a plan."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def many_tasks(project_id: Any, rows: int, statuses: list[str]) -> None:
    """So many tasks in these statuses in turn, each changed at another moment, and fresh statistics."""
    with db.engine().begin() as connection:
        connection.exec_driver_sql(
            "insert into tasks (id, project_id, number, key, title, description, kind, status, priority, capset_id, "
            "review_required, auto_assigned, blocked_count, flagged, crit, created_by_kind, created_at, updated_at, version) "
            "select gen_random_uuid(), %(project)s, n, 'BIG-' || n, 'Task', '', 'task', "
            "(%(statuses)s::text[])[1 + n %% cardinality(%(statuses)s::text[])], 2, "
            "(select id from capability_sets where capability_ids = '{}'), true, false, 0, false, 0, 'system', now(), "
            "now() - make_interval(secs => (n * 7919) %% 100003), 1 from generate_series(1, %(rows)s) n",
            {"project": project_id, "rows": rows, "statuses": statuses},
        )
    with db.engine().connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("analyze tasks")
