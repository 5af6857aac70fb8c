"""One workflow: its steps, its runs, what starts it, its versions."""

from typing import Any

import reflex as rx

from orkwork.core.errors import NotFound
from orkwork.core.work import Work
from orkwork.domains.workflows.models import WorkflowState
from orkwork.domains.workflows.queries import runs as run_queries
from orkwork.domains.workflows.queries import templates as queries
from orkwork.domains.workflows.schemas.templates import StartIn, WorkflowOut, WorkflowPatch
from orkwork.domains.workflows.service import editing, running
from orkwork.domains.workflows.ui import asking, lines, starting
from orkwork.domains.workflows.ui.picture import Node, figure, picture
from orkwork.domains.workflows.ui.starters import Starters
from orkwork.ui.components import filters, form
from orkwork.ui.components.button import button, menu
from orkwork.ui.components.dialog import closes, confirm, dialog, opens
from orkwork.ui.components.empty import empty
from orkwork.ui.components.graph import GraphCode
from orkwork.ui.components.icon import icon
from orkwork.ui.components.markdown import markdown
from orkwork.ui.components.panel import body, card, link, skeleton
from orkwork.ui.components.pill import state_pill
from orkwork.ui.components.table import more
from orkwork.ui.components.when import when
from orkwork.ui.locale import number, plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler, toast
from orkwork.ui.shell import Shell

STEP = 20
MOST_STEP = 200


def template_figure(workflow: WorkflowOut) -> dict[str, Any]:
    """The steps of the current version, without states."""
    return figure([Node(s.key, s.title, s.depends_on, s.estimate_minutes) for s in workflow.template.steps], plain=True)


def _read(work: Work, ref: str, rows: int) -> dict[str, Any]:
    found = queries.workflow(work, ref)
    listed = run_queries.runs(work, ref=ref, limit=min(rows, MOST_STEP))
    return {
        "workflow": lines.workflow(found) | {"description": found.description},
        "inputs": lines.inputs(found.template.inputs),
        "figure": template_figure(found),
        "looks": [["CREATED", step.when and "if"] for step in found.template.steps],
        "runs": [lines.run(item) for item in listed.items],
        "has_more": listed.next_cursor is not None,
        "versions": [
            {
                "number": one.number,
                "steps": one.steps,
                "runs": one.runs,
                "by": one.created_by_name,
                "at": one.created_at.isoformat(),
                "current": one.number == found.current_version,
            }
            for one in queries.versions(work, ref)[:10]
        ],
    }


class Flow(Screen, rx.State):
    """The workflow in the address."""

    workflow: dict[str, Any] = {}
    inputs: list[dict[str, Any]] = []
    figure: dict[str, Any] = {}
    looks: list[Any] = []
    runs: list[dict[str, Any]] = []
    has_more: bool = False
    versions: list[dict[str, Any]] = []
    chosen: str = ""
    asking: bool = False
    missing: bool = False
    _ref: str = ""
    _rows: int = STEP

    @rx.var
    def title(self) -> str:
        """The workflow's name."""
        return str(self.workflow.get("name", ""))

    @handler
    async def load(self):
        """Read it, and what starts it."""
        if self.arg("ref") != self._ref:
            self._ref, self.workflow, self.figure, self._rows = self.arg("ref"), {}, {}, STEP
        self.errors, self.asking, self.chosen = {}, False, ""
        await self._fill()
        return Starters.load if self.workflow else None

    @handler
    async def changed(self):
        """Read it again."""
        await self._fill()
        return Starters.changed

    async def _fill(self) -> None:
        try:
            seen = await self.ask(_read, self.arg("ref"), self._rows)
        except NotFound:
            self.workflow, self.missing = {}, True
            return
        self.missing = False
        for name, value in seen.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
        topics = (f"workflow:{self.workflow['id']}", "workflow_run", "workflow_schedule", "workflow_trigger")
        self.watch(*topics, *lines.going_on([], self.runs))

    @handler
    async def more(self):
        """List more of the runs."""
        self._rows = min(MOST_STEP, self._rows + STEP)
        await self._fill()

    @handler
    async def choose(self, key: str):
        """Mark a step."""
        self.chosen = str(key)

    @handler
    async def begin(self):
        """Ask for the inputs, or run at once when there are none."""
        self.errors = {}
        if self.inputs:
            self.asking = True
            return None
        return await self._run({})

    @handler
    async def end(self):
        """Close the form."""
        self.asking = False

    @handler
    async def run(self, data: dict[str, Any]):
        """Run it with what was typed."""
        return await self._run(asking.values(self.inputs, data))

    async def _run(self, inputs: dict[str, Any]) -> Any:
        made = await self.do(running.start_run, self.workflow["id"], StartIn(inputs=inputs))
        self.errors, self.asking = {}, False
        return rx.redirect(f"/workflows/runs/{made.id}")

    @handler
    async def turn(self, to: str):
        """Pause it, let it go on, or archive it."""
        before = self.workflow["state"]
        await self.do(editing.update_workflow, self.workflow["id"], WorkflowPatch(state=WorkflowState(str(to))))
        await self._fill()
        return toast("Workflow changed", undo=Flow.turn(before))

    @handler
    async def delete(self):
        """Delete it when it never ran."""
        await self.do(editing.delete_workflow, self.workflow["id"])
        yield toast("Workflow deleted")
        yield go("/workflows")

    @handler
    async def restore(self, number: int):
        """Go back to an earlier version."""
        await self.do(editing.restore_version, self.workflow["id"], int(number))
        await self._fill()
        return toast("Version restored", hint="New runs take it; runs that go on keep theirs.")


