"""Decisions one after the other, by keyboard, mouse or thumb."""

from typing import Any

import reflex as rx

_KIT = "$/public/kit/"


def _answer(id: rx.Var[str], answer: rx.Var[dict[str, Any]]) -> tuple[rx.Var[str], rx.Var[dict[str, Any]]]:
    return id, answer


def _options(id: rx.Var[str], options: rx.Var[list[str]]) -> tuple[rx.Var[str], rx.Var[list[str]]]:
    return id, options


class Triage(rx.Component):
    """The list; `decisions.ui.shown` says what an item holds."""

    library = f"{_KIT}triage.jsx"
    tag = "Triage"
    items: rx.Var[list[dict[str, Any]]]
    first: rx.Var[str]
    refusal: rx.Var[dict[str, Any]]
    decides: rx.Var[bool]
    recommends: rx.Var[bool]
    on_decide: rx.EventHandler[_answer]
    on_recommend: rx.EventHandler[_answer]
    on_rule: rx.EventHandler[_options]


def triage(
    items: Any,
    *,
    first: Any,
    refusal: Any,
    decides: Any,
    recommends: Any,
    on_decide: Any,
    on_recommend: Any,
    on_rule: Any,
) -> rx.Component:
    """Decisions that wait, the one with the id `first` open, or else the first one.

    `on_decide(id, {options, answer, reasoning, version})` is a handler marked `@handler(refuses="<its first argument>")`
    and `refusal` is `State.refusal`: what is answered goes at once, and comes back saying why when the handler raises.
    `on_recommend(id, {option, note})` is called instead where the reader may not decide, `on_rule(id, options)` when a
    standing rule is wanted.
    """
    return Triage.create(
        items=items,
        first=first,
        refusal=refusal,
        decides=decides,
        recommends=recommends,
        on_decide=on_decide,
        on_recommend=on_recommend,
        on_rule=on_rule,
    )
