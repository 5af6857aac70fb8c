"""All workflows, and the forms that make one."""

import json
from typing import Any

import reflex as rx

from orkwork.core.errors import invalid
from orkwork.core.ids import is_uuid
from orkwork.core.work import Work
from orkwork.domains.projects import queries as projects
from orkwork.domains.settings import queries as company
from orkwork.domains.workflows.models import WorkflowState
from orkwork.domains.workflows.queries import runs as run_queries
from orkwork.domains.workflows.queries import templates as queries
from orkwork.domains.workflows.rules import filling
from orkwork.domains.workflows.schemas.templates import WorkflowIn
from orkwork.domains.workflows.service import editing
from orkwork.domains.workflows.ui import lines
from orkwork.ui.components import filters, form
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.empty import empty
from orkwork.ui.components.panel import card, skeleton
from orkwork.ui.components.pill import state_pill
from orkwork.ui.components.when import when
from orkwork.ui.locale import due, plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler, toast
from orkwork.ui.shell import Shell

LATEST = 8
TOPICS = ("workflow", "workflow_run", "workflow_schedule")
_IMPORT = """(async (project, name) => {
  const file = document.getElementById("field-file").files[0];
  let text = document.getElementById("field-document").value;
  const packed = file?.name.endsWith(".gz");
  if (file) text = await new Response(packed ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file).text();
  let document_;
  try { document_ = JSON.parse(text); } catch { return { field: "document", message: "is no JSON" }; }
  const answer = await fetch("/api/v2/workflows/import", {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ document: document_, project_id: project, name: name || null }),
  });
  const body = await answer.json();
  if (answer.ok) return { key: body.key };
  const wrong = body.errors?.[0];
  return { field: wrong?.field ?? "document", message: wrong?.message ?? body.detail };
})"""


def _read(work: Work, archived: bool) -> dict[str, Any]:
    states = [WorkflowState.ARCHIVED] if archived else None
    return {
        "rows": [lines.workflow(item) for item in queries.workflows(work, states=states, limit=200).items],
        "latest": [lines.run(item) for item in run_queries.runs(work, limit=LATEST).items],
        "projects": [{"value": str(one.id), "text": f"{one.key_prefix} {one.name}"} for one in projects.projects(work)],
        "zone": company.company(work).time_zone,
    }


class Workflows(Screen, rx.State):
    """The list, and what is being made."""

    rows: list[dict[str, Any]] = []
    latest: list[dict[str, Any]] = []
    projects: list[dict[str, str]] = []
    zone: str = ""
    archived: bool = False
    ready: bool = False
    making: bool = False
    importing: bool = False

    @handler
    async def load(self):
        """Read them."""
        self.errors = {}
        await self._fill()
        self.making = bool(self.arg("new"))

    @handler
    async def changed(self):
        """Read them again."""
        await self._fill()

    async def _fill(self) -> None:
        self.archived = self.arg("show") == "archived"
        for name, value in (await self.ask(_read, self.archived)).items():
            if getattr(self, name) != value:
                setattr(self, name, value)
        self.ready = True
        self.watch(*TOPICS, *lines.going_on(self.rows, self.latest))

    @handler
    async def show(self, which: str):
        """Show those in use, or the archived ones."""
        return go("/workflows", show="archived" if which == "archived" else None)

    @handler
    async def begin(self):
        """Open an empty form."""
        self.errors, self.making, self.importing = {}, True, False

    @handler
    async def begin_import(self):
        """Open the form for a recorded workflow."""
        self.errors, self.making, self.importing = {}, False, True

    @handler
    async def end(self):
        """Close both."""
        self.making = self.importing = False

    @handler
    async def make(self, data: dict[str, Any]):
        """Make a workflow of one step and go on in the builder."""
        project = str(data.get("project_id") or "")
        if not is_uuid(project):
            raise invalid("project_id", "choose the project in which its tasks are created")
        first = str(data.get("first") or "").strip()[:1000] or "First step"
        named = dict.fromkeys(one.path[0] for one in filling.references(first, "input", "first"))
        wanted = WorkflowIn.model_validate(
            {
                "name": str(data.get("name") or ""),
                "project_id": project,
                "inputs": [{"name": name, "required": True} for name in named],
                "steps": [{"key": "step-1", "title": first}],
            }
        )
        made = await self.do(editing.create_workflow, wanted)
        self.making = False
        return rx.redirect(f"/workflows/{made.key}/edit")

    @handler
    async def bring(self, data: dict[str, Any]):
        """Let the browser send the file to the API, which takes larger ones than a page's socket."""
        self.errors = {}
        project = str(data.get("project_id") or "")
        if not is_uuid(project):
            raise invalid("project_id", "choose the project in which its tasks are created")
        code = f"{_IMPORT}({json.dumps(project)}, {json.dumps(str(data.get('name') or ''))})"
        return rx.call_script(code.replace("</", "<\\/"), callback=Workflows.brought)

    @handler
    async def brought(self, answer: dict[str, Any]):
        """Open what was imported, or say what is wrong with it."""
        key, field = str(answer.get("key") or ""), str(answer.get("field") or "document")
        if not key:
            where = field if field in ("name", "project_id") else "document"
            self.errors = {where: str(answer.get("message") or "can't be imported")[:300]}
            return None
        self.importing = False
        return [toast("Workflow imported"), rx.redirect(f"/workflows/{key}")]


