"""A project's board."""

from typing import Any
from uuid import UUID

import reflex as rx
from reflex_base.vars.base import VarData

from orkwork.core.errors import invalid
from orkwork.core.ids import is_uuid
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.projects import queries as projects
from orkwork.domains.projects.ui.components import fact, parts, views
from orkwork.domains.projects.ui.holding import hold_banner
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import board as queries
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import claims, lifecycle
from orkwork.domains.tasks.ui import filtering, reasons, shown
from orkwork.domains.tasks.ui.components import agent_line, agent_picker, priorities
from orkwork.ui.components import filters
from orkwork.ui.components.board import board
from orkwork.ui.components.button import button
from orkwork.ui.components.empty import empty
from orkwork.ui.components.panel import skeleton
from orkwork.ui.locale import t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler
from orkwork.ui.shell import Shell

NAMES = ("priority", "assignee", "label", "q")
LANES = [s.value for s in Status]
_FOLDED = [s.value for s in (Status.FAILED, Status.CANCELLED)]


def _read(work: Work, ref: str, args: dict[str, str], shown_of: dict[str, int]) -> dict[str, Any]:
    project = projects.project(work, ref)
    found = queries.board(work, project.id, filtering.read(args), shown_of)
    lanes: dict[str, list[dict[str, Any]]] = {status: [] for status in LANES}
    for item in found.cards:
        lanes[item.status.value].append(shown.card(item))
    return {
        "project": parts(project),
        "lanes": lanes,
        "counts": found.counts,
        "options": filtering.options(work, project.key_prefix),
        "agents": [agent_line(agent) for agent in agents.agents(work)],
    }


class Board(Screen, rx.State):
    """The lanes, each in a var of its own so that only the ones that change are sent."""

    created: list[dict[str, Any]] = []
    planning: list[dict[str, Any]] = []
    ready: list[dict[str, Any]] = []
    assigned: list[dict[str, Any]] = []
    in_progress: list[dict[str, Any]] = []
    review: list[dict[str, Any]] = []
    completed: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    cancelled: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    project: dict[str, Any] = {}
    filter: dict[str, str] = dict.fromkeys(NAMES, "")
    agents: list[dict[str, Any]] = []
    assignees: list[dict[str, str]] = []
    labels: list[dict[str, str]] = []
    assigning: str = ""
    asking: dict[str, str] = reasons.NOTHING
    _shown: dict[str, int] = {}
    _ref: str = ""

    def _args(self) -> dict[str, str]:
        return {name: self.arg(name)[:2000] for name in NAMES}

    @rx.var
    def title(self) -> str:
        """The project's name."""
        return str(self.project.get("name", ""))

    @rx.var
    def narrowed(self) -> bool:
        """Whether any filter is on."""
        return any(self.filter.values())

    @handler
    async def load(self):
        """Read the first cards of each lane."""
        self._shown, self.assigning, self.asking, self.refusal = {}, "", reasons.NOTHING, {}
        if self.arg("ref") != self._ref:
            self._ref, self.project = self.arg("ref"), {}
        await self._fill()
        self.watch(f"project:{self.project['id']}", "company")

    @handler
    async def changed(self):
        """Read again what is on the screen."""
        await self._fill()

    async def _fill(self) -> None:
        args = self._args()
        seen = await self.ask(_read, self.arg("ref"), args, self._shown)
        fresh: dict[str, Any] = {status.lower(): cards for status, cards in seen["lanes"].items()}
        fresh |= {
            "counts": seen["counts"],
            "project": seen["project"],
            "filter": args,
            "agents": seen["agents"],
            "assignees": [{"value": "none", "text": "—"}, *seen["options"]["agents"]],
            "labels": seen["options"]["labels"],
        }
        for name, value in fresh.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    @handler
    async def more(self, status: str):
        """Read more cards of a lane."""
        if status in LANES:
            have = len(getattr(self, status.lower()))
            self._shown = self._shown | {status: min(queries.MOST, have + queries.LANE)}
            await self._fill()

    @handler
    async def narrow(self, name: str, value: str):
        """Change one filter in the address."""
        wanted = {n: str(value) if n == name else v for n, v in self._args().items()}
        return go(f"/projects/{self.project['key']}/board", **wanted)

    @handler
    async def clear(self):
        """Take every filter away."""
        return go(f"/projects/{self.project['key']}/board")

    @handler(refuses="card_id")
    async def move(self, card_id: str, to: str, before: str):
        """Move a card; on Assigned it is asked who gets it, and where work goes back or fails it is asked why."""
        if to not in LANES:
            raise invalid("to", "is not a state of a task")
        if to == Status.ASSIGNED:
            self.assigning = str(card_id)
            return
        if reasons.needs_words(str(before), to):
            cards = getattr(self, before.lower(), []) if before in LANES else []
            key = next((str(card["key"]) for card in cards if card["id"] == card_id), "")
            self.errors, self.asking = {}, reasons.asked(str(card_id), key, to)
            return
        await self.do(lifecycle.transition, str(card_id), MoveIn(to=Status(to)))
        await self._fill()

    @handler
    async def say_why(self, data: dict[str, Any]):
        """Move the card that was dropped, with its words."""
        move = reasons.move_of(self.asking, data)
        card, self.asking = self.asking["id"], reasons.NOTHING
        return Board.send(card, move.to.value, move.comment or "")

    @handler(refuses="card_id")
    async def send(self, card_id: str, to: str, words: str):
        """Move a card with words."""
        if to not in LANES:
            raise invalid("to", "is not a state of a task")
        await self.do(lifecycle.transition_saying, str(card_id), MoveIn(to=Status(to), comment=str(words) or None))
        await self._fill()

    @handler
    async def keep(self):
        """Put the card back: nothing was said."""
        if self.asking["id"]:
            self._spring_back(self.asking["id"], "Nothing was said.")
            self.asking = reasons.NOTHING

    @handler
    async def assign(self, agent_id: str):
        """Give the card that was dropped on Assigned to an agent."""
        if self.assigning and is_uuid(agent_id):
            card, self.assigning = self.assigning, ""
            return Board.give(card, agent_id)

    @handler(refuses="card_id")
    async def give(self, card_id: str, agent_id: str):
        """Give a card to an agent."""
        if not is_uuid(agent_id):
            raise invalid("agent_id", "is not an agent")
        await self.do(claims.assign, str(card_id), AssignIn(agent_id=UUID(agent_id)))
        await self._fill()

    @handler
    async def nobody(self):
        """Put the card back: no agent was chosen."""
        if self.assigning:
            self._spring_back(self.assigning, "No agent was chosen.")
            self.assigning = ""

    def _spring_back(self, card_id: str, why: str) -> None:
        self.refusal = {"id": card_id, "text": why, "n": int(self.refusal.get("n", 0)) + 1}


