"""Keeping clocks: each is made from its task's row, its moves and the rules, so that making it again changes nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core.work import Work
from orkwork.domains.sla import rules
from orkwork.domains.sla.models import ENDED, Clock, Whom
from orkwork.domains.sla.rules import Move, Reading, Rule, Step, Subject, Track
from orkwork.domains.tasks.models import Status

Told = dict[tuple[UUID, str], set[int]]

_RULES = "select * from sla_rules"
_TASKS = """
select t.id, t.project_id, t.status, t.labels, t.kind, p.status = 'archived' as archived,
  (array['urgent','high','medium','low','none'])[t.priority + 1] as priority, c.resolution_ended_at as was_ended_at,
  c.response_limit_seconds, c.response_seconds, c.response_ended_at, c.response_warns_at, c.response_due_at
from tasks t join projects p on p.id = t.project_id left join sla_clocks c on c.task_id = t.id
where t.id = any(%(ids)s) and t.ready_at is not null order by t.id
"""
_MOVES = """
select e.subject_id, e.occurred_at, e.after ->> 'status' as status from events e
where e.subject_id = any(%(ids)s) and e.name in ('task.created', 'task.moved') order by e.seq
"""
_TOLD = "select task_id, clock, level from sla_breaches where task_id = any(%(ids)s)"
_KEEP = """
insert into sla_clocks as c (task_id, project_id, rule_id, response_limit_seconds, resolution_limit_seconds, escalation,
  started_at, counted_seconds, running_since, response_seconds, response_ended_at, resolution_ended_at, response_warns_at,
  response_due_at, resolution_warns_at, resolution_due_at, next_at)
select r.* from jsonb_to_recordset(%(rows)s) as r(task_id uuid, project_id uuid, rule_id uuid, response_limit_seconds int,
  resolution_limit_seconds int, escalation jsonb, started_at timestamptz, counted_seconds float8, running_since timestamptz,
  response_seconds float8, response_ended_at timestamptz, resolution_ended_at timestamptz, response_warns_at timestamptz,
  response_due_at timestamptz, resolution_warns_at timestamptz, resolution_due_at timestamptz, next_at timestamptz)
join tasks t on t.id = r.task_id order by r.task_id
on conflict (task_id) do update set rule_id = excluded.rule_id,
  response_limit_seconds = excluded.response_limit_seconds, resolution_limit_seconds = excluded.resolution_limit_seconds,
  escalation = excluded.escalation, started_at = excluded.started_at, counted_seconds = excluded.counted_seconds,
  running_since = excluded.running_since, response_seconds = excluded.response_seconds,
  response_ended_at = excluded.response_ended_at, resolution_ended_at = excluded.resolution_ended_at,
  response_warns_at = excluded.response_warns_at, response_due_at = excluded.response_due_at,
  resolution_warns_at = excluded.resolution_warns_at, resolution_due_at = excluded.resolution_due_at,
  next_at = excluded.next_at
