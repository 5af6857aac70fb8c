"""What the builder shows of its state: the list of steps with the open form, the inputs, the picture."""

from typing import Any

import reflex as rx

from orkwork.domains.tasks.ui.components import priorities
from orkwork.domains.workflows.ui.picture import picture
from orkwork.ui.components import filters, form
from orkwork.ui.components.button import button, icon_button
from orkwork.ui.components.graph import GraphCode
from orkwork.ui.components.icon import icon
from orkwork.ui.components.panel import card, notice, skeleton
from orkwork.ui.components.table import more
from orkwork.ui.components.when import when
from orkwork.ui.locale import number, say, t

TYPES = (("text", "Text"), ("integer", "Whole number"), ("number", "Number"), ("boolean", "Yes or no"))


def builder(state: Any) -> list[rx.Component]:
    """The whole page."""
    left = rx.el.div(_steps(state), _inputs(state), class_name="stack")
    right = rx.el.div(
        card(
            picture(
                state.figure,
                state.looks,
                state.step["key"].to(str),
                t("Steps of {name}", name=state.title),
                state.choose,
                tall=True,
            ),
            title=t("Picture"),
        ),
        class_name="side-pic",
    )
    return [
        GraphCode.create(),
        _bar(state),
        _fault(state),
        rx.cond(state.offer["at"] != "", _offer(state), rx.fragment()),
        rx.cond(
            state.flow["id"],
            rx.cond(state.offer["at"] == "", rx.el.div(left, right, class_name="builder"), right),
            card(skeleton(8)),
        ),
    ]


def _offer(state: Any) -> rx.Component:
    """The draft that was left here: to go on with it, or to forget it."""
    behind = rx.cond(
        state.offer["is_behind"].to(bool),
        t("Version {n} has been saved since; the draft does not know it.", n=state.offer["current"]),
        "",
    )
    return notice(
        rx.fragment(t("You left a draft here that is not saved,"), " ", when(state.offer["at"]), ". ", behind),
        "info",
        rx.fragment(
            button(t("Continue the draft"), kind="solid", on_click=state.go_on),
            button(t("Discard it"), on_click=state.discard),
        ),
    )


def _bar(state: Any) -> rx.Component:
    return filters.bar(
        button(t("Back"), icon_name="arrow-left", href=state.flow["href"].to(str)),
        rx.cond(state.dirty, rx.el.span(t("Not saved yet"), class_name="meta"), rx.fragment()),
        rx.el.span(
            rx.cond(state.dirty, button(t("Discard"), on_click=state.discard), rx.fragment()),
            button(
                t("Save version"),
                kind="solid",
                icon_name="save",
                on_click=state.save,
                disabled=~state.dirty | (state.fault["text"].to(str) != ""),
            ),
            class_name="row w end",
        ),
    )


def _fault(state: Any) -> rx.Component:
    fault = state.fault
    where = rx.cond(fault["name"] != "", rx.el.b(fault["name"], ": "), rx.fragment())
    return rx.cond(
        fault["text"].to(str) != "",
        notice(rx.fragment(where, say(fault["text"])), "warn"),
        rx.fragment(),
    )


def _steps(state: Any) -> rx.Component:
    def line(row: rx.Var) -> rx.Component:
        here = state.step["key"] == row["key"]
        after = rx.cond(row["needs"] != "", t("after {steps}", steps=row["needs"]), t("begins at once"))
        head = rx.el.div(
            rx.el.button(
                rx.el.span(row["nr"], class_name="nr"),
                rx.el.span(
                    rx.el.span(row["title"], class_name="b5 trunc"),
                    rx.el.span(rx.el.span(row["key"], class_name="mono"), " · ", after, class_name="meta trunc"),
                    class_name="col grow",
                ),
                rx.cond(row["bad"], icon("triangle-alert", tone="warn"), rx.fragment()),
                rx.cond(
                    row["when"] != "",
                    rx.el.span(
                        icon("filter", "s"),
                        rx.el.span(row["when"], class_name="mono trunc"),
                        class_name="row tight meta fcond",
                    ),
                    rx.fragment(),
                ),
                type="button",
                class_name="fopen",
                on_click=state.choose(row["key"]),
                custom_attrs={"aria-expanded": rx.cond(here, "true", "false")},
            ),
            icon_button("arrow-up", t("Move {name} up", name=row["key"]), on_click=state.move(row["key"], -1)),
            icon_button("arrow-down", t("Move {name} down", name=row["key"]), on_click=state.move(row["key"], 1)),
            icon_button("trash-2", t("Remove {name}", name=row["key"]), on_click=state.remove(row["key"])),
            class_name="fstephead",
        )
        return rx.el.div(
            head,
            rx.cond(here, _form(state), rx.fragment()),
            class_name=rx.cond(here, "fstep on", "fstep"),
            key=row["key"],
        )

    return card(
        rx.el.div(rx.foreach(state.rows, line)),
        more(state.more, state.left > 0, t("Show more")),
        title=t("Steps"),
        count=number(state.count),
        aside=button(t("Add step"), kind="sm", icon_name="plus", on_click=state.add),
    )


