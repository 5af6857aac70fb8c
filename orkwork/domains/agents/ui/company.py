"""All agents: as cards, as a list with figures, and as an org chart."""

import reflex as rx

from orkwork.core.work import Work
from orkwork.domains.agents import queries
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.ui import lines, scores
from orkwork.domains.agents.ui.lines import AgentLine
from orkwork.domains.agents.ui.scores import RankLine
from orkwork.domains.performance import queries as performance
from orkwork.ui import nav
from orkwork.ui.components import filters
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button
from orkwork.ui.components.empty import empty
from orkwork.ui.components.figure import sparkline
from orkwork.ui.components.panel import card, link
from orkwork.ui.components.table import num, table
from orkwork.ui.components.when import when
from orkwork.ui.locale import money, plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, handler
from orkwork.ui.shell import Shell

VIEWS = ("cards", "list", "org", "board")
nav.place("Agents", "/agents", "bot", keys="ga", order=30, phone=True)
nav.action("Create agent", "/agents/new", "bot")


@nav.count("/agents")
def living(work: Work) -> int:
    """How many agents there are."""
    return len(queries.at_work(work))


@nav.search
def find(work: Work, text: str) -> list[nav.Found]:
    """Agents by a part of their name."""
    named = [agent for agent in queries.agents(work) if text.lower() in agent.name.lower()]
    return [{"title": agent.name, "href": f"/agents/{agent.id}", "icon": "bot"} for agent in named[:5]]


class Agents(Screen, rx.State):
    """The agents of one view."""

    view: str = "cards"
    retired: bool = False
    agents: list[AgentLine] = []
    ranked: list[RankLine] = []
    known: bool = False
    tally: dict[str, int] = {}

    @handler
    async def load(self):
        """Read the view that the address names."""
        self.view = self.arg("view") if self.arg("view") in VIEWS else "cards"
        self.retired = self.arg("retired") == "1"
        status = list(AgentStatus) if self.retired else None
        found = await self.ask(queries.at_work, status=status)
        board = await self.ask(performance.leaderboard)
        points = {str(one.agent_id): f"{one.current.score:.0f}" for one in board if one.current}
        shown = lines.tree(found) if self.view == "org" else [lines.line(agent) for agent in found]
        self.agents = [{**line, "score": points.get(line["id"], "")} for line in shown]
        self.ranked = [scores.rank_line(one) for one in board] if self.view == "board" else []
        self.tally = {state: sum(agent.state == state for agent in found) for state in lines.ORDER}
        self.known = True


def _card(agent: rx.Var) -> rx.Component:
    head = rx.el.div(
        avatar(agent["name"], size="lg"),
        rx.el.div(rx.el.h2(agent["name"], class_name="trunc"), lines.job(agent), class_name="col grow"),
        class_name="row",
        style={"gap": "12px"},
    )
    spent = rx.el.div(
        rx.el.div(
            rx.el.div(t("This month"), class_name="meta"),
            rx.el.div(money(agent["month"]), class_name="t b6", style={"fontSize": "16px", "lineHeight": "24px"}),
            class_name="col",
        ),
        rx.el.span(sparkline(agent["days"], label=t("Spent, 14 days")), class_name="end"),
        class_name="row",
    )
    top = rx.el.div(
        head,
        rx.el.div(lines.state(agent), scores.badge(agent), class_name="row w"),
        rx.el.div(lines.doing(agent), class_name="meta clamp", style={"minHeight": "32px"}),
        spent,
        class_name="col",
        style={"padding": "16px", "gap": "12px", "flex": "1"},
    )
    foot = rx.el.div(
        lines.budget(agent), style={"padding": "12px 16px 16px", "borderTop": "1px solid var(--line-soft)"}
    )
    stretched = rx.el.a(
        rx.el.span(t("Open {name}", name=agent["name"]), class_name="sr"),
        href=agent["href"],
        class_name="cover",
        custom_attrs={"data-row": "1"},
        style={"position": "absolute", "inset": "0", "borderRadius": "var(--R)"},
    )
    return rx.el.article(stretched, top, foot, class_name="card agent", key=agent["id"], style={"position": "relative"})


def _row(agent: rx.Var) -> list[rx.Component]:
    task = rx.el.div(lines.doing(agent), class_name="meta trunc", style={"maxWidth": "220px"})
    limit = rx.cond(agent["budget"], money(agent["budget"]), "—")
    return [
        rx.el.a(
            lines.face(agent),
            href=agent["href"],
            custom_attrs={"data-main": "1"},
            style={"display": "block", "maxWidth": "180px"},
        ),
        rx.el.div(lines.job(agent), class_name="trunc", style={"maxWidth": "150px"}),
        lines.state(agent),
        task,
        money(agent["today"]),
        limit,
        money(agent["month"]),
        money(agent["total"]),
        rx.el.span(when(agent["seen"]), class_name="meta"),
    ]