where to_jsonb(c) - 'escalation' is distinct from to_jsonb(excluded) - 'escalation' or c.escalation <> excluded.escalation
returning c.task_id, c.project_id
"""
_ANSWERED = ("response_limit_seconds", "response_seconds", "response_ended_at", "response_warns_at", "response_due_at")
_LET_GO = "delete from sla_clocks where task_id = any(%(ids)s) returning task_id, project_id"


def refresh(work: Work, task_ids: Sequence[UUID]) -> None:
    """Make the clocks of these tasks anew; those that no rule applies to go. A task that ended keeps the clock that it
    ended with, whatever becomes of the rules."""
    params = {"ids": list(task_ids)}
    known = [rule_of(row) for row in work.all(_RULES)]
    tasks = work.all(_TASKS, params)
    moves: dict[UUID, list[Move]] = defaultdict(list)
    for row in work.all(_MOVES, params) if known else ():
        moves[row["subject_id"]].append((row["occurred_at"], row["status"]))
    told = told_of(work, task_ids)
    kept, gone = [], []
    for task in tasks:
        if _is_settled(task, moves[task["id"]], known):
            continue
        row = _clock(task, moves[task["id"]], known, told)
        if row is None:
            gone.append(task["id"])
        else:
            kept.append(row)
    changed = work.all(_KEEP, {"rows": Jsonb(kept)}) if kept else []
    changed += work.all(_LET_GO, {"ids": gone}) if gone else []
    for row in changed:
        work.hint("sla.changed", "task", row["task_id"], row["project_id"])


def _is_settled(task: dict[str, Any], moves: list[Move], known: list[Rule]) -> bool:
    """Whether the task ended, and its clock with it."""
    if task["status"] not in ENDED or task["was_ended_at"] is None:
        return False
    track = rules.follow(moves, ()) if known else None
    return track is None or track.ended_at == task["was_ended_at"]


def _clock(task: dict[str, Any], moves: list[Move], known: list[Rule], told: Told) -> dict[str, Any] | None:
    subject = Subject(
        project_id=task["project_id"], priority=task["priority"], labels=task["labels"], kind=task["kind"]
    )
    rule = None if task["archived"] else rules.choose(known, subject)
    track = rules.follow(moves, rule.pauses_in) if rule else None
    if rule is None or track is None:
        return None
    row = _row(task, rule, track)
    if task["response_ended_at"] is not None and task["response_ended_at"] == track.responded_at:
        row |= {name: task[name] for name in _ANSWERED}  # what was answered is not judged again by another rule
    return row | {"next_at": next_at(row, told)}


def _row(task: dict[str, Any], rule: Rule, track: Track) -> dict[str, Any]:
    response = rules.read(track, Clock.RESPONSE, rule.response_minutes)
    resolution = rules.read(track, Clock.RESOLUTION, rule.resolution_minutes)
    return {
        "task_id": task["id"],
        "project_id": task["project_id"],
        "rule_id": rule.id,
        "response_limit_seconds": rule.response_minutes and rule.response_minutes * 60,
        "resolution_limit_seconds": rule.resolution_minutes and rule.resolution_minutes * 60,
        "escalation": [{"to": step.to, "after_minutes": step.after_minutes} for step in rule.escalation],
        "started_at": track.started_at,
        "counted_seconds": rules.counted(track).total_seconds(),
        "running_since": track.running_since,
        "response_seconds": response.counted.total_seconds() if response.ended_at else None,
        "response_ended_at": response.ended_at,
        "resolution_ended_at": resolution.ended_at,
        "response_warns_at": response.warns_at,
        "response_due_at": response.due_at,
        "resolution_warns_at": resolution.warns_at,
        "resolution_due_at": resolution.due_at,
    }


def next_at(row: Mapping[str, Any], told: Told) -> datetime | None:
    """When the next level of either clock of a row is due."""
    escalation = steps_of(row["escalation"])
    due = [rules.next_due(reading_of(row, one), escalation, told.get((row["task_id"], one), ())) for one in Clock]
    return min((at for at in due if at is not None), default=None)


def reading_of(row: Mapping[str, Any], clock: Clock) -> Reading:
    """One clock of a row of `sla_clocks`, as far as levels need it."""
    limit = row[f"{clock}_limit_seconds"]
    return Reading(
        limit=None if limit is None else timedelta(seconds=limit),
        counted=timedelta(seconds=row["counted_seconds"]),
        ended_at=row[f"{clock}_ended_at"],
        warns_at=row[f"{clock}_warns_at"],
        due_at=row[f"{clock}_due_at"],
    )


def told_of(work: Work, task_ids: Sequence[UUID]) -> Told:
    """The levels that were told, by task and clock."""
    told: Told = defaultdict(set)
    for row in work.all(_TOLD, {"ids": list(task_ids)}):
        told[row["task_id"], row["clock"]].add(row["level"])
    return told


def steps_of(escalation: list[dict[str, Any]]) -> tuple[Step, ...]:
    """An escalation as the rules take it."""
    return tuple(Step(to=Whom(step["to"]), after_minutes=step["after_minutes"]) for step in escalation)


def rule_of(row: dict[str, Any]) -> Rule:
    """A row of `sla_rules` as the rules take it."""
    return Rule(
        id=row["id"],
        created_at=row["created_at"],
        response_minutes=row["response_minutes"],
        resolution_minutes=row["resolution_minutes"],
        project_id=row["project_id"],
        priority=row["priority"],
        label=row["label"],
        kind=row["kind"],
        pauses_in=tuple(Status(status) for status in row["pauses_in"]),
        escalation=steps_of(row["escalation"]),
    )
