"""Whose turn it is: which steps become tasks now, which are left out, which have to wait for what earlier ones come to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orkwork.domains.tasks.models import Status
from orkwork.domains.workflows.rules import conditions, outcomes
from orkwork.domains.workflows.rules import steps as graph
from orkwork.domains.workflows.rules.outcomes import OUTCOMES, SKIPPED, WAITING, Came
from orkwork.domains.workflows.schemas.templates import StepDef

INPUT: Final = "input"
ROOTS: Final = (INPUT, outcomes.ROOT)
_NOTHING: Final = conditions.Condition(lambda data: True, ())


@dataclass(frozen=True)
class Turns:
    """What comes next."""

    make: dict[str, list[str]]
    """The steps that become tasks now, in the template's order, each with the steps that its task waits for."""
    skip: list[str]
    """Those whose condition does not hold."""


def due(template: Sequence[StepDef], came: Mapping[str, Came], told: Mapping[str, Any]) -> Turns:
    """Judge the steps that wait, as far as it goes: a condition when all steps are over that it names, and a step without
    one as soon as everything that it waits for is a task.

    A step waits for what it depends on; a step that was left out hands on what it waited for. What a condition named and
    was not completed is dealt with by the condition, and holds nothing up.
    """
    stands = dict(came)
    waits: dict[str, list[str]] = {}
    make: dict[str, list[str]] = {}
    skip: list[str] = []
    known = {step.key: step for step in template}
    for key in graph.order({step.key: step.depends_on for step in template}):
        step, condition = known[key], _read(known[key])
        named = [] if stands[key].status == SKIPPED else outcomes.named(condition, step.depends_on)
        dealt_with = {need for need in named if stands[need].status != Status.COMPLETED}
        waits[key] = _standing([need for need in step.depends_on if need not in dealt_with], stands, waits)
        if stands[key].status != WAITING or any(stands[need].status not in OUTCOMES for need in named):
            continue
        if not condition.holds({INPUT: told, **outcomes.data_of({need: stands[need] for need in named})}):
            stands[key] = Came(SKIPPED)
            waits[key] = _standing(step.depends_on, stands, waits)
            skip.append(key)
        elif all(need in make or stands[need].has_task for need in waits[key]):
            make[key] = waits[key]
    return Turns({step.key: make[step.key] for step in template if step.key in make}, skip)


def _read(step: StepDef) -> conditions.Condition:
    return conditions.read(step.when, ROOTS, "when") if step.when else _NOTHING


def _standing(needs: Iterable[str], stands: Mapping[str, Came], waits: Mapping[str, list[str]]) -> list[str]:
    """These without those that were left out, in whose place stands what they waited for."""
    found: dict[str, None] = {}
    for need in needs:
        found |= dict.fromkeys(waits[need] if stands[need].status == SKIPPED else [need])
    return list(found)


def named(template: Sequence[StepDef]) -> dict[str, list[str]]:
    """The steps that each step's condition names; steps that look at inputs alone are absent."""
    found = {step.key: outcomes.named(_read(step), step.depends_on) for step in template if step.when}
    return {key: names for key, names in found.items() if names}
