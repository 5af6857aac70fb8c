"""Moves that need words: work is sent back with what should change, and failed with what went wrong."""

from typing import Any

import reflex as rx

from orkwork.core.errors import invalid
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import MoveIn
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.locale import t

NOTHING: dict[str, str] = {"id": "", "key": "", "to": ""}
"""No move is asked about."""


def needs_words(before: str, to: str) -> bool:
    """Whether a person says why when they make this move."""
    return to == Status.FAILED or (before == Status.REVIEW and to == Status.IN_PROGRESS)


def asked(id: str, key: str, to: str) -> dict[str, str]:
    """The move that is asked about, as a state holds it for the dialog."""
    return {"id": id, "key": key, "to": to}


def move_of(asking: dict[str, str], data: Any) -> MoveIn:
    """The move that the dialog's form makes; without words nothing is sent back."""
    if not asking["id"]:
        raise invalid("to", "no move was asked about")
    text, to = str(dict(data).get("reason") or "").strip(), Status(asking["to"])
    if not text and to is not Status.FAILED:
        raise invalid("reason", "say what should change")
    return MoveIn(to=to, comment=text or None)


def reason_dialog(asking: Any, errors: Any, on_say: Any, on_close: Any) -> rx.Component:
    """Asks for the words; open while `asking` names a move. `on_say(form data)`."""
    failing = asking["to"] == "FAILED"
    act = rx.cond(failing, t("Mark failed"), t("Ask for changes"))
    named = rx.cond(
        failing, t("Mark {key} failed", key=asking["key"]), t("Ask for changes in {key}", key=asking["key"])
    )
    title = rx.cond(asking["key"] != "", named, act)
    fields = form.form(
        form.long_text(
            "reason",
            rx.cond(failing, t("What went wrong?"), t("What should change?")),
            errors=errors,
            hint=t("Markdown. It is left on the task as a comment."),
            id="move-reason",
            key=asking["id"].to(str) + asking["to"].to(str),
            max_length=50_000,
        ),
        form.actions(
            button(t("Cancel"), **closes()),
            button(act, kind="solid", type="submit"),
        ),
        on_submit=on_say,
    )
    return dialog("say-why", title, fields, open=asking["to"] != "", on_close=on_close)
