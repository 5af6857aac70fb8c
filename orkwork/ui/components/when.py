"""Time in words."""

from typing import Any

import reflex as rx

from orkwork.ui.components.kit import Today, When


def when(at: Any, shape: str = "ago") -> rx.Component:
    """An ISO time as '5 min ago', kept right while the page is open; shape may be clock, moment or day."""
    return When.create(at=at, shape=shape)


def today() -> rx.Component:
    """Today's date in words."""
    return Today.create()
