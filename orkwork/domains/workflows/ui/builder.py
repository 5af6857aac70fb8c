"""The builder: steps one by one by form, what waits for what by picker, and the picture beside them as it grows."""

from typing import Any

import reflex as rx

from orkwork.core.actor import Role
from orkwork.core.errors import Stale
from orkwork.core.work import Work
from orkwork.domains.workflows.queries import drafts
from orkwork.domains.workflows.queries import templates as queries
from orkwork.domains.workflows.rules import steps as graph
from orkwork.domains.workflows.schemas.drafts import DraftIn, DraftOut
from orkwork.domains.workflows.schemas.templates import MAX_STEPS, WorkflowPatch
from orkwork.domains.workflows.service import drafts as drafts_service
from orkwork.domains.workflows.service import editing
from orkwork.domains.workflows.ui import drafting, lines, parts
from orkwork.domains.workflows.ui.picture import Node, figure
from orkwork.ui.locale import plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast

SHOWN = 60
NO_OFFER: dict[str, Any] = {"at": "", "current": 0, "is_behind": False}
_STEP_FIELDS = frozenset(
    {
        "title",
        "description",
        "when",
        "priority",
        "labels",
        "acceptance_criteria",
        "required_capabilities",
        "max_retries",
        "estimate_minutes",
    }
)
_INPUT_FIELDS = frozenset({"name", "type", "description", "default", "options"})


def _read(work: Work, ref: str) -> dict[str, Any]:
    found = queries.workflow(work, ref)
    role = work.actor.role
    kept = drafts.draft(work, ref) if role is not None and role.covers(Role.ADMIN) else None
    return {
        "flow": lines.workflow(found),
        "inputs": [drafting.input_draft(one, n) for n, one in enumerate(found.template.inputs)],
        "_steps": [drafting.draft_of(step) for step in found.template.steps],
        "offer": _offer(kept, found.current_version) if kept else NO_OFFER,
    }


def _offer(kept: DraftOut, current: int) -> dict[str, Any]:
    return {"at": kept.kept_at.isoformat(), "current": current, "is_behind": kept.based_on != current}


