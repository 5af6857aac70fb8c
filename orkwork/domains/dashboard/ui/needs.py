"""What needs a person, acted on where it stands."""

from typing import Any

import reflex as rx

from orkwork.domains.dashboard.ui.acting import Acts
from orkwork.domains.decisions.ui.panels import titled, worded
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button, kbd
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, link
from orkwork.ui.locale import duration, money, number, plural, say, t
from orkwork.ui.shell import Shell

PHONE = "@media (max-width: 760px)"


def card_of(state: Any) -> rx.Component:
    """All of it, the most held up first."""
    none = rx.el.div(
        icon("circle-check", "l", "ok"),
        rx.el.h3(t("Nothing needs you")),
        rx.el.p(t("Handed-in work, failures, and agents that can't go on appear here.")),
        class_name="none",
    )
    rows = rx.el.div(rx.foreach(state.needs, lambda need, n: _need(state, need, n)))
    foot = rx.el.div(
        rx.cond(
            state.more_decisions > 0,
            link(plural("{n} more decision", "{n} more decisions", state.more_decisions), "/decisions"),
        ),
        rx.cond(
            state.in_review > 0, link(plural("{n} in review", "{n} in review", state.in_review), "/tasks?status=REVIEW")
        ),
        rx.cond(
            state.failed > 0, link(plural("{n} failed task", "{n} failed tasks", state.failed), "/tasks?status=FAILED")
        ),
        class_name="cf",
    )
    return card(
        rx.cond(
            state.needs,
            rx.fragment(rows, rx.cond(state.in_review + state.failed + state.more_decisions > 0, foot)),
            none,
        ),
        title=t("Needs you"),
        count=rx.cond(state.needs_count > 0, state.needs_count.to(str), ""),
        aside=rx.el.span(
            rx.el.span(t("Ordered by what waits behind it"), class_name="meta no-m"), kbd("J", "K"), class_name="row"
        ),
        id="needs",
    )


def _need(state: Any, need: rx.Var, n: Any) -> rx.Component:
    waits = rx.el.div(
        rx.cond(
            need["usd"] != "",
            rx.fragment(
                rx.el.div(money(need["usd"]), class_name="b6 t"),
                rx.el.div(t("a day waiting"), class_name="meta"),
            ),
        ),
        rx.cond(
            (need["seconds"].to(int) >= 0) & (need["usd"] == ""),
            rx.fragment(
                rx.el.div(duration(need["seconds"]), class_name="b6 t"),
                rx.el.div(rx.cond(need["kind"] == "late", t("late"), t("waiting")), class_name="meta"),
            ),
        ),
        class_name="waits",
        style={
            "width": "92px",
            "whiteSpace": "nowrap",
            "textAlign": "right",
            "flex": "none",
            PHONE: {"width": "auto", "textAlign": "left", "display": "flex", "gap": "4px", "alignItems": "baseline"},
        },
    )
    opened = state.opened.contains(need["id"])
    words = rx.el.div(
        _title(state, need, opened),
        _meta(need),
        rx.cond(opened & (need["kind"] == "failures"), _listed(need)),
        class_name="col grow",
        style={"gap": "4px", PHONE: {"flexBasis": "100%"}},
    )
    acts = rx.el.div(
        rx.cond(Shell.can_write, _acts(state, need, n == 0)),
        class_name="row w",
        style={
            "flex": "none",
            PHONE: {
                "width": "100%",
                "flexWrap": "nowrap",
                "& .btn": {"flex": "1 1 0", "whiteSpace": "normal", "padding": "4px 8px"},
            },
        },
    )
    return rx.el.div(
        waits,
        words,
        acts,
        key=need["id"],
        custom_attrs={"data-row": "1"},
        style={
            "display": "flex", "alignItems": "center", "gap": "12px 16px", "padding": "12px 16px", "flexWrap": "nowrap",
            "borderTop": rx.cond(n == 0, "0", "1px solid var(--line-soft)"),
            PHONE: {"flexWrap": "wrap", "gap": "8px"},
        },
    )  # fmt: skip


