"""Asking, deciding and closing; what people recommend, and how it turned out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.actor import Actor, ActorKind, Level, Role
from orkwork.core.errors import Conflict, invalid
from orkwork.core.ids import uuid7
from orkwork.core.operation import authorize, operation
from orkwork.core.work import Work
from orkwork.domains.decisions import events, queries
from orkwork.domains.decisions.models import DecisionStatus
from orkwork.domains.decisions.rules import asking as rules
from orkwork.domains.decisions.rules import effects, freezing
from orkwork.domains.decisions.schemas import (
    Asker,
    Asking,
    DecisionIn,
    DecisionOut,
    Option,
    OutcomeIn,
    RecommendIn,
    ResolveIn,
)
from orkwork.domains.tasks.queries.tasks import standing_row

CARRIES: dict[str, Callable[[Work, DecisionOut, dict[str, Any]], object]] = {}
"""How each action of what a domain asks is carried out: `tasks.assign`. What is not here, and what came through a door,
is an operation of that name."""

_ASK = """
insert into decisions (id, category, kind, status, title, task_id, agent_id, project_id, context, options, recommendation,
  reasoning, created_at, version, asked_by_kind, asked_by_id, asked_by_name, asked_scopes, deadline, default_option, likeness)
values (%(id)s, %(category)s, %(kind)s, 'pending', %(title)s, %(task_id)s, %(agent_id)s, %(project_id)s, %(context)s,
  %(options)s, %(recommendation)s, '', %(now)s, 1, %(by_kind)s, %(by_id)s, %(by_name)s, %(by_scopes)s, %(deadline)s,
  %(default)s, %(likeness)s)
on conflict do nothing returning id
"""
_FREEZE = "update decisions d set facts = %(facts)s where d.id = %(id)s"
_CLOSE = """
update decisions set status = %(status)s, chosen = %(chosen)s, picked = %(picked)s, answer = %(answer)s,
  reasoning = %(reasoning)s, decided_by_kind = %(kind)s, decided_by_id = %(actor_id)s, decided_by_name = %(name)s,
  rule_id = %(rule_id)s, resolved_at = %(now)s, version = version + 1
where status = 'pending' and <which> returning id, title, project_id, task_id, category, facts
"""
_CLOSE_ONE = _CLOSE.replace("<which>", "id = %(id)s and (%(version)s::int is null or version = %(version)s)")
_CLOSE_ALL = _CLOSE.replace("<which>", "id = any(%(ids)s)")


def ask(work: Work, asking: Asking) -> UUID | None:
    """Ask a person once: None when the same already waits."""
    by = asking.asked_by
    row = work.one(
        _ASK,
        {
            "id": uuid7(),
            "category": asking.category,
            "kind": asking.kind,
            "title": asking.title,
            "task_id": asking.task_id,
            "agent_id": asking.agent_id,
            "project_id": asking.project_id,
            "context": Jsonb(asking.context),
            "options": Jsonb(rules.frozen(asking.options)),
            "recommendation": asking.recommendation,
            "now": clock.now(),
            "by_kind": by and by.kind,
            "by_id": by and by.id,
            "by_name": by and by.name,
            "by_scopes": list(by.scopes) if by and by.scopes is not None else None,
            "deadline": asking.deadline,
            "default": asking.default,
            "likeness": rules.likeness_of(asking),
        },
    )
    if row is None:
        return None
    if asking.facts:
        present = queries.present(work, row["id"])
        work.sql(_FREEZE, {"id": row["id"], "facts": Jsonb({name: present[name] for name in asking.facts})})
    told = {"category": asking.category, "task_id": asking.task_id, "options": [o.label for o in asking.options]}
    work.emit(
        events.DecisionNeeded(
            subject_id=row["id"], subject_label=asking.title, project_id=asking.project_id, after=told
        )
    )
    work.hint("decision.needed", "task", asking.task_id, asking.project_id)
    return row["id"]


def close(work: Work, ids: list[UUID], reasoning: str) -> None:
    """Close decisions that need nobody any more."""
    for row in work.all(_CLOSE_ALL, how_by(work, reasoning) | {"ids": ids}):
        _tell(work, row, [], DecisionStatus.RESOLVED, reasoning)


@operation("decisions:write")
def create_decision(work: Work, body: DecisionIn) -> DecisionOut:
    """Ask people to decide; the same question of the same asker about the same task that already waits is answered.

    An agent asks about its own projects. Each option's action is frozen as it stands here; an agent's is carried out in
    its own name, with its own rights, where agents may do it and it does not ask for more, else in the name of the person
    who decides.
    """
    kind = rules.kind_of(body)
    options = rules.options_of(body, kind)
    rules.check_named(body, options, clock.now())
    for n, option in enumerate(options):
        _check_action(work, option, f"options.{n}", by_default=option.id == body.default)
    task = standing_row(work, body.task) if body.task else None
    project_id = task["project_id"] if task else body.project_id
    _check_place(work, project_id, body)
    actor = work.actor
    agent_id = body.agent_id or (actor.id if actor.is_agent else None)
    asked = Asking(
        category=body.category,
        kind=kind,
        title=body.title,
        task_id=task["id"] if task else None,
        agent_id=agent_id,
        project_id=project_id,
        context={"text": body.context},
        options=options,
        recommendation=body.recommendation,
        deadline=body.deadline,
        default=body.default,
        asked_by=Asker(
            kind=actor.kind.value,
            id=actor.id,
            name=actor.name,
            scopes=tuple(sorted(actor.scopes)) if actor.is_agent else None,
        ),
    )
    made = ask(work, replace(asked, facts=rules.facts_of(asked, about_agent=body.agent_id is not None)))
    return queries.one(work, made) if made else _waits(work, asked)


def _check_action(work: Work, option: Option, field: str, *, by_default: bool) -> None:
    """Refuse an action that no door knows, and one that time alone would carry out for who may not decide."""
    if option.action is None:
        if option.arguments:
            raise invalid(f"{field}.arguments", "needs an action")
        return
    entry = freezing.operation_of(option.action, f"{field}.action")
    freezing.arguments_of(entry, option.arguments, f"{field}.arguments")
    if by_default and not (work.actor.role and work.actor.role.covers(Role.ADMIN)):
        raise invalid("default", "an option that carries out an action can't be the default of who may not decide")


def _check_place(work: Work, project_id: UUID | None, body: DecisionIn) -> None:
    """Refuse a project that is not the task's or not the asker's, and an agent that does not exist."""
    if body.project_id is not None and body.project_id != project_id:
        raise invalid("project_id", "is not the project of the task")
    if project_id is None and work.actor.projects is not None:
        raise invalid("project_id", "name one of your projects, or a task")
    if project_id is not None and not queries.is_project(work, project_id):
        raise invalid("project_id", "is not a project that you see")
    if body.agent_id is not None and not queries.is_agent(work, body.agent_id):
        raise invalid("agent_id", "is not an agent")


_WAITS = """
select id from decisions where status = 'pending' and asked_by_id is not distinct from %(by)s
  and task_id is not distinct from %(task)s and title = %(title)s and asked_by_kind is not null
