"""The lifecycle of a task in one table, and what hangs on it. Pure: the API, the pages, the docs and the tests read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from orkwork.core.actor import Actor, Role
from orkwork.core.errors import Conflict, FieldError, Forbidden, Invalid
from orkwork.domains.tasks.models import ExecutionStatus, Status

TRANSITIONS: Final[dict[Status, tuple[Status, ...]]] = {
    Status.CREATED: (Status.PLANNING, Status.CANCELLED),
    Status.PLANNING: (Status.READY, Status.CREATED, Status.CANCELLED),
    Status.READY: (Status.ASSIGNED, Status.PLANNING, Status.CANCELLED),
    Status.ASSIGNED: (Status.IN_PROGRESS, Status.READY, Status.CANCELLED),
    Status.IN_PROGRESS: (Status.REVIEW, Status.COMPLETED, Status.READY, Status.FAILED, Status.CANCELLED),
    Status.REVIEW: (Status.COMPLETED, Status.IN_PROGRESS, Status.FAILED, Status.CANCELLED),
    Status.COMPLETED: (Status.READY,),
    Status.FAILED: (Status.READY, Status.CANCELLED),
    Status.CANCELLED: (Status.CREATED,),
}
"""What leads where."""

ACTIONS: Final[dict[tuple[Status, Status], str]] = {
    (Status.CREATED, Status.PLANNING): "Plan",
    (Status.PLANNING, Status.READY): "Mark ready",
    (Status.PLANNING, Status.CREATED): "Back to created",
    (Status.READY, Status.ASSIGNED): "Assign",
    (Status.READY, Status.PLANNING): "Back to planning",
    (Status.ASSIGNED, Status.IN_PROGRESS): "Start",
    (Status.ASSIGNED, Status.READY): "Release",
    (Status.IN_PROGRESS, Status.REVIEW): "Hand in for review",
    (Status.IN_PROGRESS, Status.COMPLETED): "Complete",
    (Status.IN_PROGRESS, Status.READY): "Release",
    (Status.IN_PROGRESS, Status.FAILED): "Mark failed",
    (Status.REVIEW, Status.COMPLETED): "Approve",
    (Status.REVIEW, Status.IN_PROGRESS): "Ask for changes",
    (Status.REVIEW, Status.FAILED): "Mark failed",
    (Status.COMPLETED, Status.READY): "Re-open",
    (Status.FAILED, Status.READY): "Try again",
    (Status.CANCELLED, Status.CREATED): "Restore",
}
"""What a person calls each move; any move to CANCELLED is 'Cancel task'."""

HELD: Final = (Status.ASSIGNED, Status.IN_PROGRESS)
"""States in which an agent holds the task and is loaded by it."""
NEED_NO_BLOCKERS: Final = (Status.READY, Status.ASSIGNED, Status.IN_PROGRESS, Status.REVIEW, Status.COMPLETED)
STARTED: Final = (Status.ASSIGNED, Status.IN_PROGRESS, Status.REVIEW, Status.COMPLETED)
LEASE_SECONDS: Final = 600
"""How long an agent may be silent with a task before it is given back."""

RUN_ENDS_AS: Final[dict[Status, ExecutionStatus]] = {
    Status.REVIEW: ExecutionStatus.SUCCEEDED,
    Status.COMPLETED: ExecutionStatus.SUCCEEDED,
    Status.FAILED: ExecutionStatus.FAILED,
    Status.READY: ExecutionStatus.CANCELLED,
    Status.PLANNING: ExecutionStatus.CANCELLED,  # released while a dependency is open again
    Status.CANCELLED: ExecutionStatus.CANCELLED,
}
"""How the running execution ends when its task leaves IN_PROGRESS."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the guards look at."""

    key: str
    status: Status
    review_required: bool
    blocked_count: int
    assignee_id: UUID | None
    worker_id: UUID | None
    fence: int
    created_by_id: UUID | None
    held: str | None = None
    """What is on hold, while it could begin: `company` or `project`."""
    open_criteria: tuple[dict[str, Any], ...] = ()
    """What its review still asks for: id, text and state of each."""


def action(before: Status, after: Status) -> str:
    """What a person calls a move."""
    return "Cancel task" if after is Status.CANCELLED else ACTIONS[before, after]


def legal(standing: Standing) -> list[Status]:
    """The moves that the table and the guards allow, whoever asks."""
    return [to for to in TRANSITIONS[standing.status] if _guard(standing, to) is None]


