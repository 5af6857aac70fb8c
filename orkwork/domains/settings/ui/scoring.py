"""What an agent's performance score is made of."""

from decimal import Decimal
from typing import Any

import reflex as rx

from orkwork.core.errors import Stale, invalid
from orkwork.domains.settings import queries, service
from orkwork.domains.settings.schemas import CompanyOut, CompanyPatch, PerformanceWeights
from orkwork.domains.settings.ui.assignment import WHOLE, Assigning, percent_text, read_percent
from orkwork.ui.components import form
from orkwork.ui.components.button import button
from orkwork.ui.components.figure import bar
from orkwork.ui.components.panel import body, card, notice
from orkwork.ui.locale import t
from orkwork.ui.screen import Screen, handler, toast
from orkwork.ui.shell import Shell

PARTS = ("completion", "speed", "quality", "defects", "cost")
USUAL = {"completion": "30", "speed": "20", "quality": "25", "defects": "15", "cost": "10"}


def _percents(found: CompanyOut) -> dict[str, str]:
    kept = found.performance_weights.model_dump()
    return {name: percent_text(kept[name] * WHOLE) for name in PARTS}


def _sum(typed: dict[str, str]) -> Decimal:
    return sum((read_percent(typed.get(name, "")) or Decimal(0) for name in PARTS), Decimal(0))


class Scoring(Screen, rx.State):
    """The weights, as they are and as they are typed."""

    weights: dict[str, str] = USUAL
    typed: dict[str, str] = USUAL
    kept: dict[str, str] = USUAL
    known: bool = False
    drawn: int = 0

    @rx.var
    def off(self) -> str:
        """What is missing from 100, or too much; empty when nothing is."""
        return percent_text(WHOLE - _sum(self.typed)) if _sum(self.typed) != WHOLE else ""

    def _show(self, found: CompanyOut) -> None:
        self.weights = self.typed = self.kept = _percents(found)
        self.known, self.drawn, self.errors = True, self.drawn + 1, {}

    @handler
    async def load(self):
        """Read them."""
        self._show(await self.ask(queries.company))

    @handler
    async def type_weight(self, name: str, text: str):
        """Note what is typed."""
        if name in PARTS:
            self.typed = self.typed | {name: str(text)[:10]}

    @handler
    async def usual(self):
        """Fill in the weights that a company begins with."""
        self.typed = self.weights = USUAL
        self.drawn += 1

    @handler
    async def save(self, data: dict[str, Any]):
        """Write them, unless somebody else did meanwhile."""
        wanted = {name: read_percent(dict(data).get(f"score_{name}", "")) for name in PARTS}
        for name, value in wanted.items():
            if value is None:
                raise invalid(f"score_{name}", "must be a percentage of 0 to 100, to a tenth")
        shares = {name: value / WHOLE for name, value in wanted.items() if value is not None}
        if sum(shares.values(), Decimal(0)) != 1:
            raise invalid("score_completion", "the five must add up to 100")
        patch = CompanyPatch(performance_weights=PerformanceWeights(**shares))
        before = await self.ask(queries.company)
        changed = toast(
            "Somebody changed this meanwhile", hint="Reload to see it; what you typed is still here.", tone="warn"
        )
        if _percents(before) != self.kept:
            return changed
        try:
            found = await self.do(service.update_company, patch, before.version)
        except Stale:
            return changed
        self._show(found)
        return [toast("Settings saved", hint="Scores follow with the next count."), Assigning.keep_up]


def _weight(name: str, label: Any, hint: Any) -> rx.Component:
    share = Scoring.typed[name]
    field = form.text(
        f"score_{name}",
        label,
        errors=Scoring.errors,
        hint=hint,
        default_value=Scoring.weights[name],
        key=Scoring.drawn.to(str) + name,
        input_mode="decimal",
        auto_complete="off",
        max_length=6,
        on_change=lambda value: Scoring.type_weight(name, value),
    )
    return rx.el.div(field, bar(share, label=t("{n}% of the score", n=share)), class_name="col weight")


def _fields() -> rx.Component:
    weights = [
        _weight("completion", t("Completed"), t("Of the tasks that it completed or failed.")),
        _weight("speed", t("Speed"), t("Against the estimate, or what others take.")),
        _weight("quality", t("First-pass reviews"), t("Reviews that passed the first time.")),
        _weight("defects", t("Stayed closed"), t("Completed tasks that nobody re-opened.")),
        _weight("cost", t("Cost efficiency"), t("What a completed task costs, against the others.")),
    ]
    off = rx.el.div(
        rx.cond(Scoring.off != "", notice(t("To 100% there are {off}% left.", off=Scoring.off), "warn")),
        role="status",
        aria_live="polite",
    )
    return form.form(
        form.two(*weights[:2]),
        form.two(*weights[2:4]),
        form.two(weights[4]),
        off,
        rx.cond(
            Shell.can_manage,
            form.actions(
                button(t("Usual weights"), kind="ghost", on_click=Scoring.usual),
                button(t("Save weights"), kind="solid", type="submit", disabled=Scoring.off != ""),
            ),
        ),
        on_submit=Scoring.save,
    )


def scoring_card() -> rx.Component:
    """The weights of the performance score."""
    intro = rx.el.p(
        t("The performance part above: what an agent did in 30 days, out of five parts. In percent, together 100."),
        class_name="m2",
    )
    return card(
        body(rx.el.div(intro, _fields(), class_name="stack")),
        title=t("What makes a performance score"),
    )
