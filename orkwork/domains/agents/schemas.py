"""Agents and keys as they enter and leave."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator

from orkwork.core.actor import SCOPES
from orkwork.core.money import BudgetIn, Usd
from orkwork.core.schema import In, Int, JsonObject, Moment, Name, Out, Short, Str
from orkwork.domains.agents.models import DEFAULT_SCOPES, USUAL_LEVEL, AgentStatus, State
from orkwork.domains.settings.schemas import HoldOut, Limits

CapabilityName = Annotated[
    Str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.+-]{0,39}(:[a-z0-9][a-z0-9_.+-]{0,59})?$")
]
"""Namespaced: `code:python`, `qa:automated`."""
Proficiency = Annotated[Decimal, Field(ge=0, le=1, max_digits=4, decimal_places=3, allow_inf_nan=False)]
Capabilities = Annotated[dict[CapabilityName, Proficiency], Field(max_length=100)]


class AgentFields(In):
    """What people say of an agent."""

    role: Short = ""
    """What it is in the company: Engineer, Tester."""
    adapter: Short = "api"
    """What runs it: claude-code, codex, script, api."""
    model: Short = ""
    description: Annotated[Str, StringConstraints(max_length=5000)] = ""
    config: JsonObject = {}
    manager_id: UUID | None = None
    """The agent it reports to; null is the CEO."""
    daily_budget_usd: BudgetIn | None = None
    """Null is no limit."""
    max_concurrent_tasks: Annotated[Int, Field(ge=1, le=1000)] = 1
    heartbeat_timeout_seconds: Annotated[Int, Field(ge=10, le=86_400)] | None = None
    """How long it may be silent while it works; null asks for no heartbeats."""
    project_ids: Annotated[list[UUID], Field(max_length=200)] | None = None
    """The projects it may see; null is all."""
    capabilities: Capabilities = {}
    """Name to proficiency, 0 to 1."""
    limits: Limits | None = None
    """Clocks and retry policy of what it works on, where neither task nor project has any."""


class AgentIn(AgentFields):
    """A new agent."""

    name: Name
    autonomy_level: Annotated[Int, Field(ge=0, le=4)] = USUAL_LEVEL
    """0 tool, 1 assistant, 2 supervised, 3 autonomous, 4 strategic; only an owner names another than 2."""


class AgentPatch(AgentFields):
    """What to change; what is absent stays."""

    name: Name = ""
    status: AgentStatus = AgentStatus.ACTIVE


class AutonomyIn(In):
    """How far the agent may go alone."""

    level: Annotated[Int, Field(ge=0, le=4)]


class AgentOut(Out):
    """An agent."""

    id: UUID
    name: str
    role: str
    adapter: str
    model: str
    description: str
    config: JsonObject
    status: str
    manager_id: UUID | None
    autonomy_level: int
    daily_budget_usd: Usd | None
    max_concurrent_tasks: int
    heartbeat_timeout_seconds: int | None
    project_ids: list[UUID] | None
    capabilities: dict[str, Usd]
    limits: Limits | None
    running: int
    """Tasks that it holds now."""
    spent_today_usd: Usd
    total_spent_usd: Usd
    last_heartbeat_at: datetime | None
    last_assigned_at: datetime | None
    demo: bool
    created_at: datetime
    updated_at: datetime
    version: int


class CurrentTask(Out):
    """What an agent works on."""

    key: str
    title: str
    status: str
    progress: int | None


class AgentAtWork(Out):
    """An agent with what it does and spends now."""

    id: UUID
    name: str
    role: str
    adapter: str
    model: str
    status: str
    state: State
    manager_id: UUID | None
    running: int
    max_concurrent_tasks: int
    current: CurrentTask | None
    daily_budget_usd: Usd | None
    spent_today_usd: Usd
    spent_month_usd: Usd
    total_spent_usd: Usd
    spent_days_usd: list[Usd]
    """The last 14 days, today last."""
    last_heartbeat_at: datetime | None
    version: int


class SpentDay(Out):
    """What an agent spent on one day of the company's zone."""

    day: date
    amount_usd: Usd


class SpentModel(Out):
    """What an agent spent on one model."""

    model: str
    amount_usd: Usd
    calls: int
    tokens: int


class Spending(Out):
    """What an agent spent in its last days, by day and by model."""

    days: list[SpentDay]
    """Every day, also those without spending."""
    models: list[SpentModel]
    month_usd: Usd
    """Since the first of the month."""
    month_before_usd: Usd
    """The same days of the month before."""


class HeartbeatIn(In):
    """A sign of life."""

    note: Short = ""
    lease_seconds: Annotated[Int, Field(ge=10, le=86_400)] | None = None
    """Prolongs the leases of all tasks that it holds to this much from now."""


class HeartbeatOut(Out):
    """What the agent should know."""

    agent_id: UUID
    status: str
    at: datetime
    holds: int
    """Tasks whose leases were prolonged."""
    on_hold: list[HoldOut]
    """The holds that concern the agent now, the company's and those of its tasks' projects: come to a good point. While
    there is one, no lease runs out."""


class KeyIn(In):
    """A key to make."""

    name: Name
    scopes: Annotated[list[str], Field(min_length=1, max_length=50)] = list(DEFAULT_SCOPES)
    expires_at: Moment | None = None

    @field_validator("scopes")
    @classmethod
    def _known(cls, scopes: list[str]) -> list[str]:
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown:
            raise ValueError(f"{unknown[0][:60]!r} is not a scope; there are {', '.join(SCOPES)}")
        return sorted(set(scopes))


class KeyOut(Out):
    """A key, as it is known afterwards."""

    id: UUID
    agent_id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class KeyMade(KeyOut):
    """A new key; `key` is shown this once."""

    key: str


AgentSort = Literal["name", "created_at"]
