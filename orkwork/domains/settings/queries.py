"""Reading the company's settings."""

from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.settings.models import Company
from orkwork.domains.settings.schemas import AssignmentWeights, CompanyOut, PerformanceWeights


@query(None)
def company(work: Work) -> CompanyOut:
    """The company's name, time zone and language."""
    row = work.session.get_one(Company, 1)
    return shown(row)


def shown(row: Company) -> CompanyOut:
    """The row as it leaves."""
    named = row.model_dump()
    weights = {name: named[f"weight_{name}"] for name in AssignmentWeights.model_fields}
    scores = {name: named[f"score_{name}"] for name in PerformanceWeights.model_fields}
    hold = None if row.hold is None else row.hold | {"scope": "company", "project_id": None}
    return CompanyOut.model_validate(
        named | {"assignment_weights": weights, "performance_weights": scores, "hold": hold}
    )
