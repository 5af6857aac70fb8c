"""The morning's brief: made once a day."""

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.briefs import clients
from orkwork.domains.briefs.events import BriefMade
from orkwork.domains.briefs.models import Gravity
from orkwork.domains.briefs.queries import briefs
from orkwork.domains.briefs.rules import mornings
from orkwork.domains.settings import queries as settings

_LAST = "select max(day) as day, max(made_at) as made_at from briefs"
_INSERT = """
insert into briefs (id, day, since, made_at, time_zone, language, activity, sentences, written_by, rewrite_at)
values (%(id)s, %(day)s, %(since)s, %(made_at)s, %(time_zone)s, %(language)s, %(activity)s, %(sentences)s, 'rule',
  %(rewrite_at)s)
on conflict (day) do nothing returning id
"""
"""Of workers that make it at once, one has the day; the others wait for its commit, and have nothing to tell."""


@operation(None, users=False, agents=False)
def make_daily(work: Work) -> int:
    """Make today's brief, from nine in the morning on by the company's clocks, unless there is one; how many it was."""
    now, company = clock.now(), settings.company(work)
    day = mornings.due_day(now, company.time_zone)
    last = work.one(_LAST) or {}
    if day is None or (last["day"] is not None and last["day"] >= day):
        return 0
    made = briefs.brief(work, mornings.told_since(now, last["made_at"]))
    row = made.model_dump(mode="json", include={"time_zone", "language"}) | {
        "id": uuid7(),
        "day": day,
        "since": made.since,
        "made_at": now,
        "activity": Jsonb(made.activity.model_dump(mode="json")),
        "sentences": Jsonb([one.model_dump(mode="json") for one in made.sentences]),
        "rewrite_at": now if clients.configured() else None,
    }
    if work.one(_INSERT, row) is None:
        return 0
    told = {"day": day, "text": made.summary.text, "language": made.language}
    told |= {grave.value: sum(one.severity is grave for one in made.sentences) for grave in (Gravity.BAD, Gravity.WARN)}
    work.emit(BriefMade(subject_id=row["id"], subject_label=day.isoformat(), after=told))
    return 1
