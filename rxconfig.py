"""Reflex's settings. What the bundle is made of must not depend on where it runs; only the running half reads ours."""

import os

import reflex as rx
from reflex_base.constants import StateManagerMode

from orkwork.core.settings import settings
from orkwork.ui.bundle import Bundle

if os.environ.get("REDIS_URL"):
    # Without it every push waits for a lock in Redis.
    os.environ.setdefault("REFLEX_OPLOCK_ENABLED", "1")


def _origins() -> tuple[str, ...]:
    """The addresses whose pages may open the socket: our own, and this machine's names for the same port."""
    own = settings()
    local = (f"http://{name}:{own.port}" for name in ("localhost", "127.0.0.1", "[::1]"))
    return tuple(dict.fromkeys((own.address, *local)))


config = rx.Config(
    app_name="orkwork",
    app_module_import="orkwork.orkwork",
    api_url="http://localhost:8000",
    deploy_url="http://localhost:8000",
    backend_port=8000,
    frontend_port=8000,
    cors_allowed_origins=_origins(),
    telemetry_enabled=False,
    show_built_with_reflex=False,
    react_strict_mode=False,
    state_manager_mode=StateManagerMode.REDIS if os.environ.get("REDIS_URL") else StateManagerMode.MEMORY,
    redis_url=settings().redis_url,
    frontend_compression_formats=["gzip", "brotli"],
    plugins=[Bundle()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
