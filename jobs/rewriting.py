"""Has a model put the morning's brief into its own words, beside the clock: an answer may take a minute, and nothing else
waits for it. What a killed worker had asked for is asked again when its lease is over."""

import logging
import threading
from uuid import UUID

from orkwork.core import door
from orkwork.core.actor import system
from orkwork.core.errors import OrkworkError, Unavailable
from orkwork.core.ids import uuid7
from orkwork.core.settings import settings
from orkwork.domains.briefs import clients
from orkwork.domains.briefs.service.rewriting import Asked, keep_rewrite, take_rewrite

log = logging.getLogger(__name__)
TAKE = "briefs.take_rewrite"


def begin() -> int:
    """Begin to ask for the brief that waits, if one does; how many it was."""
    taken = take()
    if taken is None:
        return 0
    threading.Thread(target=ask, args=taken, name="rewriting", daemon=True).start()
    return 1


def take() -> tuple[Asked, UUID] | None:
    """The brief to ask for, for this worker alone; None when there is none, or no model."""
    if not clients.configured():
        return None
    token = uuid7()
    asked = door.run(system(TAKE, token.hex), lambda work: take_rewrite(work, token), write=True)
    return None if asked is None else (asked, token)


def ask(asked: Asked, token: UUID) -> bool:
    """Ask the model, and keep what it says if it may stand; whether it does. No transaction is open meanwhile."""
    try:
        answer = clients.complete(asked.messages)
    except Unavailable as away:
        log.warning("the brief stays as it is for now: %s", away, exc_info=away)
        answer = None
    model = settings().openai_model
    try:
        return door.run(
            system(TAKE, token.hex),
            lambda work: keep_rewrite(work, asked.brief_id, token, model, answer),
            write=True,
        )
    except OrkworkError as away:
        log.warning("a rewritten brief could not be kept: %s", away)
        return False
