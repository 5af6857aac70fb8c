"""Forms: every field has a label, a hint and its own error; `form(on_submit=State.save)` gives a dict by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import reflex as rx

from orkwork.ui.components.icon import icon
from orkwork.ui.locale import say

Options = Sequence[tuple[str, Any]] | Mapping[str, Any]


def form(*content: Any, on_submit: Any, **props: Any) -> rx.Component:
    """A form; Enter submits. End it with `actions(...)`."""
    return rx.el.form(*content, on_submit=on_submit, class_name="form", custom_attrs={"noValidate": True}, **props)


def actions(*buttons: Any) -> rx.Component:
    """The buttons at a form's end."""
    return rx.el.div(*buttons, class_name="actions")


def two(*fields: Any) -> rx.Component:
    """Two fields side by side on wide screens."""
    return rx.el.div(*fields, class_name="two")


def _field(id: str, label: Any, control: rx.Component, hint: Any, error: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=id),
        control,
        rx.el.span(hint, class_name="hint", id=f"{id}-hint") if hint is not None else rx.fragment(),
        rx.cond(
            error, rx.el.span(icon("circle-alert", "s"), say(error), class_name="error", id=f"{id}-error", role="alert")
        )
        if error is not None
        else rx.fragment(),
        class_name="field",
    )


def _describe(id: str, hint: Any, error: Any) -> dict[str, Any]:
    names = [f"{id}-hint"] * (hint is not None) + [f"{id}-error"] * (error is not None)
    out: dict[str, Any] = {"aria-describedby": " ".join(names)} if names else {}
    if error is not None:
        out["aria-invalid"] = rx.cond(error, "true", "false")
    return out


def _error(errors: Any, name: str) -> Any:
    return errors[name].to(str) if errors is not None else None


def text(name: str, label: Any, *, errors: Any = None, hint: Any = None, id: str = "", **props: Any) -> rx.Component:
    """A line of text; `type` may be number, date, email … and `default_value` fills it."""
    own = id or f"field-{name}"
    error = _error(errors, name)
    control = rx.el.input(id=own, name=name, class_name="input", custom_attrs=_describe(own, hint, error), **props)
    return _field(own, label, control, hint, error)


def long_text(
    name: str, label: Any, *, errors: Any = None, hint: Any = None, id: str = "", **props: Any
) -> rx.Component:
    """Several lines of text."""
    own = id or f"field-{name}"
    error = _error(errors, name)
    control = rx.el.textarea(id=own, name=name, class_name="input", custom_attrs=_describe(own, hint, error), **props)
    return _field(own, label, control, hint, error)


def choice(
    name: str, label: Any, options: Any, *, errors: Any = None, hint: Any = None, first: Any = None, **props: Any
) -> rx.Component:
    """One of several: pairs of value and text, or a list var of {"value", "text"}; `first` is a pair before them."""
    own = props.pop("id", "") or f"field-{name}"
    error = _error(errors, name)
    items: list[rx.Component] = [] if first is None else [rx.el.option(first[1], value=first[0])]
    if isinstance(options, rx.Var):
        items.append(rx.foreach(options, lambda option: rx.el.option(option["text"], value=option["value"])))
    else:
        pairs = options.items() if isinstance(options, Mapping) else options
        items += [rx.el.option(words, value=value) for value, words in pairs]
    control = rx.el.select(
        *items, id=own, name=name, class_name="input", custom_attrs=_describe(own, hint, error), **props
    )
    return _field(own, label, control, hint, error)


def check(name: str, label: Any, *, hint: Any = None, id: str = "", **props: Any) -> rx.Component:
    """A box to tick; absent from the form's data when not ticked."""
    own = id or f"field-{name}"
    described = {"aria-describedby": f"{own}-hint"} if hint is not None else {}
    return rx.el.div(
        rx.el.label(
            rx.el.input(id=own, name=name, type="checkbox", custom_attrs=described, **props),
            label,
            class_name="check",
            html_for=own,
        ),
        rx.el.span(hint, class_name="hint", id=f"{own}-hint") if hint is not None else rx.fragment(),
        class_name="field",
    )


def inline_edit(name: str, label: Any, value: Any, on_save: Any, **props: Any) -> rx.Component:
    """A text that becomes a field where it stands: Enter or leaving saves (`on_save(value)`), Esc takes it back."""
    return rx.el.input(
        default_value=value,
        key=value,
        name=name,
        class_name="edit",
        aria_label=label,
        on_blur=on_save,
        custom_attrs={"data-edit": "1"},
        **props,
    )
