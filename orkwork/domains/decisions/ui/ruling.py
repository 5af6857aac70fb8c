"""The standing rules, and the question whether to make one."""

from typing import Any

import reflex as rx

from orkwork.domains.decisions.ui.panels import choice, titled, worded
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.empty import empty
from orkwork.ui.components.panel import card, notice
from orkwork.ui.components.pill import state_pill
from orkwork.ui.components.when import when
from orkwork.ui.locale import plural, t
from orkwork.ui.shell import Shell


def standing(state: Any) -> rx.Component:
    """The standing rules, those in force first."""
    none = empty(
        "repeat",
        t("No standing rules"),
        plural(
            "After {n} like answer in a row a rule is offered beside the decision. It decides the next ones in your name.",
            "After {n} like answers in a row a rule is offered beside the decision. It decides the next ones in your name.",
            state.offer_after,
        ),
    )

    def line(one: rx.Var) -> rx.Component:
        dot = rx.el.span("·", class_name="sep", aria_hidden="true")
        used = rx.cond(
            one["uses"].to(int) > 0,
            rx.fragment(
                plural("decided {n} time", "decided {n} times", one["uses"]), ", ", t("last"), " ", when(one["used_at"])
            ),
            t("not used yet"),
        )
        ended = rx.fragment(
            state_pill("revoked"), rx.el.span(one["revoked_by"], " ", when(one["revoked_at"]), class_name="meta")
        )
        return rx.el.li(
            rx.el.div(
                rx.el.span(titled(one), class_name="b5"),
                rx.el.span(t("always {what}", what=worded(one["label"], one["label_params"]))),
                rx.el.div(
                    rx.cond(one["project"] != "", rx.fragment(rx.el.span(one["project"], class_name="mono"), dot)),
                    t("made by {name}", name=one["by"]),
                    " ",
                    when(one["at"]),
                    dot,
                    used,
                    class_name="row w meta",
                    style={"gap": "0 4px"},
                ),
                rx.cond(one["reasoning"] != "", rx.el.p(one["reasoning"], class_name="meta clamp")),
                class_name="grow col",
                style={"gap": "4px"},
            ),
            rx.cond(
                one["revoked_at"] != "",
                ended,
                rx.cond(Shell.can_manage, button(t("Revoke"), kind="sm", on_click=state.revoke(one["id"]))),
            ),
            key=one["id"],
            class_name="r two dlog",
        )

    after = rx.el.label(
        t("Offer a rule after this many like answers"),
        rx.el.input(
            default_value=state.offer_after.to(str),
            key=state.offer_after.to(str),
            type="number",
            min="2",
            max="100",
            class_name="input dafter",
            on_blur=state.set_offer_after,
            read_only=~Shell.can_manage,
            custom_attrs={"data-edit": "1"},
        ),
        class_name="row w cb meta",
    )
    return card(rx.cond(state.rules.length() > 0, rx.el.ul(rx.foreach(state.rules, line)), none), after)


def rule_dialog(state: Any) -> rx.Component:
    """What a rule would have done, before it is made."""
    making = state.making
    what = rx.cond(making["raw"], making["what"].to(str), worded(making["what"], making["params"]))

    def other(one: rx.Var) -> rx.Component:
        return rx.el.li(titled(one), " ", when(one["at"]), ": ", choice(one), key=one["id"])

    tested = plural(
        "It would have decided {n} decision of the last 30 days.",
        "It would have decided {n} decisions of the last 30 days.",
        making["decided"],
    )
    wrong = plural("{n} of them turned out wrong or mixed.", "{n} of them turned out wrong or mixed.", making["wrong"])
    would = rx.el.ul(
        rx.el.li(tested),
        rx.el.li(plural("{n} as you did.", "{n} as you did.", making["alike"])),
        rx.el.li(plural("{n} otherwise than you did.", "{n} otherwise than you did.", making["otherwise"])),
        rx.cond(making["wrong"].to(int) > 0, rx.el.li(wrong, class_name="warn")),
        class_name="effects",
    )
    differing = making["differing"].to(list[dict[str, Any]])
    inside = form.form(
        rx.el.p(t("Decisions like this one are then answered in your name, without asking: {what}.", what=what)),
        would,
        rx.cond(differing.length() > 0, rx.el.ul(rx.foreach(differing, other), class_name="effects")),
        rx.cond(making["decided"].to(int) == 0, notice(t("There is nothing on record to try it on."), "warn")),
        form.text("reasoning", t("Reason, kept with the rule"), errors=state.errors, max_length=2000),
        form.actions(button(t("Cancel"), **closes()), button(t("Make standing rule"), kind="solid", type="submit")),
        on_submit=state.make_rule,
    )
    return dialog(
        "standing-rule",
        t("A standing rule"),
        rx.cond(making["id"] != "", inside, rx.fragment()),
        open=making["id"] != "",
        on_close=state.leave_rule,
    )
