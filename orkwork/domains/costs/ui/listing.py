"""The ledger row by row: what stands behind every figure. The address says which rows."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import reflex as rx

from orkwork.core.errors import invalid
from orkwork.domains.costs.schemas.ledger import CorrectionIn
from orkwork.domains.costs.service import correcting
from orkwork.domains.costs.ui import rows as rows_read
from orkwork.domains.costs.ui.rows import NAMES, NONE, STEP, CostLine
from orkwork.ui.components import filters, form
from orkwork.ui.components.button import button
from orkwork.ui.components.dialog import closes, dialog
from orkwork.ui.components.empty import empty
from orkwork.ui.components.panel import body, card, properties, skeleton
from orkwork.ui.components.pill import pill
from orkwork.ui.components.table import how_many, more, num, table
from orkwork.ui.components.when import when
from orkwork.ui.locale import calendar, money, number, plural, t
from orkwork.ui.page import page
from orkwork.ui.screen import Screen, go, handler, toast
from orkwork.ui.shell import Shell

DIGITS = 4


class CostRows(Screen, rx.State):
    """The rows that the address names, and the one that is looked at."""

    rows: list[CostLine] = []
    has_more: bool = False
    filter: dict[str, str] = dict.fromkeys(NAMES, "")
    agents: list[dict[str, str]] = []
    projects: list[dict[str, str]] = []
    csv: str = "/api/v2/costs/export"
    chosen: CostLine = NONE
    ready: bool = False
    _shown: int = STEP

    def _args(self) -> dict[str, str]:
        return {name: self.arg(name).replace("\x00", "")[:200] for name in NAMES}

    @rx.var
    def narrowed(self) -> bool:
        """Whether any filter is on."""
        return any(self.filter.values())

    @handler
    async def load(self):
        """Read them."""
        self._shown, self.chosen = STEP, NONE
        await self._fill()

    @handler
    async def changed(self):
        """Read them again."""
        await self._fill()

    async def _fill(self) -> None:
        args = self._args()
        fresh = await self.ask(rows_read.read, args, self._shown)
        for name, value in (fresh | {"filter": args, "csv": rows_read.export_href(args), "ready": True}).items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    @handler
    async def more(self):
        """Show the next ones."""
        self._shown = min(1000, self._shown + STEP)
        await self._fill()

    @handler
    async def narrow(self, name: str, value: str):
        """Change one filter in the address."""
        if name in NAMES:
            return go("/costs/rows", **(self._args() | {name: str(value)}))

    @handler
    async def clear(self):
        """Take every filter away."""
        return go("/costs/rows")

    @handler
    async def look(self, row_id: str):
        """Look at one row."""
        self.errors = {}
        self.chosen = next((row for row in self.rows if row["id"] == row_id), NONE)

    @handler
    async def leave(self):
        """Close it."""
        self.chosen = NONE

    @handler
    async def correct(self, data: dict[str, Any]):
        """Say what the row should have said."""
        amount = str(data.get("amount_usd") or "").strip().replace(",", ".")
        try:
            wanted_usd = Decimal(amount)
        except InvalidOperation:
            raise invalid("amount_usd", "must be an amount in dollars") from None
        body = CorrectionIn(amount_usd=wanted_usd, reason=str(data.get("reason") or ""))
        await self.do(correcting.correct_cost, UUID(self.chosen["id"]), body)
        self.errors, self.chosen = {}, NONE
        await self._fill()
        return toast("Corrected by a further row", hint="All sums follow; the row itself stays.")


def _cells(found: rx.Var) -> list[Any]:
    amount = rx.match(
        found["basis"],
        ("unpriced", pill("circle-help", t("Unpriced"), "warn")),
        ("correction", rx.el.span(icon_word(t("Correction")), " ", money(found["amount"], DIGITS))),
        rx.fragment(money(found["amount"], DIGITS)),
    )
    task = rx.cond(found["task"] != "", rx.el.a(found["task"], href=found["task_href"], class_name="mono link"), "—")
    look = rx.el.button(
        when(found["at"], "moment"), type="button", class_name="link plain nw", on_click=CostRows.look(found["id"])
    )
    return [
        look,
        rx.cond(found["agent"] != "", rx.fragment(found["agent"]), rx.el.span("—", class_name="m2")),
        rx.cond(
            found["project"] != "", rx.el.span(found["project"], class_name="mono"), rx.el.span("—", class_name="m2")
        ),
        task,
        rx.el.span(found["model"], class_name="mono"),
        number(found["input"]),
        number(found["output"]),
        rx.el.span(amount, class_name="nw"),
    ]


def icon_word(text: rx.Var) -> rx.Component:
    """A quiet word before an amount."""
    return rx.el.span(text, class_name="meta")


def _bar() -> rx.Component:
    state = CostRows
    own = state.filter
    bases = [
        ("caller", t("Stated by the caller")),
        ("catalogue", t("From the catalogue")),
        ("unpriced", t("Unpriced")),
        ("correction", t("Correction")),
    ]

    def field(name: str, label: rx.Var) -> rx.Component:
        return rx.el.label(
            rx.el.span(label, class_name="m2"),
            rx.el.input(
                type="date",
                value=own[name],
                on_change=lambda value: state.narrow(name, value),
                style={"border": "0", "background": "none", "color": "inherit", "minHeight": "24px"},
            ),
            class_name=rx.cond(own[name] != "", "chip on", "chip"),
        )

    def kept(name: str, label: rx.Var) -> rx.Component:
        return rx.cond(
            own[name] != "",
            filters.chip(
                rx.fragment(rx.el.span(label, " ", class_name="m2"), own[name]),
                state.narrow(name, ""),
                t("Take the filter {name} away", name=own[name]),
            ),
        )

    acts = rx.el.span(
        rx.el.a(rx.fragment(t("CSV")), href=state.csv, class_name="btn", download="costs.csv"),
        class_name="row end",
    )
    return filters.bar(
        filters.filter_chip(t("Agent"), own["agent"], state.agents, lambda value: state.narrow("agent", value)),
        filters.filter_chip(t("Project"), own["project"], state.projects, lambda value: state.narrow("project", value)),
        filters.filter_chip(t("Price"), own["basis"], bases, lambda value: state.narrow("basis", value)),
        field("from", t("From")),
        field("to", t("To")),
        kept("model", t("Model")),
        kept("provider", t("Provider")),
        kept("task", t("Task")),
        kept("run", t("Run")),
        rx.cond(state.narrowed, button(t("Clear"), kind="ghost sm", on_click=state.clear), rx.fragment()),
        acts,
    )


def _detail() -> rx.Component:
    own = CostRows.chosen
    counts = (
        (t("Input tokens"), number(own["input"])),
        (t("of them cached"), number(own["cached"])),
        (t("of them written to a cache"), number(own["written"])),
        (t("Output tokens"), number(own["output"])),
        (t("of them reasoning"), number(own["reasoning"])),
        (t("Audio tokens"), number(own["audio"])),
    )
    said = (
        (t("When"), when(own["at"], "moment")),
        (t("The company's day"), calendar(own["day"], "day")),
        (t("Model"), rx.el.span(own["provider"], " · ", own["model"], class_name="mono")),
        *counts,
        (t("Counts"), rx.cond(own["amount"] != "", money(own["amount"], 6), t("Unpriced"))),
        (t("Stated by the caller"), rx.cond(own["caller"] != "", money(own["caller"], 6), "—")),
        (t("From the catalogue"), rx.cond(own["catalogue"] != "", money(own["catalogue"], 6), "—")),
        (t("Price at the time"), rx.cond(own["price"] != "", rx.el.span(own["price"], class_name="mono wrap"), "—")),
        (t("Corrects"), rx.cond(own["corrects"] != "", rx.el.span(own["corrects"], class_name="mono wrap"), "—")),
        (t("Why"), rx.cond(own["reason"] != "", own["reason"], "—")),
    )
    errors = CostRows.errors
    correct = rx.cond(
        Shell.can_manage & (own["corrects"] == ""),
        form.form(
            rx.el.p(t("The row stays; a further one holds the difference, and every sum follows."), class_name="m2"),
            form.two(
                form.text("amount_usd", t("It should have been, $"), errors=errors, input_mode="decimal"),
                form.text("reason", t("Why?"), errors=errors, max_length=500),
            ),
            form.actions(button(t("Close"), **closes()), button(t("Correct"), kind="solid", type="submit")),
            on_submit=CostRows.correct,
        ),
        rx.fragment(),
    )
    return rx.el.div(properties(*said), correct, class_name="stack")


@page(
    "/costs/rows",
    title="Rows of the ledger",
    state=CostRows,
    topics={"cost"},
    nav="/costs",
    crumbs=lambda: [(t("Costs"), "/costs")],
    fact=lambda: rx.cond(
        CostRows.ready & ~CostRows.has_more, plural("{n} row", "{n} rows", CostRows.rows.length()), ""
    ),
)
def rows() -> list[rx.Component]:
    """The filters, the rows, and one of them."""
    state = CostRows
    heads = [
        t("When"), t("Agent"), t("Project"), t("Task"), t("Model"), num(t("Input")), num(t("Output")), num(t("Amount")),
    ]  # fmt: skip
    shown = rx.fragment(
        table(heads, state.rows, _cells, label=t("Rows of the ledger"), row_id=lambda found: found["id"]),
        more(state.more, state.has_more, t("Show more rows")),
    )
    none = rx.cond(
        state.narrowed,
        empty(
            "coins", t("No row fits"), t("No call fits these filters."), action=button(t("Clear"), on_click=state.clear)
        ),
        empty("coins", t("Calls will be listed here"), t("Each call to a model that an agent reports is one row.")),
    )
    return [
        _bar(),
        card(
            rx.cond(state.ready, rx.cond(state.rows.length() > 0, shown, none), body(skeleton(6))),
            title=t("Ledger"),
            count=how_many(state.rows, state.has_more),
        ),
        dialog(
            "cost-row",
            t("One call"),
            rx.cond(state.chosen["id"] != "", _detail(), rx.fragment()),
            open=state.chosen["id"] != "",
            on_close=state.leave,
            wide=True,
        ),
    ]
