"""Whether there is a demo."""

from orkwork.core.operation import query
from orkwork.core.work import Work


@query(None)
def present(work: Work) -> bool:
    """Whether anything of the demo is here, also while it is being removed."""
    row = work.one("select exists (select from agents where demo) or exists (select from projects where demo) as here")
    return bool(row and row["here"])
