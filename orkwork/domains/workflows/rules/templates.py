"""A template as a whole: is it sound, what does a run of it get told, and which tasks does that make."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from orkwork.core.errors import FieldError, Invalid, invalid
from orkwork.domains.tasks.schemas import BulkTask
from orkwork.domains.workflows.rules import conditions, filling, outcomes, steps, turns
from orkwork.domains.workflows.schemas.templates import InputDef, InputType, StepDef

MAX_TEXT: Final = 10_000
_KINDS: Final = {
    InputType.TEXT: "a text",
    InputType.INTEGER: "a whole number",
    InputType.NUMBER: "a number",
    InputType.BOOLEAN: "true or false",
}
_SHOWN: Final = 8


@dataclass(frozen=True)
class Plan:
    """What a run will create."""

    inputs: dict[str, Any]
    tasks: list[BulkTask]
    skipped: list[str]
    waiting: list[str]
    """The steps that become tasks, or are left out, when earlier ones are over."""


def check(inputs: Sequence[InputDef], template: Sequence[StepDef]) -> None:
    """Refuse a template that could not be run; the refusal names the field."""
    if not template:
        raise invalid("steps", "must hold at least one step")
    known = _check_inputs(inputs)
    needs = _check_keys(template)
    if found := steps.cycle(needs):
        shown = found if len(found) <= _SHOWN else [*found[: _SHOWN - 1], "…", found[-1]]
        raise invalid("steps", f"wait for each other in a circle: {' → '.join(shown)}")
    for i, step in enumerate(template):
        for name, text in _texts(step):
            _check_references(text, known, f"steps.{i}.{name}")
        if step.when:
            _check_condition(step, known, f"steps.{i}.when")


def _check_condition(step: StepDef, known: Mapping[str, InputDef], field: str) -> None:
    for path in conditions.read(step.when, turns.ROOTS, field).paths:
        if path[0] == outcomes.ROOT:
            outcomes.check_path(path, step.depends_on, field)
        else:
            _check_path(path[1:], known, field)


def _check_inputs(inputs: Sequence[InputDef]) -> dict[str, InputDef]:
    known: dict[str, InputDef] = {}
    for i, one in enumerate(inputs):
        if one.name in known:
            raise invalid(f"inputs.{i}.name", f"{one.name} is there twice")
        known[one.name] = one
        for j, option in enumerate(one.options):
            _check_constant(one, option, f"inputs.{i}.options.{j}")
        if one.default is not None:
            _check_constant(one, one.default, f"inputs.{i}.default")
            typed(one, one.default, f"inputs.{i}.default")
    return known


def _check_constant(one: InputDef, value: Any, field: str) -> None:
    if filling.has_places(value):
        raise invalid(field, "is a value, not a template: {{ }} is never filled into it, so it can't refer to itself")
    typed(one.model_copy(update={"options": []}), value, field)


def _check_keys(template: Sequence[StepDef]) -> dict[str, list[str]]:
    needs: dict[str, list[str]] = {}
    for i, step in enumerate(template):
        if step.key in needs:
            raise invalid(f"steps.{i}.key", f"{step.key} is there twice")
        needs[step.key] = step.depends_on
    for i, step in enumerate(template):
        for need in step.depends_on:
            if need == step.key:
                raise invalid(f"steps.{i}.depends_on", f"{step.key} waits for itself")
            if need not in needs:
                raise invalid(f"steps.{i}.depends_on", f"there is no step {need}")
    return needs


def _texts(step: StepDef) -> list[tuple[str, str]]:
    return [
        ("title", step.title),
        ("description", step.description),
        *((f"labels.{n}", label) for n, label in enumerate(step.labels)),
        *((f"acceptance_criteria.{n}", text) for n, text in enumerate(step.acceptance_criteria)),
    ]


def _check_references(text: str, known: Mapping[str, InputDef], field: str) -> None:
    if "{" in text or "}" in text:
        for reference in filling.references(text, turns.INPUT, field):
            _check_path(reference.path, known, field)


def _check_path(path: tuple[str, ...], known: Mapping[str, InputDef], field: str) -> None:
    if len(path) != 1 or path[0] not in known:
        there = ", ".join(known) or "none"
        raise invalid(field, f"there is no input {'.'.join(path)}; there are: {there}")


def read_inputs(inputs: Sequence[InputDef], given: Mapping[str, Any]) -> dict[str, Any]:
    """What a run is told, complete and typed; Invalid names every input that is wrong."""
    faults: list[FieldError] = []
    known = {one.name: one for one in inputs}
    for name in given:
        if name not in known:
            faults.append(FieldError(f"inputs.{name}", f"is not an input; there are: {', '.join(known) or 'none'}"))
    found: dict[str, Any] = {}
    for name, one in known.items():
        value = given.get(name)
        value = one.default if value is None else value
        if value is None and one.required:
            faults.append(FieldError(f"inputs.{name}", "is required"))
        elif value is not None:
            try:
                value = typed(one, value, f"inputs.{name}")
            except Invalid as fault:
                faults += fault.errors
        found[name] = value
    if faults:
        raise Invalid("request.invalid", f"{faults[0].field}: {faults[0].message}", errors=faults)
    return found


def typed(one: InputDef, value: Any, field: str) -> Any:
    """A value as its input's type has it; Invalid when it is none."""
    if not _fits(one.type, value):
        raise invalid(field, f"must be {_KINDS[one.type]}")
    if isinstance(value, str):
        _check_text(value, field)
    if one.options and not any(type(option) is type(value) and option == value for option in one.options):
        offered = ", ".join(filling.words(option) for option in one.options)
        raise invalid(field, f"must be one of: {offered[:300]}")
    return value


