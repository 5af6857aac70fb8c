"""The page of decisions: what waits, what was decided, and the standing rules."""

from orkwork.core.work import Work
from orkwork.domains.decisions import queries
from orkwork.domains.decisions.ui import page
from orkwork.ui import nav

__all__ = ["page"]

nav.place("Decisions", "/decisions", "gavel", keys="ge", order=12, phone=True, hot=True)


@nav.count("/decisions")
def waiting(work: Work) -> int:
    """The decisions that wait."""
    return queries.how_many(work)
