"""Monte Carlo over a project's graph: when is it done, what does it cost, and what holds it up? Pure.

Each path draws every duration, failure and review, and works the tasks off in one order over the agents' slots: a serial
schedule (Kelley 1963), vectorised over the paths. The order is that of the expected starts when agents claim as they do: by
priority, due date, critical path, age. Times are hours from now; agents work around the clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
BLOCK: Final = 4_500
"""Paths worked on together: few calls, and what is at hand still fits the processor's cache."""
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
        self._columns, self._across, self._width = np.arange(paths), np.arange(paths, dtype=np.uint32), np.uint32(paths)
        self._at_once, self._nobody = np.zeros(paths, np.float32), np.full(paths, -1, np.int32)
        self._free = np.zeros((len(slots.crew), paths), np.float32)
        self._free_flat = self._free.reshape(-1)
        self._gap = np.empty_like(self._free)
        self.finish = np.zeros((len(plan.steps), paths), np.float32)
        self.usd = np.zeros(paths, np.float32)
        self.endless = np.zeros(paths, bool)
        self._common: dict[int, Floats] = {}
        self._dear: dict[int, Floats] = {}
        for pool in (known.plain, known.scaled, known.review, known.decision):
            off = rng.normal(0, 1, paths)
            self._common[id(pool)] = np.exp(pool.spread * off).astype(np.float32)
            self._dear[id(pool)] = np.exp(pool.usd_spread * off).astype(np.float32)
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
            busy, later = (work + again, reviews + decisions) if self._traced else (work, reviews)
            for row, n in enumerate(chunk):
                ready, start, held = self._schedule(n, busy[row], later[row])
                if self._traced:
                    first = np.minimum(work[row], held)
                    self._parts[:, n] = (start - ready, first, held - first, reviews[row], decisions[row])
        own = _last_ones(self._plan)
        self.end = np.zeros(self._paths, np.float32)
        for n in own:
            np.maximum(self.end, self.finish[n], out=self.end)
        self._last_own = np.array(own)[self.finish[own].argmax(axis=0)] if own and self._traced else None
        self._take_arrivals()
        return self

    def _draw(self, chunk: Sequence[int]) -> tuple[Floats, Floats, Floats, Floats]:
        """Hours of the first runs, of those done again, of reviews and of decisions; dollars are added up.

        Where nothing is traced, the first two are one array, and so are the others: what they add up to is enough.
        """
        estimated = [row for row, n in enumerate(chunk) if self._plan.steps[n].estimate is not None]
        if len(estimated) in (0, len(chunk)):
            return self._runs(self._known.scaled if estimated else self._known.plain, chunk)
        others = [row for row in range(len(chunk)) if row not in set(estimated)]
        work, reviews = (np.zeros((len(chunk), self._paths), np.float32) for _ in range(2))
        again, decisions = self._beside(work), self._beside(reviews)
        for pool, rows in ((self._known.plain, others), (self._known.scaled, estimated)):
            work[rows], again[rows], reviews[rows], decisions[rows] = self._runs(pool, [chunk[row] for row in rows])
        return work, again, reviews, decisions

    def _runs(self, pool: Pool, places: Sequence[int]) -> tuple[Floats, Floats, Floats, Floats]:
        """The same for steps whose runs are drawn from one pool.

        One random word serves a run and whether it fails: its lowest bits name the entry of the table, as a whole number it
        says how often the run is done again. Few are, so what follows from that is worked out for them alone.
        """
        steps = [self._plan.steps[n] for n in places]
        factor = self._common[id(pool)]
        scale = np.array([step.estimate or 1 for step in steps], np.float32)
        paid = np.array([not step.outside for step in steps], np.float32) * scale
        words = self._words(len(steps))
        at = words & (TABLE - 1)
        work, usd = pool.hours.take(at), pool.usd.take(at)
        work *= factor
        if (scale != 1).any():
            work *= scale[:, None]
        for row, step in enumerate(steps):
            if step.state == "running":
                left = pool.beyond(step.elapsed, float(scale[row]))
                work[row], usd[row] = left.hours.take(at[row]) * factor, left.usd.take(at[row])
            elif step.state == "review":
                work[row] = usd[row] = 0
        self.usd += (paid @ usd) * self._dear[id(pool)]
        reviews = np.zeros(work.shape, np.float32)
        again, decisions = self._beside(work), self._beside(reviews)
        failed = _repeats(words, self._failing)
        self._again(again, pool, failed, (scale, paid))
        judged = np.array([row for row, step in enumerate(steps) if step.review], np.intp)
        if judged.size:
            changed = _repeats(self._words(len(judged)), self._rework)
            reviews[judged] = self._reviews(len(judged), changed)
            self._again(again, pool, replace(changed, row=judged[changed.row]), (scale, paid))
        self._decide(decisions, places, failed)
        return work, again, reviews, decisions

    def _beside(self, hours: Floats) -> Floats:
        """Where hours that come on top of others are added: apart where they are traced."""
        return np.zeros(hours.shape, np.float32) if self._traced else hours

    def _words(self, rows: int) -> NDArray[np.int64]:
        """64 random bits for each path of each row."""
        return self._rng.integers(-(2**63), 2**63 - 1, (rows, self._paths), np.int64, endpoint=True)

    def _again(self, hours: Floats, pool: Pool, which: "_Repeats", factors: tuple[Floats, Floats]) -> None:
        """Add the runs that are done again; `factors` are those of hours and of dollars, by row."""
        scale, paid = factors
        common = self._common[id(pool)]
        for row, column in which.rounds():
            drawn = self._rng.integers(0, TABLE, len(row), np.uint16)
            lasts = pool.hours.take(drawn)
            lasts *= common.take(column)
            lasts *= scale.take(row)
            _add_at(hours, row, column, lasts)
            spent = np.bincount(column, pool.usd.take(drawn) * paid.take(row), self._paths)
            self.usd += spent.astype(np.float32) * self._dear[id(pool)]

    def _reviews(self, rows: int, changed: "_Repeats") -> Floats:
        """One review, and one more for each change that is asked for."""
        pool = self._known.review
        hours = pool.hours.take(self._rng.integers(0, TABLE, (rows, self._paths), np.uint16))
        hours *= self._common[id(pool)]
        for row, column in changed.rounds():
            self._wait(hours, pool, row, column)
        return hours

    def _decide(self, hours: Floats, places: Sequence[int], failed: "_Repeats") -> None:
        """Add the waits for decisions: after so many failures in a row, and on what nobody can do or failed before."""
        pool = self._known.decision
        often = failed.times >= self._known.attempts
        self._wait(hours, pool, failed.row[often], failed.column[often])
        for row, n in enumerate(places):
            for _ in range((n in self._slots.nobody) + self._plan.steps[n].asks):
                self._wait(hours, pool, np.full(self._paths, row), self._columns)

    def _wait(self, hours: Floats, pool: Pool, row: NDArray[np.intp], column: NDArray[np.intp]) -> None:
        drawn = pool.hours.take(self._rng.integers(0, TABLE, len(row), np.uint16))
        _add_at(hours, row, column, drawn * self._common[id(pool)].take(column))

    def _schedule(self, n: int, busy: Floats, later: Floats) -> tuple[Floats, Floats, Floats]:
        """Begin a step when it is ready and a slot is free: when it was ready, when it began, how long it held the slot."""
        step = self._plan.steps[n]
        ready, by = self._ready(step)
        ready = np.maximum(ready, np.float32(step.later)) if step.later else ready
        start = ready
        if step.state != "review":
            place = self._place_of(n, ready)
            at = (place * self._width + self._across).astype(np.intp)
            start = np.maximum(ready, self._free_flat.take(at))
            if self._slots.uniform:
                self._free_flat[at] = start + busy
            else:
                busy = busy * self._slots.pace[place]
                self._free_flat[at] = start + busy * self._slots.hold[place]
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

    def _place_of(self, n: int, ready: Floats) -> NDArray[np.uint32]:
        """The slot that was free the shortest before, so that earlier ones stay for others; else the one free first.

        As unsigned numbers, floats from zero on rise, and those below zero come after them and rise with their distance: one
        minimum over the bits finds it. The lowest bits name the slot.
        """
        eligible = self._slots.of[n]
        if len(eligible) == 1:
            return np.full(self._paths, eligible[0], np.uint32)
        free = self._free if len(eligible) == len(self._free) else self._free[list(eligible)]
        gap = np.subtract(ready, free, out=self._gap[: len(eligible)])
        return self._least(gap, eligible)

    def _least(self, rows: Floats, named: Sequence[int]) -> NDArray[np.uint32]:
        """Which of the rows, by their names, is the least as an unsigned number; the rows are overwritten."""
        names = self._slots.names
        bits = rows.view(np.uint32)
        bits &= ~names
        bits |= self._slots.tags if len(named) == len(self._slots.tags) else self._slots.tags[list(named)]
        return bits.min(axis=0) & names

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
            paths, at = self._columns, np.zeros(self._paths)
            for _ in range(MOST_ARRIVALS):
                at = at + self._rng.exponential(gaps[paths])
                before = at < self.end[paths]
                paths, at = paths[before], at[before]
                if not paths.size:
                    break
                self._add(paths, at.astype(np.float32))
            self.endless[paths] = at < self.end[paths]
        if self._traced:
            self.arrived = self.end - planned

    def _add(self, paths: NDArray[np.intp], at: Floats) -> None:
        pool = self._known.plain
        drawn = self._rng.integers(0, TABLE, len(paths), np.uint16)
        again = 1 / (1 - self._failing[paths])
        place = self._least(self._free.take(paths, axis=1), range(len(self._free)))
        busy = pool.hours[drawn] * self._common[id(pool)][paths] * again * self._slots.pace[place]
        start = np.maximum(at, self._free[place, paths])
        self._free[place, paths] = start + busy * self._slots.hold[place]
        self.usd[paths] += pool.usd[drawn] * again * self._dear[id(pool)][paths]
        self.end[paths] = np.maximum(self.end[paths], start + busy)

    def criticality(self) -> Floats:
        """Walk back from the last task of each path, over what each waited for: a task, or the one before in its slot."""
        counts = np.zeros(len(self._plan.steps))
        if self._last_own is not None:
            at, columns = self._last_own.copy(), self._columns
            while at.size:
                counts += np.bincount(at, minlength=len(counts))
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
                by_crew += np.bincount(self._slots.crew[self._place[at, columns]], parts[0], len(by_crew))
                following = self._by_need[at, columns]
                going = following >= 0
                at, columns = following[going], columns[going]
        _, work, again, reviews, decisions = (float(value) for value in totals / self._paths)
        held = {crew.id: float(by_crew[n] / self._paths) for n, crew in enumerate(self._plan.crews) if by_crew[n] > 0}
        return Waits(work, again, reviews, decisions, float(self.arrived.mean()), held)


