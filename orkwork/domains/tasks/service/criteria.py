"""Acceptance criteria: what has to be true, what shows it, and who looked."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.errors import Conflict, NotFound
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.tasks import events
from orkwork.domains.tasks.queries.tasks import standing_of, standing_row
from orkwork.domains.tasks.schemas import CriterionOut
from orkwork.domains.tasks.service import judging
from orkwork.domains.tasks.service.judging import EvidenceIn, VerifyIn

_ROW = "select acceptance_criteria from tasks where id = %(id)s for no key update"
_WRITE = """
update tasks set acceptance_criteria = %(criteria)s, version = version + 1, updated_at = %(now)s where id = %(id)s
"""


@operation("tasks:write")
def give_evidence(work: Work, ref: str | UUID, criterion_id: UUID, body: EvidenceIn) -> CriterionOut:
    """Say what shows that an acceptance criterion is met, as who works on the task, with its fence, or as a person. A
    verification made before has to be made again."""
    row, criteria, n = _locked(work, ref, criterion_id)
    judging.check_evidence(standing_of(row), work.actor, body.fence)
    criteria[n] |= {"evidence": body.evidence} | _by(work, "evidence") | judging.unverified()
    _write(work, row, criteria)
    told = {"criterion_id": criterion_id, "text": criteria[n]["text"], "excerpt": body.evidence[:200]}
    work.emit(events.EvidenceGiven(**_about(row), after=told))
    return CriterionOut.model_validate(criteria[n])


@operation("tasks:write")
def verify(work: Work, ref: str | UUID, criterion_id: UUID, body: VerifyIn) -> CriterionOut:
    """Judge an acceptance criterion by its evidence, as anyone but the one who did the work. 409 when nobody gave
    evidence that it is met."""
    row, criteria, n = _locked(work, ref, criterion_id)
    before = criteria[n]
    given_by = UUID(before["evidence_by_id"]) if before["evidence_by_id"] else None
    judging.check_verifier(standing_of(row), given_by, work.actor)
    if body.state == "met" and not before["evidence"]:
        raise Conflict(
            "criterion.no_evidence",
            f"Nobody has shown that '{before['text'][:200]}' is met",
            "Give evidence first: POST /tasks/{ref}/criteria/{id}/evidence.",
        )
    judged = {"state": body.state, "note": body.note} | _by(work, "verified")
    criteria[n] = before | (judged if body.state != "open" else judging.unverified())
    _write(work, row, criteria)
    told = {"criterion_id": criterion_id, "text": before["text"], "state": body.state, "note": body.note}
    work.emit(events.CriterionVerified(**_about(row), before={"state": before["state"]}, after=told))
    return CriterionOut.model_validate(criteria[n])


def _locked(work: Work, ref: str | UUID, criterion_id: UUID) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    """The task as it stands under its lock, its criteria, and the place of the one that is meant."""
    task_id = standing_row(work, ref)["id"]
    kept = work.one(_ROW, {"id": task_id})
    row = standing_row(work, task_id)
    assert kept is not None
    criteria = kept["acceptance_criteria"]
    for n, criterion in enumerate(criteria):
        if criterion["id"] == str(criterion_id):
            return row, criteria, n
    raise NotFound(
        "criterion.not_found", f"{row['key']} has no criterion {criterion_id}", "GET /tasks/{ref} names them."
    )


def _by(work: Work, what: str) -> dict[str, Any]:
    actor = work.actor
    return {
        f"{what}_at": clock.now().isoformat(),
        f"{what}_by_kind": actor.kind.value,
        f"{what}_by_id": str(actor.id) if actor.id else None,
        f"{what}_by_name": actor.name,
    }


def _write(work: Work, row: dict[str, Any], criteria: list[dict[str, Any]]) -> None:
    work.sql(_WRITE, {"id": row["id"], "criteria": Jsonb(criteria), "now": clock.now()})


def _about(row: dict[str, Any]) -> dict[str, Any]:
    return {"subject_id": row["id"], "subject_label": row["key"], "project_id": row["project_id"]}
