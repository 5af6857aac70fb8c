"""One run: its steps with their states, live."""

from typing import Any
from uuid import UUID

import reflex as rx

from orkwork.core.errors import NotFound
from orkwork.core.ids import is_uuid
from orkwork.core.work import Work
from orkwork.domains.workflows.queries import runs as queries
from orkwork.domains.workflows.queries import templates as template_queries
from orkwork.domains.workflows.schemas.templates import RunOut
from orkwork.domains.workflows.service import running
from orkwork.domains.workflows.ui import lines
from orkwork.domains.workflows.ui.picture import Node, figure, picture
from orkwork.ui.components import filters
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import confirm, opens
from orkwork.ui.components.empty import empty
from orkwork.ui.components.figure import bar, key_figure, key_figures
from orkwork.ui.components.graph import GraphCode
from orkwork.ui.components.panel import card, link, properties, skeleton
from orkwork.ui.components.pill import state_pill, status
from orkwork.ui.components.table import more
from orkwork.ui.components.when import when
from orkwork.ui.locale import duration, money, number, plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell

STEP = 50


def _read(work: Work, ref: str) -> dict[str, Any]:
    if not is_uuid(ref):
        raise NotFound("workflow.run_not_found", f"There is no run {ref[:40]}", "GET /workflow-runs lists them.")
    found = queries.run(work, UUID(ref))
    version = template_queries.version(work, found.workflow_id, found.version_number)
    minutes = {step.key: step.estimate_minutes for step in version.steps}
    shown = {step.step: step.task_key or step.step for step in found.steps}
    nodes = [Node(shown[s.step], s.title, [shown[need] for need in s.depends_on], minutes[s.step]) for s in found.steps]
    return {
        "run": lines.whole_run(found),
        "figure": figure(nodes),
        "looks": [[step.status, step.assignee_name or ""] for step in found.steps],
        "told": [{"name": name, "value": lines.written(value)} for name, value in found.inputs.items()],
        "steps": _steps(found, shown),
    }


def _steps(found: RunOut, shown: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "step": step.step,
            "key": step.task_key or "",
            "title": step.title,
            "status": step.status,
            "href": f"/tasks/{step.task_key}" if step.task_key else "",
            "assignee": step.assignee_name or "",
            "needs": ", ".join(shown[need] for need in step.depends_on[:4]) + ("…" if len(step.depends_on) > 4 else ""),
            "at": at.isoformat() if (at := step.completed_at or step.started_at) else "",
        }
        for step in found.steps
    ]


class Run(Screen, rx.State):
    """The run in the address."""

    run: dict[str, Any] = {}
    figure: dict[str, Any] = {}
    looks: list[Any] = []
    told: list[dict[str, str]] = []
    steps: list[dict[str, Any]] = []
    left: int = 0
    chosen: str = ""
    missing: bool = False
    _shown: int = STEP

    @rx.var
    def title(self) -> str:
        """The workflow's name and the run's number."""
        return f"{self.run['name']} {self.run['number']}" if self.run else ""

    @handler
    async def load(self):
        """Read it."""
        ref = self.arg("id")
        if str(self.run.get("id", "")) != ref:
            self.run, self.figure, self.chosen, self._shown = {}, {}, "", STEP
        await self._fill()
        if self.run:
            self.watch(f"workflow_run:{ref}", f"project:{self.run['project_id']}")

    @handler
    async def changed(self):
        """Read it again; only what has changed is sent."""
        await self._fill()

    async def _fill(self) -> None:
        try:
            seen = await self.ask(_read, self.arg("id"))
        except NotFound:
            self.run, self.missing = {}, True
            return
        self.missing, whole = False, seen["steps"]
        seen |= {"steps": whole[: self._shown], "left": max(0, len(whole) - self._shown)}
        for name, value in seen.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    @handler
    async def more(self):
        """List more of the steps."""
        self._shown += STEP
        await self._fill()

    @handler
    async def choose(self, key: str):
        """Mark a step."""
        self.chosen = str(key)

    @handler
    async def cancel(self):
        """Cancel the run and what is not done of it."""
        await self.do(running.cancel_run, UUID(self.run["id"]))
        await self._fill()
        return toast("Run cancelled", hint="What is done stays done.")

    @handler
    async def retry(self):
        """Go on from what failed."""
        await self.do(running.retry_run, UUID(self.run["id"]))
        await self._fill()
        return toast("The run goes on", hint="What failed and what waits for it is open again.")