class Builder(Screen, rx.State):
    """The draft of a workflow's next version; it is kept as it grows, for when its author comes back."""

    flow: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    left: int = 0
    step: dict[str, Any] = {}
    options: list[dict[str, str]] = []
    inputs: list[dict[str, Any]] = []
    figure: dict[str, Any] = {}
    looks: list[Any] = []
    fault: dict[str, str] = drafting.NO_FAULT
    dirty: bool = False
    count: int = 0
    offer: dict[str, Any] = NO_OFFER
    """A draft that was left here: since when, and whether it began with an earlier version."""
    _steps: list[dict[str, Any]] = []
    _shown: int = SHOWN
    _made: int = 0

    @rx.var
    def title(self) -> str:
        """The workflow's name."""
        return str(self.flow.get("name", ""))

    @handler
    async def load(self):
        """Begin with the current version."""
        await self._begin()

    async def _begin(self) -> None:
        for name, value in (await self.ask(_read, self.arg("ref"))).items():
            setattr(self, name, value)
        self._shown, self._made, self.dirty = SHOWN, len(self.inputs), False
        self.step = self._steps[0] if len(self._steps) == 1 else {}
        self._show()

    def _show(self) -> None:
        """Everything that follows from the draft."""
        self.fault = drafting.fault_of(self.inputs, self._steps)
        bad = self.fault.get("name", "") if self.fault.get("part") == "steps" else ""
        key = self.step.get("key", "")
        self.step = next((step for step in self._steps if step["key"] == key), {})
        self.options = drafting.may_need(self._steps, key) if self.step else []
        self.rows = drafting.rows_of(self._steps[: self._shown], bad)
        self.count, self.left = len(self._steps), max(0, len(self._steps) - self._shown)
        if graph.cycle({step["key"]: step["depends_on"] for step in self._steps}) is None:
            nodes = [Node(s["key"], s["title"], s["depends_on"], _minutes(s)) for s in self._steps]
            self.figure = figure(nodes, plain=True)
            self.looks = [["CREATED", ""] for _ in nodes]

    async def _changed(self, steps: list[dict[str, Any]]) -> None:
        self._steps = steps
        await self._keep()

    async def _keep(self) -> None:
        """Show the draft as it is now, and keep it."""
        self.dirty = True
        self._show()
        current = int(self.flow["current"])
        rows = drafting.plain(self.inputs), drafting.plain(self._steps)
        body = DraftIn(based_on=current, inputs=rows[0], steps=rows[1])
        await self.do(drafts_service.keep_draft, self.flow["id"], body)

    @handler
    async def go_on(self):
        """Go on with the draft that was left here."""
        kept = await self.ask(drafts.draft, self.flow["id"])
        self.offer = NO_OFFER
        if kept is not None:
            self.inputs, self._steps = drafting.restored(kept)
            self._made, self.dirty, self.step = len(self.inputs), True, {}
            self._show()

    @handler
    async def choose(self, key: str):
        """Open a step's form, or close it."""
        known = next((step for step in self._steps if step["key"] == str(key)), {})
        self.step = {} if known and known["key"] == self.step.get("key") else known
        place = next((n for n, step in enumerate(self._steps) if step["key"] == str(key)), 0)
        self._shown = max(self._shown, place + 1)
        self._show()

    @handler
    async def more(self):
        """List more of the steps."""
        self._shown += SHOWN
        self._show()

    @handler
    async def add(self):
        """Add a step behind the open one, else behind the last."""
        if len(self._steps) >= MAX_STEPS:
            return toast("A workflow has at most {n} steps", tone="bad", n=MAX_STEPS)
        last = self._steps[-1]["key"] if self._steps else ""
        after = self.step.get("key") or last
        made = drafting.new_step(self._steps, after)
        place = next((n for n, step in enumerate(self._steps, 1) if step["key"] == after), len(self._steps))
        self.step, self._shown = made, max(self._shown, place + 1)
        await self._changed([*self._steps[:place], made, *self._steps[place:]])

    @handler
    async def remove(self, key: str):
        """Take a step away; what waited for it waits for what it waited for."""
        await self._changed(drafting.without(self._steps, str(key)))

    @handler
    async def move(self, key: str, by: int):
        """Move a step up or down in the list; the order of work follows from what waits for what."""
        steps = list(self._steps)
        at = next((n for n, step in enumerate(steps) if step["key"] == str(key)), -1)
        to = at + (1 if by > 0 else -1)
        if at >= 0 and 0 <= to < len(steps):
            steps[at], steps[to] = steps[to], steps[at]
            await self._changed(steps)

    @handler
    async def put(self, name: str, value: str):
        """Change a field of the open step."""
        text, key = drafting.cleaned(value, 100_000), self.step.get("key", "")
        if name == "key" and text.strip() != key:
            steps = drafting.renamed(self._steps, key, text)
            places = [n for n, step in enumerate(self._steps) if step["key"] == key]
            self.step = steps[places[0]] if places else {}
            await self._changed(steps)
        elif name in _STEP_FIELDS and str(self.step.get(name, "")) != text:
            await self._edit(name, text)

    @handler
    async def review(self, needed: bool):
        """Whether the open step's task needs a review."""
        await self._edit("review_required", needed is True)

    async def _edit(self, name: str, value: Any) -> None:
        key = self.step.get("key", "")
        await self._changed([step | {name: value} if step["key"] == key else step for step in self._steps])

    @handler
    async def link(self, need: str):
        """Let the open step wait for another."""
        if any(option["value"] == str(need) for option in self.options):
            await self._edit("depends_on", [*self.step["depends_on"], str(need)])

    @handler
    async def unlink(self, need: str):
        """Let it wait for that one no longer."""
        await self._edit("depends_on", [one for one in self.step.get("depends_on", ()) if one != str(need)])

    @handler
    async def add_input(self):
        """Add an input."""
        self._made += 1
        made = drafting.new_input(self._made, {one["name"] for one in self.inputs})
        self.inputs = [*self.inputs, made]
        await self._keep()

    @handler
    async def put_input(self, row_id: str, name: str, value: str):
        """Change a field of an input."""
        if name in _INPUT_FIELDS:
            await self._edit_input(str(row_id), name, drafting.cleaned(value, 2000))

    @handler
    async def require(self, row_id: str, needed: bool):
        """Whether a run must be told it."""
        await self._edit_input(str(row_id), "required", needed is True)

    async def _edit_input(self, row_id: str, name: str, value: Any) -> None:
        fresh = [one | {name: value} if one["id"] == row_id else one for one in self.inputs]
        if fresh != self.inputs:
            self.inputs = fresh
            await self._keep()

    @handler
    async def remove_input(self, row_id: str):
        """Take an input away."""
        self.inputs = [one for one in self.inputs if one["id"] != str(row_id)]
        await self._keep()

    @handler
    async def discard(self):
        """Forget the draft and begin anew with the current version."""
        await self.do(drafts_service.drop_draft, self.arg("ref"))
        await self._begin()
        return toast("Changes discarded")

    @handler
    async def save(self):
        """Save the draft as the version that new runs take."""
        made = drafting.template_of(self.inputs, self._steps)
        patch = WorkflowPatch(inputs=made.inputs, steps=made.steps)
        try:
            saved = await self.do(editing.update_workflow, self.flow["id"], patch, self.flow["version"])
        except Stale:
            return toast(
                "Somebody changed this meanwhile", hint="Open it again to see; your draft is still here.", tone="warn"
            )
        self.flow, self.dirty = lines.workflow(saved), False
        return toast(
            "Saved as version {n}", hint="New runs take it; runs that go on keep theirs.", n=saved.current_version
        )


def _minutes(step: dict[str, Any]) -> int | None:
    typed = str(step["estimate_minutes"]).strip()
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else None


@page(
    "/workflows/[ref]/edit",
    title="Edit the workflow",
    name=Builder.title,
    state=Builder,
    nav="/workflows",
    crumbs=lambda: [(t("Workflows"), "/workflows")],
    fact=lambda: plural("{n} step", "{n} steps", Builder.count),
)
def workflow_builder() -> list[rx.Component]:
    """The steps and inputs left, the picture right."""
    return parts.builder(Builder)
