"""A second simulator, as plain as possible: one path at a time, one event after the other. It shares no code with the first."""

import random
from dataclasses import dataclass, field


@dataclass
class Job:
    """One task: what it waits for, and its rank among those that can start (the least first)."""

    needs: tuple[int, ...] = ()
    rank: int = 0
    draw: tuple[float, ...] = (1.0,)


@dataclass
class World:
    """Jobs, servers, and the share of runs that fail and are run again."""

    jobs: list[Job]
    servers: int
    failing: float = 0.0
    ended: dict[int, float] = field(default_factory=dict)


def makespan(world: World, rng: random.Random) -> float:
    """When the last job of one path ends."""
    now, running, ended = 0.0, [], {}
    left = set(range(len(world.jobs)))
    while left or running:
        can = sorted(
            (n for n in left if all(m in ended for m in world.jobs[n].needs)), key=lambda n: world.jobs[n].rank
        )
        for n in can[: world.servers - len(running)]:
            left.discard(n)
            lasts = rng.choice(world.jobs[n].draw)
            while rng.random() < world.failing:
                lasts += rng.choice(world.jobs[n].draw)
            running.append((now + lasts, n))
        running.sort()
        now, n = running.pop(0)
        ended[n] = now
    return now
