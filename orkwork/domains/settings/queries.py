"""Reading the company's settings."""

from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.settings.models import Company
from orkwork.domains.settings.schemas import CompanyOut


@query(None)
def company(work: Work) -> CompanyOut:
    """The company's name, time zone and language."""
    row = work.session.get_one(Company, 1)
    return CompanyOut.model_validate(row)
