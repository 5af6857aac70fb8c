"""Decisions as the pages' states hold them: plain values, and English words that the browser translates.

What the product itself asks is made of templates with parameters, so that every reader reads it in their language.
"""

import re
from typing import Any, Final

from orkwork.core.money import plain
from orkwork.domains.decisions.models import Category, DecisionStatus
from orkwork.domains.decisions.rules.asking import YES_OR_NO
from orkwork.domains.decisions.schemas import Change, DecisionItem, DecisionOut, Effect, Option, PendingOut
from orkwork.domains.standing.schemas import RuleOut

ICONS: Final = {
    Category.TASK_ASSIGN: "user-plus",
    Category.DEPLOY: "rocket",
    Category.ESCALATE: "triangle-alert",
    Category.APPROVE: "shield-check",
    Category.BUDGET: "wallet",
}
WORDS: Final = {
    Category.TASK_ASSIGN: "Assignment",
    Category.DEPLOY: "Deployment",
    Category.ESCALATE: "Escalation",
    Category.APPROVE: "Approval",
    Category.BUDGET: "Budget",
}
MISSES: Final = {
    "agent.lacks": "{name} lacks {what}",
    "agent.silent": "{name} gives no sign of life",
    "agent.not_active": "{name} is paused",
    "agent.autonomy": "{name} is a tool, which takes no tasks",
    "agent.project": "{name} may not see this project",
    "agent.full": "{name} holds as many tasks as it may",
    "agent.over_budget": "{name} has spent today's budget",
}
_TITLES: Final = (
    (re.compile(r"Nobody suits (?P<key>\S+)"), "Nobody suits {key}"),
    (re.compile(r"(?P<name>.+) goes in circles at (?P<key>\S+)"), "{name} goes in circles at {key}"),
    (re.compile(r"(?P<key>\S+) waits to be started"), "{key} waits to be started"),
    (re.compile(r"(?P<key>\S+) failed: (?P<why>.+)"), "{key} failed: {why}"),
    (re.compile(r"(?P<key>\S+) to (?P<name>.+)"), "{key} to {name}"),
)
_LABELS: Final = (
    (re.compile(r"Assign to (?P<name>.+)"), "Assign to {name}"),
    (re.compile(r"Let (?P<name>.+) try again"), "Let {name} try again"),
)


def _worded(text: str, templates: Any) -> tuple[str, dict[str, str]]:
    for pattern, template in templates:
        if found := pattern.fullmatch(text):
            return template, found.groupdict()
    return text, {}


def titled(decision: DecisionItem) -> dict[str, Any]:
    """Its title: in the asker's own words (`raw`), or with parameters where the product itself asked."""
    raw = decision.asked_by_kind is not None
    text, params = (decision.title, {}) if raw else _worded(decision.title, _TITLES)
    return {"title": text, "params": params, "raw": raw}


def labelled(option: Option, *, asked: bool) -> dict[str, Any]:
    """An option's words."""
    raw = asked and option not in YES_OR_NO
    text, params = (option.label, {}) if raw else _worded(option.label, _LABELS)
    return {"id": option.id, "label": text, "params": params, "raw": raw}


def picks(decision: DecisionItem) -> list[dict[str, Any]]:
    """The options that were chosen."""
    asked = decision.asked_by_kind is not None
    return [labelled(option, asked=asked) for option in decision.options if option.id in decision.picked]


def _says(decision: DecisionOut) -> list[dict[str, Any]]:
    """What the product says about its own question."""
    context, found = decision.context, []
    for miss in context.get("near_misses", [])[:3]:
        code = miss["objections"][0]["code"] if miss["objections"] else ""
        if code in MISSES:
            found.append(
                {"text": MISSES[code], "params": {"name": miss["agent_name"], "what": ", ".join(miss["lacks"])}}
            )
    found += [
        {"text": context[name], "params": {}} for name in ("summary", "detail", "advice", "reason") if context.get(name)
    ]
    return found


def _changes(changes: list[Change]) -> list[dict[str, str]]:
    return [change.model_dump() for change in changes]


def _option(option: Option, effect: Effect, decision: PendingOut) -> dict[str, Any]:
    said = [r for r in decision.recommendations if r.option == option.id]
    return labelled(option, asked=decision.asked_by_kind is not None) | {
        "detail": option.detail,
        "action": effect.action,
        "digest": f"{option.digest[:4]}…{option.digest[-4:]}" if option.digest else "",
        "runs_as": effect.runs_as,
        "cost": "" if effect.cost_usd is None else plain(effect.cost_usd),
        "cost_from": effect.cost_from,
        "daily": "" if effect.daily_usd is None else plain(effect.daily_usd),
        "hours": effect.delay_hours,
        "frees": effect.frees_tasks,
        "people": [{"name": r.by_name, "note": r.note[:200]} for r in said],
    }


