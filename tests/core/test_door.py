"""What the database refuses, told so that the caller knows what to correct."""

import pytest

from orkwork.core import door
from orkwork.core.actor import system
from orkwork.core.errors import Invalid
from tests.factories import Company

REFUSED = [
    ("update tasks set priority = 9", "priority"),
    ("update tasks set title = null", "title"),
    ("update agents set manager_id = id", "manager_id"),
    ("update agents set daily_budget_usd = -1", "daily_budget_usd"),
    ("update projects set key_prefix = 'x y'", "key_prefix"),
    ("insert into task_dependencies (task_id, depends_on_id, kind, created_at) select id, id, 'blocks', now() from tasks", "task_id"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "field"), REFUSED)
def test_a_value_that_the_database_refuses_is_named_by_its_column(company: Company, statement: str, field: str) -> None:
    company.agent()
    company.task(company.project())
    with pytest.raises(Invalid) as refused:
        door.run(system("test"), lambda work: work.sql(statement), write=True)
    assert [bad.field for bad in refused.value.errors] == [field]
    assert field in refused.value.message and refused.value.hint