def _title(state: Any, need: rx.Var, opened: rx.Var) -> rx.Component:
    text = rx.match(
        need["kind"],
        ("failures", _alike(need)),
        ("job", t("The job {name} keeps failing", name=need["title"])),
        ("decision", titled(need)),
        ("review", t("Review {title}", title=need["title"])),
        ("failed", t("{title} failed", title=need["title"])),
        ("late", t("{title} is late", title=need["title"])),
        ("blocked", t("{name} has spent today's budget", name=need["title"])),
        t("{name} is paused", name=need["title"]),
    )
    words = rx.el.span(text, class_name="b5", style={"overflowWrap": "anywhere"})
    mark, look = icon(need["icon"], tone=need["tone"]), {"alignItems": "flex-start", "& .i": {"marginTop": "2px"}}
    unfold = rx.el.button(
        mark,
        words,
        rx.cond(opened, icon("chevron-up", "s", "idle"), icon("chevron-down", "s", "idle")),
        type="button",
        class_name="row plain",
        on_click=state.unfold(need["id"]),
        custom_attrs={"data-main": "1", "aria-expanded": rx.cond(opened, "true", "false")},
        style=look,
    )
    link_to = rx.el.a(mark, words, href=need["href"], class_name="row", custom_attrs={"data-main": "1"}, style=look)
    return rx.cond(need["kind"] == "failures", unfold, link_to)


def _alike(need: rx.Var) -> rx.Var:
    why = rx.cond(need["detail"] != "", say(need["detail"]), t("no reason given"))
    exact = plural(
        "{n} task of {project} failed: {why}",
        "{n} tasks of {project} failed: {why}",
        need["count"],
        project=need["project"],
        why=why,
    )
    many = t(
        "More than {n} tasks of {project} failed: {why}", n=number(need["count"]), project=need["project"], why=why
    )
    return rx.cond(need["at_least"], many, exact)


def _listed(need: rx.Var) -> rx.Component:
    """The first of the tasks that failed alike, and the way to all of them."""

    def line(task: rx.Var) -> rx.Component:
        return rx.el.li(
            rx.el.a(
                rx.el.span(task["key"], class_name="mono m2 nw"),
                rx.el.span(task["title"], class_name="trunc"),
                href=task["href"],
                class_name="row tap",
            )
        )

    rows = rx.el.ul(rx.foreach(need["tasks"].to(list[dict[str, str]]), line), class_name="alike")
    return rx.el.div(rows, link(t("All failed tasks of {project}", project=need["project"]), need["href"].to(str)))


def _meta(need: rx.Var) -> rx.Component:
    dot = rx.el.span("·", class_name="sep", aria_hidden="true")
    held = rx.el.span(plural("{n} task waits for it", "{n} tasks wait for it", need["behind"]), class_name="warn")
    task = rx.fragment(
        rx.cond(need["who"], rx.fragment(avatar(need["who"]), rx.el.span(need["who"]), dot)),
        rx.el.span(need["key"], class_name="mono"),
        dot,
        rx.el.span(money(need["amount"]), class_name="t"),
        rx.cond(need["behind"].to(int) > 0, rx.fragment(dot, held)),
    )
    agent = rx.fragment(
        avatar(need["who"]),
        rx.cond(
            need["kind"] == "blocked",
            rx.el.span(
                t("{spent} of {budget} used", spent=money(need["amount"]), budget=money(need["detail"])), class_name="t"
            ),
            rx.el.span(t("gets no new work")),
        ),
        rx.cond(
            need["behind"].to(int) > 0, rx.fragment(dot, plural("holds {n} task", "holds {n} tasks", need["behind"]))
        ),
    )
    says = need["says"].to(dict[str, Any])
    asked = rx.fragment(
        rx.cond(need["who"], rx.fragment(avatar(need["who"]), rx.el.span(t("{name} asks", name=need["who"])))),
        rx.cond(says["text"], rx.el.span(worded(says["text"], says["params"]))),
        rx.cond(need["behind"].to(int) > 0, rx.fragment(dot, held)),
        rx.cond(
            need["idle"].to(int) > 0,
            rx.fragment(dot, plural("{n} agent is idle", "{n} agents are idle", need["idle"])),
        ),
    )
    said = rx.cond((need["key"].to(str) != "") | (need["kind"] == "job"), need["detail"], "")
    failed = rx.el.span(plural("{n} run failed in a row", "{n} runs failed in a row", need["count"]))
    together = rx.fragment(
        t("{amount} altogether", amount=money(need["amount"])),
        rx.cond(need["behind"].to(int) > 0, rx.fragment(dot, held)),
    )
    about = rx.match(
        need["kind"], ("failures", together), ("decision", asked), ("job", failed), rx.cond(need["key"], task, agent)
    )
    return rx.el.div(
        rx.el.div(about, class_name="row w meta", style={"gap": "4px 8px"}),
        rx.cond(
            said, rx.el.div(said, class_name="meta clamp", style={"paddingTop": "4px", "overflowWrap": "anywhere"})
        ),
        style={"paddingLeft": "24px", "minWidth": "0", PHONE: {"paddingLeft": "0"}},
    )


