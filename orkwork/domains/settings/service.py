"""Changing the company's settings."""

from sqlmodel import select

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict
from orkwork.core.operation import operation
from orkwork.core.work import Work, changes, check_version
from orkwork.domains.settings import queries, rules
from orkwork.domains.settings.events import CompanyChanged, CompanyHeld, CompanyResumed
from orkwork.domains.settings.models import Company
from orkwork.domains.settings.schemas import CompanyOut, CompanyPatch, HoldIn


@operation(None, role=Role.ADMIN, agents=False)
def update_company(work: Work, patch: CompanyPatch, if_match: int | None = None) -> CompanyOut:
    """Change the company's name, time zone, language or how tasks are assigned.

    A new zone moves the days of all costs, in the background.
    """
    row = work.session.exec(select(Company).where(Company.id == 1).with_for_update()).one()
    check_version(row.version, if_match)
    wanted = patch.model_dump(exclude_none=True)
    weights = wanted.pop("assignment_weights", {})
    scores = wanted.pop("performance_weights", {})
    if patch.anomaly_rules is not None:
        wanted["anomaly_rules"] = patch.anomaly_rules.model_dump(mode="json", exclude_defaults=True)
    if patch.limits is not None:
        wanted["limits"] = patch.limits.kept()
    wanted |= {f"weight_{name}": weight for name, weight in weights.items()}
    wanted |= {f"score_{name}": weight for name, weight in scores.items()}
    before, after = changes(row.model_dump(), wanted)
    if patch.locale and row.version == 1:  # until somebody names a language it is only assumed
        before["locale"], after["locale"] = None, patch.locale
    if after:
        row.sqlmodel_update(after | {"version": row.version + 1, "updated_at": clock.now()})
        work.emit(CompanyChanged(subject_id=None, subject_label=row.name, before=before, after=after))
    return queries.shown(row)


@operation(None, role=Role.OWNER, agents=False)
def hold_company(work: Work, body: HoldIn) -> CompanyOut:
    """Let nothing begin in the whole company: no claim, no assignment, no start, until it is resumed.

    Running agents are told at their next call; what is under way may be handed in. 409 when it is on hold already.
    """
    row = work.session.exec(select(Company).where(Company.id == 1).with_for_update()).one()
    if row.hold is not None:
        raise Conflict("company.held", "The company is on hold already", "Resume it first to give another reason.")
    row.hold = rules.hold_of(work.actor, body.reason, clock.now())  # no edit, so the version stays
    work.emit(CompanyHeld(subject_id=None, subject_label=row.name, after={"reason": body.reason}))
    return queries.shown(row)


@operation(None, role=Role.OWNER, agents=False)
def resume_company(work: Work) -> CompanyOut:
    """Let work begin again: claims, assignments and leases go on as they stood. 409 when it is not on hold."""
    row = work.session.exec(select(Company).where(Company.id == 1).with_for_update()).one()
    if row.hold is None:
        raise Conflict("company.not_held", "The company is not on hold", "There is nothing to resume.")
    before = {"reason": row.hold["reason"], "since": row.hold["since"]}
    row.hold, row.resumed_at = None, clock.now()
    work.emit(CompanyResumed(subject_id=None, subject_label=row.name, before=before))
    return queries.shown(row)
