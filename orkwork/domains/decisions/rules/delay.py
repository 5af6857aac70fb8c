"""What waiting for a decision costs, so that the dearest is decided first.

All of it is computed from what is on record, never assumed:

- blocked tasks: the unfinished task that it is about and every unfinished task behind that, over any number of edges
- idle agents: who asked, who it is about and who held the task, as far as they are active and hold no other task
- critical days: the longest chain of those tasks, times the median days from start to completion of the tasks of the
  last 30 days; unknown (None) while none was completed
- dollars a day: the larger of two figures, since an idle agent is who would do the work that stands still.
  Idle capacity: the sum over the idle agents of what each spent per day on which it worked, of the last 30 days.
  Work held up: the blocked tasks times the mean cost of a completed task, spread over the critical days (at least one).
  Unknown (None) while the ledger holds neither.

Dearest first: dollars a day, then blocked tasks, then idle agents, then the longer chain, then the nearer deadline, then
the longer wait. A forecast may give better days and dollars: it replaces the arguments of `cost`, not the order.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from operator import lt
from typing import Any, Final
from uuid import UUID

from orkwork.core.errors import invalid
from orkwork.core.paging import decode_cursor

SECONDS_A_DAY: Final = 86_400
NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Delay:
    """What waiting costs."""

    blocked_tasks: int = 0
    idle: tuple[tuple[str, Decimal], ...] = ()
    """Idle agents by name, each with its dollars per day worked."""
    chain_tasks: int = 0
    critical_days: float | None = None
    held_up_usd: Decimal | None = None
    """The work held up, in dollars a day."""

    @property
    def idle_agents(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(name for name, _ in self.idle)

    @property
    def standing_usd(self) -> Decimal:
        """The idle capacity, in dollars a day."""
        return sum((usd for _, usd in self.idle), Decimal(0))

    @property
    def usd_per_day(self) -> Decimal | None:
        """The larger of the two; None when neither is known."""
        known = [usd for usd in (self.held_up_usd, self.standing_usd or None) if usd is not None]
        return max(known) if known else None


def cost(
    *,
    blocked: int,
    chain: int,
    idle: dict[str, Decimal],
    mean_task_usd: Decimal | None,
    median_task_seconds: float | None,
) -> Delay:
    """The cost of one decision's waiting; `idle` are agents by name with their dollars per day worked."""
    days = None if median_task_seconds is None else chain * median_task_seconds / SECONDS_A_DAY
    held_up = None
    if mean_task_usd is not None and days is not None and blocked:
        held_up = blocked * mean_task_usd / Decimal(str(max(1.0, days)))
    return Delay(blocked, tuple(sorted(idle.items())), chain, days, held_up)


def order(delay: Delay, deadline: datetime | None, asked_at: datetime, last: Any) -> tuple[Any, ...]:
    """The key that sorts the dearest first."""
    return (
        -(delay.usd_per_day or Decimal(0)),
        -delay.blocked_tasks,
        -len(delay.idle_agents),
        -delay.chain_tasks,
        deadline or NEVER,
        asked_at,
        last,
    )


def told(key: tuple[Any, ...]) -> list[Any]:
    """A key of `order` as a cursor holds it."""
    return [part.isoformat() if isinstance(part, datetime) else str(part) for part in key]


def place(cursor: str) -> tuple[Any, ...]:
    """The key that a cursor holds; Invalid when it is none of `told`."""
    casts = ["text", "int", "int", "int", "timestamptz", "timestamptz", "uuid"]
    usd, *counts, deadline, asked, last = decode_cursor(cursor, casts)
    try:
        moments = (datetime.fromisoformat(deadline), datetime.fromisoformat(asked))
        found = Decimal(usd)
        if not found.is_finite():
            raise ValueError("no amount")
        return (found, *map(int, counts), *moments, UUID(last))
    except (InvalidOperation, ValueError) as error:
        raise invalid("cursor", "is not a cursor of this list; take next_cursor from the page before") from error


def reached(before: Sequence[int], after: Sequence[int], roots: Sequence[int], nodes: int) -> list[int]:
    """Which of the roots each of so many nodes waits for, as bits by the roots' places; a root waits for itself.

    Edge n leads from the node `before[n]`, which is waited for, to `after[n]`; nodes are numbered from 0. When all lead to
    larger numbers, as in the order in which work flows, one pass is enough; else it takes passes until nothing changes.
    """
    masks = [0] * nodes
    for place, root in enumerate(roots):
        if root >= 0:  # one that was finished a moment ago has no number
            masks[root] |= 1 << place
    needs: list[list[int]] = [[] for _ in range(nodes)]
    for one, behind in zip(before, after, strict=True):
        needs[behind].append(one)
    flows, grew = all(map(lt, before, after)), True
    while grew:
        grew = False
        for node, ahead in enumerate(needs):
            if ahead:
                mask = had = masks[node]
                for one in ahead:
                    mask |= masks[one]
                if mask != had:
                    masks[node], grew = mask, not flows
    return masks


def paired(pairs: Iterable[tuple[int, bytes]]) -> list[int]:
    """The same out of pairs of a root's place and a node that waits for it, for the nodes that are named."""
    masks: dict[bytes, int] = {}
    for place, node in pairs:
        masks[node] = masks.get(node, 0) | 1 << place
    return list(masks.values())


def counted(masks: Sequence[int], roots: int) -> list[int]:
    """How many masks hold each root's bit. The counts of all roots grow together, as columns of binary digits; a mask
    that is there many times is added once for each digit of how often."""
    digits = [0] * (len(masks).bit_length() + 1)
    for mask, times in Counter(masks).items():
        for start in range(times.bit_length() if mask else 0):
            carry, place = mask if times >> start & 1 else 0, start
            while carry:
                digits[place], carry = digits[place] ^ carry, digits[place] & carry
                place += 1
    return [sum((digit >> root & 1) << place for place, digit in enumerate(digits)) for root in range(roots)]


@dataclass(frozen=True)
class Gain:
    """What answering some decisions sets free."""

    decisions: int = 0
    tasks: int = 0
    agents: int = 0
    usd_per_day: Decimal | None = None


def together(delays: Iterable[tuple[Hashable, Delay]]) -> Decimal | None:
    """What waiting for several decisions costs a day, each with what it is about: an agent that is idle because of two
    of them counts once, and so does work that is held up by two."""
    agents: dict[str, Decimal] = {}
    beyond: dict[Hashable, Decimal] = {}
    known = False
    for about, delay in delays:
        agents |= dict(delay.idle)
        known = known or delay.usd_per_day is not None
        beyond[about] = max(beyond.get(about, Decimal(0)), (delay.held_up_usd or Decimal(0)) - delay.standing_usd)
    return sum(agents.values(), Decimal(0)) + sum(beyond.values(), Decimal(0)) if known else None


def gain(delays: Sequence[tuple[Hashable, Delay]], tasks: int) -> Gain:
    """What answering decisions together sets free; `tasks` counts each task once, as agents and dollars are."""
    agents = {name for _, delay in delays for name in delay.idle_agents}
    return Gain(len(delays), tasks, len(agents), together(delays))
