"""The filters of tasks as the address holds them."""

from typing import get_args
from urllib.parse import unquote
from uuid import UUID

from orkwork.core.ids import is_uuid
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.projects import queries as projects
from orkwork.domains.tasks.models import Priority, Status
from orkwork.domains.tasks.queries import lookup
from orkwork.domains.tasks.queries.tasks import TaskFilter
from orkwork.domains.tasks.schemas import TaskSort
from orkwork.domains.tasks.ui import shown

NAMES = ("project", "status", "priority", "assignee", "label", "q", "sort")
SORTS: tuple[TaskSort, ...] = get_args(TaskSort)


def read(args: dict[str, str]) -> TaskFilter:
    """The filter that an address asks for; what makes no sense in it is left out."""
    assignee = args.get("assignee", "")
    return TaskFilter(
        project_prefixes=[args["project"].upper()] if args.get("project") else [],
        statuses=_statuses(args.get("status", "")),
        priorities=[p for p in Priority if p.value in args.get("priority", "").split(",")],
        assignee_ids=[_uuid(assignee)] if is_uuid(assignee) else [],
        unassigned=assignee == "none",
        labels=[unquote(args["label"])] if args.get("label") else [],
        text=args.get("q") or None,
    )


def _uuid(text: str) -> UUID:
    return UUID(text)


def _statuses(text: str) -> list[Status]:
    if text == "open":
        return list(shown.OPEN)
    return [s for s in Status if s.value in text.upper().split(",")]


def sort(args: dict[str, str]) -> TaskSort:
    """The order that an address asks for; newest first when it asks for none."""
    wanted = args.get("sort", "")
    return next((s for s in SORTS if s == wanted), "-created_at")


def options(work: Work, project: str = "") -> dict[str, list[dict[str, str]]]:
    """What there is to choose from."""
    known = projects.projects(work)
    chosen = next((p.id for p in known if p.key_prefix == project.upper()), None)
    return {
        "projects": [{"value": p.key_prefix, "text": p.name, "id": str(p.id)} for p in known],
        "agents": [{"value": str(a.id), "text": a.name} for a in agents.agents(work)],
        "labels": [{"value": name, "text": name} for name in lookup.labels(work, chosen)],
    }
