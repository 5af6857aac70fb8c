"""What happens to health."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from orkwork.core.events import Event

COMPANY: Final = UUID(int=1)
"""The subject of facts about the whole company, which has no row of its own; by it they are found again."""


@dataclass(frozen=True, kw_only=True)
class CompanyMeasured(Event):
    """The company's score is another one, or a new day began."""

    name = "health.measured"
    subject_kind = "health"


@dataclass(frozen=True, kw_only=True)
class ProjectMeasured(Event):
    """A project's score is another one."""

    name = "project.health_changed"
    subject_kind = "project"
    heard_with = "projects:read"
