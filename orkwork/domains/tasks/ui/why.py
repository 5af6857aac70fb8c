"""The panel 'Why this agent?': the candidates with their scores, or what to do when nobody suits."""

from typing import Any

import reflex as rx

from orkwork.core.work import Work
from orkwork.domains.decisions import queries as decisions
from orkwork.domains.decisions.schemas import DecisionOut
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.queries import assignment
from orkwork.domains.tasks.queries.explained import AssignmentOut, NearMiss, ScoredAgent
from orkwork.domains.tasks.rules import Scored
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button
from orkwork.ui.components.panel import card
from orkwork.ui.components.when import when
from orkwork.ui.locale import number, percent, plural, say, t
from orkwork.ui.shell import Shell

SHOWN = 5
NOTHING: dict[str, Any] = {"shown": False, "pending": False, "rows": [], "misses": [], "options": [], "weights": []}


def read(work: Work, ref: Any) -> dict[str, Any]:
    """The panel's lines, out of the last decision about a task."""
    found = assignment.assignment(work, ref)
    if found.decision_id is None:
        return NOTHING
    return {
        "shown": found.pending or (found.auto_assigned and bool(found.candidates)),
        "pending": found.pending,
        "at": found.decided_at.isoformat() if found.decided_at else "",
        "rows": _rows(found),
        "count": len(found.candidates),
        "weights": [str(weight) for weight in _weights(found)],
        "misses": [missed(miss) for miss in found.near_misses],
        "options": options(decisions.decision(work, found.decision_id)) if found.pending else [],
        "decision": str(found.decision_id),
    }  # fmt: skip


def missed(miss: NearMiss) -> dict[str, str]:
    """A near miss as a line holds it."""
    code = miss.objections[0].code if miss.objections else ""
    return {"id": str(miss.agent_id), "name": miss.agent_name, "code": code, "what": ", ".join(miss.lacks)}


def options(decision: DecisionOut) -> list[dict[str, str]]:
    """A decision's options as buttons hold them."""
    return [
        {"id": option.id, "name": option.label.removeprefix("Assign to ") if option.action else ""}
        for option in decision.options
    ]


def _weights(found: AssignmentOut) -> tuple[Any, ...]:
    given = found.weights
    return (given.capability, given.performance, given.workload, given.cost) if given else ()


def _rows(found: AssignmentOut) -> list[dict[str, Any]]:
    if not found.candidates:
        return []
    best = _scored(found.candidates[0])
    return [_row(one, best, _weights(found)) for one in found.candidates[:SHOWN]]


def _scored(one: ScoredAgent) -> Scored:
    return Scored((one.capability, one.performance, one.workload, one.cost), one.score, one.passed)


def _row(one: ScoredAgent, best: Scored, weights: tuple[Any, ...]) -> dict[str, Any]:
    scored = _scored(one)
    behind = rules.behind(best, scored, weights)
    lost = "won" if one.place == 1 else "passed" if one.passed and not best.passed else "behind" if behind else "tie"
    return {
        "id": str(one.agent_id),
        "name": one.agent_name,
        "capability": str(one.capability),
        "performance": str(one.performance),
        "workload": str(one.workload),
        "cost": str(one.cost),
        "score": str(one.score),
        "lost": lost,
        "points": str(best.score - one.score),
        "factor": behind[0][0] if behind else "",
    }


def panel(state: Any) -> rx.Component:
    """The panel; nothing where nothing was decided by score."""
    content = rx.cond(state.why["pending"], _asked(state), _scores(state))
    return rx.cond(
        state.why["shown"], card(content, title=rx.cond(state.why["pending"], t("Nobody suits"), t("Why this agent?")))
    )


