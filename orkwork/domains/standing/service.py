"""Making and revoking standing rules, and looking after what waits."""

from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy.exc import SQLAlchemyError

from orkwork.core import clock
from orkwork.core.actor import Actor, ActorKind, Role
from orkwork.core.errors import Conflict, NotFound, OrkworkError, invalid
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.decisions import queries as decisions
from orkwork.domains.decisions import service as deciding
from orkwork.domains.decisions.events import DecisionAskedAgain
from orkwork.domains.decisions.models import DecisionStatus
from orkwork.domains.decisions.rules import asking
from orkwork.domains.decisions.schemas import Change, DecisionOut, Option
from orkwork.domains.standing import events, queries
from orkwork.domains.standing.schemas import RuleIn, RuleOut

_MAKE = """
insert into decision_rules (id, category, title, project_id, likeness, picked, label, reasoning, made_by_id, made_by_name,
  uses, created_at)
values (%(id)s, %(category)s, %(title)s, %(project_id)s, %(likeness)s, %(picked)s, %(label)s, %(reasoning)s, %(by)s,
  %(by_name)s, 0, %(now)s)
on conflict (likeness) where revoked_at is null do nothing returning *
"""
_REVOKE = """
update decision_rules set revoked_at = %(now)s, revoked_by_name = %(by)s where id = %(id)s and revoked_at is null returning *
"""


@operation(None, role=Role.ADMIN, agents=False)
def make_rule(work: Work, body: RuleIn) -> RuleOut:
    """Have decisions like this one made without asking, in one's own name, until somebody revokes it.

    It decides what is asked from now on. 409 when a rule makes such decisions already.
    """
    found = decisions.decision(work, body.decision_id)
    labels = {option.id: option.label for option in found.options}
    if unknown := [one for one in body.options if one not in labels]:
        raise invalid("options", f"{unknown[0]} is not an option of this decision")
    if not found.likeness:
        raise Conflict("decision.no_likeness", "It was asked before there were rules", "Take a later one as example.")
    named = {
        "id": uuid7(),
        "category": found.category,
        "title": found.title,
        "project_id": found.project_id,
        "likeness": found.likeness,
        "picked": sorted(set(body.options)),
        "label": ", ".join(labels[one] for one in dict.fromkeys(body.options)),
        "reasoning": body.reasoning,
        "by": work.actor.id,
        "by_name": work.actor.name,
        "now": clock.now(),
    }
    row = work.one(_MAKE, named)
    if row is None:
        raise Conflict("decision.has_rule", "A rule makes decisions like this one already", "Revoke that one first.")
    _tell(work, events.RuleMade, row)
    return _rule(work, row["id"])


@operation(None, role=Role.ADMIN, agents=False)
def revoke_rule(work: Work, rule_id: UUID) -> RuleOut:
    """Have people decide again; what the rule decided stays on record. 409 when it is revoked already."""
    row = work.one(_REVOKE, {"id": rule_id, "now": clock.now(), "by": work.actor.name})
    found = _rule(work, rule_id)
    if row is None:
        raise Conflict("decision.rule_revoked", "The rule is revoked already", "There is nothing to do.")
    _tell(work, events.RuleRevoked, row)
    return found


def _tell(work: Work, event: type[events.RuleMade] | type[events.RuleRevoked], row: dict[str, Any]) -> None:
    told = {"chooses": row["label"], "reasoning": row["reasoning"]}
    work.emit(event(subject_id=row["id"], subject_label=row["title"], project_id=row["project_id"], after=told))


def _rule(work: Work, rule_id: UUID) -> RuleOut:
    for rule in queries.rules(work):
        if rule.id == rule_id:
            return rule
    raise NotFound("decision.no_rule", f"There is no rule {rule_id}", "GET /decisions/rules lists them.")


@operation(None, users=False, agents=False)
def keep(work: Work) -> int:
    """Look after one pending decision: ask again what has changed, decide by a standing rule, or let a deadline pass.

    Answers whether there was one. Each is taken by one machine, in a transaction of its own.
    """
    now = clock.now()
    row = queries.due(work, now)
    if row is None:
        return 0
    found = decisions.decision(work, row["id"])
    if changes := asking.changed(found.facts, row["present"]):
        _ask_again(work, found, changes, row["present"])
    elif row["rule"] is not None:
        _by_rule(work, found, row)
    else:
        _lapse(work, found)
    return 1


