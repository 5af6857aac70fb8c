"""What happens to the company's settings."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CompanyChanged(Event):
    """Name, time zone or language changed."""

    name = "company.changed"
    subject_kind = "company"


@dataclass(frozen=True, kw_only=True)
class CompanyHeld(Event):
    """Nothing begins in the whole company until it is resumed."""

    name = "company.held"
    subject_kind = "company"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class CompanyResumed(Event):
    """Work goes on in the company."""

    name = "company.resumed"
    subject_kind = "company"
    heard_with = "tasks:read"
