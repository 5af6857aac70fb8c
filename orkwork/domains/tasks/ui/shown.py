"""Tasks and what happened to them as the pages' states hold them: plain values and English words to be translated."""

from collections.abc import Mapping
from typing import Any

from orkwork.core import clock
from orkwork.core.money import plain
from orkwork.domains.executions.rules.failures import CATALOGUE
from orkwork.domains.sla.schemas import ClockOut, TimeLeft
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries.seen import BoardCard, TaskFact
from orkwork.domains.tasks.schemas import CommentOut, CriterionOut, DependencyOut, TaskItem

WORDS = {
    Status.CREATED: "Created",
    Status.PLANNING: "Planning",
    Status.READY: "Ready",
    Status.ASSIGNED: "Assigned",
    Status.IN_PROGRESS: "In progress",
    Status.REVIEW: "Review",
    Status.COMPLETED: "Completed",
    Status.FAILED: "Failed",
    Status.CANCELLED: "Cancelled",
}
"""What people call the states."""
RUNS = {
    "running": "Running",
    "succeeded": "Succeeded",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "lost": "Lease lost",
}
FAILURES: dict[str, str] = {name.value: meaning.summary for name, meaning in CATALOGUE.items()}
"""What people call the reasons why runs fail."""
ADVICE: dict[str, str] = {name.value: meaning.advice for name, meaning in CATALOGUE.items()}
FIELDS = {
    "title": "title",
    "description": "description",
    "priority": "priority",
    "labels": "labels",
    "acceptance_criteria": "acceptance criteria",
    "required_capabilities": "needs",
    "review_required": "review",
    "max_retries": "retries",
    "limits": "limits",
    "estimate_minutes": "estimate",
    "due_at": "due date",
    "retry_at": "time of the next try",
    "status": "state",
    "name": "name",
    "budget_usd": "budget",
    "deadline": "deadline",
    "github_repository": "repository",
}
"""What people call the fields that change."""
OPEN = [s for s in Status if s not in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)]


def drops() -> dict[str, dict[str, dict[str, Any]]]:
    """The transition table as the board says it while a card is held."""
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for before, targets in rules.TRANSITIONS.items():
        table[before.value] = {to.value: {"ok": True, "text": _drop(rules.action(before, to))} for to in targets}
    for to in (Status.IN_PROGRESS, Status.REVIEW, Status.COMPLETED):
        table[Status.READY.value][to.value] = {"ok": False, "text": "A Ready task is assigned before it starts."}
    return table


def _drop(action: str) -> str:
    if action == "Cancel task":
        return "Drop to cancel the task"
    if action.startswith("Back to "):
        return f"Drop to send back to {action.removeprefix('Back to ')}"
    return f"Drop to {action[0].lower()}{action[1:]}"


def line(item: TaskItem) -> dict[str, Any]:
    """A row of a list."""
    return {
        "id": str(item.id),
        "key": item.key,
        "title": item.title,
        "href": f"/tasks/{item.key}",
        "status": item.status.value,
        "priority": item.priority.value,
        "labels": item.labels[:3],
        "assignee": item.assignee_name or "",
        "due": item.due_at.isoformat() if item.due_at else "",
        "late": is_late(item.due_at, item.status),
        "blocked": item.blocked_count if item.status in OPEN else 0,
        "flagged": item.flagged,
        "cost": plain(item.cost_usd),
        "at": item.updated_at.isoformat(),
    }


def is_late(due: Any, status: Status) -> bool:
    """Whether a date has passed for a task that is still open."""
    return bool(due and status in OPEN and due < clock.now())


def card(item: BoardCard) -> dict[str, Any]:
    """A card of the board; what is empty is left out, to keep the message small."""
    barred = {to.value: _barred(item, to) for to in item.barred}
    shown = {
        "id": str(item.id),
        "key": item.key,
        "title": item.title,
        "href": f"/tasks/{item.key}",
        "status": item.status.value,
        "priority": item.priority.value,
        "assignee": item.assignee_name or "",
        "due_at": item.due_at.isoformat() if item.due_at and item.status in OPEN else "",
        "due_tone": "bad b5" if is_late(item.due_at, item.status) else "",
        "depends": item.depends,
        "cost": plain(item.cost_usd),
        "progress": item.progress or 0,
        "refuse": barred,
        "sla": time_left(item.sla),
    }
    return {name: value for name, value in (shown | _note(item)).items() if value}


