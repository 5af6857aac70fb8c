"""A graph that can be panned, zoomed and clicked, drawn by plotly.js, which loads only where a graph is shown.

Reflex's own plotly component passes no data of a clicked point on and knows nothing of our theme, so the figure is built
in the browser (`assets/kit/plot.js`) out of places that the server computed."""

from typing import Any

import reflex as rx


def _key(value: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (value,)


class Graph(rx.Component):
    """Boxes or dots with lines between them."""

    library = "$/public/kit/graph.jsx"
    tag = "Graph"
    lib_dependencies: list[str] = ["plotly.js-basic-dist-min@3.7.0"]
    figure: rx.Var[dict[str, Any]]
    looks: rx.Var[list[Any]]
    chosen: rx.Var[str]
    label: rx.Var[str]
    on_choose: rx.EventHandler[_key]


class GraphCode(rx.Component):
    """Fetches the code of a graph as soon as the page opens; put it where nothing waits for data."""

    library = "$/public/kit/graph.jsx"
    tag = "GraphCode"


def graph(figure: Any, *, looks: Any, chosen: Any, label: Any, on_choose: Any) -> rx.Component:
    """`figure` is what stays: `mode` (boxes, dots, parts), an `id` that changes with the arrangement, `nodes` with a key
    `k`, a title `t`, a place `x`, `y` in px and whether they are critical `c`, and `edges` of [from, to, critical, bends].
    `looks` is what changes, by node: [status, assignee], or counts by status for a part. `on_choose(key)` is called with
    what was clicked, and with "" when it was the ground; a second click on the chosen task opens its page.
    """
    return Graph.create(figure=figure, looks=looks, chosen=chosen, label=label, on_choose=on_choose)
