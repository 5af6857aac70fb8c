"""What the company spends: totals, who and what for, budgets, what outcomes cost, and how the month will end."""

from typing import Any

import reflex as rx

from orkwork.domains.costs.ui import panels, reading
from orkwork.domains.costs.ui.reading import BrokenRow, BudgetLine
from orkwork.ui import nav
from orkwork.ui.components import filters
from orkwork.ui.components.button import button
from orkwork.ui.components.empty import empty
from orkwork.ui.components.panel import card, grid, skeleton
from orkwork.ui.locale import t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler

nav.place("Costs", "/costs", "coins", keys="gc", order=35)


class Costs(Screen, rx.State):
    """The page's figures; the address says by what, and across what time."""

    by: str = "agent"
    across: str = "day"
    totals: dict[str, Any] = {}
    broken: dict[str, Any] = {}
    figure: dict[str, Any] = {}
    rows: list[BrokenRow] = []
    periods: list[dict[str, str]] = []
    sums: list[str] = []
    budgets: list[BudgetLine] = []
    forecast: dict[str, Any] = {}
    band: dict[str, Any] = {}
    outcomes: dict[str, Any] = {}
    spread: dict[str, Any] = {}
    dearest: list[dict[str, str]] = []
    thresholds: list[int] = []
    ready: bool = False

    @handler
    async def load(self):
        """Read what the address asks for."""
        await self._fill()

    @handler
    async def changed(self):
        """Read it again; only what differs is sent."""
        await self._fill()

    async def _fill(self) -> None:
        self.by = self.arg("by") if self.arg("by") in reading.BY else "agent"
        self.across = self.arg("across") if self.arg("across") in reading.ACROSS else "day"
        seen = await self.ask(reading.page, self.by, self.across)
        broken, forecast, outcomes = seen["broken"], seen["forecast"], seen["outcomes"]
        fresh = seen | {
            "figure": broken.pop("figure"),
            "rows": broken.pop("rows"),
            "periods": broken.pop("periods"),
            "sums": broken.pop("sums"),
            "band": forecast.pop("figure"),
            "spread": outcomes.pop("figure"),
            "dearest": outcomes.pop("dearest"),
            "ready": True,
        }
        for name, value in fresh.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    @handler
    async def break_down(self, by: str):
        """Break down by something else."""
        return go("/costs", by=str(by) if by in reading.BY else None, across=self.across)

    @handler
    async def cross(self, across: str):
        """Cross with other stretches of time."""
        return go("/costs", by=self.by, across=str(across) if across in reading.ACROSS else None)

    @handler
    async def download(self):
        """The breakdown as it stands, for a spreadsheet."""
        text = await self.ask(reading.breakdown_csv, self.by, self.across)
        return rx.download(data=text, filename=f"costs-by-{self.by}-and-{self.across}.csv")


def _nothing() -> rx.Component:
    return card(
        empty(
            "coins",
            t("What the company spends will be shown here"),
            t("Agents report each call to a model with its tokens; it is priced as of that day."),
            action=button(t("Set budgets"), kind="solid", href="/settings/budgets"),
            copy='curl -X POST $ORKWORK/api/v2/costs -H "Authorization: Bearer $KEY" --json \'{"provider": "openai", '
            '"model": "gpt-4o", "usage": {"prompt_tokens": 900, "completion_tokens": 50}}\'',
        )
    )


def _bar() -> rx.Component:
    state = Costs
    by = filters.segments(
        t("By"),
        [
            ("agent", t("Agent"), ""),
            ("project", t("Project"), ""),
            ("model", t("Model"), ""),
            ("provider", t("Provider"), ""),
        ],
        state.by,
        state.break_down,
    )
    across = filters.segments(
        t("Across"),
        [("day", t("Days"), ""), ("week", t("Weeks"), ""), ("month", t("Months"), "")],
        state.across,
        state.cross,
    )
    acts = rx.el.span(
        button(t("Rows"), icon_name="table", href="/costs/rows"),
        button(t("Budgets"), icon_name="sliders-horizontal", href="/settings/budgets"),
        class_name="row end",
    )
    return filters.bar(by, across, acts)


@page(
    "/costs",
    title="Costs",
    state=Costs,
    topics={"cost", "budget", "reservation", "agent", "project", "company", "task"},
)
def costs() -> list[rx.Component]:
    """Totals, the breakdown, budgets, the forecast and outcomes."""
    state = Costs
    whole = rx.fragment(
        panels.totals(state),
        panels.unpriced(state),
        _bar(),
        panels.breakdown(state),
        grid(
            rx.el.div(panels.budgets(state), panels.outcomes(state), class_name="c6 stack"),
            rx.el.div(panels.forecast(state), panels.spread(state), class_name="c6 stack"),
        ),
    )
    some = state.totals["any"].to(bool) | (state.budgets.length() > 0)
    return [rx.cond(state.ready, rx.cond(some, whole, _nothing()), card(skeleton(6)))]
