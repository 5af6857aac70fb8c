"""Making, changing and deleting rules."""

from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import invalid
from orkwork.core.operation import operation
from orkwork.core.work import Work, changes
from orkwork.domains.projects.models import Project
from orkwork.domains.sla import events, queries
from orkwork.domains.sla.models import SlaRule
from orkwork.domains.sla.schemas import RuleFields, RuleIn, RuleOut, RulePatch


@operation(None, role=Role.ADMIN, agents=False)
def create_rule(work: Work, body: RuleIn) -> RuleOut:
    """Promise something; open tasks are held against it within seconds."""
    _check_project(work, body)
    _check_promise(body.response_minutes, body.resolution_minutes)
    rule = SlaRule(**body.model_dump(mode="json", exclude={"project_id"}), project_id=body.project_id)
    work.add(rule)
    told = body.model_dump(mode="json")
    work.emit(events.RuleCreated(subject_id=rule.id, subject_label=rule.name, project_id=rule.project_id, after=told))
    return queries.rule(work, rule.id)


def _check_project(work: Work, body: RuleFields) -> None:
    if body.project_id is not None and work.session.get(Project, body.project_id) is None:
        raise invalid("project_id", f"there is no project {body.project_id}")


def _check_promise(response_minutes: int | None, resolution_minutes: int | None) -> None:
    if response_minutes is None and resolution_minutes is None:
        raise invalid("resolution_minutes", "this or response_minutes must be given")


@operation(None, role=Role.ADMIN, agents=False)
def update_rule(work: Work, rule_id: UUID, patch: RulePatch, if_match: int | None = None) -> RuleOut:
    """Change what is promised; clocks that run are held against it anew, those that ended stay as they ended."""
    rule = work.get(SlaRule, queries.rule(work, rule_id).id, lock=True, if_match=if_match)
    _check_project(work, patch)
    wanted = patch.model_dump(mode="json", exclude_unset=True)
    before, after = changes(_plain(rule), wanted)
    if after:
        fields: dict[str, Any] = {name: getattr(patch, name) if name == "project_id" else after[name] for name in after}
        rule.sqlmodel_update(fields | {"version": rule.version + 1, "updated_at": clock.now()})
        _check_promise(rule.response_minutes, rule.resolution_minutes)
        work.emit(
            events.RuleChanged(
                subject_id=rule.id, subject_label=rule.name, project_id=rule.project_id, before=before, after=after
            )
        )
    return queries.rule(work, rule.id)


def _plain(rule: SlaRule) -> dict[str, Any]:
    return rule.model_dump(mode="json")


@operation(None, role=Role.ADMIN, agents=False)
def delete_rule(work: Work, rule_id: UUID, if_match: int | None = None) -> None:
    """Promise it no longer: open tasks go to the next rule that applies; what was breached stays on record."""
    rule = work.get(SlaRule, queries.rule(work, rule_id).id, lock=True, if_match=if_match)
    work.emit(
        events.RuleDeleted(subject_id=rule.id, subject_label=rule.name, project_id=rule.project_id, before=_plain(rule))
    )
    work.session.delete(rule)
    work.session.flush()
