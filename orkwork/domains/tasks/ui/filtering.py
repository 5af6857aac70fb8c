"""The filters of tasks as the address holds them."""

from datetime import timedelta
from typing import get_args
from urllib.parse import unquote
from uuid import UUID

from orkwork.core import clock
from orkwork.core.ids import is_uuid
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.projects import queries as projects
from orkwork.domains.tasks.models import Priority, Status
from orkwork.domains.tasks.queries import lookup
from orkwork.domains.tasks.queries.tasks import TaskFilter
from orkwork.domains.tasks.schemas import TaskSort
from orkwork.domains.tasks.ui import shown

NAMES = ("project", "status", "priority", "assignee", "label", "due", "q", "sort")
DUE = ("past", "day")
"""Unfinished tasks that are past their due date, or due within a day."""
UNFINISHED = [status for status in Status if status not in (Status.COMPLETED, Status.CANCELLED)]
SORTS: tuple[TaskSort, ...] = get_args(TaskSort)


def read(args: dict[str, str]) -> TaskFilter:
    """The filter that an address asks for; what makes no sense in it is left out."""
    assignees, due, now = values(args, "assignee"), args.get("due", ""), clock.now()
    statuses = _statuses(values(args, "status"))
    return TaskFilter(
        project_prefixes=[prefix.upper() for prefix in values(args, "project")],
        statuses=UNFINISHED if due in DUE and not statuses else statuses,
        priorities=[p for p in Priority if p.value in values(args, "priority")],
        assignee_ids=[UUID(one) for one in assignees if is_uuid(one)],
        unassigned="none" in assignees,
        labels=values(args, "label"),
        text=args.get("q") or None,
        due_from=now if due == "day" else None,
        due_before={"past": now, "day": now + timedelta(days=1)}.get(due),
    )


def values(args: dict[str, str], name: str) -> list[str]:
    """The values of one filter; the address parts them by commas and escapes a comma inside of one."""
    return [unquote(part) for part in args.get(name, "").split(",") if part]


def _statuses(wanted: list[str]) -> list[Status]:
    return [s for s in Status if s.value in wanted or (s in shown.OPEN and "open" in wanted)]


def sort(args: dict[str, str]) -> TaskSort:
    """The order that an address asks for; newest first when it asks for none."""
    wanted = args.get("sort", "")
    return next((s for s in SORTS if s == wanted), "-created_at")


def options(work: Work, project: str = "") -> dict[str, list[dict[str, str]]]:
    """What there is to choose from."""
    known = projects.projects(work)
    chosen = next((p.id for p in known if p.key_prefix == project.upper()), None)  # of several: all labels
    return {
        "projects": [{"value": p.key_prefix, "text": p.name, "id": str(p.id)} for p in known],
        "agents": [{"value": str(a.id), "text": a.name} for a in agents.agents(work)],
        "labels": [{"value": name, "text": name} for name in lookup.labels(work, chosen)],
    }
