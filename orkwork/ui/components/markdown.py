"""Markdown of others: no raw HTML, no script addresses, no picture that calls another host."""

from typing import Any

import reflex as rx


class Markdown(rx.Component):
    """Renders when first shown; its parser is not part of other pages."""

    library = "$/public/kit/markdown.jsx"
    tag = "Markdown"
    lib_dependencies: list[str] = ["react-markdown@10.1.0", "remark-gfm@4.0.1"]
    text: rx.Var[str]


def markdown(text: Any) -> rx.Component:
    """Text that people or agents wrote."""
    return Markdown.create(text=text)