def _cards() -> rx.Var:
    lanes = [getattr(Board, status.lower()) for status in LANES]
    data = VarData.merge(*(lane._get_all_var_data() for lane in lanes))
    return rx.Var(f"[{','.join(f'...{lane!s}' for lane in lanes)}]", _var_type=list[dict[str, Any]], _var_data=data)


def _bar() -> rx.Component:
    def chip(name: str, text: Any, choices: Any) -> rx.Component:
        return filters.choose(text, Board.filter[name], choices, Board.narrow(name))

    return filters.bar(
        chip("priority", t("Priority"), priorities()),
        chip("assignee", t("Assignee"), Board.assignees),
        rx.cond(Board.labels.length() > 0, chip("label", t("Label"), Board.labels), rx.fragment()),
        filters.search_box(Board.filter["q"], lambda value: Board.narrow("q", value), t("Search tasks")),
        rx.cond(
            Board.narrowed, button(t("Clear"), kind="ghost sm", icon_name="x", on_click=Board.clear), rx.fragment()
        ),
        rx.el.span(views(Board.project["key"], "kanban"), class_name="end"),
        slides=True,
    )


def _none() -> rx.Component:
    return empty(
        "kanban",
        t("The project's tasks will stand here by state"),
        t("Drag a card to move it; agents move theirs by themselves."),
        action=rx.cond(
            Shell.can_write,
            button(
                t("Create task"),
                kind="solid",
                icon_name="plus",
                href=rx.Var.create("/tasks?new=1&project=") + Board.project["key"].to(str),
            ),
            rx.fragment(),
        ),
    )


@page(
    "/projects/[ref]/board",
    title="Board",
    name=Board.title,
    state=Board,
    nav="/projects",
    mini=True,
    body="boardpage",
    crumbs=lambda: [(t("Projects"), "/projects")],
    fact=lambda: fact(Board.project),
)
def project_board() -> list[rx.Component]:
    """The lanes and the picker that a drop on Assigned opens."""
    lanes = board(
        _cards(),
        rules=shown.drops(),
        on_move=Board.move,
        on_more=Board.more,
        refusal=Board.refusal,
        counts=Board.counts,
        collapsed=_FOLDED,
        name=Board.project["key"].to(str),
        label=Board.title,
        fixed=~Shell.can_write,
    )
    filled = rx.cond(Board.narrowed | (Board.project["total"].to(int) > 0), lanes, _none())
    return [
        rx.cond(Board.project["id"], hold_banner(Board.project["hold"], Board.project["key"]), rx.fragment()),
        _bar(),
        rx.cond(Board.project["id"], filled, skeleton(6)),
        agent_picker("assign-card", Board.agents, Board.assign, open=Board.assigning != "", on_close=Board.nobody),
        reasons.reason_dialog(Board.asking, Board.errors, Board.say_why, Board.keep),
    ]
