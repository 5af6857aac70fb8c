"""The domains, leftmost first: a room may import down any column, or left along its own floor."""

DOMAINS = (
    "settings", "auth", "audit", "jobs", "agents", "decisions", "standing", "projects", "tasks", "executions", "trackers", "costs",
    "performance", "anomalies", "forecast", "briefs", "sla", "health", "workflows", "demo",
    "dashboard",
)  # fmt: skip
