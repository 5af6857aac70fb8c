"""Loads one floor of every domain that has it."""

import importlib
import importlib.util
import pkgutil
from types import ModuleType

from orkwork.domains import DOMAINS


def load(floor: str) -> list[ModuleType]:
    """Import `orkwork.domains.<domain>.<floor>` wherever it exists, leftmost domain first, with all files of a folder."""
    names = [f"orkwork.domains.{domain}.{floor}" for domain in DOMAINS]
    found = [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]
    for module in found:
        for part in pkgutil.iter_modules(getattr(module, "__path__", ())):
            importlib.import_module(f"{module.__name__}.{part.name}")
    return found


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
