"""The starter agents of a fresh company, and what it promises."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Starter:
    """An agent to begin with."""

    name: str
    role: str
    adapter: str
    model: str
    description: str
    capabilities: dict[str, str]
    daily_budget_usd: Decimal
    autonomy_level: int = 2
    max_concurrent_tasks: int = 2


CHIEF: Final = "CTO"
"""Everyone else reports to it."""

STARTERS: Final = (
    Starter(
        CHIEF,
        "Chief technology officer",
        "claude-code",
        "claude-opus-4-5",
        "Turns goals into plans, reviews designs and unblocks the others.",
        {"plan:architecture": "0.9", "code:review": "0.9", "code:python": "0.8", "docs:writing": "0.7"},
        Decimal(20),
        autonomy_level=3,
        max_concurrent_tasks=3,
    ),
    Starter(
        "CLAUDE",
        "Senior engineer",
        "claude-code",
        "claude-sonnet-4-5",
        "Builds whole features, from the database to the page.",
        {"code:python": "0.9", "code:frontend": "0.8", "data:sql": "0.8", "code:review": "0.8", "docs:writing": "0.8"},
        Decimal(15),
    ),
    Starter(
        "CODE",
        "Engineer",
        "codex",
        "gpt-5-codex",
        "Writes and refactors code, and keeps the build quick.",
        {"code:python": "0.8", "code:frontend": "0.6", "devops:deploy": "0.7", "data:sql": "0.6"},
        Decimal(10),
    ),
    Starter(
        "QA",
        "Tester",
        "claude-code",
        "claude-haiku-4-5",
        "Tests what the others hand in, and reviews it.",
        {"qa:automated": "0.9", "qa:security": "0.7", "code:review": "0.8", "code:python": "0.6"},
        Decimal(8),
    ),
    Starter(
        "PM",
        "Product manager",
        "api",
        "gpt-5-mini",
        "Cuts goals into tasks, keeps the plan and writes for the users.",
        {"plan:product": "0.9", "docs:writing": "0.9"},
        Decimal(5),
        max_concurrent_tasks=3,
    ),
)


@dataclass(frozen=True, slots=True)
class Promise:
    """An SLA rule to begin with; without a priority it is for all other tasks."""

    name: str
    priority: str | None
    response_minutes: int
    resolution_minutes: int


SLA_RULES: Final = (
    Promise("Urgent", "urgent", 15, 4 * 60),
    Promise("High", "high", 60, 24 * 60),
    Promise("Everything else", None, 8 * 60, 3 * 24 * 60),
)