def _figures() -> rx.Component:
    run = Run.run
    done = plural("{done} of {n} step", "{done} of {n} steps", run["total"], done=run["done"])
    return card(
        key_figures(
            key_figure(
                t("Progress"),
                number(run["percent"]),
                unit="%",
                change=rx.fragment(bar(run["percent"], label=done, tone=run["tone"].to(str)), done),
            ),
            key_figure(
                rx.cond(run["ended"], t("Took"), t("Running for")),
                duration(run["seconds"]),
                change=rx.fragment(t("started"), " ", when(run["at"])),
                small=True,
            ),
            key_figure(t("Spent"), money(run["cost"]), change=t("by the run's tasks"), small=True),
        )
    )


def _bar() -> rx.Component:
    run = Run.run
    acts = rx.fragment(
        rx.cond(
            run["can_retry"],
            button(t("Retry from the failed step"), kind="solid", icon_name="rotate-ccw", on_click=Run.retry),
            rx.fragment(),
        ),
        rx.cond(run["can_cancel"], button(t("Cancel run"), icon_name="ban", **opens("cancel-run")), rx.fragment()),
    )
    return filters.bar(
        state_pill(run["state"]),
        rx.el.span(lines.why(run), class_name="meta"),
        rx.cond(Shell.can_write, rx.el.span(acts, class_name="row w end"), rx.fragment()),
    )


def _line(row: rx.Var) -> rx.Component:
    name = rx.cond(
        row["href"] != "",
        rx.el.a(row["title"], href=row["href"], class_name="trunc grow rowlink", custom_attrs={"data-main": "1"}),
        rx.el.span(row["title"], class_name="trunc grow m2"),
    )
    return rx.el.div(
        status(row["status"], bare=True),
        rx.el.span(rx.cond(row["key"] != "", row["key"], row["step"]), class_name="mono m2 taskkey trunc"),
        name,
        rx.cond(
            row["needs"] != "",
            rx.el.span(t("after {steps}", steps=row["needs"]), class_name="meta trunc no-m"),
            rx.fragment(),
        ),
        rx.el.span(rx.cond(row["assignee"] != "", row["assignee"], "—"), class_name="meta trunc graphwho"),
        rx.el.span(when(row["at"]), class_name="meta nw no-m"),
        class_name="r taskrow",
        custom_attrs={"data-row": "1"},
        key=row["step"],
    )


def _about() -> rx.Component:
    run = Run.run

    def value(one: rx.Var) -> rx.Component:
        return rx.fragment(
            rx.el.dt(one["name"], class_name="mono trunc"),
            rx.el.dd(rx.cond(one["value"] != "", one["value"], "—"), style={"overflowWrap": "anywhere"}),
        )

    facts = properties(
        (t("Workflow"), link(run["name"], rx.Var.create("/workflows/") + run["workflow"].to(str))),
        (t("Version"), number(run["version_number"])),
        (t("Attempt"), number(run["attempt"])),
    )
    told = rx.cond(
        Run.told.length() > 0, card(rx.el.dl(rx.foreach(Run.told, value), class_name="props"), title=t("Inputs"))
    )
    return rx.el.div(card(facts, title=t("About this run")), told, class_name="stack c4")


@page(
    "/workflows/runs/[id]",
    title="Run",
    name=Run.title,
    state=Run,
    nav="/workflows",
    crumbs=lambda: [(t("Workflows"), "/workflows")],
)
def workflow_run() -> list[rx.Component]:
    """Figures, the picture, and the steps in words."""
    drawn = card(
        picture(Run.figure, Run.looks, Run.chosen, t("Steps of {name}", name=Run.title), Run.choose), title=t("Steps")
    )
    listed = card(
        rx.el.div(rx.foreach(Run.steps, _line)),
        more(Run.more, Run.left > 0, t("Show more")),
        title=t("Tasks of the run"),
        count=number(Run.steps.length() + Run.left),
        class_name="graphlist",
    )
    content = rx.fragment(
        _bar(),
        _figures(),
        drawn,
        rx.el.div(rx.el.div(listed, class_name="c8"), _about(), class_name="grid"),
    )
    none = card(empty("workflow", t("There is no such run"), t("It may have been deleted with its project.")))
    return [
        GraphCode.create(),
        rx.cond(Run.missing, none, rx.cond(Run.run["id"], content, card(skeleton(8)))),
        confirm(
            "cancel-run",
            t("Cancel {name}?", name=Run.title),
            t("Every task of it that is not done is cancelled. What is done stays done; the run can go on later."),
            t("Cancel run"),
            Run.cancel,
        ),
    ]
