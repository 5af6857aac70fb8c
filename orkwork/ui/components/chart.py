"""Money over time: drawn by plotly.js, which loads only where a chart is shown. A table beside it says the same."""

from typing import Any

import reflex as rx


class Chart(rx.Component):
    """Stacked bars, a band, or a spread."""

    library = "$/public/kit/chart.jsx"
    tag = "Chart"
    lib_dependencies: list[str] = ["plotly.js-basic-dist-min@3.7.0"]
    figure: rx.Var[dict[str, Any]]
    label: rx.Var[str]


def chart(figure: Any, *, label: Any) -> rx.Component:
    """`figure` has a `kind`: `stacked` with days `x`, a `grain` and `series` of `name`, `y` and perhaps `rest`; `band` with
    days `x`, `spent`, `p50`, `p85` and `budget`; `bars` with where bars begin `x`, where they end `below`, and one series.
    Amounts are decimal strings. `label` says in words what is seen.
    """
    return Chart.create(figure=figure, label=label)
