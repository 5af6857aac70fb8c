"""Triggers: made, changed, and followed along the sealed record; how runs are kept up with their tasks."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import OrkworkError, invalid
from orkwork.core.events import EVENTS
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work, changes, check_version
from orkwork.domains.decisions.schemas import DecisionOut
from orkwork.domains.decisions.service import CARRIES
from orkwork.domains.tasks.events import TaskDeleted, TaskMoved
from orkwork.domains.workflows import events
from orkwork.domains.workflows.models import SwitchState, TriggerKind
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.queries import starting as queries
from orkwork.domains.workflows.rules import conditions, filling, hearing
from orkwork.domains.workflows.schemas.starting import TriggerIn, TriggerOut, TriggerPatch
from orkwork.domains.workflows.service import beginning, counting, starters, switching

FOLLOWED: Final = 500
"""Events of one round."""
_ROOTS: Final = ("event",)
MAX_CHAIN: Final = 10
"""Workflows that may lead to each other by events, one behind the other."""
_INSERT = """
insert into workflow_triggers (id, workflow_id, name, pattern, filter, inputs, max_per_hour, state, created_at, updated_at, version)
values (%(id)s, %(workflow_id)s, %(name)s, %(pattern)s, %(filter)s, %(inputs)s, %(max_per_hour)s, 'active', %(now)s, %(now)s, 1)
"""


@operation(None, role=Role.ADMIN, agents=False)
def create_trigger(work: Work, ref: str | UUID, body: TriggerIn) -> TriggerOut:
    """Run a workflow when something happens: an event's name or group, with a filter over what it says."""
    workflow = starters.check_room(work, ref, "trigger")
    _check(body.pattern, body.filter)
    starters.check_inputs(work, workflow, body.inputs, "event")
    row = body.model_dump(mode="json") | {
        "id": uuid7(),
        "workflow_id": workflow["id"],
        "inputs": Jsonb(body.inputs),
        "now": clock.now(),
    }
    work.sql(_INSERT, row)
    starters.tell_created(work, events.TriggerCreated, row["id"], workflow, body)
    return queries.trigger(work, row["id"])


def _check(pattern: str, text: str) -> None:
    if not hearing.names_of(pattern):
        known = ", ".join(sorted({f"{name.partition('.')[0]}.*" for name in EVENTS} - {"workflow_trigger.*"}))
        raise invalid("pattern", f"no event is called {pattern}; there are: {known}")
    if text:
        conditions.read(text, _ROOTS, "filter")


@operation(None, role=Role.ADMIN, agents=False)
def update_trigger(work: Work, trigger_id: UUID, patch: TriggerPatch, if_match: int | None = None) -> TriggerOut:
    """Change, pause or resume a trigger; resumed, it hears what happens from now on."""
    row = rows.starter_row(work, "trigger", trigger_id, lock=True)
    check_version(row["version"], if_match)
    before, after = changes(row, patch.model_dump(mode="json", exclude_unset=True))
    _check(after.get("pattern", row["pattern"]), after.get("filter", row["filter"]))
    if "inputs" in after:
        starters.check_inputs(work, rows.workflow_row(work, row["workflow_id"]), patch.inputs, "event")
    if after.get("state") == SwitchState.ACTIVE:
        switching.settle(work, "trigger", row["id"], "it was resumed")
    if after:
        starters.write(work, "trigger", row["id"], after)
        starters.tell_changed(work, events.TriggerChanged, row, before, after)
    return queries.trigger(work, row["id"])


@operation(None, role=Role.ADMIN, agents=False)
def delete_trigger(work: Work, trigger_id: UUID, if_match: int | None = None) -> None:
    """Stop hearing; the runs that it started stay."""
    starters.remove(work, "trigger", trigger_id, if_match, events.TriggerDeleted, "pattern")


_BEGIN = "insert into workflow_follower (id, pos) values (1, 0) on conflict do nothing"
_FOLLOWER = "select pos from workflow_follower for update"
_NEWS = """
select l.pos, e.seq, e.name, e.subject_id, e.occurred_at from event_log l left join events e on e.seq = l.seq
where l.pos > %(pos)s order by l.pos limit %(limit)s
"""
_FOLLOWED = "update workflow_follower set pos = %(pos)s"
_RUNS_OF = "select distinct run_id from workflow_run_steps where task_id = any(%(ids)s)"
_RUNS_WITH_LOST = """
select distinct run_id from workflow_run_steps where task_id is null and status not in ('SKIPPED', 'CANCELLED') and status <> 'WAITING'
"""
_TRIGGERS = """
select t.*, w.project_id, w.name as workflow_name from workflow_triggers t join workflows w on w.id = t.workflow_id
where t.state = 'active' and w.state = 'active' order by t.id
"""


