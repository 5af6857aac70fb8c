"""How many open issues close: nothing of the future is used, bands are ordered, and they hold about as often as they say."""

from datetime import UTC, datetime, timedelta

import numpy as np

from orkwork.domains.forecast.rules.closing import MONTH_DAYS, History, closings, coverage, history


def tracker(months: int, a_month: int, hazard: float, seed: int = 1) -> History:
    """Issues that close with the same hazard in every month."""
    rng = np.random.default_rng(seed)
    opened = np.sort(rng.uniform(0, months * MONTH_DAYS, months * a_month))
    closed = opened + rng.exponential(MONTH_DAYS / hazard, len(opened))
    return History(opened, np.where(closed <= months * MONTH_DAYS, closed, np.inf))


def test_the_band_holds_the_truth_about_as_often_as_it_says() -> None:
    held = tried = 0
    for seed in range(6):
        for one in coverage(tracker(30, 10, 0.15, seed), 30 * MONTH_DAYS, seed=seed):
            held, tried = held + one.within, tried + one.origins
    assert tried > 500
    assert held / tried > 0.8  # wider than a steady tracker needs: months of real ones differ


def in_bursts(months: int, seed: int) -> History:
    """Nothing closes but in every fifth month, and then nearly all."""
    steady = tracker(months, 8, 0.0001, seed)
    closed = (np.floor(steady.opened / MONTH_DAYS / 5) + 1) * 5 * MONTH_DAYS - 1
    return History(steady.opened, np.where(closed <= months * MONTH_DAYS, closed, np.inf))


def test_where_earlier_forecasts_missed_the_ends_move_outwards_and_never_inwards() -> None:
    steady, bursts = (closings(known, 40 * MONTH_DAYS) for known in (tracker(40, 10, 0.3), in_bursts(40, 1)))
    assert {(band.low, band.high) for band in steady.bands} == {(0.1, 0.9)}
    for band in bursts.bands:
        assert band.low <= 0.1
        assert band.high > 0.9
    rolled = coverage(in_bursts(40, 1), 40 * MONTH_DAYS)
    assert sum(one.within for one in rolled) / sum(one.origins for one in rolled) > 0.6


def test_the_table_of_the_past_adds_up() -> None:
    for one in coverage(tracker(30, 10, 0.3), 30 * MONTH_DAYS):
        assert one.within + one.below + one.above == one.origins
        assert one.half <= one.tail <= one.origins
        assert one.width > 0
    assert [one.origins for one in coverage(tracker(30, 10, 0.3), 30 * MONTH_DAYS)] == sorted(
        range(18, 24), reverse=True
    )


def test_nothing_of_the_future_is_used() -> None:
    whole, day = tracker(30, 10, 0.2), 20 * MONTH_DAYS
    assert closings(whole, day) == closings(whole.until(day), day)
    assert closings(whole, day) == closings(whole, day, seed=1)
    assert closings(whole, day) != closings(whole, day, seed=2)


def test_bands_are_ordered_grow_with_the_months_and_stay_within_the_open() -> None:
    found = closings(tracker(24, 12, 0.2), 24 * MONTH_DAYS)
    assert [band.months for band in found.bands] == [1, 2, 3, 4, 5, 6]
    for before, band in zip((None, *found.bands), found.bands, strict=False):
        assert 0 <= band.p10 <= band.p50 <= band.p90 <= found.open
        assert before is None or (before.p10, before.p50, before.p90) <= (band.p10, band.p50, band.p90)
    expected = found.open * (1 - 0.8**6)
    assert found.bands[-1].p10 < expected < found.bands[-1].p90
    assert not found.cold


def test_a_tracker_with_little_history_is_cold_and_one_without_issues_closes_none() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    young = history([(now - timedelta(days=n), None) for n in range(30)])
    found = closings(young, now.timestamp() / 86_400)
    assert (found.cold, found.open) == (True, 30)
    assert found.bands[-1].p90 - found.bands[-1].p10 >= 10
    nothing = closings(history([]), 100.0)
    assert (nothing.open, nothing.bands[-1].p90, nothing.cold) == (0, 0, True)
    assert all(one.origins == 0 and one.share is None for one in coverage(history([]), 100.0))
