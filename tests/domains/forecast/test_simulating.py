"""The simulation agrees with arithmetic where arithmetic is enough, and with another simulator where it is not."""

import random
import statistics

import numpy as np
import pytest

from orkwork.domains.forecast.rules import drawing
from orkwork.domains.forecast.rules.drawing import Arrivals, Knowledge, Pool, Rate
from orkwork.domains.forecast.rules.plans import Crew, Cycle, Plan, Run, Step
from orkwork.domains.forecast.rules.simulating import Simulated, paths_for, simulate
from tests.domains.forecast.tiny import Job, World, makespan

NOTHING = drawing.exactly(0)
DRAWS = tuple(float(n) for n in (1, 1, 2, 3, 5, 8, 13))


def known(plain: Pool, failing: Rate = drawing.NEVER, **more: object) -> Knowledge:
    """No reviews, decisions or arrivals unless said."""
    kept = {"review": NOTHING, "decision": NOTHING, "rework": drawing.NEVER} | more
    return Knowledge(plain=plain, scaled=drawing.exactly(1), failing=failing, **kept)  # pyright: ignore[reportArgumentType]


def crew(slots: int, **more: object) -> tuple[Crew, ...]:
    return (Crew("a", "CODE", slots, **more),)  # pyright: ignore[reportArgumentType]


def table(values: tuple[float, ...]) -> Pool:
    """Each value as likely as the other, and no factor common to a path."""
    return Pool(np.array([values[n % len(values)] for n in range(drawing.TABLE)], np.float32), NOTHING.usd, 0.0)


def half(found: Simulated) -> float:
    return float(np.median(found.hours))


def test_a_chain_takes_the_sum_and_every_task_is_critical() -> None:
    chain = tuple(Step(str(n), (n - 1,) if n else ()) for n in range(5))
    found = simulate(Plan(chain, crew(3)), known(drawing.exactly(2, 0.5)), seed=1, paths=500)
    assert set(found.hours) == {10.0}
    assert found.usd == pytest.approx(2.5)
    assert list(found.criticality) == [1] * 5
    assert (found.waits.work, found.waits.by_crew) == (10.0, {})


def test_a_fork_takes_the_longest_branch_and_that_alone_is_critical() -> None:
    fork = (Step("root"), Step("short", (0,), estimate=1), Step("long", (0,), estimate=4), Step("join", (1, 2)))
    found = simulate(Plan(fork, crew(2)), known(drawing.exactly(1)), seed=1, paths=500)
    assert set(found.hours) == {6.0}
    assert list(found.criticality) == [1, 0, 1, 1]


def test_one_server_is_never_idle_and_the_last_task_waited_for_it() -> None:
    crowd = tuple(Step(str(n), order=(n,)) for n in range(6))
    found = simulate(Plan(crowd, crew(1)), known(drawing.exactly(3)), seed=1, paths=500)
    assert set(found.hours) == {18.0}
    assert list(found.criticality) == [1] * 6
    assert found.waits.by_crew == {"a": 15.0}
    assert list(found.finish) == [3, 6, 9, 12, 15, 18]


def test_the_mean_of_one_server_is_the_sum_of_the_means_with_failures_reviews_and_pace() -> None:
    steps = tuple(Step(str(n), review=n == 9) for n in range(10))
    knowledge = known(table(DRAWS), Rate(2e6, 8e6), review=drawing.exactly(4), rework=Rate(5e6, 5e6))
    found = simulate(Plan(steps, crew(1, pace=2.0)), knowledge, seed=3)
    runs = 9 / 0.8 + (1 / 0.8 + 1)  # ten tasks with their failures, one with one change on average
    assert float(found.hours.mean()) == pytest.approx(2 * statistics.mean(DRAWS) * runs + 4 * 2, rel=0.02)


def test_an_agent_half_of_whose_time_goes_elsewhere_finishes_one_task_in_two() -> None:
    crowd = tuple(Step(str(n)) for n in range(4))
    found = simulate(Plan(crowd, crew(1, share=0.5)), known(drawing.exactly(1)), seed=1, paths=500)
    assert set(found.hours) == {7.0}