def time_left(found: TimeLeft | ClockOut | None) -> dict[str, Any]:
    """The time left as the browser counts it down."""
    if found is None:
        return {}
    left = {} if found.runs_out_at else {"left": round(found.left_seconds)}
    return left | {
        "state": found.state,
        "until": found.runs_out_at.isoformat() if found.runs_out_at else "",
        "limit": found.limit_seconds,
        "paused": found.paused,
    }


def _barred(item: BoardCard, to: Status) -> str:
    if not item.blocked_count and rules.begins(item.status, to):
        return "The work is on hold: nothing begins now."
    if item.status is Status.REVIEW and to is Status.COMPLETED and not item.blocked_count:
        return "Its acceptance criteria are not all verified."
    if item.status is Status.IN_PROGRESS and to is Status.COMPLETED and not item.blocked_count:
        return "Review first: this task needs it."
    return "It waits for unfinished tasks."


def _note(item: BoardCard) -> dict[str, Any]:
    """The line at the card's foot: the worst thing to know about it."""
    if item.flagged:
        note, params, look = "Flagged: {keys} was re-opened", {"keys": ", ".join(item.blockers)}, ("lock", "bad")
    elif item.blockers and item.status is not Status.CANCELLED:
        more = f" +{item.blocked_count - len(item.blockers)}" if item.blocked_count > len(item.blockers) else ""
        note, params, look = "Waits for {keys}", {"keys": ", ".join(item.blockers) + more}, ("lock", "")
    elif item.status is Status.FAILED and item.failure:
        note, params, look = "Failed: {why}", {"why": FAILURES.get(item.failure, item.failure)}, ("circle-x", "bad")
    elif item.criteria and item.status in (Status.IN_PROGRESS, Status.REVIEW):
        note, params = "{done} of {all} criteria verified", {"done": item.criteria_done, "all": item.criteria}
        look = ("list-checks", "")
    elif item.crit > 2 and item.status in OPEN:
        note, params, look = "Longest chain behind it: {n}", {"n": item.crit}, ("share-2", "warn")
    else:
        return {}
    return {"note": note, "note_params": params, "note_icon": look[0], "note_tone": look[1]}


def criterion(one: CriterionOut) -> dict[str, Any]:
    """An acceptance criterion with who showed and who saw that it is met."""
    return {
        "id": str(one.id),
        "text": one.text,
        "state": one.state,
        "evidence": one.evidence,
        "shown_by": one.evidence_by_name or "",
        "shown_at": one.evidence_at.isoformat() if one.evidence_at else "",
        "shown_person": one.evidence_by_kind == "user",
        "seen_by": one.verified_by_name or "",
        "seen_at": one.verified_at.isoformat() if one.verified_at else "",
        "note": one.note,
    }


def edge(found: DependencyOut) -> dict[str, Any]:
    """A dependency, seen from this task."""
    return {
        "key": found.key,
        "title": found.title,
        "href": f"/tasks/{found.key}",
        "status": found.status.value,
        "done": found.status is Status.COMPLETED,
    }


def comment(said: CommentOut) -> dict[str, Any]:
    """A comment among the history."""
    return {
        "id": str(said.id),
        "at": said.created_at.isoformat(),
        "who": said.author_name,
        "person": said.author_kind == "user",
        "body": said.body,
        "text": "",
        "a": "",
        "b": "",
        "icon": "message-square",
        "tone": "",
        "key": "",
        "href": "",
    }


def fact(told: TaskFact, agents: Mapping[str, str]) -> dict[str, Any]:
    """One thing that happened: a text of the catalogue and the words that go into it."""
    text, a, b, icon, tone = _told(told, agents)
    return {
        "id": str(told.seq),
        "at": told.occurred_at.isoformat(),
        "who": "orkwork" if told.actor_kind == "system" else told.actor_name,
        "person": told.actor_kind == "user",
        "body": "",
        "text": text,
        "a": a,
        "b": b,
        "icon": icon,
        "tone": tone,
        "key": told.task_key,
        "href": "" if told.name.startswith("project.") else f"/tasks/{told.task_key}",
    }


