"""Tasks as a table for a spreadsheet."""

import csv
import io

from orkwork.core.money import plain
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.tasks.queries import tasks as task_queries
from orkwork.domains.tasks.queries.tasks import TaskFilter
from orkwork.domains.tasks.schemas import TaskItem, TaskSort

MOST = 50_000
_HEAD = (
    "key",
    "title",
    "status",
    "priority",
    "assignee",
    "labels",
    "due",
    "estimate_minutes",
    "cost_usd",
    "created",
    "completed",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@query("tasks:read")
def tasks_csv(work: Work, filters: TaskFilter, *, sort: TaskSort = "-created_at") -> str:
    """The filtered tasks as CSV, at most 50,000; no cell begins as a formula would."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEAD)
    cursor, left = None, MOST
    while left > 0:
        page = task_queries.tasks(work, filters, sort=sort, cursor=cursor, limit=min(1000, left)).parse()
        writer.writerows([_safe(cell) for cell in _cells(item)] for item in page.items)
        cursor, left = page.next_cursor, left - len(page.items)
        if cursor is None:
            break
    return out.getvalue()


def _cells(item: TaskItem) -> list[str]:
    return [
        item.key,
        item.title,
        item.status.value,
        item.priority.value,
        item.assignee_name or "",
        ", ".join(item.labels),
        item.due_at.isoformat() if item.due_at else "",
        str(item.estimate_minutes or ""),
        plain(item.cost_usd),
        item.created_at.isoformat(),
        item.completed_at.isoformat() if item.completed_at else "",
    ]


def _safe(cell: str) -> str:
    """A cell that a spreadsheet shows and does not compute."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