"""


def _waits(work: Work, asked: Asking) -> DecisionOut:
    by = asked.asked_by
    row = work.one(_WAITS, {"by": by and by.id, "task": asked.task_id, "title": asked.title})
    if row is None:  # it was decided between the two statements
        raise Conflict("decision.busy", "The same was decided a moment ago", "Read GET /decisions/log, or ask again.")
    return queries.one(work, row["id"])


@operation(None, agents=False)
def recommend(work: Work, decision_id: UUID, body: RecommendIn) -> DecisionOut:
    """Say which option one would choose, instead of what one said before; 409 when it is decided already."""
    found = queries.one(work, decision_id)
    if body.option not in {option.id for option in found.options}:
        raise invalid("option", "is not an option of this decision")
    said = {
        "by_id": work.actor.id,
        "by_name": work.actor.name,
        "option": body.option,
        "note": body.note,
        "at": clock.now(),
    }
    if work.one(_RECOMMEND, {"id": decision_id, "by": str(work.actor.id), "said": Jsonb([said])}) is None:
        raise _decided()
    _emit(work, events.DecisionRecommended, found, after={"option": body.option})
    return queries.one(work, decision_id)


_RECOMMEND = """
update decisions d set recommendations = %(said)s || coalesce((select jsonb_agg(r) from jsonb_array_elements(d.recommendations) r
  where r ->> 'by_id' is distinct from %(by)s), '[]')
