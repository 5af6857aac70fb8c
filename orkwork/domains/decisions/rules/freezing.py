"""The exact action that an option gates, frozen when it is asked: its name, its arguments and their digest."""

import hashlib
import inspect
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_type_hints

from pydantic import TypeAdapter, ValidationError

from orkwork.core.errors import FieldError, Invalid, invalid
from orkwork.core.operation import OPERATIONS, Operation

NOT_BY_DECISION: Final = frozenset({"auth", "audit", "decisions", "demo", "jobs", "standing"})
"""Domains whose operations no decision gates: who signs in, what is on record, and deciding itself."""
NOT_ALONE: Final = frozenset(
    {
        "agents.create_key",
        "workflows.renew_secret",
        "workflows.create_hook",
        "executions.reserve_file",
        "executions.add_file",
    }
)
"""Operations that answer a secret, which nobody would get to see, and those that are a part of one request."""
OF_THE_PRODUCT: Final = frozenset({"demo"})
"""Arguments that no door takes."""


def digest(action: str, arguments: Mapping[str, Any], runs_as: str | None = None) -> str:
    """The SHA-256 of an action, in hex: equal exactly when the same would be done in the same name."""
    text = json.dumps(
        [action, arguments, runs_as], sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()


def written(action: str, arguments: Mapping[str, Any]) -> str:
    """An action as it is shown: `tasks.transition(ref="ORK-1", body={"to": "READY"})`."""
    said = (f"{name}={json.dumps(value, ensure_ascii=False, default=str)}" for name, value in arguments.items())
    return f"{action}({', '.join(said)})"


def operation_of(action: str, field: str) -> Operation:
    """The operation that an option names; Invalid when no door knows it, or none may be opened by a decision."""
    entry = OPERATIONS.get(action)
    if entry is None or not entry.writes or not entry.users:
        raise invalid(
            field, "is no operation that a decision can carry out; the API's operations are, as tasks.transition"
        )
    if action.partition(".")[0] in NOT_BY_DECISION or action in NOT_ALONE:
        raise invalid(field, "can't be carried out by a decision")
    return entry


def arguments_of(entry: Operation, arguments: Mapping[str, Any], field: str) -> dict[str, Any]:
    """The arguments as the operation takes them; Invalid naming each that is wrong, missing or unknown."""
    shapes, needed = _parameters(entry.name)
    wrong = [FieldError(f"{field}.{name}", "is not an argument of it") for name in arguments if name not in shapes]
    wrong += [FieldError(f"{field}.{name}", "is missing") for name in sorted(needed - arguments.keys())]
    taken: dict[str, Any] = {}
    for name, value in arguments.items() if not wrong else ():
        try:
            taken[name] = shapes[name].validate_python(value)
        except ValidationError as error:
            wrong += [
                FieldError(".".join([field, name, *map(str, bad["loc"])]), bad["msg"]) for bad in error.errors()[:10]
            ]
    if wrong:
        raise Invalid("decision.arguments", f"{wrong[0].field}: {wrong[0].message}", "Correct it.", wrong[:20])
    return taken


@cache
def _parameters(name: str) -> tuple[dict[str, TypeAdapter[Any]], frozenset[str]]:
    """What an operation takes beside its Work, and which of it must be given."""
    function = OPERATIONS[name].fn
    hints = get_type_hints(function, include_extras=True)
    given = [part for part in inspect.signature(function).parameters.values() if part.name not in OF_THE_PRODUCT][1:]
    shapes = {part.name: TypeAdapter(hints[part.name]) for part in given}
    return shapes, frozenset(part.name for part in given if part.default is inspect.Parameter.empty)
