"""Rules as the page holds them, and a form's texts as a rule's fields."""

import re
from typing import Any, TypedDict

from orkwork.core.errors import invalid
from orkwork.domains.sla.models import MAY_PAUSE, Whom
from orkwork.domains.sla.schemas import RuleOut

_TIME = re.compile(r"(\d{1,6}(?:[.,]\d{1,3})?)\s*(m|min|h|d|хв|год|д)?\.?", re.IGNORECASE)
_UNIT = {"m": 1, "min": 1, "хв": 1, "h": 60, "год": 60, "d": 1440, "д": 1440}
_LATER = (Whom.MANAGER, Whom.CEO)


class RuleLine(TypedDict):
    """A rule of the list, and of the form."""

    id: str
    version: int
    name: str
    project_id: str
    project: str
    priority: str
    label: str
    kind: str
    anything: bool
    response_seconds: int
    resolution_seconds: int
    response: str
    resolution: str
    manager: str
    ceo: str
    pauses: list[str]
    open_tasks: int


NEW: RuleLine = {
    "id": "", "version": 0, "name": "", "project_id": "", "project": "", "priority": "", "label": "", "kind": "",
    "anything": True, "response_seconds": 0, "resolution_seconds": 0, "response": "", "resolution": "",
    "manager": "30 min", "ceo": "2 h", "pauses": ["PLANNING"], "open_tasks": 0,
}  # fmt: skip
"""What an empty form holds."""


def line(rule: RuleOut) -> RuleLine:
    """A rule as the page holds it."""
    delays = {step.to: step.after_minutes for step in rule.escalation}
    targets = (rule.project_id, rule.priority, rule.label, rule.kind)
    return {
        "id": str(rule.id),
        "version": rule.version,
        "name": rule.name,
        "project_id": str(rule.project_id or ""),
        "project": rule.project_key or "",
        "priority": rule.priority or "",
        "label": rule.label or "",
        "kind": rule.kind or "",
        "anything": all(target is None for target in targets),
        "response_seconds": (rule.response_minutes or 0) * 60,
        "resolution_seconds": (rule.resolution_minutes or 0) * 60,
        "response": written(rule.response_minutes),
        "resolution": written(rule.resolution_minutes),
        "manager": written(delays.get(Whom.MANAGER)),
        "ceo": written(delays.get(Whom.CEO)),
        "pauses": [status.value for status in rule.pauses_in],
        "open_tasks": rule.open_tasks,
    }


def written(minutes: int | None) -> str:
    """Minutes as somebody would type them: `4 h`."""
    if minutes is None:
        return ""
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes and minutes % size == 0:
            return f"{minutes // size} {unit}"
    return f"{minutes} min"


def minutes(text: Any, field: str) -> int | None:
    """What was typed as minutes: `15`, `15 min`, `4 h`, `3 d`; None when it is empty."""
    typed = str(text or "").strip()
    if not typed:
        return None
    found = _TIME.fullmatch(typed)
    if found is None:
        raise invalid(field, "must be a time, as 15 min, 4 h or 3 d")
    return round(float(found[1].replace(",", ".")) * _UNIT[(found[2] or "min").lower()])


def fields(data: dict[str, Any], was: RuleLine) -> dict[str, Any]:
    """The form as a rule's fields; the escalation only where its texts were changed."""
    out: dict[str, Any] = {
        "name": str(data.get("name") or ""),
        "response_minutes": minutes(data.get("response_minutes"), "response_minutes"),
        "resolution_minutes": minutes(data.get("resolution_minutes"), "resolution_minutes"),
        "pauses_in": [status.value for status in MAY_PAUSE if data.get(f"pause:{status.value}")],
    }
    out |= {name: str(data.get(name) or "").strip() or None for name in ("project_id", "priority", "label", "kind")}
    typed = {whom: str(data.get(whom.value) or "").strip() for whom in _LATER}
    if not was["id"] or typed != {Whom.MANAGER: was["manager"], Whom.CEO: was["ceo"]}:
        out["escalation"] = [{"to": Whom.AGENT, "after_minutes": 0}, *_later(typed)]
    return out


def _later(typed: dict[Whom, str]) -> list[dict[str, Any]]:
    found = {whom: minutes(text, whom.value) for whom, text in typed.items()}
    steps = [{"to": whom, "after_minutes": after} for whom, after in found.items() if after is not None]
    if any(step["after_minutes"] == 0 for step in steps):
        raise invalid(steps[0]["to"], "must be later than the breach")
    if len(steps) == 2 and steps[0]["after_minutes"] >= steps[1]["after_minutes"]:
        raise invalid("ceo", "must be later than the manager")
    return steps
