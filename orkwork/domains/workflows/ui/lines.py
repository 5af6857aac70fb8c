"""Workflows and what belongs to them as the pages' states hold them: plain values and English words to be translated."""

from collections.abc import Mapping, Sequence
from typing import Any

import reflex as rx

from orkwork.core import clock
from orkwork.core.money import plain
from orkwork.domains.workflows.models import RunState, TriggerKind
from orkwork.domains.workflows.schemas.starting import HookOut, ScheduleOut, TriggerOut
from orkwork.domains.workflows.schemas.templates import InputDef, RunItem, RunOut, WorkflowItem
from orkwork.ui.components.figure import bar
from orkwork.ui.components.pill import state_pill
from orkwork.ui.components.when import when
from orkwork.ui.locale import plural, t

ENOUGH = 5
"""Fewer runs than this are too little to say how many succeed."""


def workflow(item: WorkflowItem) -> dict[str, Any]:
    """A row of the list."""
    last = item.last_run
    return {
        "id": str(item.id),
        "key": item.key,
        "name": item.name,
        "href": f"/workflows/{item.key}",
        "project": item.project_key,
        "project_id": str(item.project_id),
        "steps": item.steps,
        "state": item.state.value,
        "last_state": last.state.value if last else "",
        "last_at": last.created_at.isoformat() if last else "",
        "next_at": item.next_at.isoformat() if item.next_at else "",
        "rate": round(100 * item.succeeded / item.runs) if item.runs >= ENOUGH else -1,
        "runs": item.runs,
        "current": item.current_version,
        "version": item.version,
    }


def run(item: RunItem) -> dict[str, Any]:
    """A run in a list."""
    ended = item.ended_at or clock.now()
    return {
        "id": str(item.id),
        "number": item.number,
        "name": item.workflow_name,
        "workflow": item.workflow_key,
        "project_id": str(item.project_id),
        "href": f"/workflows/runs/{item.id}",
        "state": item.state.value,
        "trigger": item.trigger.value,
        "by": item.trigger_name or item.started_by_name,
        "tick": (item.trigger_key or "") if item.trigger is TriggerKind.SCHEDULE else "",
        "done": item.completed,
        "total": item.tasks,
        "percent": round(100 * item.completed / item.tasks) if item.tasks else 0,
        "failed": item.failed,
        "at": item.created_at.isoformat(),
        "seconds": round((ended - item.started_at).total_seconds()) if item.started_at else 0,
        "ended": item.ended_at is not None,
        "version_number": item.version_number,
        "attempt": item.attempt,
        "tone": {"failed": "bad", "completed": "ok", "cancelled": "idle"}.get(item.state.value, ""),
    }


def whole_run(found: RunOut) -> dict[str, Any]:
    """A run on its page."""
    return run(found) | {
        "cost": plain(found.cost_usd),
        "can_cancel": found.state.value in ("queued", "running", "failed"),
        "can_retry": any(step.status in ("FAILED", "CANCELLED") and step.task_id for step in found.steps),
    }


def going_on(workflows: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]]) -> set[str]:
    """The topics of the projects in which one of these runs can go on: their tasks' moves are the runs' own."""
    open_states = (RunState.RUNNING, RunState.FAILED)
    found = [row["project_id"] for row in workflows if row["last_state"] in open_states]
    return {f"project:{one}" for one in [*found, *(row["project_id"] for row in runs if row["state"] in open_states)]}


def inputs(defined: Sequence[InputDef]) -> list[dict[str, Any]]:
    """The inputs as a form asks for them."""
    return [
        {
            "name": one.name,
            "type": one.type.value,
            "about": one.description,
            "required": one.required,
            "default": written(one.default),
            "checked": one.default is True,
            "options": [{"value": written(option), "text": written(option)} for option in one.options],
        }
        for one in defined
    ]


def written(value: Any) -> str:
    """A value as somebody would type it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def schedule(one: ScheduleOut) -> dict[str, Any]:
    """A schedule with its next ticks."""
    return {
        "id": str(one.id),
        "name": one.name,
        "cron": one.cron,
        "overlap": one.overlap.value,
        "catch_up": one.catch_up,
        "pause_after": one.pause_after,
        "state": one.state.value,
        "failures": one.failures,
        "zone": one.time_zone,
        "ticks": [at.isoformat() for at in one.next_ticks],
        "version": one.version,
        "values": {name: written(value) for name, value in one.inputs.items()},
    }


def trigger(one: TriggerOut) -> dict[str, Any]:
    """A trigger."""
    return {
        "id": str(one.id),
        "name": one.name,
        "pattern": one.pattern,
        "filter": one.filter,
        "state": one.state.value,
        "runs": one.runs,
        "max_per_hour": one.max_per_hour,
        "version": one.version,
        "values": {name: written(value) for name, value in one.inputs.items()},
    }


def hook(one: HookOut) -> dict[str, Any]:
    """A webhook."""
    return {
        "id": str(one.id),
        "name": one.name,
        "url": one.url,
        "state": one.state.value,
        "runs": one.runs,
        "last_at": one.last_at.isoformat() if one.last_at else "",
        "version": one.version,
        "values": {name: written(value) for name, value in one.inputs.items()},
    }


def why(row: rx.Var) -> rx.Var[str]:
    """What started a run, in words."""
    return rx.match(
        row["trigger"],
        ("schedule", t("by the schedule {name}", name=row["by"])),
        ("event", t("by the trigger {name}", name=row["by"])),
        ("webhook", t("by the webhook {name}", name=row["by"])),
        t("by {name}", name=row["by"]),
    )


def run_row(row: rx.Var, *, named: bool = False) -> rx.Component:
    """A line of the history."""
    steps = plural("{done} of {n} step", "{done} of {n} steps", row["total"], done=row["done"])
    title = t("{name}, run {n}", name=row["name"], n=row["number"]) if named else t("Run {n}", n=row["number"])
    return rx.el.a(
        rx.el.span(
            rx.el.span(title, class_name="b5 trunc"),
            rx.el.span(why(row), class_name="meta trunc"),
            class_name="col grow",
        ),
        rx.el.span(
            bar(row["percent"], label=steps, tone=row["tone"].to(str)),
            rx.el.span(steps, class_name="meta num nw"),
            class_name="row progress",
        ),
        rx.el.span(state_pill(row["state"]), class_name="fstate"),
        rx.el.span(when(row["at"]), class_name="meta fwhen nw"),
        href=row["href"],
        class_name="r two frun",
        custom_attrs={"data-row": "1"},
        key=row["id"],
    )
