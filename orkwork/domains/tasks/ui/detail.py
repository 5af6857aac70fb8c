"""One task: what it is, where it can go, what it waits for, who worked on it, what it cost and what was said."""

from typing import Any
from uuid import UUID

import reflex as rx

from orkwork.core.errors import Conflict, Stale, invalid
from orkwork.core.ids import is_uuid
from orkwork.domains.decisions import service as decisions
from orkwork.domains.decisions.schemas import ResolveIn
from orkwork.domains.settings import queries as settings
from orkwork.domains.settings.ui import limits
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import DependencyKind, Priority, Status
from orkwork.domains.tasks.queries import lookup, subtree
from orkwork.domains.tasks.queries.subtree import CancelIn
from orkwork.domains.tasks.schemas import (
    AssignIn,
    CommentIn,
    Criterion,
    CriterionState,
    DependencyIn,
    MoveIn,
    TaskPatch,
)
from orkwork.domains.tasks.service import (
    assignment,
    cancelling,
    claims,
    comments,
    creating,
    criteria,
    deciding,
    dependencies,
    lifecycle,
)
from orkwork.domains.tasks.service.judging import EvidenceIn, VerifyIn
from orkwork.domains.tasks.ui import clocks, form, reading, reasons, why
from orkwork.ui.screen import Screen, go, handler, toast

COSTS = 10
NOTHING_DOOMED: dict[str, Any] = {"count": 0, "running": 0, "rows": []}


def _uuid(text: Any) -> UUID:
    if not is_uuid(text):
        raise invalid("criterion", "is not one of this task's criteria")
    return UUID(str(text))


