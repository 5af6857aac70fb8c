"""Projects as they enter and leave."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from orkwork.core.money import BudgetIn, Usd
from orkwork.core.schema import Body, Bool, In, Moment, Name, Out, Short, Str
from orkwork.domains.projects.models import ProjectStatus
from orkwork.domains.settings.schemas import HoldOut, Limits

KeyPrefix = Annotated[Str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,9}$")]
"""2 to 10 capital letters and digits, a letter first."""
Repository = Annotated[Str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")]


class ProjectFields(In):
    """What people say of a project."""

    description: Body = ""
    budget_usd: BudgetIn | None = None
    deadline: Moment | None = None
    github_repository: Repository | None = None
    """`owner/name`."""
    auto_assign: Bool = False
    """Give its READY tasks to agents by score, as they appear. Claims still work."""
    limits: Limits | None = None
    """Clocks and retry policy of its tasks, where they have none of their own."""


class ProjectIn(ProjectFields):
    """A new project."""

    name: Name
    key_prefix: KeyPrefix | None = None
    """Made from the name when absent."""


class ProjectPatch(ProjectFields):
    """What to change; what is absent stays."""

    name: Name = ""
    status: ProjectStatus = ProjectStatus.ACTIVE
    """`paused` puts it on hold, as POST /projects/{ref}/hold does with a reason. An agent can't change it."""
    risk_level: Short | None = None


class ProjectOut(Out):
    """A project."""

    id: UUID
    name: str
    key_prefix: str
    description: str
    status: str
    budget_usd: Usd | None
    spent_usd: Usd
    deadline: datetime | None
    health_score: int | None
    risk_level: str | None
    github_repository: str | None
    auto_assign: bool
    hold: HoldOut | None
    """Why nothing begins here: its own hold, else the company's."""
    limits: Limits | None
    tasks: dict[str, int]
    """Tasks by status; statuses without tasks are absent."""
    demo: bool
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def total(self) -> int:
        """All tasks that are not cancelled."""
        return sum(n for status, n in self.tasks.items() if status != "CANCELLED")

    @property
    def completed(self) -> int:
        """Tasks that are done."""
        return self.tasks.get("COMPLETED", 0)
