"""How what starts a workflow is shown: the list, and a dialog for each kind."""

from typing import Any

import reflex as rx

from orkwork.domains.workflows.ui import asking
from orkwork.domains.workflows.ui.starters import Starters
from orkwork.ui.components import form
from orkwork.ui.components.button import button, command, copy_once, menu
from orkwork.ui.components.dialog import closes, confirm, dialog
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card
from orkwork.ui.components.pill import state_pill
from orkwork.ui.components.when import when
from orkwork.ui.locale import due, plural, say, t
from orkwork.ui.shell import Shell

MONO = {"fontFamily": "var(--mono)"}
PRESETS = (
    ("*/15 * * * *", "Every 15 minutes"),
    ("0 * * * *", "Every hour"),
    ("0 9 * * *", "Every day at 09:00"),
    ("0 9 * * 1-5", "Monday to Friday at 09:00"),
    ("0 9 * * 1", "Every Monday at 09:00"),
    ("0 9 1 * *", "On the first of the month at 09:00"),
)


def _ticks(ticks: Any, zone: Any) -> rx.Component:
    """The next five runs in words."""
    return rx.el.ol(
        rx.foreach(
            ticks,
            lambda at: rx.el.li(
                rx.el.span(due(at, zone), class_name="due"), rx.el.span(when(at), class_name="meta nw")
            ),
        ),
        class_name="ticks",
        aria_label=t("Next five runs"),
    )


def _row(
    kind: str, icon_name: str, row: rx.Var, *content: rx.Component, also: rx.Component | None = None
) -> rx.Component:
    """One of them: its name, what can be done with it, and `content`; `also` is an act that its kind alone has."""
    paused = row["state"] != "active"
    acts = menu(
        t("Act on {name}", name=row["name"]),
        rx.el.button(icon("pencil"), t("Edit"), type="button", on_click=Starters.begin(kind, row["id"])),
        rx.el.button(
            icon("power"),
            rx.cond(paused, t("Resume"), t("Pause")),
            type="button",
            on_click=Starters.turn(kind, row["id"]),
        ),
        *((also,) if also is not None else ()),
        rx.el.button(icon("trash-2"), t("Delete"), type="button", on_click=Starters.ask_delete(kind, row["id"])),
    )
    head = rx.el.div(
        icon(icon_name),
        rx.el.span(row["name"], class_name="b5 trunc grow"),
        rx.cond(paused, state_pill(row["state"]), rx.fragment()),
        rx.cond(Shell.can_manage, acts, rx.fragment()),
        class_name="row",
    )
    return rx.el.div(head, *content, class_name="starter", key=row["id"])


def _started(row: rx.Var) -> rx.Component:
    return rx.el.span(plural("started {n} run", "started {n} runs", row["runs"]), class_name="meta")


def _schedule(row: rx.Var) -> rx.Component:
    backfill = rx.el.button(
        icon("history"), t("Make up for a period"), type="button", on_click=Starters.begin("backfill", row["id"])
    )
    failed = rx.cond(
        row["failures"].to(int) > 0,
        rx.el.span(
            icon("triangle-alert", "s", "warn"),
            plural("failed {n} time in a row", "failed {n} times in a row", row["failures"]),
            class_name="row tight meta",
        ),
        rx.fragment(),
    )
    cron = rx.el.div(rx.el.code(row["cron"]), rx.el.span(row["zone"], class_name="meta"), class_name="row w")
    return _row(
        "schedule", "calendar", row, cron, failed, _ticks(row["ticks"].to(list[str]), row["zone"]), also=backfill
    )


def _trigger(row: rx.Var) -> rx.Component:
    only = rx.cond(row["filter"] != "", rx.el.code(row["filter"], class_name="m2"), rx.fragment())
    return _row("trigger", "zap", row, rx.el.code(row["pattern"]), only, _started(row))


def _hook(row: rx.Var) -> rx.Component:
    renew = rx.el.button(icon("key-round"), t("Renew the secret"), type="button", on_click=Starters.renew(row["id"]))
    address = command(row["url"], t("Address of {name}", name=row["name"]))
    return _row("hook", "webhook", row, address, _started(row), also=renew)


def starters_card() -> rx.Component:
    """Everything that starts it, by kind."""
    add = menu(
        t("Add"),
        rx.el.button(icon("calendar"), t("Schedule"), type="button", on_click=Starters.begin("schedule", "")),
        rx.el.button(icon("zap"), t("Event trigger"), type="button", on_click=Starters.begin("trigger", "")),
        rx.el.button(icon("webhook"), t("Webhook"), type="button", on_click=Starters.begin("hook", "")),
        icon_name="plus",
    )
    some = (Starters.schedules.length() + Starters.triggers.length() + Starters.hooks.length()) > 0
    return card(
        rx.cond(
            some,
            rx.el.div(
                rx.foreach(Starters.schedules, _schedule),
                rx.foreach(Starters.triggers, _trigger),
                rx.foreach(Starters.hooks, _hook),
            ),
            rx.el.p(t("Only people start it. A schedule, an event or a webhook can do so too."), class_name="m2 cb"),
        ),
        title=t("What starts it"),
        aside=rx.cond(Shell.can_manage, add, rx.fragment()),
        class_name="starters",
    )


def _actions(words: Any) -> rx.Component:
    return form.actions(button(t("Cancel"), **closes()), button(words, kind="solid", type="submit"))