def _acts(state: Any, need: rx.Var, first: rx.Var) -> rx.Component:
    def main(text: rx.Var, act: Any) -> rx.Component:
        return rx.el.button(text, type="button", on_click=act, class_name=rx.cond(first, "btn solid", "btn"))

    raised = button(
        t("Raise to {amount}", amount=money(need["raised"])), on_click=state.set_budget(need["id"], need["raised"])
    )
    choices = rx.foreach(
        need["options"].to(list[dict[str, Any]]),
        lambda option: button(
            rx.cond(option["raw"], option["label"].to(str), worded(option["label"], option["params"])),
            on_click=state.decide(need["id"], option["id"].to(str)),
        ),
    )
    open_it = rx.el.a(t("Open"), href=need["href"].to(str), class_name=rx.cond(first, "btn solid", "btn"))
    return rx.match(
        need["kind"],
        ("decision", rx.cond(Shell.can_manage & (need["options"].length() > 0), choices, open_it)),
        (
            "job",
            rx.fragment(
                rx.cond(Shell.can_manage, main(t("Run now"), state.run_job(need["title"]))),
                rx.el.a(t("Open the jobs"), href=need["href"].to(str), class_name="btn"),
            ),
        ),
        (
            "review",
            rx.fragment(
                main(t("Approve"), state.approve(need["key"])),
                button(t("Ask for changes"), on_click=state.ask_back(need["key"])),
            ),
        ),
        (
            "failed",
            rx.fragment(
                main(t("Try again"), state.retry(need["key"])),
                button(t("Cancel task"), on_click=state.cancel(need["key"])),
            ),
        ),
        ("late", rx.el.a(t("Open task"), href=need["href"].to(str), class_name=rx.cond(first, "btn solid", "btn"))),
        ("failures", main(t("Try all again…"), state.ask_retries(need["id"]))),
        ("blocked", rx.cond(Shell.can_manage, raised)),
        rx.cond(Shell.can_manage, main(t("Resume"), Acts.resume(need["id"]))),
    )


def retry_dialog(state: Any) -> rx.Component:
    """Asks once before many tasks are given to agents again."""
    trying = state.trying
    return dialog(
        "retry-all",
        plural(
            "Try {n} task of {project} again?",
            "Try {n} tasks of {project} again?",
            trying["count"],
            project=trying["project"],
        ),
        rx.el.p(t("They are offered to agents again, and each run costs money again."), class_name="m2"),
        rx.el.div(
            button(t("Cancel"), **closes()),
            button(t("Try all again"), kind="solid", on_click=state.retry_all),
            class_name="actions",
        ),
        open=trying["count"].to(int) > 0,
        on_close=state.leave_failed,
    )
