"""Keys, levels, and what keeps an agent from being given a task. Pure."""

import binascii
import secrets
import string
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from orkwork.core.actor import Level
from orkwork.core.errors import Conflict
from orkwork.domains.agents.models import State
from orkwork.domains.settings.rules import over_budget, stop_words

KEY_PREFIX: Final = "ork_"
_ALPHABET: Final = string.digits + string.ascii_letters
SECRET_LENGTH: Final = 43
"""Base 62 digits for 256 bits."""
CHECKSUM_LENGTH: Final = 6
SHOWN_LENGTH: Final = 12
LEAST_LEVEL: Final = Level.ASSISTANT
"""The autonomy from which on an agent is given tasks; below it is a tool."""
HEARTBEAT_LEVEL: Final = Level.TOOL


def state_of(status: str, running: int, *, stopped: bool) -> State:
    """What an agent is doing now; blocked is one that would work but whose money, or the company's, is spent."""
    if status == "retired":
        return "retired"
    if status == "paused":
        return "paused"
    if stopped:
        return "blocked"
    return "working" if running else "idle"


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _checksum(secret: str) -> str:
    return _base62(binascii.crc32(secret.encode()), CHECKSUM_LENGTH)


def new_key() -> str:
    """A key: `ork_`, 256 random bits in base 62, and a CRC-32 of them, so that a scanner knows a leaked one offline."""
    secret = _base62(secrets.randbits(256), SECRET_LENGTH)
    return f"{KEY_PREFIX}{secret}{_checksum(secret)}"


@lru_cache(maxsize=1024)
def looks_like_key(text: str) -> bool:
    """Whether prefix, length and checksum are right; a mistyped key is refused before the database is asked."""
    secret, checksum = text[len(KEY_PREFIX) : -CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    return (
        text.startswith(KEY_PREFIX)
        and len(secret) == SECRET_LENGTH
        and secret.isascii()
        and secret.isalnum()
        and _checksum(secret) == checksum
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What decides whether an agent may be given a task."""

    name: str
    status: str
    level: int
    running: int
    max_concurrent: int
    silent: bool
    """Whether a sign of life is overdue."""
    allowed: bool
    """Whether it may see the task's project."""
    lacks: tuple[str, ...]
    """The required capabilities that it does not have."""
    stops: tuple[dict[str, Any], ...] = ()
    """The budgets that are used up: its own, the company's, the project's."""
    held: bool = False
    """Whether the whole company is on hold."""
    looping: bool = False
    """Whether the loop breaker keeps the task from it."""

    @property
    def is_over_budget(self) -> bool:
        """Whether nothing is left of a budget that concerns it."""
        return bool(self.stops)

    @property
    def is_full(self) -> bool:
        """Whether it holds as many tasks as it may."""
        return self.running >= self.max_concurrent


WAIVABLE: Final = frozenset({"agent.lacks", "agent.silent", "agent.looping"})
"""What a person may overlook when they decide who gets a task: never a limit, a budget or a permission."""


def check_candidate(agent: Candidate, key: str, now: datetime, waived: frozenset[str] = frozenset()) -> None:
    """Refuse an agent that may not be given the task; the refusal says why and what to do."""
    for code, message, way_out in objections(agent, key):
        if code.endswith(".over_budget"):
            raise over_budget(agent.stops[0], now)
        if code not in waived:
            raise Conflict(code, message, way_out)


def objections(agent: Candidate, key: str) -> list[tuple[str, str, str]]:
    """Everything that keeps an agent from being given a task: code, what, and what to do; empty for a candidate."""
    return [(code, message, way_out) for applies, code, message, way_out in _objections(agent, key) if applies]


def _objections(agent: Candidate, key: str) -> list[tuple[bool, str, str, str]]:
    name = agent.name
    return [
        (
            agent.status != "active",
            "agent.not_active",
            f"{name} is {agent.status}",
            "Resume it or choose another agent.",
        ),
        (agent.held, "company.held", "The company is on hold", "Wait until it is resumed."),
        (
            agent.level < LEAST_LEVEL,
            "agent.autonomy",
            f"{name} is a tool (autonomy level {agent.level}), which takes no tasks",
            "An owner can raise its autonomy level to 1 or more; or choose another agent.",
        ),
        (
            not agent.allowed,
            "agent.project",
            f"{name} may not see this project",
            "Add the project to the agent, or choose another one.",
        ),
        (
            bool(agent.lacks),
            "agent.lacks",
            f"{name} lacks {', '.join(agent.lacks)} for {key}",
            "Give the agent the capability, take it off the task, or choose another agent.",
        ),
        (
            agent.looping,
            "agent.looping",
            f"{name} failed at {key} again and again in the same way",
            "Choose another agent; a person may still give it the task.",
        ),
        (
            agent.silent,
            "agent.silent",
            f"{name} gives no sign of life",
            "Start it, so that it sends a heartbeat, or choose another agent.",
        ),
        (
            agent.is_full,
            "agent.full",
            f"{name} holds {agent.running} of {agent.max_concurrent} tasks",
            "Wait, raise its limit, or choose another agent.",
        ),
        *[(True, *stop_words(stop)) for stop in agent.stops],
    ]
