"""The page of decisions and its state; the tab and the filters stand in the address."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import reflex as rx

from orkwork.core import clock
from orkwork.core.errors import invalid
from orkwork.core.ids import is_uuid
from orkwork.core.money import plain
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agents
from orkwork.domains.auth import queries as people
from orkwork.domains.decisions import queries, service
from orkwork.domains.decisions.models import Category, Outcome
from orkwork.domains.decisions.queries import DECIDED, DecisionFilter
from orkwork.domains.decisions.schemas import OutcomeIn, RecommendIn, ResolveIn
from orkwork.domains.decisions.ui import panels, ruling, shown
from orkwork.domains.forecast.queries import deciding as forecast
from orkwork.domains.projects import queries as projects
from orkwork.domains.settings import queries as company
from orkwork.domains.settings import service as settings
from orkwork.domains.settings.schemas import CompanyPatch
from orkwork.domains.standing import queries as standing
from orkwork.domains.standing import service as rules
from orkwork.domains.standing.schemas import RuleIn
from orkwork.ui.components import filters
from orkwork.ui.components.panel import card, grid, skeleton
from orkwork.ui.components.triage import triage
from orkwork.ui.locale import money, plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler, toast
from orkwork.ui.shell import Shell

TABS = ("pending", "decided", "rules")
SHOWN = 100
"""How many waiting decisions are on the page at once, the dearest."""
LATEST = 9
FILTERS = ("category", "agent", "project", "by", "person", "outcome", "days", "text")
PEOPLE = {"people": ("user",), "rules": ("rule",), "system": ("system",), "all": ()}
NO_RULE: dict[str, Any] = {"id": "", "options": [], "what": "", "params": {}, "decided": 0, "differing": []}


def _ids(text: str) -> list[UUID]:
    return [UUID(text)] if is_uuid(text) else []


def wanted(chosen: dict[str, str], zone: str, now: datetime) -> DecisionFilter:
    """The filter that the address says; what it does not know it leaves out."""
    by, days = chosen.get("by", ""), chosen.get("days", "")
    since = (
        now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0) if days.isdigit() else None
    )
    return DecisionFilter(
        statuses=DECIDED,
        categories=[Category(chosen["category"])] if chosen.get("category") in set(Category) else [],
        agent_ids=_ids(chosen.get("agent", "")),
        project_ids=_ids(chosen.get("project", "")),
        decided_by=PEOPLE.get(by, ("user", "rule")),
        decided_by_ids=_ids(chosen.get("person", "")),
        outcomes=[Outcome(chosen["outcome"])] if chosen.get("outcome") in set(Outcome) else [],
        since=since - timedelta(days=min(3660, int(days)) - 1) if since else None,
        text=chosen.get("text", "")[:200],
    )


def _waiting(work: Work) -> dict[str, Any]:
    found = queries.pending(work, DecisionFilter(), limit=SHOWN)
    gain = found.first_three
    return {
        "waiting": [shown.card(decision) for decision in found.items],
        "total": found.total,
        "usd": "" if found.usd_per_day is None else plain(found.usd_per_day),
        "gain": {
            "decisions": gain.decisions,
            "tasks": gain.tasks,
            "agents": gain.agents,
            "usd": "" if gain.usd_per_day is None else plain(gain.usd_per_day),
        },
        "latest": [shown.past(one) for one in queries.log(work, wanted({}, "UTC", clock.now()), limit=LATEST).items],
    }


def _stats(work: Work) -> dict[str, Any]:
    found = queries.stats(work)
    now, before = found.median_answer_seconds, found.median_answer_seconds_before
    return {
        "decided": found.decided,
        "median": -1 if now is None else now,
        "change": None if now is None or before is None else round(now - before),
        "judged": found.judged,
        "right": round(100 * found.right / found.judged) if found.judged >= queries.ENOUGH else -1,
    }


def _log(work: Work, chosen: dict[str, str], cursor: str | None) -> dict[str, Any]:
    zone = company.company(work).time_zone
    found = queries.log(work, wanted(chosen, zone, clock.now()), cursor=cursor)
    return {
        "log": [shown.past(one) for one in found.items],
        "cursor": found.next_cursor or "",
        "agents": [{"value": str(one.id), "text": one.name} for one in agents.agents(work)],
        "projects": [{"value": str(one.id), "text": one.name} for one in projects.projects(work)],
        "people": [{"value": str(one.id), "text": one.name} for one in people.users(work).items],
    }


def _rules(work: Work) -> dict[str, Any]:
    return {
        "rules": [shown.rule(one) for one in standing.rules(work)],
        "offer_after": company.company(work).offer_rule_after,
    }


def _test(work: Work, decision_id: UUID, options: list[str]) -> dict[str, Any]:
    """What a rule would do, for the question whether to make it."""
    found, tested = queries.decision(work, decision_id), standing.back_test(work, decision_id, options)
    label = next(
        (shown.labelled(o, asked=found.asked_by_kind is not None) for o in found.options if o.id in options), None
    )
    return {
        "id": str(decision_id),
        "options": options,
        "what": label["label"] if label else "",
        "params": label["params"] if label else {},
        "raw": bool(label and label["raw"]),
        "title": shown.titled(found),
        "decided": tested.decided,
        "alike": tested.alike,
        "otherwise": tested.otherwise,
        "wrong": tested.wrong,
        "not_offered": tested.not_offered,
        "differing": [shown.past(one) for one in tested.differing],
    }


class Decisions(Screen, rx.State):
    """What the page shows."""

    known: bool = False
    tab: str = "pending"
    waiting: list[dict[str, Any]] = []
    total: int = 0
    usd: str = ""
    gain: dict[str, Any] = {}
    latest: list[dict[str, Any]] = []
    first: str = ""
    stats: dict[str, Any] = {}
    log: list[dict[str, Any]] = []
    cursor: str = ""
    chosen: dict[str, str] = {}
    agents: list[dict[str, str]] = []
    projects: list[dict[str, str]] = []
    people: list[dict[str, str]] = []
    rules: list[dict[str, Any]] = []
    offer_after: int = 3
    making: dict[str, Any] = NO_RULE
    judging: dict[str, Any] = {}
    dates: dict[str, Any] = {}

    async def _fill(self, read: Callable[..., dict[str, Any]], *args: Any) -> None:
        for name, value in (await self.ask(read, *args)).items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    @handler
    async def load(self):
        """Read the tab that the address names."""
        tab = self.arg("tab")
        self.first = self.arg("open")
        self.tab, self.errors, self.refusal = tab if tab in TABS else "pending", {}, {}
        self.dates = {}
        self.chosen = {name: self.arg(name) for name in FILTERS if self.arg(name)}
        await self._read()
        self.known = True

    @handler
    async def changed(self):
        """Something was asked or decided somewhere."""
        await self._read()

    async def _read(self) -> None:
        self.stats = await self.ask(_stats)
        match self.tab:
            case "decided":
                await self._fill(_log, self.chosen, None)
            case "rules":
                await self._fill(_rules)
            case _:
                await self._fill(_waiting)

    @handler(refuses="decision_id")
    async def decide(self, decision_id: str, answer: dict[str, Any]):
        """Decide, as the list says."""
        given = dict(answer)
        body = ResolveIn.model_validate({name: given.get(name) for name in ResolveIn.model_fields if given.get(name)})
        await self.do(service.resolve, _id(decision_id), body)
        await self._read()

    @handler(background=True)
    async def foresee(self, decision_id: str):
        """Work out what an open decision does to dates, while the page goes on."""
        found = (await self.ask(forecast.dates, _id(decision_id))).model_dump(mode="json")
        async with self:
            waiting = {one["id"] for one in self.waiting}
            kept = {one: value for one, value in self.dates.items() if one in waiting}
            self.dates = kept | {str(decision_id): found}

    @handler(refuses="decision_id")
    async def recommend(self, decision_id: str, said: dict[str, Any]):
        """Say what one would choose."""
        given = {name: str(dict(said).get(name) or "") for name in RecommendIn.model_fields}
        await self.do(service.recommend, _id(decision_id), RecommendIn.model_validate(given))
        await self._read()
        return toast("Recommended")

    @handler
    async def try_rule(self, decision_id: str, options: list[str]):
        """Show what a standing rule would have done, before it is made."""
        self.errors = {}
        self.making = await self.ask(_test, _id(decision_id), [str(one)[:100] for one in list(options)[:20]])

    @handler
    async def leave_rule(self):
        """Make none."""
        self.making = NO_RULE

    @handler
    async def make_rule(self, data: dict[str, Any]):
        """Make it."""
        made = self.making
        reasoning = str(dict(data).get("reasoning") or "")
        body = RuleIn.model_validate({"decision_id": made["id"], "options": made["options"], "reasoning": reasoning})
        await self.do(rules.make_rule, body)
        self.making = NO_RULE
        await self._read()
        return toast("Standing rule made", hint="It decides what is asked from now on.", href="/decisions?tab=rules")

    @handler
    async def revoke(self, rule_id: str):
        """Have people decide again."""
        await self.do(rules.revoke_rule, _id(rule_id))
        await self._read()
        return toast("Standing rule revoked")

    @handler
    async def set_offer_after(self, value: float):
        """After how many like answers a rule is offered."""
        wanted = int(value) if isinstance(value, int | float) and 0 < value < 1000 else 0
        if wanted != self.offer_after:
            await self.do(settings.update_company, CompanyPatch(offer_rule_after=wanted))
            await self._read()

    @handler
    async def ask_outcome(self, decision_id: str):
        """Open the form for how a decision turned out."""
        self.errors = {}
        self.judging = next((one for one in [*self.log, *self.latest] if one["id"] == decision_id), {})

    @handler
    async def leave_outcome(self):
        """Judge it later."""
        self.judging = {}

    @handler
    async def judge(self, data: dict[str, Any]):
        """Keep how it turned out."""
        given = {name: str(dict(data).get(name) or "") for name in OutcomeIn.model_fields}
        if not given["outcome"]:
            raise invalid("outcome", "choose one")
        await self.do(service.judge, _id(self.judging.get("id", "")), OutcomeIn.model_validate(given))
        self.judging = {}
        await self._read()
        return toast("Outcome kept")

    @handler
    async def more(self):
        """Show older decisions."""
        before = self.log
        await self._fill(_log, self.chosen, self.cursor or None)
        self.log = before + self.log

    @handler
    async def choose(self, name: str, value: str):
        """Filter: the address says by what."""
        chosen = self.chosen | {str(name): str(value)[:200]}
        return go("/decisions", tab="decided", **{key: chosen.get(key) or None for key in FILTERS})


def _id(text: Any) -> UUID:
    if not is_uuid(str(text)):
        raise invalid("id", "is not an id")
    return UUID(str(text))


def _fact() -> rx.Component:
    costs = t("Waiting costs {amount} a day", amount=money(Decisions.usd))
    return rx.cond(
        Decisions.usd != "",
        costs,
        rx.cond(Decisions.total > 0, plural("{n} decision waits", "{n} decisions wait", Decisions.total), ""),
    )


def _tabs() -> rx.Component:
    def counted(text: rx.Var, n: Any) -> rx.Component:
        return rx.fragment(text, rx.cond(n > 0, rx.el.span(n, class_name="m2 t")))

    return filters.tabs(
        t("Decisions by state"),
        [
            (counted(t("Pending"), Shell.counts["/decisions"].to(int)), "/decisions", Decisions.tab == "pending"),
            (
                counted(t("Decided"), Decisions.stats["decided"].to(int)),
                "/decisions?tab=decided",
                Decisions.tab == "decided",
            ),
            (t("Standing rules"), "/decisions?tab=rules", Decisions.tab == "rules"),
        ],
    )


def _pending() -> rx.Component:
    listed = triage(
        Decisions.waiting,
        first=Decisions.first,
        refusal=Decisions.refusal,
        decides=Shell.can_manage,
        recommends=Shell.can_write,
        on_decide=Decisions.decide,
        on_recommend=Decisions.recommend,
        on_rule=Decisions.try_rule,
        dates=Decisions.dates,
        on_open=Decisions.foresee,
    )
    main = rx.cond(
        Decisions.waiting.length() > 0, rx.fragment(panels.gain(Decisions), listed), card(panels.nothing_waits())
    )
    return grid(
        rx.el.div(main, class_name="c8 stack"),
        rx.el.div(panels.figures(Decisions), panels.latest(Decisions), class_name="c4 stack no-m"),
    )


@page(
    "/decisions", title="Decisions", state=Decisions, topics={"decision", "decision_rule", "task", "agent"}, fact=_fact
)
def decisions() -> list[rx.Component]:
    """Three tabs and their dialogs."""
    tab = rx.match(
        Decisions.tab, ("decided", panels.decided(Decisions)), ("rules", ruling.standing(Decisions)), _pending()
    )
    return [
        _tabs(),
        rx.cond(Decisions.known, tab, card(skeleton(8))),
        ruling.rule_dialog(Decisions),
        panels.outcome_dialog(Decisions),
    ]
