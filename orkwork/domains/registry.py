"""Loads one floor of every domain that has it."""

import importlib
import importlib.util
from types import ModuleType

from orkwork.domains import DOMAINS


def load(floor: str) -> list[ModuleType]:
    """Import `orkwork.domains.<domain>.<floor>` wherever it exists, leftmost domain first."""
    names = [f"orkwork.domains.{domain}.{floor}" for domain in DOMAINS]
    return [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]


def load_models() -> None:
    """Make every table known to the metadata."""
    load("models")
    for name in ("orkwork.core.events", "orkwork.core.idempotency"):
        importlib.import_module(name)


def load_operations() -> None:
    """Fill the registries of operations and reactions."""
    load_models()
    for floor in ("queries", "service", "reactions"):
        load(floor)
