"""What a standing rule would have done: pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from orkwork.domains.decisions.rules.likeness import Picked


@dataclass(frozen=True)
class Past:
    """A decision that was made."""

    offered: frozenset[str]
    """The ids of its options."""
    picked: Picked
    outcome: str | None


@dataclass(frozen=True)
class BackTest:
    """What a rule would have done with decisions that people made."""

    decided: int = 0
    """How many it would have decided."""
    alike: int = 0
    """Those that it would have decided as the person did."""
    otherwise: int = 0
    wrong: int = 0
    """Of those alike, how many turned out wrong or mixed."""
    not_offered: int = 0
    """Those that did not offer what it chooses, which it would have left to a person."""


def back_test(picked: Picked, log: Iterable[Past]) -> BackTest:
    """What a rule that always chooses `picked` would have done."""
    past = list(log)
    could = [one for one in past if set(picked) <= one.offered]
    alike = [one for one in could if one.picked == picked]
    return BackTest(
        decided=len(could),
        alike=len(alike),
        otherwise=len(could) - len(alike),
        wrong=sum(one.outcome in ("wrong", "mixed") for one in alike),
        not_offered=len(past) - len(could),
    )
