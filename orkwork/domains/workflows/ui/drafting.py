"""A template under construction: plain dicts that may be wrong for a while, and what is wrong with them. Pure."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from orkwork.core.errors import Invalid
from orkwork.domains.tasks.models import Priority
from orkwork.domains.workflows.rules import outcomes, templates
from orkwork.domains.workflows.rules import steps as graph
from orkwork.domains.workflows.schemas.drafts import DraftOut
from orkwork.domains.workflows.schemas.templates import InputDef, InputType, StepDef, TemplateIn
from orkwork.domains.workflows.ui import asking, lines

MOST_OPTIONS = 200
NO_FAULT = {"part": "", "name": "", "field": "", "text": ""}
_NOT_KEY = re.compile(r"[^A-Za-z0-9_.-]+")
Draft = list[dict[str, Any]]


def draft_of(step: StepDef) -> dict[str, Any]:
    """A step as the form holds it."""
    return step.model_dump(mode="json") | {
        "labels": ", ".join(step.labels),
        "required_capabilities": ", ".join(step.required_capabilities),
        "acceptance_criteria": "\n".join(step.acceptance_criteria),
        "estimate_minutes": lines.written(step.estimate_minutes),
        "max_retries": str(step.max_retries),
    }


def step_of(draft: dict[str, Any]) -> dict[str, Any]:
    """The form's texts as a step's fields; what can't be read stays and is refused by name."""
    listed = {
        name: [part for text in str(draft[name]).split(",") if (part := text.strip())]
        for name in ("labels", "required_capabilities")
    }
    criteria = [line for text in str(draft["acceptance_criteria"]).splitlines() if (line := text.strip())]
    numbers = {name: _number(draft[name]) for name in ("estimate_minutes", "max_retries")}
    return draft | listed | numbers | {"acceptance_criteria": criteria}


def cleaned(value: Any, most: int) -> str:
    """What was typed, as far as it can be kept: without NUL and halves of characters."""
    return str(value)[:most].replace("\x00", "").encode("utf-8", "ignore").decode()


def plain(rows: Sequence[dict[str, Any]]) -> Draft:
    """The rows as ordinary lists and dicts: a state's own watch for changes."""
    return [{name: list(value) if isinstance(value, list) else value for name, value in row.items()} for row in rows]


def restored(kept: DraftOut) -> tuple[Draft, Draft]:
    """The inputs and steps of a draft that was kept, also by an earlier version of this form."""
    step, one = draft_of(StepDef(key="x", title="x")), input_draft(InputDef(name="x"), 0)
    inputs = [one | found | {"id": f"i{n}"} for n, found in enumerate(kept.inputs)]
    return [{name: row[name] for name in one} for row in inputs], [
        {name: (step | found)[name] for name in step} for found in kept.steps
    ]


def _number(typed: Any) -> Any:
    text = str(typed).strip()
    return None if not text else int(text) if text.isascii() and text.isdigit() and len(text) < 9 else text


def input_of(draft: dict[str, Any]) -> dict[str, Any]:
    """The form's texts as an input's fields."""
    kind = str(draft["type"])
    options = [part for text in str(draft["options"]).split(",") if (part := text.strip())]
    default = str(draft["default"]).strip()
    return {
        "name": draft["name"],
        "type": kind,
        "description": draft["description"],
        "required": bool(draft["required"]),
        "default": _valued(kind, default) if default else None,
        "options": [_valued(kind, option) for option in options],
    }


def _valued(kind: str, typed: str) -> Any:
    try:
        return asking.value(kind, typed, "default")
    except Invalid:
        return typed


def input_draft(one: InputDef, number: int) -> dict[str, Any]:
    """An input as the form holds it; `id` keeps a row's fields while others come and go."""
    return {
        "id": f"i{number}",
        "name": one.name,
        "type": one.type.value,
        "description": one.description,
        "required": one.required,
        "default": lines.written(one.default),
        "options": ", ".join(lines.written(option) for option in one.options),
    }


