"""What may be asked and answered, what an answer picks, and when a question is no longer the one that was asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from orkwork.core.errors import Conflict, invalid
from orkwork.domains.decisions.models import Kind
from orkwork.domains.decisions.rules import freezing
from orkwork.domains.decisions.rules.likeness import likeness
from orkwork.domains.decisions.schemas import Asking, Change, DecisionIn, DecisionOut, Option, ResolveIn

LONGEST: Final = timedelta(days=366)
OF_TASK: Final = ("task.status", "task.title", "task.assignee")
OF_AGENT: Final = ("agent.status", "agent.daily_budget_usd", "agent.autonomy_level")
OF_PROJECT: Final = ("project.status", "project.budget_usd")
"""What a question that came through a door rests on, by what it names."""
YES_OR_NO: Final = (Option(id="approve", label="Approve"), Option(id="deny", label="Deny"))


def kind_of(body: DecisionIn) -> Kind:
    """What a person has to do, where the asker does not say: choose, or answer when there is nothing to choose."""
    if body.kind is not None:
        return body.kind
    return Kind.CHOOSE if body.options else Kind.ANSWER


def options_of(body: DecisionIn, kind: Kind) -> list[Option]:
    """The options; Invalid when they don't suit the kind."""
    ids = [option.id for option in body.options or ()]
    if len(set(ids)) < len(ids):
        raise invalid("options", "each needs an id of its own")
    if kind is Kind.ANSWER:
        if body.options:
            raise invalid("options", "an answer in words has none")
        return []
    if kind is Kind.APPROVE:
        if body.options is None:
            return list(YES_OR_NO)
        if set(ids) != {"approve", "deny"}:
            raise invalid("options", "to approve there are the ids approve and deny, or leave options out")
    if not body.options:
        raise invalid("options", "must not be empty: name what there is to choose")
    return [Option.model_validate(option.model_dump()) for option in body.options]


def check_named(body: DecisionIn, options: Sequence[Option], now: datetime) -> None:
    """Refuse a recommendation or default that is no option, and a deadline that can't be kept."""
    ids = {option.id for option in options}
    for field, named in (("recommendation", body.recommendation), ("default", body.default)):
        if named is not None and named not in ids:
            raise invalid(field, f"is not one of the options: {', '.join(sorted(ids)) or 'there are none'}")
    if body.default is not None and body.deadline is None:
        raise invalid("default", "needs a deadline after which it is carried out")
    if body.deadline is not None and body.deadline <= now:
        raise invalid("deadline", "lies in the past")
    if body.deadline is not None and body.deadline > now + LONGEST:
        raise invalid("deadline", "lies more than a year ahead")


def frozen(options: Sequence[Option]) -> list[dict[str, Any]]:
    """The options as they are kept, each with the digest of what it carries out."""
    kept = []
    for option in options:
        digest = freezing.digest(option.action, option.arguments, option.runs_as) if option.action else None
        kept.append(option.model_dump(mode="json") | {"digest": digest})
    return kept


def likeness_of(asking: Asking, project_id: UUID | None = None) -> str:
    """The likeness of a question, in a project where it names none itself."""
    return likeness(
        category=asking.category,
        kind=asking.kind,
        title=asking.title,
        options=asking.options,
        project_id=asking.project_id or project_id,
        asker=asking.asked_by.id if asking.asked_by else None,
    )


def facts_of(asking: Asking, *, about_agent: bool) -> tuple[str, ...]:
    """What a question that came through a door rests on."""
    named = OF_TASK if asking.task_id else OF_PROJECT if asking.project_id else ()
    return named + (OF_AGENT if about_agent else ())


def picked(found: DecisionOut, body: ResolveIn) -> list[Option]:
    """The options that an answer picks; Invalid naming the field when it does not answer the question."""
    if found.kind is Kind.ANSWER:
        if body.option is not None or body.options is not None:
            raise invalid("option", "this asks for words: send answer")
        if not body.answer.strip():
            raise invalid("answer", "must not be empty")
        return []
    if body.answer.strip():
        raise invalid("answer", "this asks to choose: send option")
    if found.kind is Kind.SEVERAL:
        wanted = body.options if body.options is not None else [body.option] if body.option else []
        if not wanted:
            raise invalid("options", "choose at least one")
        field = "options"
    elif body.options is not None and len(body.options) != 1:
        raise invalid("options", "choose exactly one")
    else:
        field = "option" if body.options is None else "options"
        wanted = body.options or ([body.option] if body.option else [])
        if not wanted:
            raise invalid("option", "choose one")
    return [_option(found, one, field) for one in dict.fromkeys(wanted)]


def _option(found: DecisionOut, wanted: str, field: str) -> Option:
    for option in found.options:
        if option.id == wanted:
            return option
    offered = ", ".join(option.id for option in found.options) or "none"
    raise invalid(field, f"is not an option of this decision; there are: {offered}")


def changed(frozen: Mapping[str, Any], present: Mapping[str, Any]) -> list[Change]:
    """What a question rests on and is otherwise now."""
    return [
        Change(what=name, before=_said(value), now=_said(present.get(name)))
        for name, value in sorted(frozen.items())
        if present.get(name) != value
    ]


def check_fresh(frozen: Mapping[str, Any], present: Mapping[str, Any]) -> None:
    """Refuse to decide what is no longer what was asked."""
    if changes := changed(frozen, present):
        said = "; ".join(f"{one.what} was {one.before}, is {one.now}" for one in changes)
        raise Conflict(
            "decision.stale",
            f"What it is about has changed: {said}",
            "It is asked again with what holds now; read it and decide anew.",
            extra={"changes": [one.model_dump() for one in changes]},
        )


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)