@operation(None, users=False, agents=False)
def follow(work: Work, limit: int = FOLLOWED) -> int:
    """Read on in the sealed record: runs follow their tasks, and triggers hear what they wait for. How many events; two at
    once wait for each other, so each event is heard once."""
    work.sql(_BEGIN)
    known = work.one(_FOLLOWER)
    assert known is not None
    news = work.all(_NEWS, {"pos": known["pos"], "limit": limit})
    if not news:
        return 0
    moved = {row["subject_id"] for row in news if row["name"] == TaskMoved.name}
    runs = [row["run_id"] for row in work.all(_RUNS_OF, {"ids": list(moved)})] if moved else []
    if any(row["name"] == TaskDeleted.name for row in news):
        runs += [row["run_id"] for row in work.all(_RUNS_WITH_LOST)]
    if runs:
        counting.count(work, sorted(set(runs)))
    for trigger in work.all(_TRIGGERS):
        _hear(work, trigger, news)
    work.sql(_FOLLOWED, {"pos": news[-1]["pos"]})
    return len(news)


_WHOLE = "select * from events where seq = any(%(seqs)s) order by seq"
_STARTED = "select count(*) as n from workflow_runs where trigger_id = %(id)s and trigger_key is not null and created_at > %(since)s"


def _hear(work: Work, trigger: dict[str, Any], news: list[dict[str, Any]]) -> None:
    """Start what one trigger starts of these events."""
    names = set(hearing.names_of(trigger["pattern"]))
    seqs = [row["seq"] for row in news if row["name"] in names and row["occurred_at"] >= trigger["updated_at"]]
    if not seqs:
        return
    condition = conditions.read(trigger["filter"], _ROOTS, "filter") if trigger["filter"] else None
    heard = [told for row in work.all(_WHOLE, {"seqs": seqs}) if (told := _told(row)) is not None]
    matching = [told for told in heard if condition is None or condition.holds({"event": told})]
    if not matching:
        return
    since = max(clock.now() - timedelta(hours=1), trigger["updated_at"])  # who resumes it grants it anew
    started = (work.one(_STARTED, trigger | {"since": since}) or {"n": 0})["n"]
    for told in matching:
        if started >= trigger["max_per_hour"]:
            switching.pause_trigger(work, trigger, f"it would start more than {started} runs in an hour")
            return
        started += _start(work, trigger, told)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """An event as filters and inputs see it."""
    names = ("seq", "name", "actor_kind", "actor_name", "subject_kind", "subject_label", "before", "after")
    return {name: row[name] for name in names} | {
        "subject_id": row["subject_id"] and str(row["subject_id"]),
        "project_id": row["project_id"] and str(row["project_id"]),
        "occurred_at": row["occurred_at"].isoformat(),
    }


def _start(work: Work, trigger: dict[str, Any], told: dict[str, Any]) -> bool:
    """Start one run for one event; whether there is one more."""
    chain = _chain_of(work, told)
    if trigger["workflow_id"] in chain or len(chain) >= MAX_CHAIN:
        _refuse(work, trigger, told, "a run of this workflow led to this event: it would go round for ever")
        return False
    workflow = rows.workflow_row(work, trigger["workflow_id"])
    inputs = {name: filling.fill_value(value, {"event": told}) for name, value in trigger["inputs"].items()}
    cause = beginning.Cause(
        trigger=TriggerKind.EVENT, trigger_id=trigger["id"], trigger_key=str(told["seq"]), chain=chain
    )
    try:
        return beginning.begin(work, workflow, inputs, cause) is not None
    except OrkworkError as refusal:
        _refuse(work, trigger, told, refusal.message)
        return False


_CHAIN = """
select r.chain from workflow_runs r where r.id = %(subject)s union all
select r.chain from workflow_run_steps s join workflow_runs r on r.id = s.run_id where s.task_id = any(%(tasks)s)
limit 1
"""


def _chain_of(work: Work, told: dict[str, Any]) -> list[UUID]:
    """The workflows whose runs led to an event: of the run that it is about, or of its task's run."""
    named = {told["subject_id"], *((part or {}).get("task_id") for part in (told["before"], told["after"]))}
    ids = [UUID(one) for one in named if isinstance(one, str)]
    if told["subject_kind"] in ("workflow_schedule", "workflow_trigger", "workflow_hook", "workflow"):
        own = (told["after"] or {}).get("workflow_id") or (told["subject_kind"] == "workflow" and told["subject_id"])
        return [UUID(own)] if isinstance(own, str) else []
    row = work.one(_CHAIN, {"subject": told["subject_id"], "tasks": ids})
    return row["chain"] if row else []


def _refuse(work: Work, trigger: dict[str, Any], told: dict[str, Any], reason: str) -> None:
    work.emit(
        events.TriggerRefused(
            subject_id=trigger["id"],
            subject_label=trigger["name"],
            project_id=trigger["project_id"],
            after={"reason": reason, "event": told["name"], "seq": told["seq"], "workflow_id": trigger["workflow_id"]},
        )
    )


def _resume(work: Work, _decision: DecisionOut, arguments: dict[str, Any]) -> object:
    return update_trigger(work, UUID(arguments["id"]), TriggerPatch(state=SwitchState.ACTIVE))


CARRIES["workflows.resume_trigger"] = _resume