def _guard(standing: Standing, to: Status) -> tuple[str, str, str] | None:
    """Why a move of the table is refused now: code, reason, way out; or None."""
    released = to is Status.READY and standing.status in HELD  # goes on to PLANNING, to wait there
    if to in NEED_NO_BLOCKERS and standing.blocked_count and not released:
        return _waits(standing)
    if standing.held and begins(standing.status, to):
        return held(standing)
    if standing.status is Status.IN_PROGRESS and to is Status.COMPLETED and standing.review_required:
        return ("task.review_required", f"{standing.key} needs a review before it completes", "Move it to REVIEW.")
    if to is Status.COMPLETED and standing.open_criteria:
        return _unverified(standing)
    return None


def _waits(standing: Standing) -> tuple[str, str, str]:
    return (
        "task.blocked",
        f"{standing.key} waits for {standing.blocked_count} unfinished dependencies",
        "Complete or remove them first; a task in PLANNING then becomes READY by itself.",
    )


def check_begins_again(standing: Standing) -> None:
    """Refuse another run while a dependency is open again, or the work is held."""
    refusal = _waits(standing) if standing.blocked_count else held(standing) if standing.held else None
    if refusal:
        raise Conflict(*refusal, extra={"task_status": standing.status})


def begins(before: Status, to: Status) -> bool:
    """Whether a move begins work, which a hold forbids."""
    return to is Status.ASSIGNED or (before is Status.ASSIGNED and to is Status.IN_PROGRESS)


def held(standing: Standing) -> tuple[str, str, str]:
    """Why nothing begins while there is a hold."""
    what = "The company" if standing.held == "company" else f"The project of {standing.key}"
    return ("task.held", f"{what} is on hold, so nothing begins", "Wait until it is resumed; nothing is lost.")


def _unverified(standing: Standing) -> tuple[str, str, str]:
    named = ", ".join(f"'{criterion['text']}'" for criterion in standing.open_criteria[:3])
    more = f" and {len(standing.open_criteria) - 3} more" if len(standing.open_criteria) > 3 else ""
    return (
        "task.criteria_open",
        f"{standing.key} has acceptance criteria that nobody verified: {named}{more}",
        "POST /tasks/{ref}/criteria/{id}/verification for each, by someone other than who did the work.",
    )


def check_move(standing: Standing, to: Status, actor: Actor, fence: int | None) -> None:
    """Refuse a move that the table, a guard or the actor's part in it forbids; the refusal names the legal ones."""
    check_not_cancelled(standing, actor, fence)
    allowed = [s.value for s in legal(standing)]
    if to not in TRANSITIONS[standing.status]:
        raise Conflict(
            "task.illegal_move",
            f"{standing.key} is {standing.status} and can't become {to}",
            f"It can become {', '.join(allowed) or 'nothing else'}." if allowed else "It can't move now.",
            extra={"task_status": standing.status, "allowed": allowed},
        )
    if refusal := _guard(standing, to):
        code, reason, way_out = refusal
        told = {"open_criteria": list(standing.open_criteria)} if code == "task.criteria_open" else {}
        raise Conflict(code, reason, way_out, extra={"task_status": standing.status, "allowed": allowed} | told)
    if actor.is_agent:
        _check_agent(standing, to, actor, fence)
    elif fence is not None:
        check_fence(standing, fence)


def _check_agent(standing: Standing, to: Status, actor: Actor, fence: int | None) -> None:
    if standing.status in HELD:
        check_holder(standing, actor, fence)
        if to is Status.CANCELLED:
            raise Forbidden("task.cancel", "An agent can't cancel a task it holds", "Release it (READY) or fail it.")
    elif standing.status is Status.REVIEW:
        if actor.id in (standing.worker_id, standing.assignee_id):
            raise Forbidden(
                "task.own_review",
                f"{standing.key} was done by {actor.name}, who can't review it",
                "Another agent or a person reviews it.",
            )
    elif standing.status in (Status.COMPLETED, Status.FAILED, Status.CANCELLED):
        raise Forbidden("task.reopen", "Only a person re-opens a task", "Leave a comment that says why it should be.")
    elif to is Status.CANCELLED and standing.created_by_id != actor.id:
        raise Forbidden("task.cancel", "An agent cancels only tasks that it created", "Leave a comment instead.")


