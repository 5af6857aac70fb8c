"""What a condition can know of an earlier step: `steps.build.outcome`, `.output`, and `.result.…` where the output is JSON."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orkwork.core.errors import invalid
from orkwork.domains.tasks.models import Status
from orkwork.domains.workflows.rules.conditions import Condition

ROOT: Final = "steps"
SKIPPED: Final = "SKIPPED"
"""A step that its condition left out."""
WAITING: Final = "WAITING"
"""A step whose task is not created yet: its condition, or that of a step before it, is judged when earlier steps are over."""
OUTCOMES: Final = {
    Status.COMPLETED.value: "completed",
    Status.FAILED.value: "failed",
    Status.CANCELLED.value: "cancelled",
    SKIPPED: "skipped",
}
"""The states in which a step is over, and what conditions call them."""
FIELDS: Final = ("outcome", "output", "result")
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Came:
    """What a step came to."""

    status: str
    output: str | None = None
    has_task: bool = False
    """Whether others can be made to wait for it."""


def step_of(path: tuple[str, ...], keys: Iterable[str]) -> str | None:
    """The step that a path speaks of: the longest key, since keys may hold dots; None when it is none of these."""
    inner = ".".join(path[1:])
    found = [key for key in keys if inner.startswith(f"{key}.") and _is_known(inner.removeprefix(f"{key}."))]
    return max(found, key=len, default=None)


def _is_known(of_step: str) -> bool:
    return of_step in FIELDS or of_step.startswith("result.")


def named(condition: Condition, keys: Iterable[str]) -> list[str]:
    """The steps that a condition looks at; none when it looks at inputs alone."""
    found = [step_of(path, keys) for path in condition.paths if path[0] == ROOT]
    return list(dict.fromkeys(key for key in found if key is not None))


def check_path(path: tuple[str, ...], needs: Iterable[str], field: str) -> None:
    """Refuse a path to a step that is not waited for, or to what is not known of one."""
    needs = list(needs)
    if step_of(path, needs) is not None:
        return
    waited = ", ".join(needs[:_SHOWN]) or "nothing"
    raise invalid(
        field,
        f"{'.'.join(path)[:80]} is not known: of the steps that it waits for ({waited}) there are "
        "steps.key.outcome, steps.key.output and steps.key.result.name",
    )


def data_of(came: Mapping[str, Came]) -> dict[str, Any]:
    """What conditions see of steps that are over, by the parts of their keys."""
    found: dict[str, Any] = {}
    for key in sorted(came, key=len):
        place = found
        for part in key.split("."):
            place = place.setdefault(part, {})
        one = came[key]
        place |= {"outcome": OUTCOMES[one.status], "output": one.output, "result": _parsed(one.output)}
    return {ROOT: found}


def _parsed(output: str | None) -> Any:
    try:
        return json.loads(output) if output else None
    except (ValueError, RecursionError):
        return None
