"""The plan of orkwork v2: its phases, and what waits for what."""

from dataclasses import dataclass
from typing import Final

PROJECT: Final = "orkwork v2"
PREFIX: Final = "ORK"
DESCRIPTION: Final = "The control plane for a company whose workers are AI agents, in seven phases."
SOURCE: Final = "orkwork:plan"


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of the plan; its task waits for all its steps."""

    number: int
    name: str
    goal: str

    @property
    def ref(self) -> str:
        """What its task is called in the plan."""
        return f"{self.number}"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the plan."""

    ref: str
    title: str
    needs: tuple[str, ...]
    capability: str
    priority: str = "medium"
    hours: int = 8

    @property
    def phase(self) -> int:
        """The phase that it belongs to."""
        return int(self.ref.partition(".")[0])


PHASES: Final = (
    Phase(1, "Foundation", "A schema, identity, keys, projects, tasks and a record of every change."),
    Phase(2, "Task engine", "Tasks move, are assigned, wait for each other and keep their deadlines."),
    Phase(3, "Intelligence", "What it costs, who does well, what is odd, and when it will be done."),
    Phase(4, "Agent runtime", "Agents remember, act within their limits and stay healthy."),
    Phase(5, "The CEO's browser", "All of it on screen, live, on laptop and phone."),
    Phase(6, "Integrations", "The world outside: sockets, notices, webhooks, GitHub, jobs."),
    Phase(7, "Launch quality", "Safe, fast, delivered, documented and watched."),
)

STEPS: Final = (
    Step("1.1", "Schema and migrations", (), "data:sql", "urgent", 16),
    Step("1.2", "API keys for agents", ("1.1",), "code:python", "high", 8),
    Step("1.3", "Projects", ("1.1",), "code:python", "high", 6),
    Step("1.4", "Tasks, comments and bulk create", ("1.3",), "code:python", "urgent", 16),
    Step("1.5", "Audit log with a hash chain", ("1.1",), "code:python", "high", 12),
    Step("1.6", "Seed data", ("1.4",), "plan:product", "low", 3),
    Step("2.1", "Task lifecycle in one transition table", ("1.4", "1.5"), "code:python", "urgent", 12),
    Step("2.2", "Assignment and claims", ("2.1", "1.2"), "code:python", "urgent", 16),
    Step("2.3", "Dependencies and the task graph", ("2.1",), "data:sql", "high", 12),
    Step("2.4", "Executions, retries and lost agents", ("2.2",), "code:python", "high", 10),
    Step("2.5", "Service levels and escalation", ("2.1",), "code:python", "medium", 10),
    Step("2.6", "Workflows and their triggers", ("2.3",), "code:python", "medium", 16),
    Step("3.1", "Cost ledger, budgets and alerts", ("2.4",), "data:sql", "urgent", 16),
    Step("3.2", "Performance scores", ("2.4", "3.1"), "data:sql", "medium", 8),
    Step("3.3", "Daily brief", ("3.1", "3.4", "3.5"), "docs:writing", "medium", 8),
    Step("3.4", "Anomalies", ("2.4", "3.1"), "data:sql", "medium", 10),
    Step("3.5", "Decisions", ("2.2",), "code:python", "high", 10),
    Step("3.6", "Forecast", ("2.3", "3.2"), "data:sql", "medium", 10),
    Step("4.1", "Memory with search by relevance", ("1.1",), "data:sql", "medium", 14),
    Step("4.2", "Capabilities", ("2.2",), "code:python", "low", 6),
    Step("4.3", "Autonomy levels and human gates", ("3.5",), "plan:architecture", "high", 10),
    Step("4.4", "Agent health", ("2.4",), "code:python", "medium", 8),
    Step("4.5", "Tools and permissions", ("4.3",), "code:python", "medium", 12),
    Step("4.6", "Bring your own agent: MCP, client, runner", ("2.2", "4.5"), "docs:writing", "high", 12),
    Step("5.1", "Login, shell and PWA", ("1.2",), "code:frontend", "high", 14),
    Step("5.2", "Dashboard", ("5.1", "3.3"), "code:frontend", "high", 12),
    Step("5.3", "Agent pages", ("5.1", "4.2"), "code:frontend", "medium", 12),
    Step("5.4", "Projects, board, graph and task pages", ("5.1", "2.3"), "code:frontend", "urgent", 24),
    Step("5.5", "Cost pages", ("5.1", "3.1"), "code:frontend", "medium", 8),
    Step("5.6", "Decision pages", ("5.1", "3.5"), "code:frontend", "high", 6),
    Step("5.7", "Chat", ("5.1", "6.1"), "code:frontend", "medium", 16),
    Step("5.8", "Settings pages", ("5.1", "2.5"), "code:frontend", "medium", 10),
    Step("5.9", "Workflow pages", ("5.1", "2.6"), "code:frontend", "low", 12),
    Step("6.1", "WebSocket and server-sent events", ("1.5",), "code:python", "high", 10),
    Step("6.2", "Notifications", ("6.1",), "code:python", "medium", 12),
    Step("6.3", "Webhooks", ("1.5",), "code:python", "medium", 10),
    Step("6.4", "GitHub", ("6.3", "2.1"), "code:python", "high", 14),
    Step("6.5", "Scheduled jobs", ("1.5",), "devops:deploy", "medium", 6),
    Step("7.1", "Security review", ("2", "5", "6"), "qa:security", "urgent", 16),
    Step("7.2", "Performance", ("5",), "qa:automated", "high", 12),
    Step("7.3", "Delivery with migration and rollback", ("1",), "devops:deploy", "high", 10),
    Step("7.4", "Documentation", ("4", "5"), "docs:writing", "medium", 12),
    Step("7.5", "Monitoring", ("6.5",), "devops:deploy", "medium", 8),
)