def check_not_cancelled(standing: Standing, actor: Actor, fence: int | None) -> None:
    """Tell an agent that still names the fence of a claim that its task was cancelled meanwhile."""
    if actor.is_agent and fence not in (None, standing.fence) and standing.status is Status.CANCELLED:
        raise Conflict(
            "task.cancelled",
            f"{standing.key} was cancelled",
            "Stop working on it; what you have is not wanted any more. Claim again.",
            extra={"task_status": standing.status},
        )


def check_holder(standing: Standing, actor: Actor, fence: int | None) -> None:
    """Refuse an agent that does not hold the task, or held it under an earlier fence."""
    if actor.is_agent and standing.assignee_id != actor.id:
        raise Forbidden("task.not_yours", f"{standing.key} is not assigned to {actor.name}", "Claim a task first.")
    if actor.is_agent and fence is None:
        raise Invalid(
            "task.fence_missing",
            "fence: is required",
            "Send the fence that the claim gave.",
            errors=[FieldError("fence", "is required from the agent that holds the task")],
        )
    if fence is not None:
        check_fence(standing, fence)


def check_fence(standing: Standing, fence: int) -> None:
    """Refuse a write under a fence that has passed on."""
    if fence != standing.fence:
        raise Conflict(
            "task.fence",
            f"{standing.key} was given on since fence {fence}",
            "Stop working on it; claim again.",
            extra={"task_status": standing.status},
        )


def check_edit(standing: Standing, actor: Actor, names: set[str]) -> None:
    """Refuse an agent that changes another's task, or lifts the review off its own work."""
    if not actor.is_agent:
        return
    if standing.created_by_id != actor.id:
        raise Forbidden("task.edit", "An agent changes only tasks that it created", "Leave a comment instead.")
    if names & {"review_required", "acceptance_criteria"} and actor.id in (standing.assignee_id, standing.worker_id):
        raise Forbidden(
            "task.own_review",
            f"{actor.name} works on {standing.key}, so it can't change what its review asks for",
            "Ask a person.",
        )


FACTORS: Final = ("capability", "performance", "workload", "cost")
"""What the assignment's score is made of, each 0 to 1; the weights are the company's settings."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One candidate of an assignment."""

    factors: tuple[Decimal, ...]
    """In the order of `FACTORS`."""
    score: Decimal
    passed: bool
    """Whether it had been given the task before and did not take it up."""


def behind(best: Scored, other: Scored, weights: tuple[Decimal, ...]) -> list[tuple[str, Decimal]]:
    """The factors in which a candidate was behind the best, each with the points that it cost, the most first."""
    lost = [
        (name, weight * (mine - its))
        for name, weight, mine, its in zip(FACTORS, weights, best.factors, other.factors, strict=True)
    ]
    return sorted(((name, points) for name, points in lost if points > 0), key=lambda pair: -pair[1])


def why_not(best: Scored, other: Scored, weights: tuple[Decimal, ...]) -> str:
    """Why a candidate did not get the task, in a sentence."""
    if other.passed and not best.passed:
        return "was given this task before and did not take it up"
    if other.score == best.score:
        return "has the same score and was assigned a task more recently, or has the later id"
    parts = [
        f"{name} {_round(other.factors[FACTORS.index(name)])} against {_round(best.factors[FACTORS.index(name)])}"
        for name, _ in behind(best, other, weights)
    ]
    return f"{_round(best.score - other.score)} points behind: {', '.join(parts)}"


def _round(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.001"))


def may_move(actor: Actor) -> bool:
    """Whether a person's role lets them move tasks at all."""
    return actor.role is not None and actor.role.covers(Role.MEMBER)


def order_graph(edges: Mapping[int, Iterable[int]], size: int) -> list[int] | None:
    """The tasks 0..size-1 so that each stands behind those it depends on; None when they form a cycle."""
    waiting = [0] * size
    dependants: list[list[int]] = [[] for _ in range(size)]
    for task, needs in edges.items():
        for need in needs:
            waiting[task] += 1
            dependants[need].append(task)
    free = [task for task in range(size) if not waiting[task]]
    for task in free:
        for dependant in dependants[task]:
            waiting[dependant] -= 1
            if not waiting[dependant]:
                free.append(dependant)
    return free if len(free) == size else None


def chain_lengths(order: list[int], edges: Mapping[int, Iterable[int]]) -> list[int]:
    """For each task the longest chain of tasks that wait on it."""
    lengths = [0] * len(order)
    for task in reversed(order):
        for need in edges.get(task, ()):
            lengths[need] = max(lengths[need], lengths[task] + 1)
    return lengths
