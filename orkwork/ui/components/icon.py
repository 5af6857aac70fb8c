"""Icons: one sprite for all of them, so that an icon costs no JavaScript and its name may be a var."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import reflex as rx

_SPRITE = Path(__file__).resolve().parents[3] / "assets" / "icons.svg"


@cache
def names() -> frozenset[str]:
    """Every icon there is."""
    return frozenset(re.findall(r'<symbol id="([^"]+)"', _SPRITE.read_text()))


def icon(name: str | rx.Var, size: str = "", tone: str | rx.Var = "", **props: Any) -> rx.Component:
    """An icon of 16 px ("s": 14, "l": 20), hidden from screen readers; `tone` is ok, warn, bad, info, idle or acc."""
    if isinstance(name, str) and name not in names():
        raise ValueError(f"No icon named {name!r} in assets/icons.svg")
    href = f"/icons.svg#{name}" if isinstance(name, str) else rx.Var.create("/icons.svg#") + name.to(str)
    return rx.el.svg(
        rx.el.svg.use(href=href),
        class_name=["i", size, tone],
        custom_attrs={"aria-hidden": "true"},
        **props,
    )
