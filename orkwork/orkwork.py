"""The root: the API beside every domain's pages, as one ASGI app.

Reflex could mount the API, but every call would then pass through its layers, a third of a read's time in the event loop.
"""

import gc
import importlib
import os
import time
from typing import Any

import reflex as rx

from orkwork.core.settings import settings
from orkwork.domains import registry
from orkwork.ui import connections, guard, live, page
from orkwork.ui.document import head
from orkwork.ui.faults import crashed, note_crash
from orkwork.ui.serving import beside, outside
from orkwork.web.app import create_api

_CHECKED_POLL_SECONDS = 0.02

api = create_api()
if os.environ.get("ORKWORK_KIT") == "1":
    importlib.import_module("tests.ui.gallery")  # the kit by itself, on a made-up company
else:
    registry.load("ui")

app = rx.App(
    reset_style=False,
    stylesheets=["/orkwork.css"],
    head_components=head(),
    html_lang="en",
    toaster=None,
    app_wraps={(55, "ErrorBoundary"): crashed},
    backend_exception_handler=note_crash,
    api_transformer=outside,
)
app.add_middleware(guard.Guard())
app.register_lifespan_task(live.subscriber(app))
app.register_lifespan_task(connections.ended_on_leaving)
page.add_to(app)


def serve() -> Any:
    """What the web server runs: the app, loaded, but only once database and pages were found fit."""
    gc.freeze()  # what was loaded stays; later collections needn't walk it
    gc.enable()
    checked = settings().checked
    while checked is not None and not checked.exists():
        time.sleep(_CHECKED_POLL_SECONDS)
    return connections.noted(beside(api, app()))