@pytest.mark.parametrize(("tasks", "servers", "failing"), [(60, 3, 0.0), (40, 2, 0.25), (80, 6, 0.1)])
def test_random_graphs_end_when_another_simulator_ends_them(tasks: int, servers: int, failing: float) -> None:
    draw = random.Random(tasks)
    needs = [tuple(draw.sample(range(n), min(n, draw.choice((0, 1, 2))))) for n in range(tasks)]
    ranks = draw.sample(range(tasks), tasks)
    plan = Plan(tuple(Step(str(n), needs[n], order=(ranks[n],)) for n in range(tasks)), crew(servers))
    rate = Rate(failing * 1e7, (1 - failing) * 1e7) if failing else drawing.NEVER
    found = simulate(plan, known(table(DRAWS), rate), seed=5, paths=4_000)
    world = World([Job(needs[n], ranks[n], DRAWS) for n in range(tasks)], servers, failing)
    truth = [makespan(world, draw) for _ in range(600)]
    for share in (0.5, 0.8, 0.95):
        theirs = float(np.quantile(truth, share))
        assert float(np.quantile(found.hours, share)) == pytest.approx(theirs, rel=0.08), share


def test_the_same_seed_gives_the_same_paths_and_another_gives_others() -> None:
    plan = Plan(tuple(Step(str(n), (n - 1,) if n % 3 else (), review=True) for n in range(30)), crew(2))
    knowledge = Knowledge(
        plain=drawing.pool([], [], drawing.RUN_PRIOR), scaled=drawing.pool([], [], drawing.RATIO_PRIOR),
        review=drawing.pool([], [], drawing.REVIEW_PRIOR), decision=drawing.pool([], [], drawing.DECISION_PRIOR),
        failing=Rate(1, 4), rework=Rate(1, 4), arrivals=Arrivals(0.5, 7),
    )  # fmt: skip
    first, again, other = (simulate(plan, knowledge, seed=seed, paths=1_500) for seed in (1, 1, 2))
    assert np.array_equal(first.hours, again.hours)
    assert np.array_equal(first.usd, again.usd)
    assert not np.array_equal(first.hours, other.hours)


def test_what_runs_has_less_left_and_what_lasted_long_lasts_on() -> None:
    pool = table(DRAWS)
    assert float(pool.beyond(0.5, 1).hours.mean()) == pytest.approx(statistics.mean(DRAWS) - 0.5, rel=0.01)
    assert set(pool.beyond(5, 1).hours) == {3.0, 8.0}
    assert float(np.median(pool.beyond(100, 1).hours)) == pytest.approx(100, rel=0.01)


def test_a_running_task_costs_what_its_estimate_says_for_what_is_left() -> None:
    steps = (Step("1", state="running", elapsed=2, estimate=8, agent="a"), Step("2", estimate=3))
    known_runs = Knowledge(
        plain=drawing.exactly(1), scaled=drawing.exactly(1, 0.5), review=NOTHING, decision=NOTHING,
        failing=drawing.NEVER, rework=drawing.NEVER,
    )  # fmt: skip
    found = simulate(Plan(steps, crew(1)), known_runs, seed=1, paths=500)
    assert set(found.hours) == {9.0}
    assert found.usd == pytest.approx(6 * 0.5 + 3 * 0.5)


def test_where_dollars_are_unsure_the_costs_of_many_tasks_stay_so() -> None:
    crowd = Plan(tuple(Step(str(n)) for n in range(400)), crew(4))
    pool = drawing.pool([Run(1 + n % 3, 0.2 * (1 + n % 5)) for n in range(20)], [], drawing.RUN_PRIOR)
    found = simulate(crowd, known(pool), seed=2, paths=1_500)
    low, high = np.quantile(found.usd, [0.1, 0.9])
    assert 1.5 < float(high / low) < 4
    free = drawing.pool([Run(1, 0.0)] * 20, [], drawing.RUN_PRIOR)
    assert (float(free.usd.max()), float(simulate(crowd, known(free), seed=2, paths=500).usd.max())) == (0, 0)


def test_runs_of_minutes_are_not_moved_by_a_prior_of_half_an_hour() -> None:
    minutes = drawing.pool([Run(0.04)] * 15, [], drawing.RUN_PRIOR)
    assert 0.04 < minutes.mean_hours < 0.12
    lent = drawing.pool([], [Run(0.04)] * 300, drawing.RUN_PRIOR)
    assert float(np.median(lent.hours)) == pytest.approx(0.04, rel=0.05)
    assert lent.spread > minutes.spread