def _line(row: rx.Var) -> rx.Component:
    steps = plural("{n} step", "{n} steps", row["steps"])
    last = rx.cond(
        row["last_state"] != "",
        rx.fragment(state_pill(row["last_state"]), rx.el.span(when(row["last_at"]), class_name="meta nw")),
        rx.el.span(t("never ran"), class_name="m2"),
    )
    following = rx.cond(
        row["next_at"] != "",
        rx.el.span(due(row["next_at"], Workflows.zone), class_name="due"),
        rx.el.span("—", class_name="m2 no-m"),
    )
    rate = rx.cond(
        row["rate"].to(int) >= 0,
        rx.el.span(row["rate"], "%", class_name="num"),
        rx.el.span("—", class_name="m2 no-m", title=t("too little data")),
    )
    return rx.el.a(
        rx.el.span(
            rx.el.span(row["name"], class_name="b5 trunc"),
            rx.el.span(rx.el.span(row["project"], class_name="mono"), " · ", steps, class_name="meta"),
            class_name="col grow",
        ),
        rx.el.span(state_pill(row["state"]), class_name="fstate"),
        rx.el.span(last, class_name="row flast"),
        rx.el.span(following, class_name="fnext meta"),
        rx.el.span(rate, class_name="frate"),
        href=row["href"],
        class_name="r two frow",
        custom_attrs={"data-row": "1"},
        key=row["id"],
    )


def _heads() -> rx.Component:
    return rx.el.div(
        rx.el.span(t("Workflow"), class_name="grow"),
        rx.el.span(t("State"), class_name="fstate"),
        rx.el.span(t("Last run"), class_name="flast"),
        rx.el.span(t("Next run"), class_name="fnext"),
        rx.el.span(t("Success"), class_name="frate", title=t("Of the runs of the last 30 days")),
        class_name="r frow phead meta no-m",
        aria_hidden="true",
    )


def _nothing() -> rx.Component:
    create = rx.cond(
        Shell.can_manage,
        button(t("New workflow"), kind="solid", icon_name="plus", on_click=Workflows.begin),
        rx.fragment(),
    )
    return rx.cond(
        Workflows.archived,
        empty("archive", t("No workflow is archived"), t("An archived workflow is not run; its runs stay.")),
        empty(
            "workflow",
            t("Workflows will be listed here"),
            t(
                "A workflow is a set of steps that is run again and again: by hand, by the clock, by an event or a webhook."
            ),
            action=create,
            copy="orkwork import workflow recorded.json --project ORK",
        ),
    )


def _project(errors: Any) -> rx.Component:
    return form.choice(
        "project_id",
        t("Project"),
        Workflows.projects,
        errors=errors,
        first=("", t("Choose a project")),
        hint=t("Its tasks are created there"),
    )


def _make() -> rx.Component:
    errors = Workflows.errors
    return form.form(
        form.text("name", t("Name"), errors=errors, max_length=120, auto_focus=True),
        _project(errors),
        form.text("first", t("First step"), errors=errors, max_length=300, placeholder=t("Gather the figures")),
        form.actions(button(t("Cancel"), **closes()), button(t("Create workflow"), kind="solid", type="submit")),
        on_submit=Workflows.make,
    )


def _import() -> rx.Component:
    errors = Workflows.errors
    return form.form(
        _project(errors),
        form.text("name", t("Name"), hint=t("The file's own name when empty"), errors=errors, max_length=120),
        form.text("file", t("File"), type="file", accept=".json,.gz,application/json"),
        form.long_text(
            "document",
            t("Or paste it"),
            errors=errors,
            hint=t("A recorded workflow in WfFormat, as WfCommons publishes them"),
            rows=5,
        ),
        form.actions(button(t("Cancel"), **closes()), button(t("Import workflow"), kind="solid", type="submit")),
        on_submit=Workflows.bring,
    )


def _history() -> rx.Component:
    none = rx.el.p(t("Runs of all workflows are told here."), class_name="m2 cb")
    return card(
        rx.cond(
            Workflows.latest.length() > 0,
            rx.el.div(rx.foreach(Workflows.latest, lambda row: lines.run_row(row, named=True))),
            none,
        ),
        title=t("Latest runs"),
    )


@page(
    "/workflows",
    title="Workflows",
    state=Workflows,
    topics=set(TOPICS),
    fact=lambda: rx.cond(
        Workflows.rows.length() > 0, plural("{n} workflow", "{n} workflows", Workflows.rows.length()), rx.fragment()
    ),
)
def workflows() -> list[rx.Component]:
    """The list, the latest runs, and both forms."""
    which = rx.cond(Workflows.archived, "archived", "open")
    acts = rx.el.span(
        button(t("Import"), icon_name="upload", on_click=Workflows.begin_import),
        button(t("New workflow"), icon_name="plus", on_click=Workflows.begin),
        class_name="row end",
    )
    rows = rx.fragment(_heads(), rx.foreach(Workflows.rows, _line))
    return [
        filters.bar(
            filters.segments(
                t("Which workflows"),
                [("open", t("Current"), "workflow"), ("archived", t("Archived"), "archive")],
                which,
                Workflows.show,
            ),
            rx.cond(Shell.can_manage, acts, rx.fragment()),
        ),
        card(rx.cond(Workflows.ready, rx.cond(Workflows.rows.length() > 0, rows, _nothing()), skeleton(5))),
        rx.cond(Workflows.ready & (Workflows.rows.length() > 0), _history(), rx.fragment()),
        dialog(
            "new-workflow",
            t("New workflow"),
            rx.cond(Workflows.making, _make(), rx.fragment()),
            open=Workflows.making,
            on_close=Workflows.end,
        ),
        dialog(
            "import-workflow",
            t("Import a recorded workflow"),
            rx.cond(Workflows.importing, _import(), rx.fragment()),
            open=Workflows.importing,
            on_close=Workflows.end,
        ),
    ]
