"""THE CLOCK: what runs how often, as the system.

Beat only ticks. Which job is due stands in PostgreSQL (the table `jobs`), where each run is claimed, so that ticks on
several machines, or a tick that comes twice, do the work once.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Job:
    """One line of the clock."""

    operation: str
    every_seconds: float
    batch: int | None = None
    """The operation says how much it did; as long as it is this much, it runs again at once."""


TICK_SECONDS: Final = 1.0
"""How often anything can be due."""
SCHEDULE: Final = (
    Job("outbox.drain", 1),
    Job("audit.seal", 1, batch=1000),
    Job("tasks.give_back_lapsed", 5, batch=200),
    Job("tasks.assign_ready", 1, batch=10),
    Job("tasks.give_back_untaken", 5, batch=200),
    Job("tasks.count_means", 30),
    Job("tasks.offer_retries", 1, batch=500),
    Job("executions.check_clocks", 1, batch=200),
    Job("executions.sweep_files", 60, batch=100),
    Job("standing.keep", 1, batch=1),
    Job("performance.count_scores", 600, batch=7),
    Job("anomalies.watch_closely", 60),
    Job("anomalies.watch", 900),
    Job("sla.follow", 2, batch=1000),
    Job("sla.check", 60, batch=200),
    Job("health.measure", 300),
    Job("workflows.follow", 1, batch=500),
    Job("workflows.tick", 1, batch=20),
    Job("workflows.forget_requests", 3600),
    Job("demo.sweep", 2, batch=20_000),
    Job("projects.fold_tallies", 30),
    Job("costs.renew_budgets", 1),
    Job("costs.check_budgets", 60),
    Job("costs.lapse_reservations", 5, batch=500),
    Job("costs.check_sums", 3600),
    Job("auth.forget_expired", 3600),
    Job("tasks.forget_notices", 3600),
    Job("forecast.take_daily", 60, batch=1),
    Job("forecast.score", 60, batch=200),
    Job("briefs.make_daily", 30),
    Job("briefs.take_rewrite", 5, batch=1),
)