def _scores(state: Any) -> rx.Component:
    weights = state.why["weights"].to(list[str])
    heads = [(t("Skill"), 0), (t("Perf."), 1), (t("Load"), 2), (t("Cost"), 3)]
    header = [
        rx.el.th(text, rx.el.br(), percent(weights[n]), scope="col", class_name="num") for text, n in heads
    ]  # the weight below its factor

    def line(row: rx.Var) -> rx.Component:
        figures = [row[name] for name in rules.FACTORS]
        return rx.el.tr(
            rx.el.td(
                rx.el.a(
                    avatar(row["name"]),
                    row["name"],
                    href=rx.Var.create("/agents/") + row["id"].to(str),
                    class_name="row",
                )
            ),
            *[rx.el.td(number(figure, 2), class_name="num") for figure in figures],
            rx.el.td(number(row["score"], 3), class_name=rx.cond(row["lost"] == "won", "num b6", "num")),
            class_name=rx.cond(row["lost"] == "won", "h won", "h"),
            key=row["id"],
        )

    rows = state.why["rows"].to(list[dict[str, str]])
    return rx.fragment(
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(t("Agent"), scope="col"), *header, rx.el.th(t("Score"), scope="col", class_name="num")
                    )
                ),
                rx.el.tbody(rx.foreach(rows, line)),
                aria_label=t("Candidates and their scores"),
            ),
            class_name="table scores",
            role="region",
            aria_label=t("Candidates and their scores"),
            tab_index=0,
        ),
        rx.el.div(
            rx.el.p(
                plural("The best of {n} candidate", "The best of {n} candidates", state.why["count"]),
                ", ",
                when(state.why["at"]),
            ),
            rx.foreach(rows, lambda row: rx.cond(row["lost"] != "won", _why_not(row))),
            class_name="cb meta whynot",
        ),
    )


def _why_not(row: rx.Var) -> rx.Component:
    text = rx.match(
        row["lost"],
        ("passed", t("did not take it up before")),
        ("tie", t("has the same score, and was assigned more recently")),
        t("{n} points behind, most by {factor}", n=number(row["points"], 3), factor=say(row["factor"])),
    )
    return rx.el.p(rx.el.span(row["name"], class_name="b5"), " ", text, key=row["id"])


def _asked(state: Any) -> rx.Component:
    def miss(one: rx.Var) -> rx.Component:
        return rx.el.div(
            avatar(one["name"]), rx.el.span(miss_text(one), class_name="grow wrap"), class_name="r two", key=one["id"]
        )

    def act(option: rx.Var) -> rx.Component:
        return decide_button(option, state.decide(state.why["decision"], option["id"]))

    acts = rx.el.div(rx.foreach(state.why["options"].to(list[dict[str, str]]), act), class_name="cb row w")
    return rx.fragment(
        rx.foreach(state.why["misses"].to(list[dict[str, str]]), miss),
        rx.cond(Shell.can_manage, acts, rx.el.p(t("An owner or admin decides."), class_name="cb meta")),
    )


def miss_text(miss: rx.Var) -> rx.Var:
    """What keeps an agent from a task, in a sentence."""
    name = miss["name"]
    return rx.match(
        miss["code"],
        ("agent.lacks", t("{name} lacks {what}", name=name, what=miss["what"])),
        ("agent.silent", t("{name} gives no sign of life", name=name)),
        ("agent.not_active", t("{name} is paused", name=name)),
        ("agent.autonomy", t("{name} is a tool, which takes no tasks", name=name)),
        ("agent.project", t("{name} may not see this project", name=name)),
        ("agent.full", t("{name} holds as many tasks as it may", name=name)),
        ("agent.over_budget", t("{name} has spent its budget", name=name)),
        ("project.over_budget", t("The project has spent its budget")),
        ("company.over_budget", t("The company has spent its budget")),
        "",
    )


def decide_button(option: rx.Var, act: Any) -> rx.Component:
    """One option of a decision about who gets a task."""
    text = rx.cond(option["name"].to(str) != "", t("Assign to {name}", name=option["name"]), t("Leave it"))
    return button(text, on_click=act)
