"""The pages of workflows: the list, one workflow, its builder, and one run."""

from orkwork.core.work import Work
from orkwork.domains.workflows.queries import templates
from orkwork.domains.workflows.ui import builder, listing, one, run
from orkwork.ui import nav

__all__ = ["builder", "listing", "one", "run"]

nav.place("Workflows", "/workflows", "workflow", keys="gw", order=25)
nav.action("Create workflow", "/workflows?new=1", "workflow")


@nav.search
def found(work: Work, text: str) -> list[nav.Found]:
    """Workflows by their name, for the palette."""
    return [
        {"title": one.name, "href": f"/workflows/{one.key}", "icon": "workflow", "key": one.project_key}
        for one in (templates.named(work, text) if text.strip() else [])
    ]
