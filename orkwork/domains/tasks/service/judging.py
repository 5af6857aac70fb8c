"""What an acceptance criterion is, who may show and who may see that it is met, and whom a text names. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import StringConstraints

from orkwork.core.actor import Actor
from orkwork.core.errors import Conflict, Forbidden, invalid
from orkwork.core.ids import uuid7
from orkwork.core.schema import In, Str
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.rules import Standing, check_holder, check_not_cancelled
from orkwork.domains.tasks.schemas import Criterion, CriterionState, Fence


class EvidenceIn(In):
    """What shows that a criterion is met."""

    evidence: Annotated[Str, StringConstraints(min_length=1, max_length=10_000, strip_whitespace=True)]
    """Markdown, with links to artifacts."""
    fence: Fence | None = None
    """From the claim; required of the agent that holds the task."""


class VerifyIn(In):
    """How a criterion was judged."""

    state: CriterionState
    """`open` takes a verification back."""
    note: Annotated[Str, StringConstraints(max_length=2000, strip_whitespace=True)] = ""


NOBODY: dict[str, Any] = {"at": None, "by_kind": None, "by_id": None, "by_name": None}


def fresh(wanted: Iterable[Criterion]) -> list[dict[str, Any]]:
    """Criteria of a new task, as they are kept."""
    return [_new(criterion.text) for criterion in wanted]


def _new(text: str) -> dict[str, Any]:
    shown = {"evidence": ""} | {f"evidence_{name}": value for name, value in NOBODY.items()}
    return {"id": str(uuid7()), "text": text} | shown | unverified()


def unverified() -> dict[str, Any]:
    """What a criterion is while nobody has judged it."""
    return {"state": "open", "note": ""} | {f"verified_{name}": value for name, value in NOBODY.items()}


def changed(kept: list[dict[str, Any]], wanted: Iterable[Criterion]) -> list[dict[str, Any]]:
    """The criteria of a task after an edit; another text takes the verification back. Invalid for an unknown id."""
    known, seen, found = {one["id"]: one for one in kept}, set(), []
    for n, criterion in enumerate(wanted):
        if criterion.id is None:
            found.append(_new(criterion.text))
            continue
        before = known.get(str(criterion.id))
        if before is None or criterion.id in seen:
            raise invalid(f"acceptance_criteria.{n}.id", "is not one of this task's criteria, or is there twice")
        seen.add(criterion.id)
        edited = {"text": criterion.text} | unverified() if before["text"] != criterion.text else {}
        found.append(before | edited)
    return found


ENDED: Final = (Status.COMPLETED, Status.CANCELLED)


def check_evidence(standing: Standing, actor: Actor, fence: int | None) -> None:
    """Refuse evidence for a task that has ended, and from an agent that does not hold it."""
    check_not_cancelled(standing, actor, fence)
    if standing.status in ENDED:
        raise _ended(standing)
    check_holder(standing, actor, fence)


def check_verifier(standing: Standing, evidence_by_id: UUID | None, actor: Actor) -> None:
    """Refuse a verification by the agent whose work or evidence it is, and one of a task that has ended."""
    if standing.status in ENDED:
        raise _ended(standing)
    if actor.is_agent and actor.id in (standing.worker_id, standing.assignee_id, evidence_by_id):
        raise Forbidden(
            "task.own_review",
            f"{actor.name} did the work on {standing.key}, so it can't verify it",
            "Another agent or a person verifies.",
        )


def _ended(standing: Standing) -> Conflict:
    return Conflict(
        "task.ended",
        f"{standing.key} is {standing.status}",
        "Re-open it before its acceptance criteria change.",
        extra={"task_status": standing.status},
    )


def mentioned(text: str, names: Mapping[UUID, str]) -> list[UUID]:
    """Who of these is named as @name in a text, whatever the case; `@CODE-2` does not name CODE."""
    return [
        agent_id
        for agent_id, name in names.items()
        if re.search(rf"(?<![\w@.]){re.escape('@' + name)}(?![\w-])", text, re.IGNORECASE)
    ]
