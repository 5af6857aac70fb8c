"""What the ledger does when others speak."""

from orkwork.core.events import EventRow, on
from orkwork.core.work import Work
from orkwork.domains.costs.events import BudgetReached
from orkwork.domains.costs.service import budgeting, recording
from orkwork.domains.settings.events import CompanyChanged


@on(CompanyChanged)
def move_days(work: Work, event: EventRow) -> None:
    """Count the days anew when the company's zone changed."""
    if "time_zone" in (event.after or {}):
        recording.rebuild_rollups(work)


@on(BudgetReached)
def ask_for_more(work: Work, event: EventRow) -> None:
    """Ask whether there shall be more when a budget is used up."""
    if (event.after or {}).get("threshold", 0) >= 100:
        budgeting.ask_for_more(work, event)
