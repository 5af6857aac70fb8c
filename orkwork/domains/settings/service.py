"""Changing the company's settings."""

from sqlmodel import select

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.operation import operation
from orkwork.core.work import Work, changes, check_version
from orkwork.domains.settings import queries
from orkwork.domains.settings.events import CompanyChanged
from orkwork.domains.settings.models import Company
from orkwork.domains.settings.schemas import CompanyOut, CompanyPatch


@operation(None, role=Role.ADMIN, agents=False)
def update_company(work: Work, patch: CompanyPatch, if_match: int | None = None) -> CompanyOut:
    """Change the company's name, time zone, language or how tasks are assigned.

    A new zone moves the days of all costs, in the background.
    """
    row = work.session.exec(select(Company).where(Company.id == 1).with_for_update()).one()
    check_version(row.version, if_match)
    wanted = patch.model_dump(exclude_none=True)
    weights = wanted.pop("assignment_weights", {})
    before, after = changes(row.model_dump(), wanted | {f"weight_{name}": weight for name, weight in weights.items()})
    if patch.locale and row.version == 1:  # until somebody names a language it is only assumed
        before["locale"], after["locale"] = None, patch.locale
    if after:
        row.sqlmodel_update(after | {"version": row.version + 1, "updated_at": clock.now()})
        work.emit(CompanyChanged(subject_id=None, subject_label=row.name, before=before, after=after))
    return queries.shown(row)
