"""What starts a workflow: its schedules, triggers and webhooks, and their forms."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import reflex as rx

from orkwork.core.errors import invalid
from orkwork.core.schema import In
from orkwork.core.work import Work
from orkwork.domains.workflows.models import SwitchState
from orkwork.domains.workflows.queries import starting as queries
from orkwork.domains.workflows.queries import templates as template_queries
from orkwork.domains.workflows.schemas.starting import (
    BackfillIn,
    CronIn,
    HookIn,
    HookMade,
    HookPatch,
    ScheduleIn,
    SchedulePatch,
    TriggerIn,
    TriggerPatch,
)
from orkwork.domains.workflows.service import hooking, scheduling, triggering
from orkwork.domains.workflows.ui import asking, lines
from orkwork.ui.screen import Screen, handler, toast

NOTHING: dict[str, Any] = {
    "id": "", "name": "", "cron": "0 9 * * 1-5", "overlap": "skip", "catch_up": 1, "pause_after": 5, "pattern": "",
    "filter": "", "max_per_hour": 60, "url": "", "version": 0, "values": {},
}  # fmt: skip
"""What an empty form holds."""
NOBODY = {"kind": "", "id": "", "name": ""}


class Acts(NamedTuple):
    """What can be done with one kind."""

    create: Callable[..., Any]
    new: type[In]
    update: Callable[..., Any]
    patch: type[In]
    delete: Callable[..., Any]


ACTS = {
    "schedule": Acts(
        scheduling.create_schedule, ScheduleIn, scheduling.update_schedule, SchedulePatch, scheduling.delete_schedule
    ),
    "trigger": Acts(
        triggering.create_trigger, TriggerIn, triggering.update_trigger, TriggerPatch, triggering.delete_trigger
    ),
    "hook": Acts(hooking.create_hook, HookIn, hooking.update_hook, HookPatch, hooking.delete_hook),
}


def _read(work: Work, ref: str) -> dict[str, Any]:
    workflow = template_queries.workflow(work, ref)
    return {
        "inputs": lines.inputs(workflow.template.inputs),
        "schedules": [lines.schedule(one) for one in queries.schedules(work, ref)],
        "triggers": [lines.trigger(one) for one in queries.triggers(work, ref)],
        "hooks": [lines.hook(one) for one in queries.hooks(work, ref)],
    }


class Starters(Screen, rx.State):
    """What starts the workflow in the address, and the form that is open."""

    inputs: list[dict[str, Any]] = []
    schedules: list[dict[str, Any]] = []
    triggers: list[dict[str, Any]] = []
    hooks: list[dict[str, Any]] = []
    form: str = ""
    """schedule, trigger, hook, backfill or secret; empty when none is open."""
    was: dict[str, Any] = NOTHING
    cron: str = ""
    ticks: list[str] = []
    zone: str = ""
    secret: str = ""
    leaving: dict[str, str] = NOBODY

    @handler
    async def load(self):
        """Read them."""
        self.errors, self.form, self.secret = {}, "", ""
        await self._fill()

    @handler
    async def changed(self):
        """Read them again."""
        await self._fill()

    async def _fill(self) -> None:
        for name, value in (await self.ask(_read, self.arg("ref"))).items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    def _found(self, kind: str, row_id: str) -> dict[str, Any]:
        rows = {"schedule": self.schedules, "trigger": self.triggers, "hook": self.hooks}.get(kind, [])
        return next((row for row in rows if row["id"] == row_id), NOTHING)

    @handler
    async def begin(self, kind: str, row_id: str):
        """Open the form of a new or a known one."""
        if kind not in ("schedule", "trigger", "hook", "backfill"):
            return
        found = self._found("schedule" if kind == "backfill" else kind, str(row_id))
        self.was, self.errors, self.form = NOTHING | found, {}, kind
        if kind == "schedule":
            await self._try(self.was["cron"])

    @handler
    async def end(self, kind: str):
        """Close a form, and forget the secret; one that another has taken the place of has closed already."""
        if self.form == str(kind):
            self.form, self.secret = "", ""

    @handler
    async def try_cron(self, cron: str):
        """Show when a cron would fire next."""
        await self._try(str(cron)[:120])

    async def _try(self, cron: str) -> None:
        self.cron, self.ticks = cron, []
        shown = await self.ask(queries.try_cron, CronIn.model_validate({"cron": cron}))
        self.ticks, self.zone, self.errors = [at.isoformat() for at in shown.next_ticks], shown.time_zone, {}

    @handler
    async def save_schedule(self, data: dict[str, Any]):
        """Add or change a schedule."""
        wanted = self._named(data) | {"cron": str(data.get("cron") or ""), "overlap": str(data.get("overlap"))}
        wanted |= {name: _whole(data, name) for name in ("catch_up", "pause_after")}
        await self._save("schedule", wanted)
        return toast("Schedule saved")

    @handler
    async def save_trigger(self, data: dict[str, Any]):
        """Add or change a trigger."""
        wanted = self._named(data) | {name: str(data.get(name) or "").strip() for name in ("pattern", "filter")}
        wanted["max_per_hour"] = _whole(data, "max_per_hour")
        await self._save("trigger", wanted)
        return toast("Trigger saved")

    @handler
    async def save_hook(self, data: dict[str, Any]):
        """Add a webhook and show its secret once, or change one."""
        made = await self._save("hook", self._named(data))
        if not isinstance(made, HookMade):
            return toast("Webhook saved")
        self.was, self.secret, self.form = NOTHING | {"url": made.url}, made.secret, "secret"

    async def _save(self, kind: str, wanted: dict[str, Any]) -> Any:
        """Change the one that the open form is about, or add one; close the form."""
        acts, known = ACTS[kind], self.was["id"]
        if known:
            saved = await self.do(acts.update, UUID(known), acts.patch.model_validate(wanted), self.was["version"])
        else:
            saved = await self.do(acts.create, self.arg("ref"), acts.new.model_validate(wanted))
        self.errors, self.form = {}, ""
        await self._fill()
        return saved

    def _named(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"name": str(data.get("name") or ""), "inputs": asking.values(self.inputs, data)}

    @handler
    async def renew(self, row_id: str):
        """Give a webhook a new secret and show it once."""
        made = await self.do(hooking.renew_secret, UUID(str(row_id)))
        await self._fill()
        self.was, self.secret, self.form = NOTHING | {"url": made.url}, made.secret, "secret"

    @handler
    async def fill_back(self, data: dict[str, Any]):
        """Make up for a period of a schedule."""
        since, until = (_moment(data, name) for name in ("since", "until"))
        body = BackfillIn.model_validate({"since": since, "until": until})
        done = await self.do(scheduling.backfill, UUID(self.was["id"]), body)
        self.errors, self.form = {}, ""
        return toast("{n} ticks made up for", hint="They run one after the other.", n=done.started + done.queued)

    @handler
    async def turn(self, kind: str, row_id: str):
        """Pause one of them, or let it go on."""
        found = self._found(str(kind), str(row_id))
        if not found["id"]:
            return
        state = SwitchState.PAUSED if found["state"] == SwitchState.ACTIVE else SwitchState.ACTIVE
        acts = ACTS[str(kind)]
        await self.do(acts.update, UUID(found["id"]), acts.patch.model_validate({"state": state}))
        await self._fill()

    @handler
    async def ask_delete(self, kind: str, row_id: str):
        """Ask once."""
        found = self._found(str(kind), str(row_id))
        self.leaving = {"kind": str(kind), "id": found["id"], "name": found["name"]} if found["id"] else NOBODY

    @handler
    async def keep(self):
        """Let it be."""
        self.leaving = NOBODY

    @handler
    async def delete(self):
        """Delete it; its runs stay."""
        gone, self.leaving = self.leaving, NOBODY
        acts = ACTS.get(gone["kind"])
        if acts is not None:
            await self.do(acts.delete, UUID(gone["id"]))
            await self._fill()
            return toast("Deleted")


def _whole(data: dict[str, Any], name: str) -> int:
    typed = str(data.get(name) or "").strip()
    if not typed.isascii() or not typed.isdigit() or len(typed) > 6:
        raise invalid(name, "must be a whole number")
    return int(typed)


def _moment(data: dict[str, Any], name: str) -> datetime:
    """What a field for day and time holds, in UTC as its label says."""
    try:
        return datetime.fromisoformat(f"{data.get(name) or ''}+00:00")
    except ValueError as error:
        raise invalid(name, "choose a day and a time") from error
