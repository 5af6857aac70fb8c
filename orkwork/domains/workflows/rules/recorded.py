"""Recorded workflows (WfFormat 1.4 and 1.5, as WfCommons publishes them) as templates."""

import math
import re
from typing import Any, Final

from pydantic import ValidationError

from orkwork.core.errors import Invalid, invalid
from orkwork.domains.workflows.schemas.templates import MAX_STEPS, StepDef

_NOT_NAME: Final = re.compile(r"[^A-Za-z0-9_.-]+")


def name_of(document: dict[str, Any]) -> str:
    """The document's own name; empty when it has none."""
    name = document.get("name")
    return " ".join(name.split())[:120] if isinstance(name, str) else ""


def read(document: dict[str, Any], field: str = "document") -> list[StepDef]:
    """The steps of a recorded workflow: one for each task, with its parents, its command and its runtime as estimate."""
    workflow = _object(document.get("workflow"), f"{field}.workflow")
    specification = _object(workflow.get("specification", workflow), f"{field}.workflow.specification")
    tasks = specification.get("tasks")
    where = f"{field}.workflow.specification.tasks"
    if not isinstance(tasks, list) or not tasks:
        raise invalid(where, "must be a list of tasks: this is no WfFormat 1.4 or 1.5")
    if len(tasks) > MAX_STEPS:
        raise invalid(where, f"has {len(tasks):,} tasks; a workflow has at most {MAX_STEPS:,} steps")
    ids = [_id(_object(task, f"{where}.{i}"), f"{where}.{i}") for i, task in enumerate(tasks)]
    ran = _executed(workflow.get("execution"))
    needs = _needs(tasks, ids, where)
    return [_step(task, ids[i], list(needs[ids[i]]), ran, f"{where}.{i}") for i, task in enumerate(tasks)]


def _object(value: Any, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(field, "must be an object: this is no WfFormat 1.4 or 1.5")
    return value


def _id(task: dict[str, Any], field: str) -> str:
    found = task.get("id", task.get("name"))
    if not isinstance(found, str) or not found:
        raise invalid(f"{field}.id", "must be a text")
    return found


def _needs(tasks: list[dict[str, Any]], ids: list[str], where: str) -> dict[str, dict[str, None]]:
    known = {str(task.get("name")): own for task, own in zip(tasks, ids, strict=True)} | {own: own for own in ids}
    needs: dict[str, dict[str, None]] = {own: {} for own in ids}

    def found(name: Any, field: str) -> str:
        if not isinstance(name, str) or name not in known:
            raise invalid(field, f"there is no task {str(name)[:80]}")
        return known[name]

    for i, (task, own) in enumerate(zip(tasks, ids, strict=True)):
        for parent in _names(task.get("parents"), f"{where}.{i}.parents"):
            needs[own][found(parent, f"{where}.{i}.parents")] = None
        for child in _names(task.get("children"), f"{where}.{i}.children"):
            needs[found(child, f"{where}.{i}.children")][own] = None
    return needs


def _names(value: Any, field: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(field, "must be a list")
    return value


def _executed(execution: Any) -> dict[Any, dict[str, Any]]:
    tasks = execution.get("tasks") if isinstance(execution, dict) else None
    listed = tasks if isinstance(tasks, list) else []
    return {one["id"]: one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)}


def _step(task: dict[str, Any], own: str, needs: list[str], ran: dict[Any, dict[str, Any]], field: str) -> StepDef:
    done = ran.get(own, task)
    try:
        return StepDef(
            key=key_of(own),
            title=_plain(str(task.get("name") or own))[:300],
            description=_plain(_command(done.get("command")))[:20_000],
            depends_on=[key_of(need) for need in needs],
            review_required=False,
            estimate_minutes=_minutes(done.get("runtimeInSeconds")),
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(
            "request.invalid", f"{field}: {first['msg']}", errors=invalid(field, first["msg"]).errors
        ) from error


def key_of(name: str) -> str:
    """A task's id as a step's key."""
    return _NOT_NAME.sub("-", name).lstrip("_.-")[:200] or "step"


def _plain(text: str) -> str:
    """Recorded text is no template."""
    return text.replace("{{", "{ {").replace("}}", "} }")


def _command(command: Any) -> str:
    if not isinstance(command, dict):
        return ""
    arguments = command.get("arguments")
    listed = arguments if isinstance(arguments, list) else []
    return " ".join(str(part) for part in (command.get("program") or "", *listed)).strip()


def _minutes(seconds: Any) -> int | None:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not math.isfinite(seconds):
        return None
    return min(1_000_000, max(1, math.ceil(seconds / 60)))
