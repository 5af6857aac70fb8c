"""What is out of line, on numbers worked out here and on a day of real requests."""

import csv
import gzip
from uuid import UUID

import pytest

from orkwork.domains.anomalies import rules
from orkwork.domains.anomalies.models import AnomalyRule, AnomalyState
from tests.bench.real_data import DATA

TRACE = DATA / "agent_runs" / "AzureLLMInferenceTrace_code.csv.gz"


@pytest.mark.realdata
@pytest.mark.skipif(not TRACE.exists(), reason="needs the recorded files in ../shared/data or ORKWORK_DATA")
def test_of_a_real_day_that_arrives_in_order_those_are_heavy_that_the_definition_names() -> None:
    with gzip.open(TRACE, "rt") as file:
        sizes = [int(row["ContextTokens"]) + int(row["GeneratedTokens"]) for row in csv.DictReader(file)]
    assert len(sizes) == 8_819
    total, found = 0, []
    for n, size in enumerate(sizes, 1):
        total += size
        if rules.is_heavy(size, total, n, factor=3, least=20):
            found.append(n)
    expected = [
        n for n, size in enumerate(sizes, 1) if n >= 20 and size / 3 > sum(sizes[:n]) / n  # from the start, each time
    ]  # fmt: skip
    assert found == expected
    assert found


def test_without_enough_runs_none_is_heavy_and_exactly_the_limit_is_not() -> None:
    assert not rules.is_heavy(1000, 1190, 19, factor=3, least=20)
    assert not rules.is_heavy(30, 200, 20, factor=3, least=20)
    assert rules.is_heavy(31, 200, 20, factor=3, least=20)


def test_a_task_is_dear_that_lies_far_above_the_middle_of_its_like() -> None:
    costs = {UUID(int=n): 1.0 + n / 100 for n in range(20)} | {UUID(int=99): 40.0, UUID(int=98): 0.001}
    assert set(rules.dear(costs, deviation=3.5, least=10)) == {UUID(int=99)}
    assert rules.dear(costs, deviation=3.5, least=23) == {}
    alike = {UUID(int=n): 2.0 for n in range(20)}
    assert rules.dear(alike, deviation=3.5, least=10) == {}
    assert set(rules.dear(alike | {UUID(int=50): 9.0}, deviation=3.5, least=10)) == {
        UUID(int=50)
    }  # no deviation at all
    assert rules.modified_z([1.0, 2.0, 3.0, 4.0, 10.0])[4] == pytest.approx(0.6745 * 7)


def test_tasks_that_wait_on_each_other_are_found_however_long_the_circle() -> None:
    a, b, c, d, e = (UUID(int=n) for n in range(1, 6))
    assert rules.knots([(a, b), (b, c), (c, a), (c, d), (d, e)]) == [[a, b, c]]
    assert rules.knots([(a, b), (b, c), (a, c)]) == []
    assert sorted(rules.knots([(a, b), (b, a), (c, d), (d, c), (b, c)])) == [[a, b], [c, d]]
    many = [UUID(int=n) for n in range(5000)]
    assert rules.knots(zip(many, [*many[1:], many[0]], strict=True)) == [many]


def test_what_lasts_no_more_is_over_whatever_was_said_of_it() -> None:
    flags = {"is_closed": True, "is_snoozed": True, "is_acknowledged": True}
    assert rules.state_of(is_over=True, **flags) is AnomalyState.OVER
    assert rules.state_of(is_over=False, **flags) is AnomalyState.CLOSED
    assert rules.state_of(is_over=False, **flags | {"is_closed": False}) is AnomalyState.SNOOZED


def test_every_rule_has_its_sentence() -> None:
    assert set(rules.SAYS) == set(AnomalyRule)
