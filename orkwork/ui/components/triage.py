"""Decisions one after the other, by keyboard, mouse or thumb."""

from typing import Any

import reflex as rx

_KIT = "$/public/kit/"


def _answer(id: rx.Var[str], answer: rx.Var[dict[str, Any]]) -> tuple[rx.Var[str], rx.Var[dict[str, Any]]]:
    return id, answer


def _options(id: rx.Var[str], options: rx.Var[list[str]]) -> tuple[rx.Var[str], rx.Var[list[str]]]:
    return id, options


def _opened(id: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (id,)


class Triage(rx.Component):
    """The list; `decisions.ui.shown` says what an item holds."""

    library = f"{_KIT}triage.jsx"
    tag = "Triage"
    items: rx.Var[list[dict[str, Any]]]
    first: rx.Var[str]
    refusal: rx.Var[dict[str, Any]]
    dates: rx.Var[dict[str, Any]]
    decides: rx.Var[bool]
    recommends: rx.Var[bool]
    on_decide: rx.EventHandler[_answer]
    on_recommend: rx.EventHandler[_answer]
    on_rule: rx.EventHandler[_options]
    on_open: rx.EventHandler[_opened]


def triage(items: Any, *, first: Any, refusal: Any, dates: Any, **how: Any) -> rx.Component:
    """Decisions that wait, the one with the id `first` open, or else the first one. `how`: `decides` and `recommends` say
    what the reader may, and what follows what happens.

    `on_decide(id, {options, answer, reasoning, version})` is a handler marked `@handler(refuses="<its first argument>")`
    and `refusal` is `State.refusal`: what is answered goes at once, and comes back saying why when the handler raises.
    `on_recommend(id, {option, note})` is called instead where the reader may not decide, `on_rule(id, options)` when a
    standing rule is wanted. `on_open(id)` is called for one about a task that stays open for a moment; what it does to
    dates is then expected in `dates` by its id, as `forecast.schemas.DecisionDates`.
    """
    return Triage.create(items=items, first=first, refusal=refusal, dates=dates, **how)
