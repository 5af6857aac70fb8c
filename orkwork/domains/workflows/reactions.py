"""What workflows do when others speak."""

from orkwork.core.events import EventRow, on
from orkwork.core.work import Work
from orkwork.domains.settings.events import CompanyChanged
from orkwork.domains.workflows.service import scheduling


@on(CompanyChanged)
def move_schedules(work: Work, event: EventRow) -> None:
    """Schedules count in the company's zone: when it changes, they are due at other moments."""
    if "time_zone" in (event.after or {}):
        scheduling.follow_zone(work)
