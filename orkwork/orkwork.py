"""The root: the API, every domain's pages, and what stands around them, as one ASGI app."""

import importlib
import os

import reflex as rx

from orkwork.domains import registry
from orkwork.ui import guard, live, page
from orkwork.ui.document import head
from orkwork.ui.faults import crashed, note_crash
from orkwork.ui.serving import outside
from orkwork.web.app import create_api

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
    api_transformer=[api, outside],
)
app.add_middleware(guard.Guard())
app.register_lifespan_task(live.subscriber(app))
page.add_to(app)