_PLAIN = {
    "task.created": ("created", "circle-dashed", ""),
    "task.deleted": ("deleted", "trash-2", ""),
    "task.blocked": ("blocked again", "lock", "bad"),
    "task.unblocked": ("nothing blocks it any more", "lock-open", "ok"),
    "project.held": ("put the project on hold", "circle-pause", "warn"),
    "project.resumed": ("resumed the project", "play", "ok"),
    "comment.added": ("commented", "message-square", ""),
    "project.created": ("began the project", "folder-kanban", ""),
    "project.archived": ("archived the project", "archive", ""),
    "sla.warned": ("warns that its time runs out", "timer", "warn"),
    "sla.breached": ("saw its SLA breached", "timer", "bad"),
    "sla.breached:escalated": ("escalated it: it is late", "timer", "bad"),
    "task.waiting": ("sees that it waits too long to be started", "hourglass", "warn"),
    "task.looping": ("tripped the loop breaker", "repeat", "bad"),
    "task.unbarred": ("let an agent try it again", "rotate-ccw", ""),
    "tracker.imported": ("imported issues", "download", ""),
}
_JUDGED = {
    "shown": ("gave evidence: {a}", "list-checks", ""),
    "met": ("verified: {a}", "circle-check", "ok"),
    "failed": ("did not find it met: {a}", "circle-x", "bad"),
    "open": ("took the verification back: {a}", "circle", ""),
}
_LOOK: dict[str, tuple[str, str]] = {
    Status.READY: ("circle", ""),
    Status.ASSIGNED: ("circle-user", "info"),
    Status.IN_PROGRESS: ("circle-play", "acc"),
    Status.REVIEW: ("eye", "warn"),
    Status.COMPLETED: ("circle-check", "ok"),
    Status.FAILED: ("circle-x", "bad"),
    Status.CANCELLED: ("ban", ""),
}


def _told(told: TaskFact, agents: Mapping[str, str]) -> tuple[str, str, str, str, str]:
    """Text, its two words, icon and tone."""
    closer = f"{told.name}:{told.after.get('status')}"
    if told.name in _PLAIN:
        text, icon, tone = _PLAIN[closer if closer in _PLAIN else told.name]
        return text, "", "", icon, tone
    if told.name == "task.moved":
        return _moved(told, agents)
    if told.name in ("task.evidence_given", "task.criterion_verified"):
        text, icon, tone = _JUDGED[str(told.after.get("state", "shown"))]
        return text, str(told.after.get("text", "")), "", icon, tone
    if told.name == "execution.started":
        return "started run {a}", str(told.after.get("run", "")), "", "play", "acc"
    if told.name == "execution.ended":
        ended = str(told.after.get("status", ""))
        tone = {"succeeded": "ok", "failed": "bad"}.get(ended, "")
        return "ended the run: {a}", RUNS.get(ended, ended), "", "flag", tone
    if told.name in ("dependency.added", "dependency.removed"):
        added = "added the dependency on {a}" if told.after.get("kind") != "relates" else "related it to {a}"
        text = added if told.name == "dependency.added" else "removed the dependency on {a}"
        return text, str(told.after.get("depends_on", "")), "", "git-branch", ""
    if told.name in ("task.changed", "project.changed"):
        names = [FIELDS.get(name, name) for name in told.after]
        text, a = ("changed: {a}", names[0]) if len(names) == 1 else ("changed several fields", "")
        return text, a, "", "pencil", ""
    return told.name, "", "", "activity", ""


def _moved(told: TaskFact, agents: Mapping[str, str]) -> tuple[str, str, str, str, str]:
    before, after = str(told.before.get("status", "")), str(told.after.get("status", ""))
    icon, tone = _LOOK.get(after, ("circle-dashed", ""))
    if told.after.get("reason") == "claimed":
        return "claimed", "", "", icon, tone
    if after == Status.ASSIGNED:
        agent = agents.get(str(told.after.get("agent_id")), "—")
        return (
            ("took it", "", "", icon, tone) if agent == told.actor_name else ("assigned to {a}", agent, "", icon, tone)
        )
    words: dict[str, str] = {s.value: word for s, word in WORDS.items()}
    return "moved from {a} to {b}", words.get(before, before), words.get(after, after), icon, tone
