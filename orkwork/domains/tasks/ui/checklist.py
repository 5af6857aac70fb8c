"""The acceptance criteria of a task: what has to be true, what shows it, and who looked."""

import reflex as rx

from orkwork.domains.tasks.ui.detail import OneTask
from orkwork.ui.components import form
from orkwork.ui.components.avatar import avatar
from orkwork.ui.components.button import button, icon_button
from orkwork.ui.components.icon import icon
from orkwork.ui.components.markdown import markdown
from orkwork.ui.components.panel import card
from orkwork.ui.components.pill import pill
from orkwork.ui.components.when import when
from orkwork.ui.locale import t
from orkwork.ui.shell import Shell


def criteria() -> rx.Component:
    """The checklist; those who may write add, show and verify."""
    add = form.form(
        rx.el.input(
            name="criterion",
            class_name="edit grow",
            placeholder=t("Add a criterion"),
            aria_label=t("Add a criterion"),
            max_length=1000,
            key=OneTask.draft,
        ),
        on_submit=OneTask.add_criterion,
        reset_on_submit=True,
    )
    done = rx.cond(
        OneTask.criteria.length() > 0,
        t("{done} of {all} verified", done=_met(), all=OneTask.criteria.length()),
        "",
    )
    return rx.cond(
        Shell.can_write | (OneTask.criteria.length() > 0),
        card(
            rx.foreach(OneTask.criteria, _line),
            rx.cond(_open(), rx.el.div(icon("plus", "s"), add, class_name="r addrow"), rx.fragment()),
            title=t("Acceptance criteria"),
            count=done,
        ),
        rx.fragment(),
    )


def _met() -> rx.Var:
    return rx.Var(
        f'{OneTask.criteria!s}.filter((one) => one.state === "met").length',
        _var_data=OneTask.criteria._get_all_var_data(),
    )


def _open() -> rx.Var:
    """Whether this person may change anything here now."""
    status = OneTask.task["status"]
    return Shell.can_write & (status != "COMPLETED") & (status != "CANCELLED")


def _line(one: rx.Var) -> rx.Component:
    mark = rx.match(
        one["state"],
        ("met", pill("circle-check", t("Verified"), "ok")),
        ("failed", pill("circle-x", t("Not met"), "bad")),
        pill("circle-dashed", t("Not verified"), "idle"),
    )
    text = rx.el.textarea(
        default_value=one["text"],
        key=one["text"],
        rows="1",
        aria_label=t("Criterion"),
        max_length=1000,
        on_blur=lambda value: OneTask.reword(one["id"], value),
        class_name="edit grow",
        custom_attrs={"data-edit": "1"},
    )
    drop = icon_button(
        "x", t("Remove the criterion"), on_click=OneTask.drop_criterion(one["id"]), class_name="quiet sm"
    )
    head = rx.el.div(
        mark,
        rx.cond(_open(), text, rx.el.span(one["text"], class_name="grow")),
        rx.cond(_open(), drop, rx.fragment()),
        class_name="row crithead",
    )
    return rx.el.div(
        head,
        rx.el.div(_evidence(one), _verdict(one), rx.cond(_open(), _acts(one), rx.fragment()), class_name="critbody"),
        class_name="r criterion",
        key=one["id"],
    )


def _evidence(one: rx.Var) -> rx.Component:
    shown = rx.el.div(
        rx.el.div(
            avatar(one["shown_by"], person=one["shown_person"].to(bool)),
            rx.el.span(t("{who} shows", who=one["shown_by"]), class_name="b5"),
            when(one["shown_at"]),
            class_name="row meta",
        ),
        markdown(one["evidence"]),
        class_name="evidence",
    )
    box = form.form(
        rx.el.textarea(
            name="evidence",
            default_value=one["evidence"],
            class_name="input",
            placeholder=t("What shows that it is met? Links to runs, files, screenshots."),
            aria_label=t("Evidence"),
            max_length=10_000,
            auto_focus=True,
        ),
        rx.el.div(
            rx.el.span(t("Markdown"), class_name="meta grow"),
            button(t("Cancel"), on_click=OneTask.show_evidence(one["id"])),
            button(t("Save evidence"), kind="solid", type="submit"),
            class_name="row",
        ),
        on_submit=OneTask.give_evidence,
    )
    none = rx.el.span(t("No evidence yet"), class_name="meta")
    return rx.cond(OneTask.showing == one["id"], box, rx.cond(one["evidence"] != "", shown, none))


def _verdict(one: rx.Var) -> rx.Component:
    seen = rx.el.div(
        icon(
            rx.cond(one["state"] == "met", "circle-check", "circle-x"),
            "s",
            rx.cond(one["state"] == "met", "ok", "bad"),
        ),
        rx.el.span(
            rx.cond(
                one["state"] == "met",
                t("{who} verified it", who=one["seen_by"]),
                t("{who} did not find it met", who=one["seen_by"]),
            ),
            rx.cond(one["note"] != "", rx.fragment(": ", one["note"]), rx.fragment()),
        ),
        when(one["seen_at"]),
        class_name="row meta verdict",
    )
    return rx.cond(one["state"] != "open", seen, rx.fragment())


def _acts(one: rx.Var) -> rx.Component:
    add = rx.cond(one["evidence"] != "", t("Edit evidence"), t("Add evidence"))
    judge = rx.fragment(
        button(t("Mark verified"), kind="sm", icon_name="check", on_click=OneTask.verify(one["id"], "met")),
        button(t("Not met"), kind="ghost sm", icon_name="x", on_click=OneTask.verify(one["id"], "failed")),
    )
    back = button(t("Take back"), kind="ghost sm", on_click=OneTask.verify(one["id"], "open"))
    return rx.cond(
        OneTask.showing == one["id"],
        rx.fragment(),
        rx.el.div(
            rx.cond(one["state"] != "open", back, rx.cond(one["evidence"] != "", judge, rx.fragment())),
            button(add, kind="ghost sm", icon_name="link", on_click=OneTask.show_evidence(one["id"])),
            class_name="row w",
        ),
    )
