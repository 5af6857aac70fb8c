"""Numbers that can be acted on: always a unit, a period and what they are measured against."""

from typing import Any

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars.base import VarData

from orkwork.ui.locale import t

_IMPORT = VarData(imports={"$/public/kit/draw.js": [ImportVar(tag="line"), ImportVar(tag="end"), ImportVar(tag="arc")]})


def _draw(function: str, value: Any) -> rx.Var[str]:
    var = rx.Var.create(value)
    data = VarData.merge(_IMPORT, var._get_all_var_data())
    return rx.Var(_js_expr=f"{function}({var!s})", _var_type=str, _var_data=data).guess_type()


def key_figure(label: Any, value: Any, *, unit: Any = None, change: Any = None, small: bool = False) -> rx.Component:
    """A label, a number with its unit, and the change with its period; '—' wants 'too little data' as its change."""
    return rx.el.div(
        rx.el.div(label, class_name="l"),
        rx.el.div(value, rx.el.small(unit) if unit is not None else rx.fragment(), class_name="v"),
        rx.el.div(change, class_name="d") if change is not None else rx.fragment(),
        class_name="kf md" if small else "kf",
    )


def key_figures(*figures: rx.Component) -> rx.Component:
    """Key figures side by side in a card."""
    return rx.el.div(*figures, class_name="kfs")


def bar(share: Any, *, label: Any, tone: Any = "", text: Any = None) -> rx.Component:
    """A bar of 0 to 100 per cent; `label` is read aloud ('68% done'), `text` stands beside it."""
    width = rx.Var.create(share).to(str) + "%" if isinstance(share, rx.Var) else f"{share}%"
    drawn = rx.el.span(rx.el.i(class_name=tone, style={"width": width}), class_name="bar", role="img", aria_label=label)
    if text is None:
        return drawn
    return rx.el.div(drawn, rx.el.span(text, class_name="num"), class_name="barrow")


def sparkline(values: Any, *, label: Any, bad: bool | rx.Var = False) -> rx.Component:
    """A line of 80 × 24 without axes over a list of numbers; the end dot appears only when `bad`."""
    dot = rx.el.circle(cx="79", cy=_draw("end", values), r="2", class_name="hi")
    return rx.el.svg(
        rx.el.path(d=_draw("line", values)),
        rx.cond(bad, dot, rx.fragment()) if isinstance(bad, rx.Var) else dot if bad else rx.fragment(),
        view_box="0 0 80 24",
        class_name="spark",
        role="img",
        aria_label=label,
    )


def gauge(score: Any, *, label: Any, tone: Any = "ok", causes: Any = None) -> rx.Component:
    """A half ring of 0 to 100; put the three worst causes beside it as `rx.el.li` with an icon, a link and a `.num`."""

    def ring(d: Any, stroke: Any) -> rx.Component:
        return rx.el.path(d=d, style={"fill": "none", "stroke": stroke, "strokeWidth": "8", "strokeLinecap": "round"})

    fill = rx.Var.create("var(--") + tone.to(str) + "-fill)" if isinstance(tone, rx.Var) else f"var(--{tone}-fill)"
    number = rx.el.svg.text(
        score,
        x="60",
        y="57",
        text_anchor="middle",
        style={"fontSize": "28px", "fontWeight": 600, "fill": "var(--text)"},
    )
    below = rx.el.svg.text(
        t("of 100"), x="60", y="74", text_anchor="middle", style={"fontSize": "12px", "fill": "var(--text-2)"}
    )
    drawn = rx.el.svg(
        ring(_draw("arc", 100), "var(--track)"),
        ring(_draw("arc", score), fill),
        number,
        below,
        view_box="0 0 120 76",
        width="120",
        height="76",
        role="img",
        aria_label=label,
    )
    return rx.el.div(
        drawn, rx.el.ul(causes, class_name="causes") if causes is not None else rx.fragment(), class_name="gaugebox"
    )
