"""The fields of an agent's form."""

from typing import Any

import reflex as rx

from orkwork.domains.settings.ui import limits
from orkwork.ui.components import form
from orkwork.ui.components.button import button, icon_button
from orkwork.ui.components.icon import icon
from orkwork.ui.locale import say, t

ADAPTERS = [("claude-code", "Claude Code"), ("codex", "Codex"), ("script", "Script"), ("api", "API")]


def whole_form(state: Any) -> rx.Component:
    """Everything that people say of an agent."""
    own, errors = state.values, state.errors
    back = rx.cond(state.agent_id, rx.Var.create("/agents/") + state.agent_id, "/agents")
    return form.form(
        form.two(
            form.text("name", t("Agent's name"), errors=errors, default_value=own["name"], max_length=120),
            form.text(
                "role",
                t("Role"),
                errors=errors,
                hint=t("What it is in the company: Engineer, Tester."),
                default_value=own["role"],
            ),
        ),
        form.two(
            form.text(
                "adapter",
                t("Adapter"),
                errors=errors,
                hint=t("What runs it."),
                default_value=own["adapter"],
                list="adapters",
            ),
            form.text("model", t("Model"), errors=errors, default_value=own["model"]),
        ),
        rx.el.datalist(*[rx.el.option(name, value=value) for value, name in ADAPTERS], id="adapters"),
        form.long_text("description", t("Description"), errors=errors, default_value=own["description"]),
        _place(state),
        _limits(state),
        _skills(state),
        _projects(state),
        form.long_text(
            "config",
            t("Configuration"),
            errors=errors,
            hint=t("A JSON object for the program that runs it. Keep secrets out of it."),
            default_value=own["config"],
            spell_check=False,
            style={"fontFamily": "var(--mono)", "fontSize": "12px"},
        ),
        limits.part(state.limits, errors, of="agent"),
        form.actions(
            button(t("Cancel"), href=back),
            button(rx.cond(state.agent_id, t("Save agent"), t("Create agent")), kind="solid", type="submit"),
        ),
        on_submit=state.save,
    )


def _place(state: Any) -> rx.Component:
    managers = form.choice(
        "manager_id",
        t("Reports to"),
        state.managers,
        errors=state.errors,
        default_value=state.values["manager_id"],
    )
    levels = [
        ("0", t("0 Tool")),
        ("1", t("1 Assistant")),
        ("2", t("2 Supervised")),
        ("3", t("3 Autonomous")),
        ("4", t("4 Strategic")),
    ]
    autonomy = form.choice(
        "autonomy_level",
        t("Autonomy"),
        levels,
        errors=state.errors,
        hint=t("How far it may go alone."),
        default_value="2",
    )
    return rx.cond(state.agent_id, managers, form.two(managers, autonomy))


def _limits(state: Any) -> rx.Component:
    own, errors = state.values, state.errors
    return form.two(
        form.text(
            "daily_budget_usd",
            t("Daily budget, $"),
            errors=errors,
            hint=t("It stops for the day when this is spent. Empty is no limit."),
            default_value=own["daily_budget_usd"],
            input_mode="decimal",
        ),
        form.text(
            "max_concurrent_tasks",
            t("Tasks at once"),
            errors=errors,
            default_value=own["max_concurrent_tasks"],
            input_mode="numeric",
        ),
        form.text(
            "heartbeat_timeout_seconds",
            t("Longest silence, seconds"),
            errors=errors,
            hint=t("While it works. Empty asks for no heartbeats."),
            default_value=own["heartbeat_timeout_seconds"],
            input_mode="numeric",
        ),
    )


def _skills(state: Any) -> rx.Component:
    def line(skill: rx.Var) -> rx.Component:
        number = skill["id"].to(str)
        return rx.el.div(
            rx.el.input(
                name=rx.Var.create("skill-name:") + number,
                default_value=skill["name"],
                list="known-skills",
                class_name="input mono",
                placeholder="code:python",
                aria_label=t("Capability"),
                auto_complete="off",
                style={"flex": "1"},
            ),
            rx.el.input(
                name=rx.Var.create("skill-level:") + number,
                default_value=skill["level"],
                input_mode="decimal",
                class_name="input num",
                aria_label=t("Proficiency, 0 to 1"),
                style={"width": "72px", "flex": "none"},
            ),
            icon_button("x", t("Remove the capability"), on_click=state.drop_skill(skill["id"])),
            class_name="row",
            key=skill["id"],
        )

    wrong = rx.foreach(
        state.errors.entries(),
        lambda pair: rx.cond(
            pair[0].to(str).startswith("capabilities"),
            rx.el.span(
                icon("circle-alert", "s"),
                pair[0].to(str).replace("capabilities.", ""),
                ": ",
                say(pair[1]),
                class_name="error",
                role="alert",
            ),
        ),
    )
    return rx.el.fieldset(
        rx.el.legend(t("Capabilities"), class_name="b5", style={"fontSize": "13px", "padding": "0"}),
        rx.el.div(
            rx.el.span(
                t("It gets the tasks whose capabilities it has; the better one goes first. 0 to 1."), class_name="hint"
            ),
            rx.foreach(state.skills, line),
            rx.el.datalist(rx.foreach(state.known_skills, lambda name: rx.el.option(value=name)), id="known-skills"),
            wrong,
            rx.el.div(button(t("Add capability"), kind="sm", icon_name="plus", on_click=state.add_skill)),
            class_name="field",
            style={"gap": "8px"},
        ),
    )


def _projects(state: Any) -> rx.Component:
    def box(project: rx.Var) -> rx.Component:
        name = rx.Var.create("project:") + project["value"]
        return rx.el.label(
            rx.el.input(type="checkbox", name=name, default_checked=state.allowed.contains(project["value"])),
            project["text"],
            class_name="check",
            key=project["value"],
        )

    return rx.cond(
        state.projects,
        rx.el.fieldset(
            rx.el.legend(t("Projects it may see"), class_name="b5", style={"fontSize": "13px", "padding": "0"}),
            rx.el.div(
                rx.el.span(t("None ticked means all of them."), class_name="hint"),
                rx.el.div(rx.foreach(state.projects, box), class_name="row w", style={"gap": "0 16px"}),
                class_name="field",
            ),
        ),
    )