def _precedents(decision: PendingOut) -> dict[str, Any]:
    past, asked = decision.precedents, decision.asked_by_kind is not None
    words = {option.id: labelled(option, asked=asked) for option in decision.options}
    unknown = {"label": "another answer", "params": {}, "raw": False}
    offers = past.offers if set(past.offers) <= words.keys() else []
    return {
        "decided": past.decided,
        "answers": [{**words.get(one, unknown), "id": one, "n": n} for one, n in past.answers.items()],
        "right": past.right,
        "wrong": past.wrong,
        "offers": offers,
        "offers_label": words[offers[0]] if offers else None,
    }


def card(decision: PendingOut) -> dict[str, Any]:
    """A decision that waits, as `assets/kit/decision.jsx` takes it."""
    delay, about = decision.delay, decision.task_key
    return titled(decision) | {
        "id": str(decision.id),
        "kind": decision.kind.value,
        "icon": ICONS[decision.category],
        "key": about or "",
        "href": f"/tasks/{about}" if about else "",
        "asker": decision.asked_by_name or "",
        "person": decision.asked_by_kind == "user",
        "at": decision.created_at.isoformat(),
        "deadline": decision.deadline.isoformat() if decision.deadline else "",
        "default": decision.default_option or "",
        "text": str(decision.context.get("text", ""))[:20_000] if decision.asked_by_kind else "",
        "says": [] if decision.asked_by_kind else _says(decision),
        "options": [_option(o, e, decision) for o, e in zip(decision.options, decision.effects, strict=True)],
        "recommendation": decision.recommendation or "",
        "delay": {
            "blocked": delay.blocked_tasks,
            "idle": delay.idle_agents,
            "chain": delay.chain_tasks,
            "days": delay.critical_days,
            "usd": "" if delay.usd_per_day is None else plain(delay.usd_per_day),
        },
        "changes": _changes(decision.changes),
        "stale": _changes(decision.stale),
        "precedents": _precedents(decision),
        "rule_note": decision.rule_note,
        "due_at": decision.due_at.isoformat() if decision.due_at else "",
        "sla_at": decision.sla_due_at.isoformat() if decision.sla_due_at else "",
        "version": decision.version,
    }


HOW: Final = {
    # how it was decided: (icon, tone, word)
    "approve": ("check", "ok", "Approved"),
    "deny": ("x", "bad", "Denied"),
    "answer": ("message-square", "info", "Answered"),
    "chosen": ("check", "ok", "Chosen"),
    "deadline": ("clock", "idle", "By deadline"),
    "lapsed": ("clock", "idle", "Lapsed"),
    "rule": ("repeat", "info", "By rule"),
    "score": ("bot", "idle", "By score"),
    "closed": ("circle-minus", "idle", "Needed no more"),
}
OUTCOMES: Final = {"right": "Right", "wrong": "Wrong", "mixed": "Mixed"}


def how(decision: DecisionItem) -> str:
    """How it was decided, by a name of `HOW`."""
    if decision.status is DecisionStatus.EXPIRED:
        return "deadline" if decision.picked else "lapsed"
    if decision.status is DecisionStatus.RECORDED:
        return "rule" if decision.decided_by_kind == "rule" else "score"
    if decision.answer:
        return "answer"
    if not decision.picked:
        return "closed"
    return decision.picked[0] if decision.picked[0] in ("approve", "deny") else "chosen"


def past(decision: DecisionItem) -> dict[str, Any]:
    """A decision that was made, as the lists hold it."""
    icon, tone, word = HOW[how(decision)]
    chosen = picks(decision)
    return titled(decision) | {
        "id": str(decision.id),
        "category": WORDS[decision.category],
        "how_icon": icon,
        "how_tone": tone,
        "how": word,
        "choice": chosen[0]["label"] if chosen else "",
        "choice_params": chosen[0]["params"] if chosen else {},
        "choice_raw": bool(chosen and chosen[0]["raw"]),
        "more": max(0, len(chosen) - 1),
        "answer": decision.answer[:500],
        "reasoning": decision.reasoning[:500],
        "by": decision.decided_by_name if decision.decided_by_kind == "user" else "",
        "asker": decision.asked_by_name or "",
        "at": decision.resolved_at.isoformat() if decision.resolved_at else "",
        "key": decision.task_key or "",
        "outcome": OUTCOMES[decision.outcome.value] if decision.outcome else "",
        "outcome_value": decision.outcome.value if decision.outcome else "",
        "outcome_note": decision.outcome_note,
    }


def rule(found: RuleOut) -> dict[str, Any]:
    """A standing rule as its list holds it."""
    text, params = _worded(found.title, _TITLES)
    label, label_params = _worded(found.label, _LABELS)
    raw = not params and text == found.title
    return {
        "id": str(found.id),
        "title": text,
        "params": params,
        "raw": raw,
        "label": label,
        "label_params": label_params,
        "project": found.project_key or "",
        "reasoning": found.reasoning,
        "by": found.made_by_name,
        "at": found.created_at.isoformat(),
        "uses": found.uses,
        "used_at": found.last_used_at.isoformat() if found.last_used_at else "",
        "revoked_at": found.revoked_at.isoformat() if found.revoked_at else "",
        "revoked_by": found.revoked_by_name or "",
    }
