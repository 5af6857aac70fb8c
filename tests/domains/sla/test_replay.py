"""A real service desk's log, replayed under an injected clock: its breaches are those of an independent calculation."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import time_machine
from psycopg.types.json import Jsonb

from orkwork.core import door
from orkwork.core.actor import system
from orkwork.core.ids import uuid7
from orkwork.domains.projects.schemas import ProjectOut
from tests.bench.real_data import DATA
from tests.domains.sla.ticking import rows, rule, tick
from tests.factories import Company

LOG = DATA / "issue_trackers" / "incident_event_log.dev.opened-before-2016-05.csv.gz"
STATES = {"New": "READY", "Active": "IN_PROGRESS", "Resolved": "COMPLETED", "Closed": "COMPLETED"}
"""Awaiting somebody else is REVIEW here, where the rules pause."""
PRIORITIES = {"1": "urgent", "2": "high", "3": "medium", "4": "low"}
LIMITS = {"urgent": (30, 240), "high": (60, 24 * 60), "medium": (240, 2 * 24 * 60), "low": (480, 5 * 24 * 60)}
"""Minutes to respond and to resolve."""
WEEK = 7 * 24 * 60
CLOCKS = ("response", "resolution")


class Row(NamedTuple):
    """What a line of the log says, in minutes since the epoch."""

    minute: int
    state: str
    priority: str


def minute_of(text: str) -> int:
    return int(datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC).timestamp()) // 60


def read_log() -> dict[str, list[Row]]:
    """The incidents, each from its opening on, in the order of time."""
    incidents: dict[str, list[Row]] = defaultdict(list)
    with gzip.open(LOG, "rt") as file:
        for line in csv.DictReader(file):
            state, priority = STATES.get(line["incident_state"], "REVIEW"), PRIORITIES[line["priority"][0]]
            known = incidents[line["number"]]
            if not known:
                known.append(Row(minute_of(line["opened_at"]), "READY", priority))
            known.append(Row(max(known[-1].minute, minute_of(line["sys_updated_at"])), state, priority))
    return incidents


def breaches(way: list[Row]) -> dict[str, int]:
    """The minute in which each clock passed its limit, adding up minute counts from row to row."""
    found: dict[str, int] = {}
    counts, begun = {"response": 0, "resolution": 0}, False
    closings = [*way[1:], Row(2**31, way[-1].state, way[-1].priority)]
    for here, following in zip(way, closings, strict=True):
        begun = begun or here.state == "IN_PROGRESS"
        runs = here.state in ("READY", "IN_PROGRESS")
        for place, clock in enumerate(CLOCKS):
            if here.state == "COMPLETED" or (clock == "response" and begun):
                continue
            limit, before = LIMITS[here.priority][place], counts[clock]
            counts[clock] += (following.minute - here.minute) * runs
            if counts[clock] > limit and clock not in found:
                found[clock] = max(here.minute, here.minute + limit - before)
            closing = LIMITS[following.priority][place]
            stops = following.state == "COMPLETED" or (clock == "response" and following.state == "IN_PROGRESS")
            if stops and counts[clock] > closing and clock not in found:
                found[clock] = following.minute
    return found


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not LOG.exists(), reason="needs the recorded files in ../shared/data or ORKWORK_DATA")
def test_breaches_of_the_whole_log_are_those_of_an_independent_calculation(company: Company) -> None:
    incidents = read_log()
    assert len(incidents) == 17_136
    project = company.project("Service desk", key_prefix="INC")
    for priority, (response, resolution) in LIMITS.items():
        chain = [{"to": "agent", "after_minutes": 0}]
        limits: dict[str, Any] = {"response_minutes": response, "resolution_minutes": resolution}
        rule(company, priority, priority=priority, pauses_in=["REVIEW"], escalation=chain, **limits)
    ids = make(project, incidents)
    for until, changes in steps(incidents, ids):
        apply(project, changes)
        tick(until)
    names = {task_id: number for number, task_id in ids.items()}
    found = rows("select task_id, clock, at from sla_breaches where level = 1")
    told = {(names[row["task_id"]], row["clock"]): int(row["at"].timestamp()) // 60 for row in found}
    expected = {(number, clock): at for number, way in incidents.items() for clock, at in breaches(way).items()}
    assert set(told) == set(expected)
    steady = {number for number, way in incidents.items() if len({row.priority for row in way}) == 1}
    assert {one: at for one, at in told.items() if one[0] in steady} == {
        one: at for one, at in expected.items() if one[0] in steady
    }
    assert len(told) > 10_000 and len(steady) < len(incidents)


_TASKS = """
insert into tasks (id, project_id, number, key, title, description, kind, status, priority, capset_id, review_required,
  auto_assigned, fence, blocked_count, flagged, crit, retry_count, max_retries, created_by_kind, created_at, updated_at,
  ready_at, version)
