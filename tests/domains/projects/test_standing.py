"""What one word says of a project."""

import pytest

from orkwork.domains.projects.rules import standing

CALM = {"dated": False, "late": False, "over_budget": False, "finished": False}


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({}, "active"),
        ({"dated": True}, "on_track"),
        ({"dated": True, "late": True}, "late"),
        ({"dated": True, "late": True, "finished": True}, "on_track"),
        ({"over_budget": True}, "at_risk"),
    ],
)
def test_only_a_project_with_a_date_is_on_track(facts: dict[str, bool], word: str) -> None:
    assert standing("active", **(CALM | facts)) == word


def test_a_project_that_is_not_active_is_called_by_its_status() -> None:
    assert standing("paused", **(CALM | {"dated": True, "late": True})) == "paused"
