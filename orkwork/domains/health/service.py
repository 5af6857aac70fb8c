"""Keeping scores: the projects' in their rows, the company's in the record."""

from typing import Any

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.health import events, queries
from orkwork.domains.health.schemas import HealthReport
from orkwork.domains.settings import queries as settings

_KEEP = """
update projects p set health_score = r.score from (select p.id, p.health_score as was, r.score
  from jsonb_to_recordset(%(rows)s) as r(id uuid, score int) join projects p on p.id = r.id
  where p.health_score is distinct from r.score order by p.id for no key update of p) r
where p.id = r.id returning p.id, p.key_prefix as key, r.was, r.score
"""
_LAST = """
select e.after ->> 'score' as score, e.after ->> 'day' as day from events e
where e.subject_id = %(company)s and e.name = 'health.measured' order by e.seq desc limit 1
"""


@operation(None, users=False, agents=False)
def measure(work: Work) -> int:
    """Keep every active project's score in its row, and tell the company's when it is another one or a day began.

    How many scores changed. Run twice it changes nothing.
    """
    found = queries.report(work)
    rows = [{"id": str(one.project_id), "score": one.score} for one in found.projects]
    changed = work.all(_KEEP, {"rows": Jsonb(rows)}) if rows else []
    for row in changed:
        work.emit(
            events.ProjectMeasured(
                subject_id=row["id"],
                subject_label=row["key"],
                project_id=row["id"],
                before={"health_score": row["was"]},
                after={"health_score": row["score"]},
            )
        )
    return len(changed) + _tell(work, found)


def _tell(work: Work, found: HealthReport) -> int:
    """The company's score, with its causes, once for each change and day."""
    if found.score is None:
        return 0
    day = clock.day_of(clock.now(), settings.company(work).time_zone).isoformat()
    last: dict[str, Any] = work.one(_LAST, {"company": events.COMPANY}) or {"score": None, "day": None}
    if (last["score"], last["day"]) == (str(found.score), day):
        return 0
    causes = {cause.code.value: cause.points for cause in found.causes}
    told = {"score": found.score, "day": day, "causes": causes}
    before = None if last["score"] is None else {"score": int(last["score"])}
    work.emit(events.CompanyMeasured(subject_id=events.COMPANY, subject_label=day, before=before, after=told))
    return 1
