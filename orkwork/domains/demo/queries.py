"""Whether there is a demo."""

from orkwork.core.operation import query
from orkwork.core.work import Work


@query(None)
def present(work: Work) -> bool:
    """Whether anything of the demo is here, also while it is being removed."""
    row = work.one("select exists (select from agents where demo) or exists (select from projects where demo) as here")
    return bool(row and row["here"])


@query(None)
def leaving(work: Work) -> bool:
    """Whether a demo was ended and waits for being erased: all its agents are retired, all its projects archived."""
    row = work.one(
        "select (exists (select from agents where demo) or exists (select from projects where demo)) "
        "and not exists (select from agents where demo and status <> 'retired') "
        "and not exists (select from projects where demo and status <> 'archived') as leaving"
    )
    return bool(row and row["leaving"])
