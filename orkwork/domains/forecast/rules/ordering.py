"""In which order agents that claim would begin the steps of a plan, if all lasted as long as it usually does. Pure."""

import heapq
from typing import Any

import numpy as np

from orkwork.domains.forecast.rules.drawing import Knowledge, Pool
from orkwork.domains.forecast.rules.plans import Crew, Cycle, Plan, Step


class Slots:
    """Every slot of every agent, and which of them each step may take."""

    def __init__(self, plan: Plan) -> None:
        """Number the slots; more of one agent than there are steps are never taken."""
        crews = [n for n, crew in enumerate(plan.crews) for _ in range(min(crew.slots, len(plan.steps) + 1))]
        self.crew = np.array(crews)
        self.pace = np.array([plan.crews[n].pace for n in crews], np.float32)
        self.hold = np.array([1 / max(plan.crews[n].share, 0.05) for n in crews], np.float32)
        self.uniform = bool((self.pace == 1).all() and (self.hold == 1).all())
        every, by_want, unable = tuple(range(len(crews))), {}, []
        self.of: list[tuple[int, ...]] = []
        for n, step in enumerate(plan.steps):
            key = step.agent or step.wants
            if key not in by_want:
                by_want[key] = tuple(s for s in every if _may(plan.crews[crews[s]], step))
            if not by_want[key]:
                unable.append(n)
            self.of.append(by_want[key] or every)
        self.unable, self.nobody = tuple(unable), frozenset(unable)
        self.names = np.uint32(2 ** max(len(crews) - 1, 1).bit_length() - 1)
        self.tags = np.arange(len(crews), dtype=np.uint32)[:, None]


def _may(crew: Crew, step: Step) -> bool:
    if step.agent is not None:
        return crew.id == step.agent
    return crew.can is None or step.wants <= crew.can


def scale_of(step: Step, known: Knowledge) -> tuple[Pool, float]:
    """What a step's runs are drawn from, and what they are multiplied with."""
    return (known.plain, 1.0) if step.estimate is None else (known.scaled, step.estimate)


def expected_order(plan: Plan, known: Knowledge, slots: Slots) -> list[int]:
    """The steps in the order of their starts when everything lasts as long as it usually does and agents claim."""
    waiting = [len(step.needs) for step in plan.steps]
    behind: list[list[int]] = [[] for _ in plan.steps]
    for n, step in enumerate(plan.steps):
        for need in step.needs:
            behind[need].append(n)
    again = 1 / max(1 - known.failing.mean, 0.1)
    rework = 1 / max(1 - known.rework.mean, 0.1)
    free, offered = set(range(len(slots.crew))), _Offers(plan)
    events: list[tuple[float, int, int, int]] = []
    order: list[int] = []
    for n, count in enumerate(waiting):
        if not count:
            offered.add(n)
    now = 0.0
    while True:
        for n in offered.taken(free, slots.of):
            step = plan.steps[n]
            pool, scale = scale_of(step, known)
            place = -1 if step.state == "review" else next(s for s in slots.of[n] if s in free)
            free.discard(place)
            mean = 0.0 if place < 0 else pool.mean_hours * scale * again * (rework if step.review else 1)
            mean *= float(slots.pace[place]) if place >= 0 else 1
            order.append(n)
            heapq.heappush(events, (now + mean * (float(slots.hold[place]) if place >= 0 else 1), 0, place, n))
            heapq.heappush(events, (now + mean + (known.review.mean_hours if step.review else 0), 1, -1, n))
        if not events:
            break
        now, kind, place, n = heapq.heappop(events)
        if kind == 0:
            free.add(place) if place >= 0 else None
            continue
        for follower in behind[n]:
            waiting[follower] -= 1
            if not waiting[follower]:
                offered.add(follower)
    if len(order) < len(plan.steps):
        raise Cycle("the tasks wait for each other")
    return order


class _Offers:
    """The steps that can start, by what they want, each kind in the order of claims."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._kinds: dict[Any, list[tuple[Any, ...]]] = {}

    def add(self, n: int) -> None:
        step = self._plan.steps[n]
        first = 0 if step.state in ("running", "review") else 1
        kind = "review" if step.state == "review" else step.agent or step.wants
        heapq.heappush(self._kinds.setdefault(kind, []), (first, *step.order, n))

    def taken(self, free: set[int], of: list[tuple[int, ...]]) -> Any:
        """One after the other, the best of those that a free slot may take; the caller takes the slot."""
        while True:
            heads = []
            for kind, heap in self._kinds.items():
                if heap and (kind == "review" or any(s in free for s in of[heap[0][-1]])):
                    heads.append((heap[0], heap))
            if not heads:
                return
            _, heap = min(heads, key=lambda head: head[0])
            yield heapq.heappop(heap)[-1]