def new_input(number: int, taken: set[str]) -> dict[str, Any]:
    """An empty input with a name that is free."""
    name = next(name for n in range(1, len(taken) + 2) if (name := f"input_{n}") not in taken)
    return input_draft(InputDef(name=name, type=InputType.TEXT), number)


def template_of(inputs: Draft, steps: Draft) -> TemplateIn:
    """The draft as a template, checked whole; Invalid names the field."""
    wanted = {"inputs": [input_of(one) for one in inputs], "steps": [step_of(one) for one in steps]}
    try:
        made = TemplateIn.model_validate(wanted)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Invalid("request.invalid", f"{where}: {first['msg']}", hint=where) from error
    templates.check(made.inputs, made.steps)
    return made


def fault_of(inputs: Draft, steps: Draft) -> dict[str, str]:
    """What is wrong first: the step or input, its field and why; `NO_FAULT` when nothing is."""
    try:
        template_of(inputs, steps)
    except Invalid as refusal:
        where, _, why = refusal.message.partition(": ")
        part, number, field = [*where.split("."), "", "", ""][:3]
        rows = {"steps": steps, "inputs": inputs}.get(part, [])
        row = rows[int(number)] if number.isdigit() and int(number) < len(rows) else {}
        name = str(row.get("key") or row.get("name") or "")
        return {"part": part, "name": name, "field": field, "text": why}
    return NO_FAULT


def new_step(steps: Draft, after: str) -> dict[str, Any]:
    """A step with a key that is free, which waits for the one it was added behind."""
    taken = {step["key"] for step in steps}
    key = next(key for n in range(len(steps) + 1, 2 * len(steps) + 3) if (key := f"step-{n}") not in taken)
    needs = [after] if after in taken else []
    return draft_of(StepDef(key=key, title="New step", depends_on=needs, priority=Priority.MEDIUM))


def without(steps: Draft, key: str) -> Draft:
    """The draft without a step: what waited for it waits for what it waited for."""
    needs = {step["key"]: step["depends_on"] for step in steps}
    kept = graph.without(needs, [key]) if graph.cycle(needs) is None else {}
    return [
        step | {"depends_on": kept.get(step["key"], [need for need in step["depends_on"] if need != key])}
        for step in steps
        if step["key"] != key
    ]


def renamed(steps: Draft, before: str, after: str) -> Draft:
    """The draft with another key for one step, wherever it is named; unchanged when the key is taken or none."""
    wanted = _NOT_KEY.sub("-", after.strip()).lstrip("_.-")[:200]
    if not wanted or any(step["key"] == wanted for step in steps):
        return steps

    spoken = re.compile(rf"(?<![\w.])steps\.{re.escape(before)}\.(?={'|'.join(outcomes.FIELDS)})")

    def name(key: str) -> str:
        return wanted if key == before else key

    return [
        step
        | {
            "key": name(step["key"]),
            "depends_on": [name(need) for need in step["depends_on"]],
            "when": spoken.sub(lambda _: f"steps.{wanted}.", step["when"]),
        }
        for step in steps
    ]


def may_need(steps: Draft, key: str) -> list[dict[str, str]]:
    """The steps that one may be made to wait for: neither itself, nor what waits for it, nor those it waits for already."""
    needs = {step["key"]: step["depends_on"] for step in steps}
    barred = graph.behind(needs, [key]) | {key, *needs.get(key, ())}
    found = [step for step in steps if step["key"] not in barred]
    return [{"value": step["key"], "text": f"{step['key']} · {step['title'][:60]}"} for step in found[:MOST_OPTIONS]]


def rows_of(steps: Sequence[dict[str, Any]], bad: str) -> list[dict[str, Any]]:
    """The steps as the list shows them."""
    return [
        {
            "key": step["key"],
            "title": step["title"],
            "nr": n,
            "needs": ", ".join(step["depends_on"][:3]) + ("…" if len(step["depends_on"]) > 3 else ""),
            "when": step["when"],
            "bad": step["key"] == bad,
        }
        for n, step in enumerate(steps, 1)
    ]