def _fits(kind: InputType, value: Any) -> bool:
    match kind:
        case InputType.TEXT:
            return isinstance(value, str)
        case InputType.BOOLEAN:
            return isinstance(value, bool)
        case InputType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
        case InputType.NUMBER:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return is_number and abs(value) < 2**53 and math.isfinite(value)


def _check_text(value: str, field: str) -> None:
    if len(value) > MAX_TEXT:
        raise invalid(field, f"must have at most {MAX_TEXT} characters")
    if "\x00" in value or any("\ud800" <= ch <= "\udfff" for ch in value):
        raise invalid(field, "must be text without NUL and half characters")


def check_mapping(inputs: Sequence[InputDef], mapping: Mapping[str, Any], root: str) -> None:
    """Refuse a mapping that names other inputs, refers to other things, or could never fill what is required."""
    known = {one.name: one for one in inputs}
    for name, value in mapping.items():
        field = f"inputs.{name}"
        if name not in known:
            raise invalid(field, f"is not an input; there are: {', '.join(known) or 'none'}")
        if filling.has_places(value):
            filling.references(value, root, field)
        elif value is not None:
            typed(known[name], value, field)
    for one in inputs:
        if one.required and one.default is None and mapping.get(one.name) is None:
            raise invalid(f"inputs.{one.name}", "is required: nobody is there to be asked when it starts")


def plan(inputs: Sequence[InputDef], template: Sequence[StepDef], given: Mapping[str, Any]) -> Plan:
    """The tasks with which a run begins: inputs checked, conditions over them judged, all texts filled in, also of the
    steps that wait for earlier ones. Invalid before anything is created."""
    told = read_inputs(inputs, given)
    first = turns.due(template, {step.key: outcomes.Came(outcomes.WAITING) for step in template}, told)
    if not first.make:
        raise invalid("inputs", "no condition of any step holds: there would be nothing to do")
    kept = [step for step in template if step.key not in first.skip]
    whole = {step.key: task_of(step, first.make.get(step.key, []), told) for step in kept}
    waiting = [key for key in whole if key not in first.make]
    return Plan(told, [whole[key] for key in first.make], first.skip, waiting)


def task_of(step: StepDef, needs: Sequence[str], told: Mapping[str, Any]) -> BulkTask:
    """The task that a step becomes, waiting for `needs`; Invalid when what is filled in makes none."""
    data = {turns.INPUT: told}
    fields = step.model_dump(
        exclude={"key", "when", "depends_on", "acceptance_criteria", "title", "description", "labels"}
    )
    labels = [label for text in step.labels if (label := filling.fill(text, data).strip())]
    criteria = [text for one in step.acceptance_criteria if (text := filling.fill(one, data).strip())]
    try:
        return BulkTask(
            ref=step.key,
            title=" ".join(filling.fill(step.title, data).split()),
            description=filling.fill(step.description, data),
            labels=labels,
            acceptance_criteria=[{"text": text} for text in criteria],  # pyright: ignore[reportArgumentType]
            depends_on=list(needs),
            **fields,
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise invalid("inputs", f"filled in, {where} of the step {step.key} is wrong: {first['msg']}") from error
