"""The inputs of a workflow as fields of a form, and what was typed as values."""

from collections.abc import Mapping, Sequence
from typing import Any

import reflex as rx

from orkwork.core.errors import invalid
from orkwork.domains.workflows.rules import filling
from orkwork.ui.locale import t

PREFIX = "input:"


def fields(inputs: Any, errors: Any, *, values: Any = None, hint: Any = None, owner: str = "run") -> rx.Component:
    """One field for each input; `values` are what a starter gives, else the defaults stand there."""

    def one(item: rx.Var) -> rx.Component:
        name = rx.Var.create(PREFIX) + item["name"].to(str)
        own = rx.Var.create(f"{owner}-") + item["name"].to(str)
        filled = values[item["name"].to(str)].to(str) if values is not None else item["default"].to(str)
        error = errors[rx.Var.create("inputs.") + item["name"].to(str)].to(str)
        label = rx.fragment(
            item["name"], rx.cond(item["required"], rx.el.span(" *", title=t("required")), rx.fragment())
        )
        props = {"id": own, "name": name, "custom_attrs": {"aria-invalid": rx.cond(error, "true", "false")}}
        options = item["options"].to(list[dict[str, str]])
        typed = rx.cond(
            options.length() > 0,
            rx.el.select(
                rx.el.option("—", value=""),
                rx.foreach(options, lambda option: rx.el.option(option["text"], value=option["value"])),
                default_value=filled,
                class_name="input",
                **props,
            ),
            rx.cond(
                item["type"] == "boolean",
                rx.el.select(
                    rx.el.option("—", value=""),
                    rx.el.option(t("Yes"), value="true"),
                    rx.el.option(t("No"), value="false"),
                    default_value=filled,
                    class_name="input",
                    **props,
                ),
                rx.el.input(default_value=filled, class_name="input", auto_complete="off", **props),
            ),
        )
        free = rx.el.input(default_value=filled, class_name="input", auto_complete="off", **props)
        return rx.el.div(
            rx.el.label(label, html_for=own),
            typed if values is None else free,
            rx.cond(item["about"] != "", rx.el.span(item["about"], class_name="hint"), rx.fragment()),
            rx.cond(error, rx.el.span(error, class_name="error", role="alert"), rx.fragment()),
            class_name="field",
        )

    more = rx.el.p(hint, class_name="meta") if hint is not None else rx.fragment()
    return rx.cond(
        inputs.length() > 0, rx.el.div(rx.foreach(inputs, one), more, class_name="col", style={"gap": "12px"})
    )


def values(inputs: Sequence[Mapping[str, Any]], data: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as the inputs' types have it; an empty field is left out."""
    found: dict[str, Any] = {}
    for one in inputs:
        typed = str(data.get(PREFIX + one["name"]) or "")
        if typed.strip():
            found[one["name"]] = value(one["type"], typed, f"inputs.{one['name']}")
    return found


def value(kind: str, typed: str, field: str) -> Any:
    """One typed text as a value; a text with `{{ }}` stays as it is, to be filled in later."""
    if kind == "text" or filling.has_places(typed):
        return typed
    text = typed.strip()
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return int(text) if kind == "integer" else float(text.replace(",", "."))
    except ValueError as error:
        raise invalid(field, "must be a number" if kind != "boolean" else "must be true or false") from error
