"""What the jobs do, without their waiting."""

from datetime import datetime, timedelta
from typing import Any

import time_machine

from orkwork.core import db, door
from orkwork.core.actor import system
from orkwork.domains.audit import service as audit
from orkwork.domains.sla.schemas import RuleIn, RuleOut
from orkwork.domains.sla.service import ruling, watching
from tests.factories import Company


def run(operation: Any, *args: Any) -> Any:
    """One run of a job."""
    return door.run(system("test"), lambda work: operation(work, *args), write=True)


def follow() -> None:
    """Seal what was told, and bring the clocks up to it."""
    while run(audit.seal) or run(watching.follow):
        pass


def check() -> int:
    """Tell what is due; how many clocks were looked at."""
    return run(watching.check)


def tick(at: datetime | None = None) -> None:
    """Both jobs, at a moment or now."""
    if at is None:
        follow()
        check()
        return
    with time_machine.travel(at, tick=False):
        follow()
        check()


def later(moment: datetime, minutes: float) -> datetime:
    """So many minutes on."""
    return moment + timedelta(minutes=minutes)


def rows(statement: str, **params: Any) -> list[dict[str, Any]]:
    """What the database holds."""
    with db.engine().connect() as connection:
        return [dict(row) for row in connection.exec_driver_sql(statement, params).mappings()]


def told() -> list[tuple[str, int, str]]:
    """Clock, level and whom it concerns, in the order in which it was reached."""
    found = rows("select clock, level, concerns from sla_breaches order by at, clock, level")
    return [(row["clock"], row["level"], row["concerns"]) for row in found]


def rule(company: Company, name: str = "An hour", **fields: Any) -> RuleOut:
    """A rule: an hour to resolve, unless said."""
    wanted = {"name": name, "resolution_minutes": 60, "pauses_in": []} | fields
    return company.do(ruling.create_rule, RuleIn.model_validate(wanted))