def _add_at(table: Floats, row: NDArray[np.intp], column: NDArray[np.intp], values: Floats) -> None:
    """Add values to places, each of which is named once."""
    flat = table.reshape(-1)
    flat[row * table.shape[1] + column] += values


def _last_ones(plan: Plan) -> list[int]:
    """The project's own steps that none of its own waits for: one of them is done last."""
    needed = {need for step in plan.steps if not step.outside for need in step.needs}
    return [n for n, step in enumerate(plan.steps) if not step.outside and n not in needed]


@dataclass(frozen=True, slots=True)
class _Repeats:
    """Which rows and columns happen again, and how often: at least once each."""

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    times: NDArray[np.int8]

    def rounds(self) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Those that happen at least once, at least twice and so on."""
        row, column, times = self.row, self.column, self.times
        while row.size:
            yield row, column
            more = np.flatnonzero(times > 1)
            row, column, times = row.take(more), column.take(more), times.take(more) - 1


def _repeats(words: NDArray[np.int64], share: Floats) -> _Repeats:
    """How often something of a share, which differs by column, happens before it does not.

    It happens `k` times or more where a random number below 1 is less than the share's `k`-th power.
    """
    first = words < (share.astype(float) * 2.0**64 - 2.0**63).astype(np.int64)
    at = np.flatnonzero(first)
    row = np.repeat(np.arange(len(words)), np.count_nonzero(first, axis=1))
    column = at - row * words.shape[1]
    drawn = np.log(np.maximum(words.take(at) * 2.0**-64 + 0.5, 2.0**-64))
    times = drawn / np.log(np.maximum(share, 1e-30)).take(column)
    return _Repeats(row, column, np.clip(times, 1, MOST_AGAIN).astype(np.int8))
