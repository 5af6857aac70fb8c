"""Every fact has its sentence, in both languages."""

import importlib
import importlib.util

from orkwork.core.events import Event
from orkwork.domains import DOMAINS, registry
from orkwork.domains.audit.ui.words import NAMELESS, OTHER, PHRASES
from orkwork.ui import catalog


def _names(kind: type[Event]) -> set[str]:
    ours = kind.__module__.startswith("orkwork.")
    own = {kind.name} if ours and kind.__dict__.get("name") else set()
    return own.union(*map(_names, kind.__subclasses__()))


def test_every_fact_has_a_sentence() -> None:
    registry.load_operations()
    for domain in DOMAINS:
        if importlib.util.find_spec(f"orkwork.domains.{domain}.events"):
            importlib.import_module(f"orkwork.domains.{domain}.events")
    told = _names(Event)
    assert told - set(PHRASES) == set()


def test_every_sentence_is_translated_and_keeps_its_subject() -> None:
    known = catalog.messages("uk")
    for phrase in [*PHRASES.values(), *NAMELESS.values(), OTHER]:
        assert phrase in known, phrase
        assert ("{what}" in phrase) == ("{what}" in known[phrase]), phrase
