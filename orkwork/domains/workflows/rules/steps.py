"""The graph of a template's steps: order, cycles by name, what remains when steps are skipped."""

from collections.abc import Iterable, Mapping, Sequence

Needs = Mapping[str, Sequence[str]]
"""The keys that each step waits for, by its key."""


def cycle(needs: Needs) -> list[str] | None:
    """One cycle as the keys along it, its first key also last; None when there is none."""
    remaining = {key: [need for need in found if need in needs] for key, found in needs.items()}
    waiting = {key: len(found) for key, found in remaining.items()}
    dependants: dict[str, list[str]] = {key: [] for key in needs}
    for key, found in remaining.items():
        for need in found:
            dependants[need].append(key)
    free = [key for key, count in waiting.items() if not count]
    for key in free:
        for dependant in dependants[key]:
            waiting[dependant] -= 1
            if not waiting[dependant]:
                free.append(dependant)
    if len(free) == len(needs):
        return None
    done = set(free)
    at = next(key for key in needs if key not in done)
    path: dict[str, None] = {}
    while at not in path:
        path[at] = None
        at = next(need for need in remaining[at] if need not in done)
    walked = list(path)
    return [*walked[walked.index(at) :], at]


def order(needs: Needs) -> list[str]:
    """The keys so that each stands behind those it waits for, else as they were given; `needs` has no cycle."""
    done: dict[str, None] = {}
    for root in needs:
        stack = [(root, iter(needs[root]))]
        while stack:
            key, rest = stack[-1]
            following = next((need for need in rest if need in needs and need not in done), None)
            if following is None:
                done.setdefault(key)
                stack.pop()
            else:
                stack.append((following, iter(needs[following])))
    return list(done)


def without(needs: Needs, skipped: Iterable[str]) -> dict[str, list[str]]:
    """The graph without some steps: what waited for one of them waits for what that one waited for."""
    gone = set(skipped)
    kept: dict[str, list[str]] = {}
    standing: dict[str, dict[str, None]] = {}
    for key in order(needs):
        found: dict[str, None] = {}
        for need in needs[key]:
            found |= standing[need] if need in gone else {need: None}
        if key in gone:
            standing[key] = found
        else:
            kept[key] = list(found)
    return {key: kept[key] for key in needs if key in kept}


def behind(needs: Needs, keys: Iterable[str]) -> set[str]:
    """Everything that waits for one of these, directly or not, themselves left out."""
    dependants: dict[str, list[str]] = {key: [] for key in needs}
    for key, found in needs.items():
        for need in found:
            dependants.setdefault(need, []).append(key)
    start = set(keys)
    queue, seen = list(start), set(start)
    for key in queue:
        for dependant in dependants.get(key, ()):
            if dependant not in seen:
                seen.add(dependant)
                queue.append(dependant)
    return seen - start


def depths(needs: Needs) -> dict[str, int]:
    """The longest way from a beginning to each step, in steps."""
    found: dict[str, int] = {}
    for key in order(needs):
        found[key] = max((found[need] + 1 for need in needs[key] if need in found), default=0)
    return found


def critical_seconds(needs: Needs, seconds: Mapping[str, float]) -> float:
    """The length of the longest chain: no number of workers is faster."""
    ends: dict[str, float] = {}
    for key in order(needs):
        ends[key] = max((ends[need] for need in needs[key]), default=0.0) + seconds.get(key, 0.0)
    return max(ends.values(), default=0.0)
