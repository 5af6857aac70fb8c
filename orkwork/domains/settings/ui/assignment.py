"""How tasks are given to agents by score: what counts how much, and how long an agent may leave what it was given."""

from decimal import Decimal, InvalidOperation
from typing import Any

import reflex as rx

from orkwork.core.errors import Stale, invalid
from orkwork.domains.settings import queries, service
from orkwork.domains.settings.schemas import AssignmentWeights, CompanyOut, CompanyPatch
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.figure import bar
from orkwork.ui.components.panel import body, card, notice
from orkwork.ui.locale import t
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell

FACTORS = ("capability", "performance", "workload", "cost")
USUAL = {"capability": "40", "performance": "30", "workload": "20", "cost": "10"}
WHOLE = Decimal(100)
TENTH = Decimal("0.1")


def percents(found: CompanyOut) -> dict[str, str]:
    """The weights in percent."""
    weights = found.assignment_weights.model_dump()
    return {name: percent_text(weights[name] * WHOLE) for name in FACTORS}


def percent_text(value: Decimal | None) -> str:
    """A percentage as somebody would type it."""
    return f"{(value or Decimal(0)).normalize():f}"


def read_percent(text: Any) -> Decimal | None:
    """A weight as typed: 0 to 100, to a tenth; None when it is none."""
    try:
        found = Decimal(str(text).strip().replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= WHOLE and found == found.quantize(TENTH) else None


def effect(typed: dict[str, str]) -> dict[str, str]:
    """What the weights as typed would do: their sum, and, when it is 100, what outweighs what."""
    parts = {name: read_percent(typed.get(name, "")) for name in FACTORS}
    known = [part for part in parts.values() if part is not None]
    total = sum(known, Decimal(0))
    shown = {"sum": percent_text(total), "whole": "yes" if total == WHOLE and len(known) == len(FACTORS) else ""}
    if not shown["whole"]:
        return shown | {"off": percent_text(abs(WHOLE - total)), "over": "yes" if total > WHOLE else ""}
    ranked = sorted(FACTORS, key=lambda name: -(parts[name] or 0))
    first = parts[ranked[0]] or Decimal(0)
    rest = WHOLE - first
    return shown | {
        "most": ranked[0],
        "alone": "yes" if first > rest else "",
        "idle": percent_text((parts["workload"] or Decimal(0)) / 2),
        "cheap": percent_text(parts["cost"]),
        "skill": percent_text((parts["capability"] or Decimal(0)) / 10),
    }


class Assigning(Screen, rx.State):
    """The weights, as they are and as they are typed."""

    weights: dict[str, str] = USUAL
    typed: dict[str, str] = USUAL
    effect: dict[str, str] = {}
    minutes: str = ""
    version: int = 0
    drawn: int = 0

    def _show(self, found: CompanyOut) -> None:
        self.weights = self.typed = percents(found)
        self.effect = effect(self.typed)
        self.minutes = f"{found.take_up_seconds / 60:g}"
        self.version, self.drawn, self.errors = found.version, self.drawn + 1, {}

    @handler
    async def load(self):
        """Read them."""
        self._show(await self.ask(queries.company))

    @handler
    async def keep_up(self):
        """Another form of the page changed the company: what stands here is no older for it."""
        found = await self.ask(queries.company)
        if percents(found) == self.weights:
            self.version = found.version

    @handler
    async def type_weight(self, name: str, text: str):
        """Say what it would do."""
        if name in FACTORS:
            self.typed = self.typed | {name: str(text)[:10]}
            self.effect = effect(self.typed)

    @handler
    async def usual(self):
        """Fill in the weights that a company begins with."""
        self.typed, self.drawn = USUAL, self.drawn + 1
        self.weights, self.effect = USUAL, effect(USUAL)

    @handler
    async def save(self, data: dict[str, Any]):
        """Write them, unless somebody else did meanwhile."""
        wanted = {name: read_percent(dict(data).get(name, "")) for name in FACTORS}
        for name, value in wanted.items():
            if value is None:
                raise invalid(name, "must be a percentage of 0 to 100, to a tenth")
        if sum(value for value in wanted.values() if value is not None) != WHOLE:
            raise invalid("capability", "the four must add up to 100")
        weights = AssignmentWeights(**{name: value / WHOLE for name, value in wanted.items() if value is not None})
        patch = CompanyPatch(assignment_weights=weights, take_up_seconds=_seconds(dict(data).get("minutes", "")))
        try:
            self._show(await self.do(service.update_company, patch, self.version))
        except Stale:
            return toast(
                "Somebody changed this meanwhile", hint="Reload to see it; what you typed is still here.", tone="warn"
            )
        return toast("Settings saved")


def _seconds(text: Any) -> int:
    try:
        seconds = round(float(str(text).strip().replace(",", ".")) * 60)
    except (ValueError, OverflowError):
        raise invalid("minutes", "must be a number of minutes") from None
    if not 10 <= seconds <= 86_400:
        raise invalid("minutes", "must be 0.2 minutes to 24 hours")
    return seconds


def _names() -> dict[str, rx.Var]:
    return {
        "capability": t("Capability"),
        "performance": t("Performance"),
        "workload": t("Free workload"),
        "cost": t("Cost"),
    }


def _weight(name: str, label: Any, hint: Any) -> rx.Component:
    share = Assigning.typed[name]
    field = form.text(
        name,
        label,
        errors=Assigning.errors,
        hint=hint,
        default_value=Assigning.weights[name],
        key=Assigning.drawn.to(str) + name,
        input_mode="decimal",
        auto_complete="off",
        max_length=6,
        on_change=lambda value: Assigning.type_weight(name, value),
    )
    return rx.el.div(field, bar(share, label=t("{n}% of the score", n=share)), class_name="col weight")


def _effect() -> rx.Component:
    """What the weights would do, in words, as they are typed."""
    own = Assigning.effect
    named = [(name, text) for name, text in _names().items()]
    most = rx.match(own["most"], *named, "")
    off = rx.cond(
        own["over"] != "",
        t("Together they are {sum}%: {off}% too much.", sum=own["sum"], off=own["off"]),
        t("Together they are {sum}%: {off}% is missing.", sum=own["sum"], off=own["off"]),
    )
    lines = [
        rx.cond(
            own["alone"] != "",
            t("{what} counts more than the three others together.", what=most),
            t("{what} counts most; the others together can outweigh it.", what=most),
        ),
        t("All else equal, an idle agent is ahead of one that is half full by {n} of 100 points.", n=own["idle"]),
        t("The cheapest candidate is ahead of the dearest by {n} of 100 points.", n=own["cheap"]),
        t("A proficiency that is higher by 0.1 is worth {n} of 100 points.", n=own["skill"]),
    ]
    told = rx.el.ul(*[rx.el.li(line) for line in lines], class_name="effects")
    return rx.el.div(
        rx.cond(own["whole"] != "", told, notice(off, "warn")),
        role="status",
        aria_live="polite",
        aria_label=t("What it does"),
    )


def _fields() -> rx.Component:
    hints = {
        "capability": t("How good the agent is at what the task needs."),
        "performance": t("How well its work went so far."),
        "workload": t("How much room it has."),
        "cost": t("How cheap its finished tasks were."),
    }
    weights = [_weight(name, text, hints[name]) for name, text in _names().items()]
    return form.form(
        form.two(*weights[:2]),
        form.two(*weights[2:]),
        _effect(),
        form.text(
            "minutes",
            t("Take-up time, minutes"),
            errors=Assigning.errors,
            hint=t("How long an agent may leave a task that the score gave it; then another gets it."),
            default_value=Assigning.minutes,
            key=Assigning.drawn.to(str) + "minutes",
            input_mode="decimal",
        ),
        rx.cond(
            Shell.can_manage,
            form.actions(
                button(t("Usual weights"), kind="ghost", on_click=Assigning.usual),
                button(t("Save settings"), kind="solid", type="submit", disabled=Assigning.effect["whole"] == ""),
            ),
        ),
        on_submit=Assigning.save,
    )


def assignment_card() -> rx.Component:
    """The weights and the take-up time."""
    intro = rx.el.p(
        t("Each candidate gets 0 to 100 points out of four parts; the best gets the task. In percent, together 100."),
        class_name="m2",
    )
    return card(
        body(rx.cond(Assigning.version > 0, rx.el.div(intro, _fields(), class_name="stack"))),
        title=t("Who gets a task"),
    )
