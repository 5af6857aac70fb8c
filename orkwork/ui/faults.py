"""When something of ours breaks: a page that says so, and a toast that says what to do."""

import logging

import reflex as rx
from reflex.event import EventSpec

from orkwork.ui.screen import toast

log = logging.getLogger(__name__)


class Crash(rx.Component):
    """Catches what breaks while rendering."""

    library = "$/public/kit/crash.jsx"
    tag = "Crash"


def crashed(stateful: bool) -> rx.Component:
    """The boundary around every page."""
    return Crash.create()


def note_crash(exception: Exception) -> EventSpec:
    """Log what a handler raised and tell the person at the browser, without its insides."""
    log.error("a page's handler failed", exc_info=exception)
    return toast("That did not work", hint="It has been written to the log. Try again, or reload the page.", tone="bad")
