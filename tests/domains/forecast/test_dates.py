"""How often the dates and costs that are promised hold: in made companies whose truth is known, and on recorded runs."""

import heapq
import json
import random
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from orkwork.domains.forecast.rules.answering import knowledge
from orkwork.domains.forecast.rules.plans import Crew, Inputs, Plan, Run, Seen, Step
from orkwork.domains.forecast.rules.simulating import simulate
from tests.bench.real_data import RUN, needs_data
from tests.domains.forecast.tiny import Job, World, makespan

SLOTS = 8
SHARES = (0.1, 0.5, 0.8, 0.95)


def promised(inputs: Inputs) -> tuple[list[float], list[float]]:
    """Hours and dollars by share of the paths."""
    found = simulate(inputs.plan, knowledge(inputs), seed=1, paths=1_000)
    hours, usd = np.quantile(found.hours, SHARES), np.quantile(found.usd, SHARES)
    return [float(one) for one in hours], [float(one) for one in usd]


def made_company(seed: int) -> tuple[Inputs, float]:
    """Thirty runs of a hidden pace, a graph of forty tasks, and when another simulator ends it at that pace."""
    draw = random.Random(seed)
    pace, spread, slots = draw.gauss(0, 1.5), draw.uniform(0.3, 1.0), draw.randrange(1, 6)
    runs = [Run(draw.lognormvariate(pace, spread)) for _ in range(30)]
    failed = sum(draw.random() < 0.1 for _ in range(33))
    needs = [tuple(draw.sample(range(n), min(n, draw.choice((0, 1, 2))))) for n in range(40)]
    plan = Plan(tuple(Step(str(n), needs[n], order=(n,)) for n in range(40)), (Crew("a", "CODE", slots),))
    truth = tuple(draw.lognormvariate(pace, spread) for _ in range(2_000))
    inputs = Inputs(plan, own=Seen(plain=tuple(runs), failed=(failed, 33)), attempts=99)
    return inputs, makespan(World([Job(needs[n], n, truth) for n in range(40)], slots, 0.1), draw)


def test_dates_hold_about_as_often_as_they_say_in_companies_whose_pace_is_hidden() -> None:
    held = np.array([[truth <= one for one in promised(inputs)[0]] for inputs, truth in map(made_company, range(48))])
    early, half, most, nearly = held.mean(axis=0)
    assert early < 0.25
    assert 0.3 <= half <= 0.75
    assert 0.7 <= most <= 0.95
    assert nearly >= 0.88


@dataclass(frozen=True)
class Recorded:
    """When a run began and ended, in hours, and its dollars."""

    start: float
    end: float
    usd: float


def recorded() -> list[Recorded]:
    """In the order of their beginnings."""
    found = []
    with tarfile.open(RUN) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.name.endswith("/cost.json") else None
            if file is not None:
                one = json.load(file)
                found.append(Recorded(one["start_epoch"] / 3600, one["end_epoch"] / 3600, one["total_cost"]))
    return sorted(found, key=lambda one: one.start)


def worked_off(runs: Sequence[Recorded]) -> list[Recorded]:
    """The same runs, one after the other over the slots."""
    free, done = [0.0] * SLOTS, []
    for run in runs:
        start = heapq.heappop(free)
        done.append(Recorded(start, start + run.end - run.start, run.usd))
        heapq.heappush(free, done[-1].end)
    return done


def standing(runs: Sequence[Recorded], now: float, tasks: int) -> tuple[Inputs, float, float]:
    """What is known at a moment of a project of the tasks that run and come next; the hours and dollars it then took."""
    running = [run for run in runs if run.start <= now < run.end]
    project = running + [run for run in runs if run.start > now][: tasks - len(running)]
    past = [run for run in runs if run.end <= now]
    steps = [
        Step(str(n), state="running", elapsed=now - run.start, agent="a")
        if n < len(running)
        else Step(str(n), order=(n,))
        for n, run in enumerate(project)
    ]
    own = Seen(plain=tuple(Run(run.end - run.start, run.usd) for run in past), failed=(0, len(past)))
    usd = sum(run.usd * min((run.end - now) / (run.end - run.start), 1) for run in project)
    return Inputs(Plan(tuple(steps), (Crew("a", "CODE", SLOTS),)), own=own), max(run.end for run in project) - now, usd


@pytest.mark.realdata
@needs_data
def test_dates_and_costs_of_recorded_runs_hold_about_as_often_as_they_say() -> None:
    runs, rng, held = recorded(), np.random.default_rng(3), []
    assert len(runs) == 300
    blocks = [runs[n : n + 30] for n in range(0, 300, 30)]  # kept together: what follows each other is alike
    for _ in range(8):
        shuffled = worked_off([run for n in rng.permutation(10) for run in blocks[n]])
        for done in (40, 100, 180):
            now = sorted(run.end for run in shuffled)[done]
            for tasks in (16, 60):
                inputs, hours, usd = standing(shuffled, now, tasks)
                dates, costs = promised(inputs)
                held.append([hours <= dates[1], hours <= dates[2], hours <= dates[3], usd <= costs[2], usd <= costs[3]])
    half, most, nearly, dear, dearest = np.array(held).mean(axis=0)
    assert 0.35 <= half <= 0.75
    assert 0.72 <= most <= 0.93
    assert nearly >= 0.9
    assert 0.6 <= dear <= 0.92
    assert dearest >= 0.85
