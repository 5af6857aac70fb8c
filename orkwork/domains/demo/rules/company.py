"""The demo's made-up company: a bicycle shop on the web."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Member:
    """A made-up agent. `part` is what it does in the play: lead, work or review."""

    name: str
    part: str
    role: str
    adapter: str
    model: str
    capabilities: dict[str, str]
    daily_budget_usd: Decimal = Decimal(250)


@dataclass(frozen=True, slots=True)
class Venture:
    """A made-up project."""

    name: str
    key_prefix: str
    description: str
    budget_usd: Decimal


MEMBERS: Final = (
    Member("Mira", "lead", "Product manager", "api", "gpt-5-mini", {"plan:product": "0.9", "docs:writing": "0.7"}),
    Member("Anton", "work", "Backend engineer", "claude-code", "claude-sonnet-4-5", {"code:python": "0.9"}),
    Member("Juno", "work", "Frontend engineer", "codex", "gpt-5", {"code:typescript": "0.9", "design:web": "0.6"}),
    Member(
        "Rafael", "work", "Data engineer", "claude-code", "claude-haiku-4-5", {"data:sql": "0.9", "code:python": "0.6"}
    ),
    Member(
        "Kestrel",
        "work",
        "Platform engineer",
        "script",
        "gemini-2.5-flash",
        {"devops:docker": "0.9", "qa:automated": "0.7", "code:python": "0.5"},
    ),
    Member("Odile", "work", "Writer and designer", "api", "gpt-5-mini", {"docs:writing": "0.9", "design:web": "0.8"}),
    Member("Ines", "review", "Tester", "claude-code", "claude-haiku-4-5", {"qa:automated": "0.9"}),
)

VENTURES: Final = (
    Venture("Velo shop", "VELO", "The web shop of a made-up bicycle maker.", Decimal(500)),
    Venture("Workshop app", "SHOP", "Mechanics see repairs, parts and customers on a tablet.", Decimal(300)),
    Venture("Ride insights", "RIDE", "What riders do, counted without knowing who they are.", Decimal(150)),
)


def free_name(name: str, taken: set[str]) -> str:
    """The name, or the name with a number behind it, that nobody has."""
    number, found = 2, name
    while found.lower() in taken:
        number, found = number + 1, f"{name} {number}"
    return found