def _form(state: Any) -> rx.Component:
    """The open step."""
    step = state.step

    def text(name: str, words: Any, **props: Any) -> rx.Component:
        return form.text(
            name, words, id=f"step-{name}", default_value=step[name].to(str), on_blur=state.put(name), **props
        )

    def long(name: str, words: Any, **props: Any) -> rx.Component:
        return form.long_text(
            name, words, id=f"step-{name}", default_value=step[name].to(str), on_blur=state.put(name), **props
        )

    fields = rx.el.div(
        text("title", t("Title"), hint=t("{{input.name}} is filled in"), max_length=1000),
        _needs(state),
        long("description", t("Description"), rows=3),
        form.two(
            text("key", t("Key"), style={"fontFamily": "var(--mono)"}),
            _when(state),
        ),
        form.two(
            text("required_capabilities", t("Capabilities"), hint=t("Parted by commas: code:python")),
            text("labels", t("Labels"), hint=t("Parted by commas")),
        ),
        form.two(
            form.choice(
                "priority",
                t("Priority"),
                priorities(),
                id="step-priority",
                value=step["priority"].to(str),
                on_change=state.put("priority"),
            ),
            text("estimate_minutes", t("Estimate in minutes"), type="number", min="1"),
        ),
        form.two(
            text("max_retries", t("Retries"), type="number", min="0", max="20"),
            form.check(
                "review_required",
                t("Needs a review"),
                id="step-review",
                default_checked=step["review_required"].to(bool),
                on_change=state.review,
            ),
        ),
        long("acceptance_criteria", t("Done when"), hint=t("One criterion a line"), rows=2),
        class_name="form",
        key=step["key"].to(str),
    )
    return rx.el.div(fields, class_name="fstepform")


def _when(state: Any) -> rx.Component:
    """The condition, typed or picked out of how the steps before may end."""
    step = state.step

    def ends(need: rx.Var) -> rx.Component:
        def option(outcome: str, words: Any) -> rx.Component:
            return rx.el.option(words, value=rx.Var.create("steps.") + need.to(str) + f'.outcome == "{outcome}"')

        return rx.fragment(
            option("failed", t("{name} failed", name=need)),
            option("completed", t("{name} was completed", name=need)),
            option("skipped", t("{name} was left out", name=need)),
        )

    pick = rx.el.select(
        rx.el.option(t("Or how an earlier step ended"), value=""),
        rx.foreach(step["depends_on"].to(list[str]), ends),
        value="",
        on_change=state.put("when"),
        class_name="input",
        aria_label=t("How an earlier step ended"),
    )
    typed = form.text(
        "when",
        t("Only when"),
        id="step-when",
        key=step["when"].to(str),
        default_value=step["when"].to(str),
        on_blur=state.put("when"),
        hint=t('Such as input.region == "eu" or steps.build.outcome == "failed"'),
        style={"fontFamily": "var(--mono)"},
    )
    some = step["depends_on"].to(list[str]).length() > 0
    return rx.el.div(typed, rx.cond(some, pick, rx.fragment()), class_name="col gap")


def _needs(state: Any) -> rx.Component:
    """What the open step waits for, and the picker of one more."""
    chips = rx.foreach(
        state.step["depends_on"].to(list[str]),
        lambda need: filters.chip(
            rx.el.span(need, class_name="mono"), state.unlink(need), t("Wait no longer for {name}", name=need)
        ),
    )
    pick = rx.el.select(
        rx.el.option(t("Add a step to wait for"), value=""),
        rx.foreach(state.options, lambda option: rx.el.option(option["text"], value=option["value"])),
        value="",
        on_change=state.link,
        class_name="input",
        id="step-needs",
    )
    return rx.el.div(
        rx.el.label(t("Waits for"), html_for="step-needs"),
        rx.el.div(chips, class_name="picks"),
        rx.cond(state.options.length() > 0, pick, rx.fragment()),
        class_name="field",
    )


def _inputs(state: Any) -> rx.Component:
    def line(one: rx.Var) -> rx.Component:
        def own(name: str) -> str:
            return f"{name}-{one['id'].to(str)}"

        def text(name: str, words: Any, **props: Any) -> rx.Component:
            return form.text(
                name,
                words,
                id=own(name),
                default_value=one[name].to(str),
                on_blur=state.put_input(one["id"], name),
                **props,
            )

        return rx.el.div(
            text("name", t("Name"), style={"fontFamily": "var(--mono)"}),
            form.choice(
                "type",
                t("Kind"),
                [(value, say(words)) for value, words in TYPES],
                id=own("type"),
                value=one["type"].to(str),
                on_change=state.put_input(one["id"], "type"),
            ),
            text("default", t("Usual value")),
            form.check(
                "required",
                t("Required"),
                id=own("required"),
                default_checked=one["required"].to(bool),
                on_change=state.require(one["id"]),
            ),
            icon_button("trash-2", t("Remove {name}", name=one["name"]), on_click=state.remove_input(one["id"])),
            rx.el.div(
                text("options", t("Only these values"), hint=t("Parted by commas; empty for any")), class_name="wide"
            ),
            class_name="inputrow",
            key=one["id"],
        )

    none = rx.el.p(t("A run is told nothing. An input is asked for when it starts."), class_name="m2 cb")
    return card(
        rx.cond(state.inputs.length() > 0, rx.el.div(rx.foreach(state.inputs, line)), none),
        title=t("Inputs"),
        count=number(state.inputs.length()),
        aside=button(t("Add input"), kind="sm", icon_name="plus", on_click=state.add_input),
    )
