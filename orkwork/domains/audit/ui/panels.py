"""The parts of the record's page. They take the page's state, which they do not know."""

from typing import Any

import reflex as rx

from orkwork.domains.audit.ui import words
from orkwork.ui.components import filters
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button
from orkwork.ui.components.icon import icon
from orkwork.ui.components.kit import NewPill
from orkwork.ui.components.panel import notice
from orkwork.ui.components.when import when
from orkwork.ui.locale import number, plural, say, t

KINDS = [
    ("task", t("Tasks")), ("execution", t("Runs")), ("agent", t("Agents")), ("key", t("Keys")), ("project", t("Projects")),
    ("cost", t("Costs")), ("user", t("People")), ("session", t("Sessions")), ("invite", t("Invites")), ("company", t("Company")),
]  # fmt: skip
ACTIONS = [
    ("task.moved", t("Moved")), ("task.*", t("Anything with tasks")), ("agent.*", t("Anything with agents")),
    ("key.*", t("Anything with keys")), ("session.*", t("Signing in and out")), ("cost.*", t("Costs")),
]  # fmt: skip


PHONE = "@media (max-width: 760px)"
_DATE = {
    "border": "0",
    "background": "none",
    "font": "inherit",
    "fontWeight": "500",
    "color": "inherit",
    "padding": "0",
    "minHeight": "24px",
}


def filter_bar(state: Any) -> rx.Component:
    """Who, what and when."""
    own = state.values

    def day(name: str, label: rx.Var) -> rx.Component:
        return rx.el.label(
            rx.el.span(label, class_name="m2"),
            rx.el.input(type="date", value=own[name], on_change=lambda value: state.narrow(name, value), style=_DATE),
            class_name=rx.cond(own[name], "chip on", "chip"),
        )

    anything = own["actor"] + own["resource"] + own["action"] + own["from"] + own["to"]
    return filters.bar(
        filters.search_box(own["actor"], lambda text: state.narrow("actor", text), t("By whom: a name")),
        filters.filter_chip(t("Of"), own["resource"], KINDS, lambda value: state.narrow("resource", value)),
        filters.filter_chip(t("Action"), own["action"], ACTIONS, lambda value: state.narrow("action", value)),
        day("from", t("From")),
        day("to", t("Until")),
        rx.cond(anything, button(t("Clear filters"), kind="ghost sm", on_click=state.clear)),
        NewPill.create(count=state.news, on_show=state.load),
    )


def chain_in_words(state: Any) -> rx.Component:
    """How far the record is sealed."""
    return rx.cond(state.sealed > 0, rx.el.span(t("sealed up to {n}", n=number(state.sealed))))


def chain_result(state: Any) -> rx.Component:
    """What the last check found."""
    found = state.checked
    good = notice(
        rx.el.span(
            t("The chain holds: {n} events, none changed, removed or slipped in.", n=number(found["sealed"])),
            " ",
            rx.cond(
                found["unsealed"].to(int) > 0,
                plural("{n} event waits to be sealed.", "{n} events wait to be sealed.", found["unsealed"]),
                "",
            ),
        ),
        "ok",
    )
    bad = notice(
        rx.el.span(rx.el.strong(t("The record was tampered with."), class_name="b5"), " ", say(found["problem"])), "bad"
    )
    shown = rx.cond(found["running"], notice(t("Checking every event…")), rx.cond(found["ok"], good, bad))
    return rx.cond(found.length() > 0, shown)


def exports(state: Any) -> rx.Component:
    """The check, and the record to take along."""
    address = rx.Var.create("/api/v2/audit/export?") + rx.cond(state.export, state.export + "&", "")
    return rx.el.div(
        button(t("Verify"), kind="sm", icon_name="shield-check", on_click=state.verify),
        rx.el.a(
            icon("download", "s"),
            "CSV",
            href=address + "format=csv",
            download=True,
            reload_document=True,
            class_name="btn ghost sm",
        ),
        rx.el.a(
            icon("download", "s"),
            "JSONL",
            href=address + "format=jsonl",
            download=True,
            reload_document=True,
            class_name="btn ghost sm no-m",
        ),
        class_name="row tight",
    )


def entry(row: rx.Var) -> rx.Component:
    """One change, which opens to show the fields, the address and the request."""
    line = row["line"]
    head = rx.el.summary(
        rx.el.span(
            when(line["at"], "moment"),
            class_name="meta t nw",
            style={"width": "112px", "minHeight": "16px", "flex": "none", PHONE: {"width": "100%"}},
        ),
        avatar(line["actor"], person=line["person"]),
        rx.el.span(
            rx.el.span(line["actor"], class_name="b5"), " ", words.sentence(line, link=False), class_name="grow"
        ),
        rx.el.span(line["name"], class_name="mono m2 no-m"),
        icon("chevron-down", "s", "idle"),
        class_name="r w entry",
        custom_attrs={"data-main": "1"},
        style={
            "cursor": "pointer",
            "listStyle": "none",
            "paddingBlock": "8px",
            "borderTop": "0",
            PHONE: {"flexWrap": "wrap", "gap": "4px 8px"},
        },
    )
    facts = rx.el.dl(
        rx.el.dt(t("Subject")),
        rx.el.dd(
            rx.cond(line["href"], rx.el.a(line["what"], href=line["href"], class_name="link"), rx.el.span(line["what"]))
        ),
        *_fact(t("Action"), line["name"]),
        *_fact(t("Address"), rx.cond(row["ip"], row["ip"], "—")),
        *_fact(t("Request"), rx.cond(row["request"], row["request"], "—")),
        class_name="props",
    )
    inside = rx.el.div(
        rx.cond(row["changes"].to(list).length() > 0, _diff(row["changes"])),
        facts,
        style={"background": "var(--sunken)"},
    )
    return rx.el.details(
        head,
        inside,
        key=line["seq"],
        class_name="auditrow",
        custom_attrs={"data-row": "1"},
    )


def _fact(name: rx.Var, value: Any) -> tuple[rx.Component, rx.Component]:
    return rx.el.dt(name), rx.el.dd(rx.el.span(value, class_name="mono", style={"overflowWrap": "anywhere"}))


def _diff(changes: rx.Var) -> rx.Component:
    def one(change: rx.Var) -> rx.Component:
        cell = {
            "verticalAlign": "top",
            "paddingBlock": "8px",
            "overflowWrap": "anywhere",
            "whiteSpace": "pre-wrap",
            "maxWidth": "360px",
        }
        return rx.el.tr(
            rx.el.td(rx.el.span(change["field"], class_name="mono m2")),
            rx.el.td(change["before"], style=cell),
            rx.el.td(change["after"], style=cell),
        )

    heads = rx.el.tr(*[rx.el.th(text, scope="col") for text in (t("Field"), t("Before"), t("After"))])
    rows = rx.foreach(changes.to(list[dict[str, str]]), one)
    return rx.el.div(
        rx.el.table(rx.el.thead(heads), rx.el.tbody(rows), aria_label=t("What changed")),
        class_name="table",
        tab_index=0,
    )
