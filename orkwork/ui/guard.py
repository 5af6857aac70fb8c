"""The socket's doorkeeper: any client can name any method of any state, so nothing runs that was not marked for it, and
nobody finds the state that another person left behind."""

import asyncio
import logging
from typing import Any

import reflex as rx
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.registry import RegistrationContext

from orkwork.core import door
from orkwork.core.errors import OrkworkError, Unauthenticated
from orkwork.ui import live
from orkwork.ui.caller import caller_of, credential_of, mark_of
from orkwork.ui.screen import Screen, allowed

log = logging.getLogger(__name__)

_STATE = "reflex___state____state"
_ARRIVALS = frozenset(
    {
        f"{_STATE}.hydrate_and_load",
        f"{_STATE}.hydrate",
        f"{_STATE}.reflex___state____on_load_internal_state.on_load_internal",
    }
)
_INTERNAL = _ARRIVALS | {
    f"{_STATE}.reflex___state____on_load_internal_state.set_is_hydrated",
    f"{_STATE}.reflex___state____frontend_event_exception_state.handle_frontend_exception",
}


class Owner(rx.State):
    """Whose state this is."""

    _mark: str = ""


class Guard(Middleware):
    """Refuses what is not marked, and empties what belongs to somebody else."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Let the event through by answering None."""
        screen = _screen(event.name)
        if screen is None and event.name not in _INTERNAL:
            log.warning("refused a call of %.200r, which is not for browsers", event.name)
            return StateUpdate()
        await _claim(state, event.name in _ARRIVALS)
        token = state.router.session.client_token
        if event.name in _ARRIVALS:
            live.watchers.leave(token)
        elif event.name.endswith(".load") and screen is not None and issubclass(screen, Screen):
            live.watchers.watch(token, screen, live.TOPICS.get(screen, frozenset()))
        return None


def _screen(name: str) -> Any:
    registered = RegistrationContext.get().event_handlers.get(name)
    return registered.states[0] if registered and allowed(registered.handler.fn) else None


async def _claim(state: Any, arriving: bool) -> None:
    """Empty the state unless it belongs to the session that calls; on arrival the session must still be good."""
    credential = credential_of(state)
    mark = mark_of(credential)
    owner = await state.get_state(Owner)
    mine = owner._mark == mark and (not arriving or credential is None or await _good(state))
    if not mine:
        for cls in _own_classes(rx.State):
            (await state.get_state(cls)).reset()
        owner = await state.get_state(Owner)
        owner._mark = mark


async def _good(state: Any) -> bool:
    try:
        await asyncio.to_thread(door.run, caller_of(state), lambda work: None, write=False)
    except Unauthenticated:
        return False
    except OrkworkError:
        return True
    return True


def _own_classes(root: Any) -> list[Any]:
    found = []
    for cls in root.get_substates():
        if not cls.__module__.startswith("reflex"):
            found.append(cls)
        else:
            found.extend(_own_classes(cls))
    return found
