"""Reading forecasts, and trying changes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.forecast.queries import making
from orkwork.domains.forecast.schemas import ChangeSetOut, ForecastOut, Held, WhatIfIn, WhatIfOut
from orkwork.domains.projects import queries as projects

PRESENT = timedelta(hours=36)
"""A kept forecast older than this is not the present one."""
ROW = """
select f.*, p.key_prefix as project_key, null::text as empty from forecasts f join projects p on p.id = f.project_id
"""
_HELD = """
with judged as (  -- before bands were judged apart, a tracker's forecast was by its first month
  select coalesce((m ->> 'held')::boolean, case when coalesce(m ->> 'months', '1') = '1' then f.held end) as held
  from forecasts f left join lateral jsonb_array_elements(f.figures -> 'months') m on f.method = 'closing'
  where f.method = %(method)s and (%(project)s::uuid is null or f.project_id = %(project)s)
    and (%(visible)s::uuid[] is null or f.project_id = any(%(visible)s)))
select count(*)::int as forecasts, (count(*) filter (where held))::int as held from judged where held is not null
"""


@query("tasks:read")
def kept(work: Work, ref: str | UUID) -> ForecastOut | None:
    """The latest kept forecast of a project, however old; None when none was ever made."""
    project = projects.project(work, ref)
    row = work.one(ROW + "where f.project_id = %(id)s order by f.as_of desc, f.id desc limit 1", {"id": project.id})
    return None if row is None else _with_record(work, ForecastOut.model_validate(row | {"held": None}))


@query("tasks:read")
def forecast(work: Work, ref: str | UUID) -> ForecastOut:
    """When a project will be done, with bands, what is critical and what holds it up; kept or made now, in simulation."""
    found = kept(work, ref)
    if found is not None and found.as_of > clock.now() - PRESENT:
        return found
    return _with_record(work, making.made(work, projects.project(work, ref), clock.now()))


def _with_record(work: Work, found: ForecastOut) -> ForecastOut:
    """With how often such forecasts held: the project's own, else those of all that the caller sees."""
    params: dict[str, Any] = {"method": found.method, "visible": work.actor.projects}
    for project_id in (found.project_id, None):
        row = work.one(_HELD, params | {"project": project_id})
        if row is not None and row["forecasts"]:
            return found.model_copy(update={"held": Held(**row, own=project_id is not None)})
    return found


@query("tasks:read")
def what_if(work: Work, body: WhatIfIn) -> WhatIfOut:
    """The forecast as things stand and with changes to agents, budget, priorities, scope and estimates. Writes nothing."""
    project = projects.project(work, body.project)
    before, after = making.tried(work, project, body.changes, clock.now())
    return WhatIfOut(before=before, after=after)


@query("tasks:read")
def change_set(work: Work, set_id: UUID) -> ChangeSetOut:
    """Changes that were made as one, and whether they were undone."""
    row = work.one(
        "select * from forecast_change_sets c where c.id = %(id)s "
        "and (%(visible)s::uuid[] is null or c.project_id = any(%(visible)s))",
        {"id": set_id, "visible": work.actor.projects},
    )
    if row is None:
        raise NotFound("forecast.change_set_not_found", f"There is no change set {set_id}", "Check the id.")
    return ChangeSetOut.model_validate(row)
