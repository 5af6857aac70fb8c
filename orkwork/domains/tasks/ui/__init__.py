"""The pages of work: the list of tasks, one task, and a project's overview, board and graph."""

from orkwork.core.work import Work
from orkwork.domains.tasks.queries import board as boards
from orkwork.domains.tasks.queries import lookup
from orkwork.domains.tasks.ui import board, graph, listing, one, overview
from orkwork.ui import nav

__all__ = ["board", "graph", "listing", "one", "overview"]

nav.place("Tasks", "/tasks", "list-checks", keys="gt", order=20, phone=True, short="Work")
nav.action("Create task", "/tasks?new=1", "plus", keys="c")


@nav.count("/tasks")
def open_tasks(work: Work) -> int:
    """The tasks that are not ended."""
    return boards.open_tasks(work)


@nav.search
def found(work: Work, text: str) -> list[nav.Found]:
    """Tasks by key or words, for the palette."""
    return [
        {"title": task.title, "key": task.key, "href": f"/tasks/{task.key}", "status": task.status.value}
        for task in lookup.find(work, text)
    ]
