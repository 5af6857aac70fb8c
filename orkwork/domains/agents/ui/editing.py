"""The form of a new agent, and of one that is there."""

import json
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from orkwork.core.errors import NotFound, Stale, invalid
from orkwork.core.ids import is_uuid
from orkwork.core.money import plain
from orkwork.core.work import Work
from orkwork.domains.agents import queries, service
from orkwork.domains.agents.schemas import AgentIn, AgentOut, AgentPatch
from orkwork.domains.agents.ui import fields
from orkwork.domains.projects import queries as project_queries
from orkwork.domains.settings.ui import limits as limit_form
from orkwork.ui.components.panel import body, card, skeleton
from orkwork.ui.locale import t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler, toast

Option = dict[str, str]
_TEXTS = ("name", "role", "adapter", "model", "description")


class Skill(TypedDict):
    """One line of the capabilities' editor."""

    id: int
    name: str
    level: str


def whole(text: Any) -> Any:
    """A number that was typed; what is none stays as it is, so that the schema says what is wrong."""
    kept = str(text or "").strip()
    return None if not kept else int(kept) if kept.isascii() and kept.isdigit() and len(kept) < 10 else kept


def read_form(data: dict[str, Any]) -> dict[str, Any]:
    """The form's texts as the agent's fields."""
    out: dict[str, Any] = {name: data.get(name) or "" for name in _TEXTS}
    out["manager_id"] = data.get("manager_id") or None
    out["daily_budget_usd"] = str(data.get("daily_budget_usd") or "").strip().replace(",", ".") or None
    out["max_concurrent_tasks"] = whole(data.get("max_concurrent_tasks"))
    out["heartbeat_timeout_seconds"] = whole(data.get("heartbeat_timeout_seconds"))
    out["project_ids"] = [name.removeprefix("project:") for name in data if name.startswith("project:")] or None
    out["config"] = _config(data.get("config"))
    out["capabilities"] = _capabilities(data)
    out["limits"] = limit_form.read_or_none(data)
    return out


def _config(text: Any) -> dict[str, Any]:
    try:
        read = json.loads(str(text or "").strip() or "{}")
    except (ValueError, RecursionError) as error:
        raise invalid("config", "is not JSON") from error
    if not isinstance(read, dict):
        raise invalid("config", "must be a JSON object, in braces")
    return read


def _capabilities(data: dict[str, Any]) -> dict[str, Any]:
    names = {
        key.removeprefix("skill-name:"): str(text).strip()
        for key, text in data.items()
        if key.startswith("skill-name:")
    }
    levels = {number: str(data.get(f"skill-level:{number}") or "0.5").replace(",", ".") for number in names}
    return {name: levels[number] for number, name in names.items() if name}


def _choices(work: Work, own: str) -> dict[str, Any]:
    managers = [{"value": str(a.id), "text": a.name} for a in queries.agents(work) if str(a.id) != own]
    projects = [{"value": str(p.id), "text": f"{p.key_prefix} {p.name}"} for p in project_queries.projects(work)]
    return {
        "managers": [{"value": "", "text": "—"}, *managers],
        "projects": projects,
        "known_skills": sorted(queries.capabilities(work))[:500],
    }


def _values(agent: AgentOut) -> dict[str, str]:
    texts = {name: str(getattr(agent, name)) for name in _TEXTS}
    budget, silence = agent.daily_budget_usd, agent.heartbeat_timeout_seconds
    return texts | {
        "manager_id": str(agent.manager_id or ""),
        "daily_budget_usd": "" if budget is None else plain(budget),
        "max_concurrent_tasks": str(agent.max_concurrent_tasks),
        "heartbeat_timeout_seconds": str(silence or ""),
        "config": json.dumps(agent.config, indent=2, ensure_ascii=False) if agent.config else "",
    }


NEW = {"adapter": "api", "max_concurrent_tasks": "1"}


class AgentForm(Screen, rx.State):
    """What the form holds before anyone types."""

    agent_id: str = ""
    version: int = 0
    values: dict[str, str] = {}
    skills: list[Skill] = []
    managers: list[Option] = []
    projects: list[Option] = []
    allowed: list[str] = []
    known_skills: list[str] = []
    limits: dict[str, str] = limit_form.values(None)
    ready: bool = False

    @handler
    async def load(self):
        """Read what there is to choose from, and the agent in the address."""
        ref = self.arg("id")
        self.ready, self.errors, self.agent_id = False, {}, ref if is_uuid(ref) else ""
        agent = await self.ask(queries.agent, UUID(ref)) if self.agent_id else None
        if ref and agent is None:
            raise NotFound("agent.not_found", f"There is no agent {ref[:40]}")
        for name, value in (await self.ask(_choices, self.agent_id)).items():
            setattr(self, name, value)
        self.values = _values(agent) if agent else NEW
        self.version = agent.version if agent else 0
        self.limits = limit_form.values(agent.limits if agent else None)
        self.allowed = [str(i) for i in agent.project_ids or []] if agent else []
        pairs = sorted(agent.capabilities.items()) if agent else []
        self.skills = [{"id": n, "name": name, "level": plain(level)} for n, (name, level) in enumerate(pairs)]
        self.ready = True

    @handler
    async def add_skill(self):
        """One more line."""
        if len(self.skills) < 100:
            self.skills = [
                *self.skills,
                {"id": max((s["id"] for s in self.skills), default=-1) + 1, "name": "", "level": "0.5"},
            ]

    @handler
    async def drop_skill(self, number: int):
        """One line less."""
        self.skills = [skill for skill in self.skills if skill["id"] != number]

    async def _save(self, read: dict[str, Any], level: Any) -> AgentOut:
        if self.agent_id:
            return await self.do(service.update_agent, UUID(self.agent_id), AgentPatch(**read), self.version)
        return await self.do(service.create_agent, AgentIn(**read, autonomy_level=2 if level is None else level))

    @handler
    async def save(self, data: dict[str, Any]):
        """Create the agent, or change it unless somebody else did meanwhile."""
        read = read_form(data)
        try:
            found = await self._save(read, whole(data.get("autonomy_level")))
        except Stale:
            return toast(
                "Somebody changed this meanwhile", hint="Reload to see it; what you typed is still here.", tone="warn"
            )
        self.errors = {}
        return [rx.redirect(f"/agents/{found.id}"), toast("Agent saved")]


def _page() -> rx.Component:
    return rx.el.div(
        rx.cond(AgentForm.ready, card(body(fields.whole_form(AgentForm))), card(skeleton(8))),
        style={"maxWidth": "760px", "width": "100%"},
    )


@page("/agents/new", title="New agent", state=AgentForm, nav="/agents", crumbs=lambda: [(t("Agents"), "/agents")])
def new_agent() -> rx.Component:
    """The empty form."""
    return _page()


@page(
    "/agents/[id]/edit",
    title="Edit agent",
    state=AgentForm,
    nav="/agents",
    crumbs=lambda: [
        (t("Agents"), "/agents"),
        (AgentForm.values["name"], rx.Var.create("/agents/") + AgentForm.agent_id),
    ],
)
def edit_agent() -> rx.Component:
    """The filled form."""
    return _page()