def test_only_who_can_works_and_what_nobody_can_is_named() -> None:
    steps = (Step("py", wants=frozenset({"code:python"})), Step("go", wants=frozenset({"code:go"})), Step("any"))
    crews = (Crew("a", "A", 1, frozenset({"code:python"})), Crew("b", "B", 1, frozenset()))
    found = simulate(Plan(steps, crews), known(drawing.exactly(1), decision=drawing.exactly(5)), seed=1, paths=500)
    assert found.unable == (1,)
    assert float(found.finish[1]) >= 6
    mine = tuple(Step(str(n), wants=frozenset({"code:python"})) for n in range(3))
    assert half(simulate(Plan(mine, crews), known(drawing.exactly(1)), seed=1, paths=500)) == 3


def test_new_work_takes_its_time_and_more_of_it_than_is_done_has_no_end() -> None:
    crowd = tuple(Step(str(n)) for n in range(20))
    slow = simulate(Plan(crowd, crew(1)), known(drawing.exactly(1), arrivals=Arrivals(12e4, 1e4)), seed=1, paths=1_000)
    # half of the server's hours go to new tasks: twenty hours of work take about forty
    assert float(slow.hours.mean()) == pytest.approx(40, rel=0.08)
    assert slow.endless == 0
    assert slow.waits.arrivals == pytest.approx(20, rel=0.15)
    flood = simulate(Plan(crowd, crew(1)), known(drawing.exactly(1), arrivals=Arrivals(48e4, 1e4)), seed=1, paths=600)
    assert flood.endless > 0.9


def test_own_runs_outweigh_the_company_and_the_prior_speaks_where_both_are_silent() -> None:
    cold = drawing.pool([], [], drawing.RUN_PRIOR)
    assert (cold.prior_weight, float(np.median(cold.hours))) == (1.0, pytest.approx(0.5, rel=0.01))
    mixed = drawing.pool([Run(4)] * 30, [Run(1)] * 10, drawing.RUN_PRIOR)
    assert float((mixed.hours == 4).mean()) == pytest.approx(0.75, abs=0.01)
    lent = set(mixed.hours[3072 : 3072 + 512])  # the company's, brought to the project's level
    assert len(lent) == 1
    assert 3 < lent.pop() < 4
    many = drawing.pool([Run(float(n % 9 + 1)) for n in range(2_000)], [], drawing.RUN_PRIOR)
    assert many.spread < mixed.spread < cold.spread


def test_a_cold_forecast_of_many_tasks_stays_wide() -> None:
    plan = Plan(tuple(Step(str(n)) for n in range(300)), crew(4))
    spreads = []
    for runs in ([], [Run(0.5 * (1 + n % 3)) for n in range(400)]):
        found = simulate(plan, known(drawing.pool(runs, [], drawing.RUN_PRIOR)), seed=2, paths=1_500)
        low, high = np.quantile(found.hours, [0.1, 0.9])
        spreads.append(float(high / low))
    assert spreads[0] > 8
    assert spreads[1] < 2


def test_a_cycle_and_an_empty_crew_are_refused() -> None:
    with pytest.raises(Cycle):
        simulate(Plan((Step("a", (1,)), Step("b", (0,))), crew(1)), known(drawing.exactly(1)), seed=1)
    with pytest.raises(ValueError, match="nobody"):
        simulate(Plan((Step("a"),), ()), known(drawing.exactly(1)), seed=1)


def test_large_plans_get_fewer_paths_and_small_ones_ten_thousand() -> None:
    small, large = (Plan(tuple(Step(str(n)) for n in range(count)), crew(8)) for count in (1_000, 20_000))
    assert (paths_for(small), paths_for(large)) == (10_000, 500)


def test_rates_shrink_to_the_company_and_bursts_of_new_work_are_little_evidence() -> None:
    assert drawing.rate((0, 0), (50, 100), (1, 4)).mean == pytest.approx(0.486, abs=0.01)
    assert drawing.rate((90, 100), (0, 0), (1, 4)).mean == pytest.approx(0.836, abs=0.01)
    steady, burst = drawing.arrivals([3] * 28), drawing.arrivals([0] * 27 + [84])
    assert steady.mean > 5 * burst.mean
    assert (burst.shape < 3, steady.shape > 60) == (True, True)