def _starter_form(kind: str, hint: Any, words: Any, on_submit: Any, *fields: rx.Component) -> rx.Component:
    """The form of one kind: its name, its own fields, a value for each input of the workflow."""
    was, errors = Starters.was, Starters.errors
    return form.form(
        form.text("name", t("Name"), errors=errors, default_value=was["name"], max_length=120),
        *fields,
        asking.fields(Starters.inputs, errors, values=was["values"].to(dict[str, str]), hint=hint, owner=kind),
        _actions(words),
        on_submit=on_submit,
        key=was["id"].to(str) + was["version"].to(str),
    )


def _text(name: str, words: Any, **props: Any) -> rx.Component:
    """A field that begins with what is known."""
    return form.text(name, words, errors=Starters.errors, default_value=Starters.was[name].to(str), **props)


def _schedule_form() -> rx.Component:
    was, errors = Starters.was, Starters.errors
    cron = form.text(
        "cron",
        t("Cron"),
        errors=errors,
        hint=t("Minute, hour, day, month, day of the week; in the company's zone"),
        value=Starters.cron,
        on_change=Starters.try_cron,
        style=MONO,
    )
    preset = form.choice(
        "preset",
        t("When"),
        [(value, say(words)) for value, words in PRESETS],
        first=("", t("As the cron says")),
        value=Starters.cron,
        on_change=Starters.try_cron,
    )
    shown = rx.el.div(
        rx.el.span(t("Next five runs"), class_name="b5"),
        rx.cond(Starters.ticks.length() > 0, _ticks(Starters.ticks, Starters.zone), rx.el.span("—", class_name="m2")),
        class_name="col gap",
        aria_live="polite",
    )
    overlaps = [("skip", t("Skip this time")), ("queue", t("Wait until it is over")), ("allow", t("Run beside it"))]
    overlap = form.choice(
        "overlap", t("When the last run is not over"), overlaps, errors=errors, default_value=was["overlap"].to(str)
    )
    counts = form.two(
        _text("catch_up", t("Missed runs to make up for"), type="number", min="1", max="50"),
        _text(
            "pause_after",
            t("Pause after failures in a row"),
            hint=t("0 never pauses"),
            type="number",
            min="0",
            max="100",
        ),
    )
    return _starter_form(
        "schedule",
        t("{{schedule.day}} and {{schedule.at}} are filled in"),
        t("Save schedule"),
        Starters.save_schedule,
        form.two(preset, cron),
        shown,
        overlap,
        counts,
    )


def _trigger_form() -> rx.Component:
    return _starter_form(
        "trigger",
        t("{{event.subject_label}} and the like are filled in"),
        t("Save trigger"),
        Starters.save_trigger,
        _text("pattern", t("Event"), hint=t("A name such as task.created, or a group such as task.*"), style=MONO),
        _text(
            "filter", t("Only when"), hint=t('Empty for all; else such as event.after.status == "FAILED"'), style=MONO
        ),
        _text(
            "max_per_hour",
            t("Runs in an hour at most"),
            hint=t("It pauses and asks you when there would be more"),
            type="number",
            min="1",
            max="1000",
        ),
    )


def _hook_form() -> rx.Component:
    return _starter_form(
        "hook",
        t("{{payload.repository.name}} and the like are filled in from the body"),
        t("Save webhook"),
        Starters.save_hook,
        rx.el.p(
            t("Requests are signed as Standard Webhooks says; each is taken once and within five minutes."),
            class_name="meta",
        ),
    )


def _backfill_form() -> rx.Component:
    errors = Starters.errors
    return form.form(
        rx.el.p(t("Each tick of the period that has no run gets one; they run one after the other."), class_name="m2"),
        form.two(
            form.text("since", t("From (UTC)"), errors=errors, type="datetime-local"),
            form.text("until", t("To (UTC)"), errors=errors, type="datetime-local"),
        ),
        _actions(t("Make up for it")),
        on_submit=Starters.fill_back,
    )


def _secret() -> rx.Component:
    return rx.el.div(
        copy_once(Starters.secret, t("The webhook's secret. It is not shown again.")),
        command(Starters.was["url"].to(str), t("Address")),
        form.actions(button(t("Done"), kind="solid", **closes())),
        class_name="form",
    )


def dialogs() -> list[rx.Component]:
    """The forms, the secret, and the question before deleting."""
    known = Starters.was["id"] != ""
    kinds = (
        ("schedule", rx.cond(known, t("Edit the schedule"), t("New schedule")), _schedule_form),
        ("trigger", rx.cond(known, t("Edit the trigger"), t("New event trigger")), _trigger_form),
        ("hook", rx.cond(known, t("Edit the webhook"), t("New webhook")), _hook_form),
        ("backfill", t("Make up for a period"), _backfill_form),
        ("secret", t("Keep the secret"), _secret),
    )
    forms = [
        dialog(
            f"{kind}-form",
            title,
            rx.cond(Starters.form == kind, build(), rx.fragment()),
            open=Starters.form == kind,
            on_close=Starters.end(kind),
        )
        for kind, title, build in kinds
    ]
    gone = confirm(
        "delete-starter",
        t("Delete {name}?", name=Starters.leaving["name"]),
        t("It starts nothing any more. The runs that it started stay."),
        t("Delete"),
        Starters.delete,
        open=Starters.leaving["id"].to(str) != "",
        on_close=Starters.keep,
    )
    return [*forms, gone]