_AGAIN = """
update decisions set facts = %(facts)s, changes = %(changes)s, asked_again = least(asked_again + 1, 32767),
  version = version + 1 where id = %(id)s
"""


def _ask_again(work: Work, found: DecisionOut, changes: list[Change], present: dict[str, Any]) -> None:
    """Ask what has changed anew, with what holds now; whoever read the old question can't answer it any more."""
    told = [change.model_dump() for change in changes]
    facts = {name: present[name] for name in found.facts}
    work.sql(_AGAIN, {"id": found.id, "facts": Jsonb(facts), "changes": Jsonb(told)})
    before, after = ({one["what"]: one[side] for one in told} for side in ("before", "now"))
    named = {"subject_id": found.id, "subject_label": found.title, "project_id": found.project_id}
    work.emit(DecisionAskedAgain(before=before, after=after, **named))


def _lapse(work: Work, found: DecisionOut) -> None:
    """The deadline is over: carry out what was to happen then; when that fails, nothing happens, and it is said why."""
    chosen = [option for option in found.options if option.id == found.default_option]
    why = "the deadline passed" if chosen else "the deadline passed, and nothing was to happen then"
    how = {"status": DecisionStatus.EXPIRED, "name": "deadline"}
    decider = work.actor if found.asked_by_kind is None else _person(work, found.asked_by_id)
    if decider is None and any(option.action for option in chosen):
        failed = "who asked may not decide any more"
    else:
        failed = _attempt(work, found, chosen, how | {"reasoning": why}, decider or work.actor)
    if failed:
        why = f"the deadline passed, but its default could not be carried out: {failed}"
        _attempt(work, found, [], how | {"reasoning": why}, work.actor)


_USED = "update decision_rules set uses = uses + 1, last_used_at = %(now)s where id = %(id)s"
_LEFT = "update decisions set rule_note = %(why)s where id = %(id)s"


def _by_rule(work: Work, found: DecisionOut, row: dict[str, Any]) -> None:
    """Decide as the rule says, in the name of who made it; when that can't be, a person decides."""
    options = {option.id: option for option in found.options}
    decider, failed = _person(work, row["made_by_id"]), ""
    if decider is None or not (decider.role and decider.role.covers(Role.ADMIN)):
        failed = "who made the rule may not decide any more"
    elif not set(row["picked"]) <= options.keys():
        failed = f"it does not offer {row['label']}"
    else:
        how = {
            "status": DecisionStatus.RECORDED,
            "reasoning": "by a standing rule",
            "kind": "rule",
            "actor_id": row["rule"],
            "name": row["label"],
            "rule_id": row["rule"],
        }
        failed = _attempt(work, found, [options[one] for one in row["picked"]], how, decider)
    if not failed:
        work.sql(_USED, {"id": row["rule"], "now": clock.now()})
        return
    work.sql(_LEFT, {"id": found.id, "why": failed[:2000]})
    named = {"subject_id": found.id, "subject_label": found.title, "project_id": found.project_id}
    work.emit(events.LeftToPerson(after={"reason": failed}, **named))


def _attempt(work: Work, found: DecisionOut, chosen: list[Option], how: dict[str, Any], decider: Actor) -> str:
    """Settle it, or say why it could not be, with nothing done."""
    try:
        with work.attempt():
            deciding.settle(work, found, chosen, deciding.how_by(work, "", chosen) | how, decider)
    except OrkworkError as refusal:
        return refusal.message
    except (psycopg.Error, SQLAlchemyError) as fault:
        return f"the database refused it ({type(fault).__name__})"
    return ""


def _person(work: Work, user_id: UUID | None) -> Actor | None:
    row = queries.person(work, user_id)
    if row is None:
        return None
    return Actor(ActorKind.USER, row["id"], row["name"], Role(row["role"]), request_id=work.actor.request_id)
