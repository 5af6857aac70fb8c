"""Parts that the pages of projects and of their tasks share."""

from typing import Any

import reflex as rx

from orkwork.core import clock
from orkwork.core.money import plain
from orkwork.domains.projects import rules
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.settings.ui.holding import hold_line
from orkwork.ui.components import filters
from orkwork.ui.components.pill import pill, state_pill
from orkwork.ui.locale import day, plural, t


def state_of(project: ProjectOut) -> str:
    """What one word says of a project."""
    return rules.standing(
        project.status,
        dated=project.deadline is not None,
        late=_is_late(project),
        over_budget=_is_over(project),
        finished=_is_finished(project),
    )


def _is_late(project: ProjectOut) -> bool:
    return project.deadline is not None and project.deadline < clock.now()


def _is_over(project: ProjectOut) -> bool:
    return project.budget_usd is not None and project.spent_usd > project.budget_usd


def _is_finished(project: ProjectOut) -> bool:
    return project.total > 0 and project.completed == project.total


def tone(state: Any) -> Any:
    """The colour of a project's progress: that of its state."""
    return rx.match(state, ("late", "bad"), ("at_risk", "warn"), ("on_track", "ok"), ("active", ""), "idle")


def standing_pill(state: Any) -> rx.Component:
    """A project's state as icon and word."""
    return rx.cond(state == "active", pill("circle-play", t("Active"), "acc"), state_pill(state))


def parts(project: ProjectOut) -> dict[str, Any]:
    """A project as the pages' states hold it."""
    over = _is_over(project)
    share = project.spent_usd / project.budget_usd * 100 if project.budget_usd else 0
    return {
        "id": str(project.id),
        "key": project.key_prefix,
        "name": project.name,
        "href": f"/projects/{project.key_prefix}",
        "description": project.description,
        "status": project.status,
        "auto_assign": project.auto_assign,
        "hold": hold_line(project.hold) if project.hold and project.hold.scope == "project" else {},
        "state": state_of(project),
        "done": project.completed,
        "total": project.total,
        "percent": round(100 * project.completed / project.total) if project.total else 0,
        "budget": plain(project.budget_usd) if project.budget_usd is not None else "",
        "spent": plain(project.spent_usd),
        "used": min(100, round(share)),
        "over": over,
        "deadline": project.deadline.isoformat() if project.deadline else "",
        "days": (project.deadline.date() - clock.now().date()).days if project.deadline else 0,
        "late": _is_late(project) and not _is_finished(project),
        "repository": project.github_repository or "",
        "version": project.version,
        "counts": project.tasks,
    }


def fact(project: Any) -> rx.Component:
    """'53 of 86 tasks, due 8 July', beside the page's title."""
    done = plural("{done} of {n} task", "{done} of {n} tasks", project["total"], done=project["done"])
    due = rx.cond(
        project["deadline"] != "", rx.fragment(", ", t("due {day}", day=day(project["deadline"]))), rx.fragment()
    )
    return rx.cond(project["id"], rx.fragment(done, due), rx.fragment())


def views(key: Any, current: str) -> rx.Component:
    """A project's overview, list, board and graph; `current` is the icon of the one that is shown."""
    base = rx.Var.create("/projects/") + key.to(str)
    return filters.views(
        t("Views"),
        [
            (t("Overview"), "layout-dashboard", base),
            (t("List"), "list", rx.Var.create("/tasks?project=") + key.to(str)),
            (t("Board"), "kanban", base + "/board"),
            (t("Graph"), "share-2", base + "/graph"),
        ],
        current,
    )
