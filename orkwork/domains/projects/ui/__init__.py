"""The pages of projects: their list and their form. A project's overview and board are pages of its tasks."""

from orkwork.core.work import Work
from orkwork.domains.projects import queries
from orkwork.domains.projects.ui import listing
from orkwork.ui import nav

__all__ = ["listing"]

nav.place("Projects", "/projects", "folder-kanban", keys="gp", order=15)
nav.action("Create project", "/projects?new=1", "folder-kanban")


@nav.shortcuts
def projects(work: Work) -> list[nav.Shortcut]:
    """The projects that go on, for the sidebar."""
    known = queries.projects(work, limit=30)
    return [{"key": p.key_prefix, "title": p.name, "href": f"/projects/{p.key_prefix}"} for p in known]


@nav.search
def found(work: Work, text: str) -> list[nav.Found]:
    """Projects by name or key, for the palette."""
    wanted = text.strip().lower()
    fits = [p for p in queries.projects(work) if wanted in p.name.lower() or wanted == p.key_prefix.lower()]
    return [
        {"title": p.name, "key": p.key_prefix, "href": f"/projects/{p.key_prefix}", "icon": "folder-kanban"}
        for p in fits[:5]
    ]