class OneTask(Screen, rx.State):
    """The task of the address, and what the person is about to change."""

    task: dict[str, Any] = {}
    criteria: list[dict[str, Any]] = []
    moves: list[dict[str, str]] = []
    agents: list[dict[str, Any]] = []
    executions: list[dict[str, Any]] = []
    costs: list[dict[str, Any]] = []
    more_costs: bool = False
    history: list[dict[str, Any]] = []
    work: dict[str, Any] = {}
    sla: list[dict[str, Any]] = []
    following: dict[str, Any] = {"level": 0, "concerns": ""}
    why: dict[str, Any] = why.NOTHING
    holding: dict[str, Any] = clocks.NOTHING
    limits: dict[str, str] = {}
    needs: list[dict[str, Any]] = []
    waits: list[dict[str, Any]] = []
    related: list[dict[str, Any]] = []
    height: int = 40
    lines_in: list[dict[str, str]] = []
    lines_out: list[dict[str, str]] = []
    asking: dict[str, str] = reasons.NOTHING
    editing: bool = False
    linking: bool = False
    found: list[dict[str, str]] = []
    kind: str = "blocks"
    showing: str = ""
    doomed: dict[str, Any] = NOTHING_DOOMED
    draft: int = 0
    _opened: str = ""
    _ref: str = ""
    _cost_rows: int = COSTS

    @rx.var
    def key(self) -> str:
        """The task's key."""
        return str(self.task.get("key", ""))

    @handler
    async def load(self):
        """Read the task."""
        if self.arg("ref") != self._ref:
            self.reset()
            self._ref = self.arg("ref")
        await self._fill()

    @handler
    async def changed(self):
        """Read it again."""
        await self._fill()

    async def _fill(self) -> None:
        seen = await self.ask(reading.task, self.arg("ref"), self._cost_rows)
        for name, value in seen.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
        near = await self.ask(lookup.ids_around, self.task["id"])
        self.watch("company", "project", f"task:{self.task['id']}", *(f"task:{found}" for found in near))

    async def _save(self, **fields: Any) -> Any:
        """Change fields of the version that is on the screen."""
        try:
            await self.do(creating.update_task, self.task["id"], TaskPatch(**fields), self.task["version"])
        except Stale:
            await self._fill()
            return toast("Not saved: the task has just changed", hint="Look at it and save again.", tone="warn")
        self.errors = {}
        await self._fill()
        return None

    @handler
    async def rename(self, text: str):
        """Save the title."""
        if str(text).strip() and text != self.task["title"]:
            return await self._save(title=text)

    @handler
    async def prioritise(self, value: str):
        """Save the priority."""
        return await self._save(priority=Priority(value) if value in set(Priority) else Priority.MEDIUM)

    @handler
    async def plan(self, text: str):
        """Save the due date."""
        if text != self.task["due_day"]:
            company = await self.ask(settings.company)
            return await self._save(due_at=form.day_of(str(text), company.time_zone))

    @handler
    async def estimate(self, text: str):
        """Save the estimate."""
        if text != self.task["estimate"]:
            return await self._save(estimate_minutes=form.minutes(text))

    @handler
    async def label(self, text: str):
        """Save the labels."""
        if text != self.task["labels"]:
            return await self._save(labels=form.names(text))

    @handler
    async def require(self, text: str):
        """Save what the agent must be able to do."""
        if text != self.task["needs"]:
            return await self._save(required_capabilities=form.names(text))

    @handler
    async def allow_retries(self, text: str):
        """Save how often a failed run is tried again."""
        if text != self.task["max_retries"]:
            if text and not str(text).isdecimal():
                raise invalid("max_retries", "must be a number of 0 to 20")
            return await self._save(max_retries=int(text) if text else None)

    @handler
    async def limit(self, data: dict[str, Any]):
        """Save its own clocks and retry policy."""
        found = dict(data)
        attempts = limits.number(found.pop("limits.retry.attempts", ""))
        said = limits.read(found)
        if attempts is not None:
            said["retry"] = said.get("retry", {}) | {"attempts": attempts}
            return await self._save(limits=said)
        return await self._save(limits=said or None, max_retries=None)

    @handler
    async def unbar(self, agent_id: str):
        """Let an agent try again that the loop breaker kept from it."""
        if not is_uuid(agent_id):
            raise invalid("agent_id", "is not an agent")
        await self.do(deciding.lift_bar, self.task["id"], UUID(agent_id))
        await self._fill()

    @handler
    async def ask_review(self, wanted: bool):
        """Save whether it needs a review."""
        return await self._save(review_required=bool(wanted))

    @handler
    async def edit(self):
        """Open the description as a text."""
        self.editing, self._opened = True, self.task["description"]

    @handler
    async def stop(self):
        """Leave the description as it is."""
        self.editing = False

    @handler
    async def describe(self, data: dict[str, Any]):
        """Save the description, unless somebody else changed it meanwhile."""
        if self.task["description"] != self._opened:
            self._opened = self.task["description"]
            return toast("Not saved: somebody changed the description", hint="Save again to replace it.", tone="warn")
        refused = await self._save(description=str(dict(data).get("description", "")))
        if refused is None:
            self.editing = False
        return refused

    @handler
    async def add_criterion(self, data: dict[str, Any]):
        """Add a criterion."""
        text = str(dict(data).get("criterion", "")).strip()
        if text:
            self.draft += 1
            return await self._save(acceptance_criteria=[*self._criteria(), Criterion(text=text)])

    @handler
    async def reword(self, criterion_id: str, text: str):
        """Change what a criterion says; it is then verified anew."""
        before = {one["id"]: one["text"] for one in self.criteria}
        if str(text).strip() and before.get(criterion_id, text) != str(text).strip():
            return await self._save(acceptance_criteria=self._criteria({criterion_id: str(text)}))

    @handler
    async def drop_criterion(self, criterion_id: str):
        """Take a criterion away."""
        return await self._save(acceptance_criteria=[c for c in self._criteria() if str(c.id) != criterion_id])

    def _criteria(self, reworded: dict[str, str] | None = None) -> list[Criterion]:
        return [Criterion(id=c["id"], text=(reworded or {}).get(c["id"], c["text"])) for c in self.criteria]

    @handler
    async def show_evidence(self, criterion_id: str):
        """Open the box for a criterion's evidence, or close it."""
        self.showing = "" if self.showing == criterion_id else str(criterion_id)

    @handler
    async def give_evidence(self, data: dict[str, Any]):
        """Say what shows that a criterion is met."""
        text = str(dict(data).get("evidence", ""))
        await self.do(criteria.give_evidence, self.task["id"], _uuid(self.showing), EvidenceIn(evidence=text))
        self.showing = ""
        await self._fill()

    @handler
    async def verify(self, criterion_id: str, state: str):
        """Judge a criterion by its evidence, or take that back."""
        states: dict[str, CriterionState] = {"met": "met", "failed": "failed", "open": "open"}
        if state not in states:
            raise invalid("state", "is not how a criterion can be judged")
        await self.do(criteria.verify, self.task["id"], _uuid(criterion_id), VerifyIn(state=states[state]))
        await self._fill()

    @handler
    async def look_at_subtree(self):
        """Show what would be cancelled with it."""
        found = await self.ask(subtree.subtree, self.task["id"])
        rows = [
            {"key": one.key, "title": one.title, "status": one.status.value, "who": one.assignee_name or ""}
            for one in found.tasks
        ]
        self.errors, self.doomed = {}, {"count": found.count, "running": found.running, "rows": rows}

    @handler
    async def spare(self):
        """Cancel nothing."""
        self.doomed = NOTHING_DOOMED

    @handler
    async def cancel_subtree(self, data: dict[str, Any]):
        """Cancel it with all that depends on it, as long as that is what was seen."""
        seen = int(self.doomed["count"])
        try:
            body = CancelIn(reason=str(dict(data).get("why", "")), expected=seen)
            done = await self.do(cancelling.cancel_subtree, self.task["id"], body)
        except Conflict as refusal:
            if refusal.code != "task.subtree_changed":
                raise
            yield toast("Nothing was cancelled: it changed meanwhile", hint="Look at the list again.", tone="warn")
            yield OneTask.look_at_subtree
            return
        self.doomed = NOTHING_DOOMED
        await self._fill()
        yield toast("Tasks cancelled: {n}", n=str(done.cancelled))

    @handler
    async def move(self, to: str):
        """Move the task; what leads back can be undone."""
        if to not in set(Status):
            raise invalid("to", "is not a state of a task")
        before, after = Status(self.task["status"]), Status(to)
        await self.do(lifecycle.transition, self.task["id"], MoveIn(to=after))
        await self._fill()
        back = before in rules.TRANSITIONS[after] and before is not Status.ASSIGNED
        return toast("Task moved", undo=OneTask.move(before.value) if back else None)

    @handler
    async def ask_why(self, to: str):
        """Ask for the words of a move that needs them."""
        if to in set(Status):
            self.errors, self.asking = {}, reasons.asked(self.task["id"], self.key, to)

    @handler
    async def keep(self):
        """Leave it where it stands."""
        self.asking = reasons.NOTHING

    @handler
    async def say_why(self, data: dict[str, Any]):
        """Make the move with its words."""
        await self.do(lifecycle.transition_saying, self.task["id"], reasons.move_of(self.asking, data))
        self.asking = reasons.NOTHING
        await self._fill()
        return toast("Task moved")

    @handler
    async def assign(self, agent_id: str):
        """Give it to an agent."""
        if not is_uuid(agent_id):
            raise invalid("agent_id", "is not an agent")
        await self.do(claims.assign, self.task["id"], AssignIn(agent_id=UUID(agent_id)))
        await self._fill()
        return toast("Task assigned", undo=OneTask.move(Status.READY.value))

    @handler
    async def assign_best(self):
        """Give it to the candidate with the best score, or ask who gets it."""
        given = (await self.do(assignment.assign_best, self.task["id"])).parse()
        await self._fill()
        if given.claims:
            return toast("Task assigned", undo=OneTask.move(Status.READY.value))
        return toast("Nobody suits this task now", hint="A decision waits beside it.", tone="warn")

    @handler
    async def decide(self, decision_id: str, option: str):
        """Decide who gets it when nobody suits."""
        if not is_uuid(decision_id):
            raise invalid("decision", "is not a decision")
        await self.do(decisions.resolve, UUID(decision_id), ResolveIn(option=str(option)[:100]))
        await self._fill()
        return toast("Decided")

    @handler
    async def link(self):
        """Open or close the search for a dependency."""
        self.linking, self.found = not self.linking, []

    @handler
    async def find(self, text: str):
        """Find tasks to wait for."""
        taken = {self.key, *(edge["key"] for edge in [*self.needs, *self.waits, *self.related])}
        found = await self.ask(lookup.find, str(text)[:200])
        self.found = [{"key": f.key, "title": f.title, "status": f.status.value} for f in found if f.key not in taken]

    @handler
    async def choose_kind(self, kind: str):
        """Whether the dependency orders work."""
        self.kind = "relates" if kind == "relates" else "blocks"

    @handler
    async def need(self, key: str):
        """Wait for a task, or relate to it."""
        body = DependencyIn(depends_on=str(key), kind=DependencyKind(self.kind))
        await self.do(dependencies.add_dependency, self.task["id"], body)
        self.linking, self.found = False, []
        await self._fill()

    @handler
    async def unlink(self, key: str):
        """No longer wait for a task."""
        await self.do(dependencies.remove_dependency, self.task["id"], str(key))
        await self._fill()

    @handler
    async def comment(self, data: dict[str, Any]):
        """Say something."""
        text = str(dict(data).get("body", ""))
        if text.strip():
            await self.do(comments.add_comment, self.task["id"], CommentIn(body=text))
            self.draft += 1
            await self._fill()

    @handler
    async def show_costs(self):
        """Show more of the ledger."""
        self._cost_rows = min(200, self._cost_rows + 50)
        await self._fill()

    @handler
    async def delete(self):
        """Delete a task that nobody worked on."""
        prefix = self.task["prefix"]
        await self.do(creating.delete_task, self.task["id"])
        yield toast("Task deleted")
        yield go("/tasks", project=prefix)
