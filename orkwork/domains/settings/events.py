"""What happens to the company's settings."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CompanyChanged(Event):
    """Name, time zone or language changed."""

    name = "company.changed"
    subject_kind = "company"