where id = %(id)s and status = 'pending' returning id
"""


@operation(None, role=Role.ADMIN, agents=False)
def resolve(work: Work, decision_id: UUID, body: ResolveIn) -> DecisionOut:
    """Decide, and carry out what was chosen in the same transaction, exactly once.

    409 when it is decided already, and when what it is about has changed since it was asked: it is then asked again.
    """
    found = queries.one(work, decision_id)
    if found.status is not DecisionStatus.PENDING:
        raise _decided()
    chosen = rules.picked(found, body)
    how = how_by(work, body.reasoning, chosen) | {"version": body.version, "answer": body.answer}
    settle(work, found, chosen, how, work.actor)
    return queries.one(work, decision_id)


def settle(work: Work, found: DecisionOut, chosen: Sequence[Option], how: dict[str, Any], decider: Actor) -> None:
    """Close one decision as `how_by` says and carry out what was chosen, or neither; 409 when it is decided already, or
    what it is about has changed."""
    row = work.one(_CLOSE_ONE, how | {"id": found.id})
    if row is None:
        again = queries.one(work, found.id)
        if again.status is DecisionStatus.PENDING:
            raise Conflict("decision.stale", "It was asked again since you read it", "Read it and decide anew.")
        raise _decided()
    if row["facts"]:
        rules.check_fresh(row["facts"], queries.present(work, found.id))
    for option in chosen:
        _carry(work, found, option, decider)
    _tell(work, row, chosen, how["status"], how["reasoning"])


def _carry(work: Work, found: DecisionOut, option: Option, decider: Actor) -> None:
    """Do what an option gates, as it was frozen, in the name of whom it says."""
    if option.action is None:
        return
    if option.digest not in (None, freezing.digest(option.action, option.arguments, option.runs_as)):
        raise Conflict("decision.tampered", "The action is not the one that was frozen", "Ask anew.")
    carries = CARRIES.get(option.action) if found.asked_by_kind is None else None
    if carries is not None:
        with work.acting_as(decider):
            carries(work, found, option.arguments)
        return
    entry = freezing.operation_of(option.action, "option")
    arguments = freezing.arguments_of(entry, option.arguments, "option")
    by_asker = effects.runs_as(option, found.asked_by_kind) == "asker"
    with work.acting_as(_asker(work, found.id) if by_asker else decider):
        authorize(entry, work.actor)
        entry.fn(work, **arguments)


def _asker(work: Work, decision_id: UUID) -> Actor:
    """The asking agent as it may act now; the approval stands in for its autonomy, not for its rights."""
    row = queries.asker_of(work, decision_id)
    if row is None or row["status"] != "active":
        raise Conflict("decision.asker_gone", "The asking agent is not active any more", "Choose another option.")
    projects = row["project_ids"]
    return Actor(
        ActorKind.AGENT,
        row["id"],
        row["name"],
        scopes=frozenset(row["asked_scopes"] or ()),
        level=Level.STRATEGIC,
        project_ids=None if projects is None else tuple(projects),
        request_id=work.actor.request_id,
    )


@operation(None, agents=False)
def judge(work: Work, decision_id: UUID, body: OutcomeIn) -> DecisionOut:
    """Record whether a decision turned out right; a later judgement takes the place of the earlier."""
    found = queries.one(work, decision_id)
    if found.status is DecisionStatus.PENDING:
        raise Conflict("decision.pending", "It is not decided yet", "Judge it when it has shown its effect.")
    named = {"id": decision_id, "outcome": body.outcome, "note": body.note, "by": work.actor.name, "now": clock.now()}
    work.sql(_JUDGE, named)
    before = {"outcome": found.outcome, "note": found.outcome_note} if found.outcome else None
    _emit(work, events.DecisionJudged, found, before=before, after={"outcome": body.outcome, "note": body.note})
    return queries.one(work, decision_id)


_JUDGE = """
update decisions set outcome = %(outcome)s, outcome_note = %(note)s, outcome_by_name = %(by)s, outcome_at = %(now)s,
  version = version + 1 where id = %(id)s
"""


def how_by(work: Work, reasoning: str, chosen: Sequence[Option] = ()) -> dict[str, Any]:
    """How a decision closes, by whoever acts now."""
    actor = work.actor
    return {
        "status": DecisionStatus.RESOLVED,
        "chosen": chosen[0].id if len(chosen) == 1 else None,
        "picked": [option.id for option in chosen],
        "answer": "",
        "reasoning": reasoning,
        "kind": actor.kind.value,
        "actor_id": actor.id,
        "name": actor.name,
        "rule_id": None,
        "version": None,
        "now": clock.now(),
    }


def _decided() -> Conflict:
    return Conflict("decision.decided", "This is decided already", "Read it again; GET /decisions/{id} says how.")


def _emit(work: Work, event: type[events.Event], found: DecisionOut, **states: Any) -> None:
    work.emit(event(subject_id=found.id, subject_label=found.title, project_id=found.project_id, **states))


def _tell(work: Work, row: dict[str, Any], chosen: Sequence[Option], status: str, reasoning: str) -> None:
    work.hint("decision.resolved", "task", row["task_id"], row["project_id"])
    labels = ", ".join(option.label for option in chosen) or None
    after = {"status": str(status), "chosen": labels, "reasoning": reasoning}
    work.emit(
        events.DecisionResolved(
            subject_id=row["id"],
            subject_label=row["title"],
            project_id=row["project_id"],
            before={"status": "pending"},
            after=after | {"category": row["category"], "task_id": row["task_id"]},
        )
    )
