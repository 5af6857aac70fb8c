"""What a board reads, and how much of the table that takes."""

from typing import Any

import pytest

from orkwork.core import db
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import board
from tests.domains.tasks.plans import many_tasks, nodes, plans_of
from tests.factories import Company

ENDED = [Status.COMPLETED, Status.FAILED, Status.CANCELLED]


def test_ended_lanes_come_latest_first_without_sorting_all_their_tasks(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = company.project()
    many_tasks(project.id, 9_000, [s.value for s in ENDED])
    seen: list[Any] = []
    plans = plans_of(monkeypatch, lambda: seen.append(company.do(board.board, project.id)), "tasks")
    with db.engine().connect() as connection:
        for status in ENDED:
            wanted = connection.exec_driver_sql(
                "select key from tasks where status = %(status)s order by updated_at desc, id desc limit 50",
                {"status": status.value},
            ).scalars()
            assert [card.key for card in seen[0].cards if card.status == status] == list(wanted)
    steps = [step for plan in plans for step in nodes(plan)]
    assert sum(step.get("Index Name") == "ix_tasks_ended" for step in steps) == 3
    assert not [step for step in steps if step["Node Type"] == "Seq Scan" and step["Relation Name"] == "tasks"]
    assert not [step for step in steps if "Sort" in step["Node Type"] and step["Plan Rows"] > 200], plans
