"""The short form of `make chaos`."""

import pytest

from orkwork.core import failpoints
from orkwork.core.operation import OPERATIONS
from orkwork.domains import registry
from tests.chaos.run import FAILPOINTS, plan, run
from tests.chaos.stack import SERVICES

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("up"), pytest.mark.timeout(500)]


def test_the_plan_kills_every_service_and_at_every_failpoint() -> None:
    assert len(FAILPOINTS) == 25
    assert {what for _, what in plan(200, seed=7)} == {*FAILPOINTS, *SERVICES}
    assert plan(50, seed=3) == plan(50, seed=3)
    assert {what for _, what in plan(10, seed=3)} != {what for _, what in plan(10, seed=4)}


def test_every_failpoint_is_an_operation_or_stands_in_the_code() -> None:
    registry.load_operations()
    assert set(FAILPOINTS) <= {*OPERATIONS, *failpoints.NAMES}


def test_after_kills_under_load_every_promise_still_holds() -> None:
    said: list[str] = []
    report = run(kills=4, seed=5, longest_seconds=45, say=said.append)
    assert not report.broken, "\n".join(report.lines())
    assert sum(report.kills.values()) >= 2, said
    assert report.record.calls > 100