select r.id, %(project)s, r.n, 'INC-' || r.n, r.title, '', 'task', 'READY', r.priority,
  (select id from capability_sets where capability_ids = '{}'), false, false, 0, 0, false, 0, 0, 0, 'system', r.at, r.at, r.at, 1
from jsonb_to_recordset(%(rows)s) as r(id uuid, n int, title text, priority int, at timestamptz)
"""
_EVENTS = """
insert into events (occurred_at, name, actor_kind, actor_name, subject_kind, subject_id, subject_label, project_id, after)
select r.at, r.name, 'system', 'replay', 'task', r.id, '', %(project)s, jsonb_build_object('status', r.status)
from jsonb_to_recordset(%(rows)s) as r(n int, id uuid, name text, status text, at timestamptz) order by r.n
"""
_STAND = """
update tasks t set status = r.status, priority = r.priority
from jsonb_to_recordset(%(rows)s) as r(id uuid, status text, priority int)
where t.id = r.id and (t.status, t.priority) is distinct from (r.status, r.priority::smallint)
"""


def write(statement: str, project: ProjectOut, found: list[dict[str, Any]]) -> None:
    params = {"project": project.id, "rows": Jsonb(found)}
    door.run(system("replay"), lambda work: work.sql(statement, params), write=True)


def moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def rank(priority: str) -> int:
    return list(LIMITS).index(priority)


def make(project: ProjectOut, incidents: dict[str, list[Row]]) -> dict[str, UUID]:
    """All tasks, so that a step only moves them; nothing of them is told before its time."""
    ids = {number: uuid7() for number in incidents}
    found = [
        {"id": ids[number], "n": n, "title": number, "priority": rank(way[0].priority), "at": moment(way[0].minute)}
        for n, (number, way) in enumerate(incidents.items(), start=1)
    ]
    write(_TASKS, project, found)
    return ids


Change = tuple[int, UUID, str, str, str]


def steps(incidents: dict[str, list[Row]], ids: dict[str, UUID]) -> Iterator[tuple[datetime, list[Change]]]:
    """The rows of a week at a time, cut before every row that changes a priority: what was before is then known."""
    changes: list[tuple[Change, bool]] = []
    for number, way in incidents.items():
        before = None
        for row in way:
            name = "task.created" if before is None else "task.moved" if before.state != row.state else "task.changed"
            turns = before is not None and before.priority != row.priority
            if before is None or turns or before.state != row.state:
                changes.append(((row.minute, ids[number], name, row.state, row.priority), turns))
            before = row
    changes.sort(key=lambda change: change[0][0])  # stable: an incident's rows of one minute keep their order
    cut = 0
    for n, ((minute, *_), turns) in enumerate(changes):
        if n > cut and (turns or minute // WEEK != changes[cut][0][0] // WEEK):
            yield moment(minute), [change for change, _ in changes[cut:n]]
            cut = n
    yield moment(2**25), [change for change, _ in changes[cut:]]


def apply(project: ProjectOut, changes: list[Change]) -> None:
    """What happened, told with its time, and how the tasks stand after it."""
    told = [
        {"n": n, "id": task_id, "name": name, "status": state, "at": moment(minute)}
        for n, (minute, task_id, name, state, _) in enumerate(changes)
    ]
    standing = {task_id: {"id": task_id, "status": state, "priority": rank(p)} for _, task_id, _, state, p in changes}
    with time_machine.travel(moment(changes[-1][0]), tick=False):
        write(_EVENTS, project, told)
        write(_STAND, project, list(standing.values()))
