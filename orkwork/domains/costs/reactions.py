"""What the ledger does when others speak."""

from orkwork.core.events import EventRow, on
from orkwork.core.work import Work
from orkwork.domains.costs import service
from orkwork.domains.settings.events import CompanyChanged


@on(CompanyChanged)
def move_days(work: Work, event: EventRow) -> None:
    """Count the days anew when the company's zone changed."""
    if "time_zone" in (event.after or {}):
        service.rebuild_rollups(work)