def _list() -> rx.Component:
    heads = [
        t("Agent"), t("Role"), t("State"), t("Current task"), num(t("Today")), num(t("Daily budget")), num(t("This month")),
        num(t("Since the start")), t("Last sign"),
    ]  # fmt: skip
    return card(table(heads, Agents.agents, _row, label=t("Agents"), row_id=lambda agent: agent["id"]))


def _node(agent: rx.Var) -> rx.Component:
    inset = rx.Var.create("calc(") + agent["depth"].to(str) + " * min(40px, 6vw))"
    surface = {"border": "1px solid var(--line)", "borderRadius": "var(--R)", "background": "var(--surface)"}
    box = rx.el.a(
        avatar(agent["name"], size="md"),
        rx.el.span(rx.el.span(agent["name"], class_name="b5 trunc"), lines.job(agent), class_name="col grow"),
        lines.state(agent),
        href=agent["href"],
        class_name="row grow",
        custom_attrs={"data-row": "1"},
        style=surface | {"padding": "8px 16px", "gap": "12px", "minHeight": "52px"},
    )
    elbow = rx.cond(agent["depth"] > 0, rx.el.span("└", class_name="m2", aria_hidden="true"))
    return rx.el.li(
        elbow,
        box,
        custom_attrs={"aria-level": agent["depth"] + 1},
        role="treeitem",
        class_name="row",
        style={"paddingLeft": inset, "maxWidth": "640px"},
        key=agent["id"],
    )


def _org() -> rx.Component:
    top = rx.el.div(
        avatar(Shell.user, person=True, size="md"),
        rx.el.span(
            rx.el.span(Shell.user, class_name="b5"),
            rx.el.span(t("Whoever has no manager reports to you"), class_name="meta"),
            class_name="col",
        ),
        class_name="row",
    )
    return rx.el.div(
        top,
        rx.el.ul(rx.foreach(Agents.agents, _node), role="tree", aria_label=t("Org chart"), class_name="col gap"),
        class_name="stack",
    )


def _none() -> rx.Component:
    return card(
        empty(
            "bot",
            t("Your agents will be here"),
            t("An agent is any program that claims tasks. Give it a name, a daily budget and how far it may go alone."),
            action=button(t("Create agent"), kind="solid", icon_name="plus", href="/agents/new"),
            copy="orkwork keys create AGENT --scope tasks:read --scope tasks:write",
        )
    )


def _head(view: str) -> rx.Component:
    icons = {"cards": "bot", "list": "list", "org": "network", "board": "gauge"}
    options = [
        (t("Cards"), "bot", "/agents"),
        (t("List"), "list", "/agents?view=list"),
        (t("Org chart"), "network", "/agents?view=org"),
        (t("Leaderboard"), "gauge", "/agents?view=board"),
    ]
    return filters.views(t("View"), options, icons[view])


def _fact() -> rx.Component:
    def part(state: str, word: rx.Var) -> rx.Component:
        return rx.cond(Agents.tally[state] > 0, rx.el.span(word))

    return rx.el.span(
        part("blocked", plural("{n} blocked", "{n} blocked", Agents.tally["blocked"])),
        part("paused", plural("{n} paused", "{n} paused", Agents.tally["paused"])),
        part("working", plural("{n} working", "{n} working", Agents.tally["working"])),
        part("idle", plural("{n} idle", "{n} idle", Agents.tally["idle"])),
        style={"display": "inline-flex", "gap": "12px"},
    )


@page("/agents", title="Agents", state=Agents, topics={"agent", "task", "execution", "cost", "performance"}, fact=_fact)
def agents() -> list[rx.Component]:
    """All agents."""
    add = rx.cond(Shell.can_manage, button(t("Add agent"), kind="solid", icon_name="plus", href="/agents/new"))
    gone = rx.cond(
        Agents.retired,
        link(t("Hide retired"), "/agents?view=list"),
        link(t("Show retired"), "/agents?view=list&retired=1"),
    )
    bar = rx.el.div(
        rx.match(
            Agents.view, ("list", _head("list")), ("org", _head("org")), ("board", _head("board")), _head("cards")
        ),
        rx.cond(Agents.view == "list", gone),
        rx.el.span(add, class_name="end"),
        class_name="head",
    )
    views = rx.match(
        Agents.view,
        ("list", _list()),
        ("org", _org()),
        ("board", scores.leaderboard(Agents.ranked)),
        rx.el.div(rx.foreach(Agents.agents, _card), class_name="cards"),
    )
    return [bar, rx.cond(Agents.agents, views, rx.cond(Agents.known, _none()))]
