"""Monte Carlo over a project's graph: when is it done, what does it cost, and what holds it up? Pure.

Each path draws every duration, failure and review, and works the tasks off in one order over the agents' slots: a serial
schedule (Kelley 1963), vectorised over the paths. The order is that of the expected starts when agents claim as they do: by
priority, due date, critical path, age. Times are hours from now; agents work around the clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from orkwork.domains.forecast.rules.drawing import TABLE, Floats, Knowledge, Pool
from orkwork.domains.forecast.rules.ordering import Slots, expected_order
from orkwork.domains.forecast.rules.plans import Plan, Step

PATHS: Final = 10_000
LEAST_PATHS: Final = 500
EFFORT: Final = 160_000_000
"""Paths × tasks × (slots + 8) of one forecast: larger graphs get fewer paths, and the answer says how many."""
BLOCK: Final = 3_000
"""Paths worked on together: what is at hand then fits the processor's cache."""
TRACED: Final = 1_000
"""Paths of the first block, in which also the waits are kept."""
CHUNK: Final = 32
"""Tasks drawn together."""
MOST_AGAIN: Final = 6
MOST_ARRIVALS: Final = 400


@dataclass(frozen=True, slots=True)
class Waits:
    """Mean hours of the chain of tasks that ends a path last, by what they passed with."""

    work: float
    again: float
    reviews: float
    decisions: float
    arrivals: float
    by_crew: dict[str, float]
    """Waiting for a slot of an agent, by the agent that then took it."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """Hours until done and dollars still to spend, one for each path; and what the first block of paths shows."""

    hours: Floats
    usd: Floats
    criticality: Floats
    """By step: the share of paths in which a longer task would have made the end later."""
    finish: Floats
    """By step: the median hours until it is done."""
    waits: Waits
    endless: float
    """The share of paths in which new work came faster than it was done."""
    unable: tuple[int, ...]
    """Steps that no agent can do; they are taken as done by whoever is free, after a decision."""


def paths_for(plan: Plan) -> int:
    """How many paths a plan gets."""
    slots = min(sum(crew.slots for crew in plan.crews), len(plan.steps))
    effort = max(1, len(plan.steps)) * (slots + 8)
    return int(min(PATHS, max(LEAST_PATHS, EFFORT // effort)))


def simulate(plan: Plan, known: Knowledge, *, seed: int, paths: int | None = None) -> Simulated:
    """Work the plan off along many paths. The same seed gives the same answer.

    Raises Cycle when steps wait for each other, ValueError without any slot.
    """
    if not any(crew.slots for crew in plan.crews):
        raise ValueError("nobody can work")
    paths = paths or paths_for(plan)
    slots = Slots(plan)
    order = expected_order(plan, known, slots)
    blocks = []
    for n, begin in enumerate((0, *range(TRACED, paths, BLOCK))):
        rng = np.random.Generator(np.random.SFC64([seed, n]))
        size = min(TRACED if n == 0 else BLOCK, paths - begin)
        blocks.append(_Block(plan, known, slots, size, rng, traced=n == 0).run(order))
    hours, usd, endless = (
        np.concatenate([getattr(block, name) for block in blocks]) for name in ("end", "usd", "endless")
    )
    first = blocks[0]
    return Simulated(
        hours, usd, first.criticality(), np.median(first.finish, axis=1).astype(np.float32), first.waits(),
        float(endless.mean()), slots.unable,
    )  # fmt: skip


class _Block:
    """Some paths at once: arrays of one row for each step and one column for each path."""

    def __init__(
        self, plan: Plan, known: Knowledge, slots: Slots, paths: int, rng: np.random.Generator, *, traced: bool
    ) -> None:
        self._plan, self._known, self._slots, self._paths, self._rng = plan, known, slots, paths, rng
        self._traced = traced
        self._columns = np.arange(paths)
        self._at_once, self._nobody = np.zeros(paths, np.float32), np.full(paths, -1, np.int32)
        self._free = np.zeros((len(slots.crew), paths), np.float32)
        self.finish = np.zeros((len(plan.steps), paths), np.float32)
        self.usd = np.zeros(paths, np.float32)
        self.endless = np.zeros(paths, bool)
        self._common = {
            id(pool): np.exp(rng.normal(0, pool.spread, paths)).astype(np.float32)
            for pool in (known.plain, known.scaled, known.review, known.decision)
        }
        self._failing, self._rework = known.failing.draw(rng, paths), known.rework.draw(rng, paths)
        if traced:
            shape = self.finish.shape
            self._by_need, self._by_slot = np.full(shape, -1, np.int32), np.full(shape, -1, np.int32)
            self._place = np.zeros(shape, np.int16)
            self._parts = np.zeros((5, *shape), np.float32)
            self._last = np.full(self._free.shape, -1, np.int32)
            self.arrived = np.zeros(paths, np.float32)

    def run(self, order: Sequence[int]) -> "_Block":
        """Work everything off, then what comes in meanwhile."""
        for begin in range(0, len(order), CHUNK):
            chunk = order[begin : begin + CHUNK]
            work, again, reviews, decisions = self._draw(chunk)
            busy, later = work + again, reviews + decisions
            for row, n in enumerate(chunk):
                ready, start, held = self._schedule(n, busy[row], later[row])
                if self._traced:
                    first = np.minimum(work[row], held)
                    self._parts[:, n] = (start - ready, first, held - first, reviews[row], decisions[row])
        own = [n for n, step in enumerate(self._plan.steps) if not step.outside]
        self.end = self.finish[own].max(axis=0) if own else np.zeros(self._paths, np.float32)
        self._last_own = np.array(own)[self.finish[own].argmax(axis=0)] if own and self._traced else None
        self._take_arrivals()
        return self

    def _draw(self, chunk: Sequence[int]) -> tuple[Floats, Floats, Floats, Floats]:
        """Hours of the first runs, of those done again, of reviews and of decisions; dollars are added up."""
        estimated = [row for row, n in enumerate(chunk) if self._plan.steps[n].estimate is not None]
        if len(estimated) in (0, len(chunk)):
            return self._runs(self._known.scaled if estimated else self._known.plain, chunk)
        others = [row for row in range(len(chunk)) if row not in set(estimated)]
        work, again, reviews, decisions = (np.zeros((len(chunk), self._paths), np.float32) for _ in range(4))
        for pool, rows in ((self._known.plain, others), (self._known.scaled, estimated)):
            work[rows], again[rows], reviews[rows], decisions[rows] = self._runs(pool, [chunk[row] for row in rows])
        return work, again, reviews, decisions

    def _runs(self, pool: Pool, places: Sequence[int]) -> tuple[Floats, Floats, Floats, Floats]:
        """The same for steps whose runs are drawn from one pool. One random word serves a run and whether it fails."""
        steps = [self._plan.steps[n] for n in places]
        shape = (len(steps), self._paths)
        words = self._rng.integers(0, 2**32, shape, np.uint32)
        at = (words & (TABLE - 1)).astype(np.intp)
        factor = self._common[id(pool)]
        scale = np.array([step.estimate or 1 for step in steps], np.float32)[:, None]
        paid = np.array([not step.outside for step in steps], np.float32)[:, None] * scale
        work = pool.hours.take(at)
        work *= factor
        work *= scale
        usd = pool.usd.take(at)
        usd *= paid
        for row, step in enumerate(steps):
            if step.state == "running":
                left = pool.beyond(step.elapsed, float(scale[row, 0]))
                work[row], usd[row] = left.hours[at[row]] * factor, left.usd[at[row]] * (not step.outside)
            elif step.state == "review":
                work[row] = usd[row] = 0
        self.usd += usd.sum(axis=0)
        failures = _times(words >> np.uint32(12), self._failing)
        times, reviews = failures, np.zeros(shape, np.float32)
        judged = [row for row, step in enumerate(steps) if step.review]
        if judged:
            changes = _times(self._rng.integers(0, 2**20, (len(judged), self._paths), np.uint32), self._rework)
            times = failures.copy()
            times[judged] += changes
            reviews[judged] = self._reviews(changes)
        again = np.zeros(shape, np.float32)
        for row, column in _rounds(times):
            drawn = self._rng.integers(0, TABLE, len(row), np.uint16)
            again[row, column] += pool.hours[drawn] * factor[column] * scale[row, 0]
            self.usd += np.bincount(column, pool.usd[drawn] * paid[row, 0], self._paths).astype(np.float32)
        asked = (failures >= self._known.attempts).astype(np.int8)
        for row, n in enumerate(places):
            asked[row] += (n in self._slots.nobody) + self._plan.steps[n].asks
        decisions = np.zeros(shape, np.float32)
        self._wait(decisions, self._known.decision, asked)
        return work, again, reviews, decisions

    def _reviews(self, changes: NDArray[np.int8]) -> Floats:
        """One review, and one more for each change that is asked for."""
        pool = self._known.review
        at = self._rng.integers(0, TABLE, changes.shape, np.uint16)
        hours = pool.hours.take(at) * self._common[id(pool)]
        self._wait(hours, pool, changes)
        return hours

    def _wait(self, hours: Floats, pool: Pool, times: NDArray[np.int8]) -> None:
        """Add so many waits, one after the other."""
        common = self._common[id(pool)]
        for row, column in _rounds(times):
            hours[row, column] += pool.hours[self._rng.integers(0, TABLE, len(row), np.uint16)] * common[column]

    def _schedule(self, n: int, busy: Floats, later: Floats) -> tuple[Floats, Floats, Floats]:
        """Begin a step when it is ready and a slot is free: when it was ready, when it began, how long it held the slot."""
        step = self._plan.steps[n]
        ready, by = self._ready(step)
        start = ready
        if step.state != "review":
            place = self._place_of(n, ready)
            at = place * self._paths + self._columns
            start = np.maximum(ready, self._free.take(at))
            if self._slots.uniform:
                self._free.put(at, start + busy)
            else:
                busy = busy * self._slots.pace[place]
                self._free.put(at, start + busy * self._slots.hold[place])
            if self._traced:
                self._place[n] = place
                self._by_slot[n] = np.where(start > ready, self._last.take(at), by)
                self._last.put(at, n)
        elif self._traced:
            self._by_slot[n] = by
        if self._traced:
            self._by_need[n] = by
        finish = np.add(start, busy, out=self.finish[n])
        finish += later
        return ready, start, busy

    def _place_of(self, n: int, ready: Floats) -> NDArray[np.intp]:
        """The slot that was free the shortest before, so that earlier ones stay for others; else the one free first.

        As unsigned numbers, floats from zero on rise, and those below zero come after them and rise with their distance: one
        minimum over the bits finds it. The lowest bits name the slot.
        """
        eligible, names = self._slots.of[n], self._slots.names
        if len(eligible) == 1:
            return np.full(self._paths, eligible[0], np.intp)
        free = self._free if len(eligible) == len(self._free) else self._free[list(eligible)]
        bits = np.subtract(ready, free).view(np.uint32)
        bits &= ~names
        bits |= np.array(eligible, np.uint32)[:, None]
        return (bits.min(axis=0) & names).astype(np.intp)

    def _ready(self, step: Step) -> tuple[Floats, NDArray[np.int32]]:
        """When all that a step needs is done; where it is traced, also which of them was the last."""
        if not self._traced:
            if not step.needs:
                return self._at_once, self._nobody
            first, *others = (self.finish[need] for need in step.needs)
            for done in others:
                first = np.maximum(first, done)
            return first, self._nobody
        ready, by = self._at_once.copy(), self._nobody.copy()
        for need in step.needs:
            np.copyto(by, need, where=self.finish[need] > ready)
            np.maximum(ready, self.finish[need], out=ready)
        return ready, by

    def _take_arrivals(self) -> None:
        """New tasks come as long as the project is not done; each takes a slot, and has to be done too."""
        coming = self._known.arrivals
        planned = self.end.copy()
        if coming.shape > 0 and self._plan.steps:
            gaps = 24 / np.maximum(self._rng.gamma(coming.shape, 1 / coming.days, self._paths), 1e-6)
            at = np.zeros(self._paths)
            for _ in range(MOST_ARRIVALS):
                at += self._rng.exponential(gaps)
                paths = np.flatnonzero(at < self.end)
                if not paths.size:
                    break
                self._add(paths, at[paths].astype(np.float32))
            self.endless = at < self.end
        if self._traced:
            self.arrived = self.end - planned

    def _add(self, paths: NDArray[np.intp], at: Floats) -> None:
        pool = self._known.plain
        drawn = self._rng.integers(0, TABLE, len(paths), np.uint16)
        again = 1 / (1 - self._failing[paths])
        free = self._free[:, paths]
        place = free.argmin(axis=0)
        busy = pool.hours[drawn] * self._common[id(pool)][paths] * again * self._slots.pace[place]
        start = np.maximum(at, free[place, np.arange(len(paths))])
        self._free[place, paths] = start + busy * self._slots.hold[place]
        self.usd[paths] += pool.usd[drawn] * again
        self.end[paths] = np.maximum(self.end[paths], start + busy)

    def criticality(self) -> Floats:
        """Walk back from the last task of each path, over what each waited for: a task, or the one before in its slot."""
        counts = np.zeros(len(self._plan.steps))
        if self._last_own is not None:
            at, columns = self._last_own.copy(), self._columns
            while at.size:
                np.add.at(counts, at, 1)
                following = self._by_slot[at, columns]
                going = following >= 0
                at, columns = following[going], columns[going]
        return (counts / self._paths).astype(np.float32)

    def waits(self) -> Waits:
        """Walk back over the tasks alone, and add up with what their time passed."""
        totals, by_crew = np.zeros(5), np.zeros(len(self._plan.crews))
        if self._last_own is not None:
            at, columns = self._last_own.copy(), self._columns
            while at.size:
                parts = self._parts[:, at, columns]
                totals += parts.sum(axis=1)
                np.add.at(by_crew, self._slots.crew[self._place[at, columns]], parts[0])
                following = self._by_need[at, columns]
                going = following >= 0
                at, columns = following[going], columns[going]
        _, work, again, reviews, decisions = (float(value) for value in totals / self._paths)
        held = {crew.id: float(by_crew[n] / self._paths) for n, crew in enumerate(self._plan.crews) if by_crew[n] > 0}
        return Waits(work, again, reviews, decisions, float(self.arrived.mean()), held)


def _times(drawn: NDArray[np.uint32], share: Floats) -> NDArray[np.int8]:
    """How often something of a share happens before it does not; `drawn` are 20 random bits."""
    found = np.zeros(drawn.shape, np.int8)
    power = share
    for _ in range(MOST_AGAIN):
        if float(power.max(initial=0)) * 2**20 < 1:
            break
        found += drawn < (power * 2**20).astype(np.uint32)
        power = power * share
    return found


def _rounds(times: NDArray[np.int8]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows and columns of what happens at least once, at least twice and so on."""
    row, column = np.nonzero(times)
    counts = times[row, column]
    while row.size:
        yield row, column
        more = counts > 1
        row, column, counts = row[more], column[more], counts[more] - 1
