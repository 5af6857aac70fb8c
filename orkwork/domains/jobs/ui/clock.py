"""Settings: what runs by itself, how it went, and when it runs next."""

from typing import TypedDict

import reflex as rx

from orkwork.domains.jobs import queries, service
from orkwork.domains.jobs.schemas import JobOut, JobPatch
from orkwork.domains.settings.ui.frame import tabs
from orkwork.ui.components.button import button
from orkwork.ui.components.panel import card
from orkwork.ui.components.pill import pill
from orkwork.ui.components.table import num, table
from orkwork.ui.components.when import when
from orkwork.ui.locale import duration, number, plural, say, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell

WORDS = {
    "outbox.drain": "Let the domains hear of each other's news",
    "audit.seal": "Seal the audit log",
    "tasks.give_back_lapsed": "Give back the tasks of silent agents",
    "tasks.offer_retries": "Offer failed tasks again",
    "demo.sweep": "Clear a removed demo away",
    "projects.fold_tallies": "Fold the counts of tasks together",
    "tasks.assign_ready": "Give ready tasks to the agents that suit them",
    "tasks.give_back_untaken": "Give back assigned tasks that nobody took up",
    "tasks.count_means": "Count what a task costs each agent on average",
    "standing.keep": "Keep deadlines and standing rules of decisions",
    "performance.count_scores": "Count how well each agent does",
    "anomalies.watch_closely": "Look for silent agents, overrun budgets, jobs that fail and tasks that nobody can move",
    "anomalies.watch": "Look for everything else that is out of line",
    "costs.check_budgets": "Tell of budgets that run out, and ask whether there shall be more",
    "costs.renew_budgets": "Begin the budgets of a new day and month",
    "costs.lapse_reservations": "Let money go that was set aside and never asked for",
    "costs.check_sums": "Hold all sums of costs against their rows",
    "sla.follow": "Keep the SLA clocks",
    "sla.check": "Warn of SLAs that run out, and tell of breaches",
    "executions.check_clocks": "End runs whose time is over, and tell of tasks that wait too long",
    "executions.sweep_files": "Delete files that no run holds",
    "workflows.follow": "Let workflows follow their tasks and hear their triggers",
    "workflows.tick": "Carry out the schedules of workflows",
    "workflows.forget_requests": "Forget webhook requests that are too old to come again",
    "auth.forget_expired": "Forget expired sessions and kept answers",
    "tasks.forget_notices": "Forget what agents were to notice long ago",
    "health.measure": "Measure the health of the company and its projects",
    "forecast.take_daily": "Forecast each active project once a day",
    "forecast.score": "Hold forecasts against the truth",
    "briefs.make_daily": "Make the morning's brief",
    "briefs.take_rewrite": "Have a model put the morning's brief into its own words, where one is set up",
}
"""What each job is to a person."""


class JobLine(TypedDict):
    """One job on the page."""

    name: str
    summary: str
    every: float
    state: str
    paused: bool
    last: str
    took_ms: int
    done: int
    next: str
    error: str


def _line(job: JobOut) -> JobLine:
    return {
        "name": job.operation,
        "summary": WORDS.get(job.operation, job.summary),
        "every": job.every_seconds,
        "state": job.state,
        "paused": job.paused,
        "last": job.ended_at.isoformat() if job.ended_at else "",
        "took_ms": job.duration_ms if job.duration_ms is not None else -1,
        "done": job.done or 0,
        "next": job.next_at.isoformat(),
        "error": job.error or "",
    }


class Clock(Screen, rx.State):
    """The jobs."""

    jobs: list[JobLine] = []

    @rx.var
    def failing(self) -> int:
        """Jobs that keep failing."""
        return sum(job["state"] == "failing" for job in self.jobs)

    @handler
    async def load(self):
        """Read them, those that keep failing first."""
        self.jobs = [_line(job) for job in await self.ask(queries.jobs)]

    @handler
    async def run(self, name: str):
        """Have one run now."""
        await self.do(service.run_now, str(name))
        await self._again()
        return toast("It runs within a second or two")

    @handler
    async def pause(self, name: str, paused: bool):
        """Pause one, or let it go on."""
        await self.do(service.update_job, str(name), JobPatch(paused=bool(paused)))
        await self._again()

    async def _again(self) -> None:
        self.jobs = [_line(job) for job in await self.ask(queries.jobs)]


_ACTS = rx.el.span(t("Actions"), class_name="sr")


def _state(job: rx.Var) -> rx.Component:
    return rx.match(
        job["state"],
        ("running", pill("loader", t("Running"), "info")),
        ("failing", pill("circle-x", t("Keeps failing"), "bad")),
        ("paused", pill("circle-pause", t("Paused"), "warn")),
        rx.cond(
            job["error"],
            pill("triangle-alert", t("Failed last time"), "warn"),
            pill("circle-check", t("On time"), "ok"),
        ),
    )


def _what(job: rx.Var) -> rx.Component:
    return rx.el.span(
        rx.el.span(say(job["summary"])),
        rx.el.span(job["name"], class_name="meta mono"),
        rx.cond(job["error"], rx.el.span(job["error"], class_name="meta", style={"overflowWrap": "anywhere"})),
        class_name="col",
        style={"padding": "8px 0"},
    )


def _acts(job: rx.Var) -> rx.Component:
    return rx.cond(
        Shell.can_manage,
        rx.el.span(
            button(t("Run now"), kind="sm", on_click=Clock.run(job["name"])),
            rx.cond(
                job["paused"],
                button(t("Resume"), kind="sm", on_click=Clock.pause(job["name"], False)),
                button(t("Pause"), kind="sm", on_click=Clock.pause(job["name"], True)),
            ),
            style={"display": "inline-flex", "gap": "8px"},
        ),
    )


def _row(job: rx.Var) -> list[rx.Var | rx.Component]:
    return [
        _what(job),
        _state(job),
        duration(job["every"]),
        rx.cond(job["last"], when(job["last"]), t("not yet")),
        rx.cond(job["took_ms"].to(int) >= 0, t("{n} ms", n=number(job["took_ms"])), "—"),
        number(job["done"]),
        when(job["next"]),
        _acts(job),
    ]


@page(
    "/settings/jobs",
    title="Jobs",
    state=Clock,
    topics={"job"},
    nav="/settings",
    crumbs=lambda: [(t("Settings"), "/settings")],
    fact=lambda: rx.cond(
        Clock.failing > 0, plural("{n} keeps failing", "{n} keep failing", Clock.failing), t("all on time")
    ),
)
def jobs() -> list[rx.Component]:
    """The clock's jobs."""
    return [
        tabs("/settings/jobs"),
        card(
            table(
                [t("Job"), t("State"), num(t("Every")), t("Last run"), num(t("Took")), num(t("Did")), t("Next"), _ACTS],
                Clock.jobs,
                _row,
                label=t("Jobs"),
                row_id=lambda job: job["name"],
            ),
            title=t("What runs by itself"),
            count=Clock.jobs.length(),
        ),
    ]
