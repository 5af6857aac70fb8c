"""How a page's state asks and does. The operation is the lock; what is here turns its answers into something to see.

class Tasks(Screen, rx.State):
    rows: list[dict] = []

    @handler
    async def load(self):
        self.rows = await self.ask(queries.page, self.arg("q"))
"""

import asyncio
import functools
import inspect
import json
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import reflex as rx
from pydantic import ValidationError
from reflex.event import Event, EventSpec

from orkwork.core import door
from orkwork.core.errors import OrkworkError, Unauthenticated
from orkwork.core.work import Work
from orkwork.ui import live, refusals
from orkwork.ui.caller import caller_of

R = TypeVar("R")
_MARK = "orkwork_handler"


class Asking:
    """The way to the operations; a plain base, so that Reflex makes no handlers of it."""

    if TYPE_CHECKING:
        router: Any
        rx_router_page: Any

    async def ask(self, query: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """Run a query as the person at the browser."""
        return await self._through(query, args, kwargs, write=False)

    async def do(self, operation: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """Run an operation as the person at the browser and commit it."""
        return await self._through(operation, args, kwargs, write=True)

    async def _through(self, function: Callable[..., R], args: tuple, kwargs: dict[str, Any], *, write: bool) -> R:
        who = caller_of(self)

        def body(work: Work) -> R:
            return function(work, *args, **kwargs)

        return await asyncio.to_thread(door.run, who, body, write=write)

    def arg(self, name: str, default: str = "") -> str:
        """A part of the address: of the query string, or a `[name]` of the route."""
        value = self.rx_router_page.params.get(name, default)
        return value if isinstance(value, str) else default

    def watch(self, *topics: str) -> None:
        """Read this page again when one of these changes, instead of the page's `topics`; call it in `load`."""
        live.watchers.watch(self.router.session.client_token, type(self), frozenset(topics))


class Screen(Asking, rx.State, mixin=True):
    """What every page's state can do. Mix it in: `class Tasks(Screen, rx.State)`."""

    errors: dict[str, str] = {}
    """What is wrong with each field of the last form, by name."""
    refusal: dict[str, Any] = {}
    """The last refused act on a thing: its id, why, and a number that grows."""


def handler(
    fn: Callable[..., Any] | None = None, *, background: bool = False, refuses: str = "", **options: Any
) -> Any:
    """Let browsers call this method; every other method of a state is refused.

    What it raises is shown: wrong fields beside the fields, anything else as a toast, or on the card whose id is the
    argument named by `refuses`.
    """

    def mark(fn: Callable[..., Any]) -> Any:
        wrapped = _generator(fn, refuses) if inspect.isasyncgenfunction(fn) else _coroutine(fn, refuses)
        setattr(wrapped, _MARK, True)
        make: Any = rx.event
        return make(wrapped, background=background, **options)

    return mark(fn) if fn is not None else mark


def allowed(fn: Callable[..., Any]) -> bool:
    """Whether a handler was marked for browsers."""
    return getattr(fn, _MARK, False) is True


def _coroutine(fn: Callable[..., Any], refuses: str) -> Callable[..., Any]:
    if not inspect.iscoroutinefunction(fn):
        raise TypeError(f"{fn.__qualname__} must be async: a sync handler blocks every client of the worker")

    @functools.wraps(fn)
    async def run(self: Screen, *args: Any, **kwargs: Any) -> Any:
        try:
            return await fn(self, *args, **kwargs)
        except (OrkworkError, ValidationError) as error:
            return await _explain(self, fn, error, _card(fn, refuses, args, kwargs))

    return run


def _generator(fn: Callable[..., Any], refuses: str) -> Callable[..., Any]:
    @functools.wraps(fn)
    async def run(self: Screen, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        try:
            async for event in fn(self, *args, **kwargs):
                yield event
        except (OrkworkError, ValidationError) as error:
            yield await _explain(self, fn, error, _card(fn, refuses, args, kwargs))

    return run


def _card(fn: Callable[..., Any], name: str, args: tuple, kwargs: dict[str, Any]) -> str:
    if not name:
        return ""
    try:
        return str(inspect.signature(fn).bind(None, *args, **kwargs).arguments.get(name, ""))
    except TypeError:
        return ""


async def _explain(
    self: Screen, fn: Callable[..., Any], error: OrkworkError | ValidationError, card: str
) -> EventSpec | None:
    if isinstance(error, Unauthenticated):
        return rx.redirect(f"/login?next={quote(self.router.url.path or '/')}")
    fields = _fields(error)
    news = refusals.said(error) if isinstance(error, OrkworkError) else {"text": "Some fields are wrong", "hint": ""}
    if isinstance(self, Screen) and (fields or card):
        self.errors = fields
        if card:
            self.refusal = news | {"id": card, "n": int(self.refusal.get("n", 0)) + 1}
            return None
    return toast_event(news | {"hint": news["hint"] or "; ".join(fields.values()), "tone": "bad"})


def _fields(error: OrkworkError | ValidationError) -> dict[str, str]:
    if isinstance(error, OrkworkError):
        return {bad.field: bad.message for bad in error.errors}
    return {".".join(str(part) for part in bad["loc"]): bad["msg"] for bad in error.errors()}


def toast(
    text: str, *, tone: str = "ok", hint: str = "", undo: Any = None, href: str = "", action: str = "", **params: Any
) -> EventSpec:
    """Say what happened: return or yield it from a handler; `undo=State.back(id)` can be clicked for eight seconds."""
    news: dict[str, Any] = {"text": text, "tone": tone, "hint": hint, "params": params, "href": href, "action": action}
    if undo is not None:
        event = Event.from_event_type(undo)[0]
        news["undo"] = {"name": event.name, "payload": dict(event.payload)}
    return toast_event(news)


def toast_event(news: dict[str, Any]) -> EventSpec:
    """The script that shows one toast; its text is data, never code."""
    code = json.dumps({k: v for k, v in news.items() if v}).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return rx.call_script(f"window.orkwork.toast({code})")


def go(path: str, **query: str | None) -> EventSpec:
    """Change the address: the address is the page's state."""
    filled = "&".join(f"{name}={quote(value, safe=',')}" for name, value in query.items() if value)
    return rx.redirect(f"{path}?{filled}" if filled else path)
