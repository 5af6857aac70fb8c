"""The health score, as pure arithmetic."""

import pytest

from orkwork.domains.health import rules
from orkwork.domains.health.models import Cause
from orkwork.domains.health.rules import COMPANY, PROJECT, Found, Weight


def test_a_cause_takes_half_its_most_at_half_and_never_more_than_its_most() -> None:
    weight = Weight(20, 2)
    taken = [rules.points(Found(count=n), weight) for n in (0, 1, 2, 4, 6, 1000)]
    assert taken == [0, 6, 10, 15, 18, 20]


def test_what_is_there_at_all_takes_at_least_a_point() -> None:
    assert rules.points(Found(count=1, of=10_000), COMPANY[Cause.FAILED]) == 1


def test_the_same_failures_weigh_more_among_few_tasks_than_among_many() -> None:
    few, many = (rules.points(Found(count=3, of=of), COMPANY[Cause.FAILED]) for of in (10, 1000))
    assert few == 10 and many == 1


def test_anomalies_count_by_their_severity() -> None:
    assert rules.severity({0: 4, 1: 1, 2: 2}) == 3.5
    low, high = (rules.points(Found(count=2, weight=w), COMPANY[Cause.ANOMALY]) for w in (0.5, 2.0))
    assert (low, high) == (2, 8)


def test_causes_add_up_to_what_is_missing_from_a_hundred_the_worst_first() -> None:
    found = {
        Cause.LATE: Found(count=1, of=2, label="MOQ", href="/projects/MOQ"),
        Cause.FAILED: Found(count=2, of=20),
        Cause.PAUSED: Found(count=0, of=5),
        Cause.JOB: Found(count=1, label="sla.check"),
    }
    health = rules.health(found, COMPANY)
    assert [(one.cause, one.points) for one in health.taken] == [
        (Cause.JOB, 10), (Cause.LATE, 10), (Cause.FAILED, 8),
    ]  # fmt: skip
    assert health.score == 100 - sum(one.points for one in health.taken)
    assert [rules.says(one) for one in health.taken] == [
        "The job sla.check keeps failing", "MOQ is past its date", "2 tasks failed",
    ]  # fmt: skip


def test_the_score_never_falls_below_zero() -> None:
    found = {cause: Found(count=1000) for cause in COMPANY}
    assert sum(one.points for one in rules.health(found, COMPANY).taken) > 100
    assert rules.health(found, COMPANY).score == 0


@pytest.mark.parametrize("weights", [COMPANY, PROJECT])
def test_one_more_of_anything_never_makes_it_better(weights: dict[Cause, Weight]) -> None:
    for cause, weight in weights.items():
        taken = [rules.points(Found(count=n, of=50), weight) for n in range(60)]
        assert taken == sorted(taken), cause


@pytest.mark.parametrize(("score", "band"), [(100, "good"), (80, "good"), (79, "fair"), (60, "fair"), (59, "poor")])
def test_a_score_has_a_word(score: int, band: str) -> None:
    assert rules.band(score) == band


def test_every_cause_has_its_weight_and_its_sentences() -> None:
    assert set(COMPANY) == set(Cause) == set(rules.SENTENCES)
