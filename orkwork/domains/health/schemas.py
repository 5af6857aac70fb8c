"""Health as it leaves."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from orkwork.core.schema import Out
from orkwork.domains.health.models import Cause

Band = Literal["good", "fair", "poor"]


class CauseOut(Out):
    """Something that takes points."""

    code: Cause
    points: int
    """What it takes from 100."""
    count: int
    """How many there are of it."""
    of: int
    """Of how many; 0 where there is no population."""
    label: str
    """What it is called, where it is only one."""
    says: str
    href: str
    """Where its rows are, in the browser."""


class HealthOut(Out):
    """How well it goes: 100 less the points of every cause, at least 0."""

    score: int | None
    """Null while there is nothing to judge: no agent, or no task."""
    band: Band | None
    """good from 80, fair from 60."""
    causes: list[CauseOut]
    """All of them, the worst first; without a score none."""
    before: int | None = None
    """The score with which the day before ended, in the company's zone; null when none was kept."""
    as_of: datetime


class ProjectHealth(HealthOut):
    """How well a project goes, and when it ends by its latest forecast."""

    project_id: UUID
    project_key: str
    p80: datetime | None
    """Null without a forecast of the last 36 hours."""
    p85: datetime | None
    cold: bool
    """Whether the forecast is one of little data."""


class HealthReport(HealthOut):
    """The company's health, and that of each active project, the worst first."""

    projects: list[ProjectHealth]
