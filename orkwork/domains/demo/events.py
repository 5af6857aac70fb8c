"""What happens to the starters and the demo."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CompanySeeded(Event):
    """The starter agents and the first project were made."""

    name = "company.seeded"
    subject_kind = "company"


@dataclass(frozen=True, kw_only=True)
class DemoRemoved(Event):
    """The made-up company was erased."""

    name = "demo.removed"
    subject_kind = "company"
