"""What seeding, starting and removing the demo answer."""

from uuid import UUID

from orkwork.core.schema import Out


class SeedOut(Out):
    """What a seeding added; all zero when it was there before."""

    agents: int
    projects: int
    tasks: int
    sla_rules: int = 0


class DemoAgent(Out):
    """A made-up agent and the key that it works with."""

    id: UUID
    name: str
    part: str
    model: str
    key: str


class DemoProject(Out):
    """A made-up project."""

    id: UUID
    name: str
    key_prefix: str


class DemoOut(Out):
    """The made-up company, ready to be played."""

    agents: list[DemoAgent]
    projects: list[DemoProject]


class RemovalOut(Out):
    """What of the demo leaves; its rows go within seconds."""

    agents: int
    projects: int
