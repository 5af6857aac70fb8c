"""Operations and queries: the only functions that doors may call, each with who may call it.

The decorator is the lock: it checks `work.actor` before the function runs, whichever door the call came through.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from orkwork.core import failpoints
from orkwork.core.actor import Actor, ActorKind, Level, Role
from orkwork.core.errors import Forbidden
from orkwork.core.lookup import Lookup
from orkwork.core.work import Work

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Operation:
    """One entry of the registry."""

    name: str
    fn: Callable[..., Any]
    writes: bool
    scope: str | None
    role: Role
    level: Level
    agents: bool
    users: bool
    atomic: bool
    """Whether all its writes, events included, are one statement, which then needs no transaction around it."""
    begins_with: Callable[..., Lookup] | None
    """The row that it begins with, out of its arguments, for doors to read together with who calls."""

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (inspect.getdoc(self.fn) or "").partition("\n")[0]


OPERATIONS: dict[str, Operation] = {}


def operation(
    scope: str | None,
    *,
    role: Role = Role.MEMBER,
    level: Level = Level.ASSISTANT,
    agents: bool = True,
    users: bool = True,
    atomic: bool = False,
    begins_with: Callable[..., Lookup] | None = None,
) -> Callable[[Callable[Concatenate[Work, P], R]], Callable[Concatenate[Work, P], R]]:
    """Declare a write: the scope a key needs, the least role of a user, the least autonomy level of an agent."""
    policy: dict[str, Any] = {"scope": scope, "role": role, "level": level, "agents": agents, "users": users}
    return _declare(writes=True, atomic=atomic, begins_with=begins_with, **policy)


def query(
    scope: str | None,
    *,
    role: Role = Role.VIEWER,
    agents: bool = True,
    users: bool = True,
    begins_with: Callable[..., Lookup] | None = None,
) -> Callable[[Callable[Concatenate[Work, P], R]], Callable[Concatenate[Work, P], R]]:
    """Declare a read."""
    policy: dict[str, Any] = {"scope": scope, "role": role, "level": Level.TOOL, "agents": agents, "users": users}
    return _declare(writes=False, atomic=False, begins_with=begins_with, **policy)


def _declare(**policy: Any) -> Callable[[Callable[Concatenate[Work, P], R]], Callable[Concatenate[Work, P], R]]:
    def wrap(fn: Callable[Concatenate[Work, P], R]) -> Callable[Concatenate[Work, P], R]:
        domain = fn.__module__.split(".")[2]
        entry = Operation(name=f"{domain}.{fn.__name__}", fn=fn, **policy)
        if entry.name in OPERATIONS:
            raise RuntimeError(f"{entry.name} is declared twice")

        @functools.wraps(fn)
        def checked(work: Work, /, *args: P.args, **kwargs: P.kwargs) -> R:
            authorize(entry, work.actor)
            result = fn(work, *args, **kwargs)
            if entry.writes:
                failpoints.hit(entry.name)
            return result

        OPERATIONS[entry.name] = entry
        checked.operation = entry  # pyright: ignore[reportAttributeAccessIssue]
        return checked

    return wrap


def entry_of(fn: Callable[..., Any]) -> Operation:
    """The registry's entry of a declared function."""
    entry = getattr(fn, "operation", None)
    if not isinstance(entry, Operation):
        raise TypeError(f"{fn!r} is neither an operation nor a query")
    return entry


def authorize(entry: Operation, actor: Actor) -> None:
    """Refuse an actor that may not; the system may everything."""
    match actor.kind:
        case ActorKind.SYSTEM:
            return
        case ActorKind.USER:
            if not entry.users or actor.role is None or not actor.role.covers(entry.role):
                raise Forbidden("auth.role", f"{entry.name} needs the role {entry.role}", "Ask an owner for the role.")
        case ActorKind.AGENT:
            _authorize_agent(entry, actor)


def _authorize_agent(entry: Operation, actor: Actor) -> None:
    if not entry.agents:
        raise Forbidden("auth.human_only", f"{entry.name} is not for agents", "A person does this in the browser.")
    if entry.scope and entry.scope not in actor.scopes:
        raise Forbidden(
            "auth.scope", f"{entry.name} needs the scope {entry.scope}", "Use a key that carries the scope."
        )
    if actor.level is not None and actor.level < entry.level:
        raise Forbidden(
            "auth.autonomy",
            f"{entry.name} needs autonomy level {entry.level.name} ({entry.level:d})",
            "The owner can raise the agent's autonomy level.",
        )
