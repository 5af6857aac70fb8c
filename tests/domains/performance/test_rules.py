"""The arithmetic of scores against fractions worked out here."""

import random
from decimal import Decimal
from fractions import Fraction
from statistics import median
from uuid import UUID, uuid4

import pytest

from orkwork.domains.performance import rules
from orkwork.domains.performance.models import Part
from orkwork.domains.performance.rules import Record

WEIGHTS = {
    Part.COMPLETION: Decimal("0.30"),
    Part.SPEED: Decimal("0.20"),
    Part.QUALITY: Decimal("0.25"),
    Part.DEFECTS: Decimal("0.15"),
    Part.COST: Decimal("0.10"),
}


def test_a_score_is_the_weighted_sum_of_parts_that_are_pulled_to_the_companys_mean() -> None:
    a, b = UUID(int=1), UUID(int=2)
    good = Record(completed=9, failed=1, reviews=8, passed_first=6, reopened=1)
    good.durations, good.costs = [(600.0, 1200.0), (1200.0, 600.0)], [Decimal(1), Decimal(3)]
    poor = Record(completed=5, failed=5, reviews=2, passed_first=0)
    poor.costs = [Decimal(4)]
    found = rules.scores({a: good, b: poor}, WEIGHTS)
    means = {"completion": Fraction(14, 20), "speed": Fraction(3, 4), "quality": Fraction(6, 10)}
    means |= {"defects": (9 * Fraction(8, 9) + 5) / 14, "cost": Fraction(2 * 1 + Fraction(1, 2), 3)}
    own = {"completion": (Fraction(9, 10), 10), "speed": (Fraction(3, 4), 2), "quality": (Fraction(6, 8), 8)}
    own |= {"defects": (Fraction(8, 9), 9), "cost": (Fraction(1), 2)}
    pulled = {name: (value * n + 5 * means[name]) / (n + 5) for name, (value, n) in own.items()}
    expected = 100 * sum(Fraction(WEIGHTS[Part(name)]) * value for name, value in pulled.items())
    assert abs(Fraction(found[a].score) - expected) < Fraction(1, 10_000)
    assert found[a].samples == 10
    spread = sum(
        float(WEIGHTS[Part(name)]) ** 2 * float(value * (1 - value)) / (own[name][1] + 6)
        for name, value in pulled.items()
    )
    assert float(found[a].score - found[a].low) == pytest.approx(196 * spread**0.5, rel=1e-3)
    assert found[b].score < found[a].score


def test_parts_without_data_leave_and_the_rest_are_rescaled() -> None:
    only = {UUID(int=1): Record(completed=3, failed=1)}
    (score,) = rules.scores(only, WEIGHTS).values()
    assert {share.part: round(share.weight, 6) for share in score.shares} == {
        Part.COMPLETION: round(30 / 45, 6),
        Part.DEFECTS: round(15 / 45, 6),
    }
    assert score.score == Decimal("83.3333")  # 2/3 of 0.75 and 1/3 of 1: alone, the company's mean is its own
    assert rules.scores({UUID(int=1): Record()}, WEIGHTS) == {}
    nothing = dict.fromkeys(Part, Decimal(0)) | {Part.SPEED: Decimal(1)}
    assert rules.scores(only, nothing) == {}


def test_few_samples_say_little_and_many_say_much() -> None:
    crowd = {uuid4(): Record(completed=50, failed=50) for _ in range(9)}
    few, many = uuid4(), uuid4()
    found = rules.scores(crowd | {few: Record(completed=1), many: Record(completed=200)}, WEIGHTS)
    assert found[few].score < found[many].score
    assert found[few].high - found[few].low > 3 * (found[many].high - found[many].low)
    assert all(0 <= one.low <= one.score <= one.high <= 100 for one in found.values())


def test_a_perfect_company_has_a_hundred_points() -> None:
    record = Record(completed=4, reviews=4, passed_first=4, durations=[(10.0, 20.0)])
    (score,) = rules.scores({UUID(int=1): record}, WEIGHTS).values()
    assert (score.score, score.low, score.high) == (Decimal(100), Decimal(100), Decimal(100))


def test_the_peers_median_leaves_ones_own_values_out() -> None:
    dice = random.Random(7)
    for _ in range(300):
        own = [float(dice.randint(0, 9)) for _ in range(dice.randint(0, 6))]
        others = [float(dice.randint(0, 9)) for _ in range(dice.randint(0, 7))]
        expected = median(others) if others else None
        assert rules.median_without(sorted(own + others), own) == expected
