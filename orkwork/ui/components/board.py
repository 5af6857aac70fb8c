"""The board: tasks in lanes by status, moved by mouse, touch and keyboard."""

from typing import Any, NotRequired, TypedDict

import reflex as rx


class BoardCard(TypedDict):
    """One card. `id` and `status` are what moves; everything else is shown when it is there."""

    id: str
    key: str
    title: str
    href: str
    status: str
    priority: NotRequired[str]
    assignee: NotRequired[str]
    person: NotRequired[bool]
    due: NotRequired[str]
    """Words; `due_at` is an ISO time instead."""
    due_at: NotRequired[str]
    due_tone: NotRequired[str]
    sla: NotRequired[dict[str, Any]]
    """The time left of what is promised: state, limit, and `until` while it runs, else `left` in seconds."""
    depends: NotRequired[int]
    cost: NotRequired[str]
    progress: NotRequired[int]
    note: NotRequired[str]
    note_params: NotRequired[dict[str, Any]]
    note_icon: NotRequired[str]
    note_tone: NotRequired[str]
    refuse: NotRequired[dict[str, str]]
    """Statuses this one card may not go to although the rules allow it, with the reason."""


class LaneRule(TypedDict):
    """What dropping from one status on another means: whether it may be, and the lane's words meanwhile."""

    ok: bool
    text: str


def _move(card: rx.Var[str], to: rx.Var[str], before: rx.Var[str]) -> tuple[rx.Var[str], rx.Var[str], rx.Var[str]]:
    return card, to, before


def _lane(status: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (status,)


class Board(rx.Component):
    """Lanes of cards."""

    library = "$/public/kit/board.jsx"
    tag = "Board"
    lib_dependencies: list[str] = ["@hello-pangea/dnd@18.0.1"]
    lanes: rx.Var[list[str]]
    cards: rx.Var[list[dict[str, Any]]]
    counts: rx.Var[dict[str, int]]
    rules: rx.Var[dict[str, dict[str, dict[str, Any]]]]
    collapsed: rx.Var[list[str]]
    name: rx.Var[str]
    refusal: rx.Var[dict[str, Any]]
    label: rx.Var[str]
    fixed: rx.Var[bool]
    on_move: rx.EventHandler[_move]
    on_more: rx.EventHandler[_lane]


def board(  # noqa: PLR0913 - a board has this many sides, all but the cards by name
    cards: Any,
    *,
    rules: dict[str, dict[str, LaneRule]],
    on_move: Any,
    refusal: Any,
    lanes: list[str] | None = None,
    counts: Any = None,
    collapsed: list[str] | None = None,
    name: Any = "",
    label: Any = None,
    on_more: Any = None,
    fixed: Any = False,
) -> rx.Component:
    """The board over a list var of `BoardCard`.

    `rules[from][to]` is the transition table in words: `{"ok": True, "text": "Drop to release"}`; what is absent is
    refused. `on_move(id, to, before)` is a handler marked `@handler(refuses="<its first argument>")`, and `refusal` is
    `State.refusal`: the card is painted in its new lane at once and springs back, saying why, when the handler raises.
    `counts` are totals by status where `cards` is only a part. `collapsed` statuses begin as thin lanes, as empty
    ones do; what a person folds or unfolds stays so in their browser, for the board of this `name`. `on_more(status)`
    is called when a lane is scrolled to the last of the cards that it has while `counts` says that there are more. On
    a `fixed` board nothing can be moved. Put it on a page with `body="boardpage"`.
    """
    props: dict[str, Any] = {"cards": cards, "rules": rules, "on_move": on_move, "refusal": refusal, "fixed": fixed}
    props |= {"collapsed": collapsed or [], "name": name, "label": label if label is not None else ""}
    if lanes is not None:
        props["lanes"] = lanes
    if counts is not None:
        props["counts"] = counts
    if on_more is not None:
        props["on_more"] = on_more
    return Board.create(**props)
