"""Reading the clock."""

from orkwork.core import clock
from orkwork.core.operation import OPERATIONS, query
from orkwork.core.work import Work
from orkwork.domains.jobs.rules import FAILING, state_of
from orkwork.domains.jobs.schemas import JobOut

OUTBOX = "outbox.drain"
"""The one job that is no operation: it runs reactions, each in a Work of its own."""


@query(None, agents=False)
def jobs(work: Work) -> list[JobOut]:
    """Every job, those that keep failing first."""
    now = clock.now()
    found = []
    for row in work.all("select * from jobs order by failures desc, operation"):
        keys = ("paused", "failures", "lease_until")
        state = state_of(now=now, **{key: row[key] for key in keys})
        found.append(JobOut.model_validate(row | {"state": state, "summary": _summary(row["operation"])}))
    return found


def _summary(operation: str) -> str:
    if operation == OUTBOX:
        return "Let every domain hear what the others did."
    entry = OPERATIONS.get(operation)
    return entry.summary if entry else ""


@query(None, agents=False)
def failing(work: Work) -> list[JobOut]:
    """The jobs that keep failing, worst first; a run that succeeds takes a job off."""
    return [job for job in jobs(work) if job.failures >= FAILING]