def _bar() -> rx.Component:
    flow = Flow.workflow
    manage = rx.fragment(
        button(t("Edit steps"), icon_name="pencil", href=flow["href"].to(str) + "/edit"),
        rx.cond(
            flow["state"] == "active",
            button(t("Pause"), icon_name="pause", on_click=Flow.turn("paused")),
            button(t("Resume"), icon_name="play", on_click=Flow.turn("active")),
        ),
        menu(
            t("More"),
            rx.el.button(icon("archive"), t("Archive the workflow"), type="button", on_click=Flow.turn("archived")),
            rx.cond(
                Flow.runs.length() == 0,
                rx.el.button(icon("trash-2"), t("Delete the workflow"), type="button", **opens("delete-workflow")),
                rx.fragment(),
            ),
        ),
    )
    start = rx.cond(
        Shell.can_write & (flow["state"] == "active"),
        button(t("Run now"), kind="solid", icon_name="play", on_click=Flow.begin),
        rx.fragment(),
    )
    return filters.bar(
        state_pill(flow["state"]),
        rx.el.span(rx.el.span(flow["project"], class_name="mono"), class_name="meta"),
        rx.el.span(start, rx.cond(Shell.can_manage, manage, rx.fragment()), class_name="row w end"),
    )


def _runs() -> rx.Component:
    none = empty(
        "history",
        t("Its runs will stand here"),
        t("A run creates all its tasks at once; their states are followed to the end."),
    )
    return card(
        rx.cond(Flow.runs.length() > 0, rx.el.div(rx.foreach(Flow.runs, lines.run_row)), none),
        more(Flow.more, Flow.has_more, t("Show more")),
        title=t("Run history"),
    )


def _inputs() -> rx.Component:
    def line(one: rx.Var) -> rx.Component:
        return rx.el.div(
            rx.el.span(one["name"], class_name="mono grow trunc"),
            rx.cond(one["required"], rx.el.span(t("required"), class_name="meta"), rx.fragment()),
            rx.cond(one["default"] != "", rx.el.span(one["default"], class_name="meta trunc"), rx.fragment()),
            class_name="r",
        )

    return rx.cond(
        Flow.inputs.length() > 0,
        card(rx.foreach(Flow.inputs, line), title=t("Inputs"), count=number(Flow.inputs.length())),
        rx.fragment(),
    )


def _versions() -> rx.Component:
    def line(one: rx.Var) -> rx.Component:
        back = button(t("Restore"), kind="ghost sm", on_click=Flow.restore(one["number"]))
        return rx.el.div(
            rx.el.span(
                rx.el.span(t("Version {n}", n=one["number"]), class_name="b5"),
                rx.el.span(
                    plural("{n} step", "{n} steps", one["steps"]),
                    " · ",
                    plural("{n} run", "{n} runs", one["runs"]),
                    class_name="meta",
                ),
                class_name="col grow",
            ),
            rx.el.span(when(one["at"]), class_name="meta nw"),
            rx.cond(
                one["current"],
                rx.el.span(t("current"), class_name="pill"),
                rx.cond(Shell.can_manage, back, rx.fragment()),
            ),
            class_name="r two",
            key=one["number"],
        )

    return card(rx.foreach(Flow.versions, line), title=t("Versions"))


def _form() -> rx.Component:
    return form.form(
        asking.fields(Flow.inputs, Flow.errors),
        form.actions(button(t("Cancel"), **closes()), button(t("Run now"), kind="solid", type="submit")),
        on_submit=Flow.run,
    )


@page(
    "/workflows/[ref]",
    title="Workflow",
    name=Flow.title,
    state=Flow,
    nav="/workflows",
    crumbs=lambda: [(t("Workflows"), "/workflows")],
    fact=lambda: plural("{n} step", "{n} steps", Flow.workflow["steps"]),
)
def workflow() -> list[rx.Component]:
    """The picture and the runs, what starts it, inputs and versions."""
    about = rx.cond(
        Flow.workflow["description"] != "",
        card(body(markdown(Flow.workflow["description"])), title=t("Description")),
        rx.fragment(),
    )
    edit = rx.cond(Shell.can_manage, link(t("Edit steps"), Flow.workflow["href"].to(str) + "/edit"), rx.fragment())
    drawn = card(
        picture(Flow.figure, Flow.looks, Flow.chosen, t("Steps of {name}", name=Flow.title), Flow.choose),
        title=t("Steps"),
        count=number(Flow.workflow["steps"]),
        aside=edit,
    )
    content = rx.fragment(
        _bar(),
        rx.el.div(
            rx.el.div(drawn, _runs(), class_name="stack c8"),
            rx.el.div(starting.starters_card(), _inputs(), about, _versions(), class_name="stack c4"),
            class_name="grid",
        ),
    )
    none = card(empty("workflow", t("There is no such workflow"), t("It may have been deleted.")))
    return [
        GraphCode.create(),
        rx.cond(Flow.missing, none, rx.cond(Flow.workflow["id"], content, card(skeleton(8)))),
        dialog(
            "run-workflow",
            t("Run {name}", name=Flow.title),
            rx.cond(Flow.asking, _form(), rx.fragment()),
            open=Flow.asking,
            on_close=Flow.end,
        ),
        confirm(
            "delete-workflow",
            t("Delete {name}?", name=Flow.title),
            t("It never ran, so it goes with its versions, schedules, triggers and webhooks."),
            t("Delete the workflow"),
            Flow.delete,
        ),
        *starting.dialogs(),
    ]
