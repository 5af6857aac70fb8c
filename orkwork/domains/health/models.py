"""What health is made of; it has no table of its own."""

from enum import StrEnum


class Cause(StrEnum):
    """What takes points, the gravest to come first where two take as many."""

    STOPPED = "stopped"
    """The company's budget is spent: nothing begins."""
    JOB = "job"
    """A job of the clock keeps failing."""
    LATE = "late"
    """A project is past its date."""
    BUDGET = "budget"
    """A project has spent its budget."""
    SILENT = "silent"
    """An active agent gives no sign of life."""
    SPENT = "spent"
    """An agent has spent its own budget."""
    SLA = "sla"
    """A task is late by its service level."""
    FAILED = "failed"
    """A task has failed, and nobody said what now."""
    OVERDUE = "overdue"
    """An open task is past its due date."""
    AT_RISK = "at_risk"
    """A project's forecast ends, in 80 of 100 cases, after its date."""
    DECISION = "decision"
    """A decision waits for more than a day, or past its deadline."""
    ANOMALY = "anomaly"
    """Something else is out of line, and lasts."""
    PAUSED = "paused"
    """An agent is paused."""
